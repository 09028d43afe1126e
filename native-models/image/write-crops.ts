/** Every crop of a photo as a picture file, for looking at: the CLI's `crops`. */
import { join } from 'node:path';
import { makeFolder } from '../files/make-folder.ts';
import { throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import { replaceFile } from '../files/replace-file.ts';
import { openPhoto, type OpenOptions, type PhotoInfo } from './decode.ts';
import type { CropKind } from '../../preload/contract/photos.ts';
import { cutCropImage } from './dual-crops.ts';
import type { ModelSquare } from './geometry.ts';
import { drawOverlay } from './overlay.ts';
import type { PhotoSource } from './photo-file.ts';
import type { RgbImage } from './pixels.ts';
import { preprocess, type PreprocessOptions } from './preprocess.ts';
import { sharp } from './sharp.ts';

export interface WrittenCrops {
  /** Paths, in the order written: square.png, local-1.png ..., global-1.png ..., overlay.png; numbered as people count. */
  readonly files: readonly string[];
  readonly photo: PhotoInfo;
  readonly square: ModelSquare;
}

export interface WriteCropsOptions extends PreprocessOptions, OpenOptions {
  /** `single` for a model that sees the square itself: then nothing else is written. */
  readonly perspectives: 'dual' | 'single';
}

/**
 * Writes the padded and resized square, its local and global crops and a drawing of them into `folder`, which is made
 * if missing; files of these names are replaced, each in one step. Throws what `preprocess` throws, and `not-writable`
 * or `disk-full`.
 */
export async function writeCrops(
  source: PhotoSource,
  folder: string,
  options: WriteCropsOptions,
): Promise<WrittenCrops> {
  const { perspectives, n, padColour, signal } = options;
  const photo = await openPhoto(source, options);
  const preprocessed = await preprocess(photo, options);
  const { shown, info, square } = preprocessed;
  const files: string[] = [];
  const write = async (name: string, png: Buffer): Promise<void> => {
    throwIfCancelled(signal);
    const path = join(folder, name);
    await replaceFile(path, png).catch(rethrow);
    files.push(path);
  };
  makeOutputFolder(folder);
  await write('square.png', await encodePng(shown));
  if (perspectives === 'single') return { files, photo: info, square };
  for (const kind of ['local', 'global'] satisfies CropKind[]) {
    for (let k = 0; k < n * n; k++) {
      await write(`${kind}-${k + 1}.png`, await encodePng(cutCropImage(shown, kind, k, n)));
    }
  }
  await write('overlay.png', await drawOverlay(photo, preprocessed, options, padColour));
  return { files, photo: info, square };
}

export function encodePng({ width, height, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Makes the folder that the person named. Throws what is wrong with it as an AppError. */
export function makeOutputFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    rethrow(error);
  }
}

export function rethrow(error: unknown): never {
  throw toAppError(error);
}
