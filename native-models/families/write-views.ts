import { join } from 'node:path';

import { throwIfCancelled } from '../../preload/contract/errors.ts';
import { replaceFile } from '../files/replace-file.ts';
import { openPhoto, type OpenOptions } from '../image/decode.ts';
import type { PhotoSource } from '../image/photo-file.ts';
import { encodePng, makeOutputFolder, rethrow, writeCrops, type WrittenCrops } from '../image/write-crops.ts';
import { familyOf, shownView, type PrepareOptions, type Seeing } from './index.ts';

export interface WrittenViews extends Pick<WrittenCrops, 'files' | 'photo'> {
  readonly grid: { readonly columns: number; readonly rows: number };
}

/**
 * Writes what a model sees of a photo into `folder`, which is made if missing: see `writeCrops` where that is a padded square;
 * otherwise every view as `local-1.png` ..., `global-1.png`, exactly as the tower gets it. Throws as `writeCrops`.
 */
export async function writeViews(
  source: PhotoSource,
  folder: string,
  seeing: Seeing,
  options: PrepareOptions & OpenOptions,
): Promise<WrittenCrops | WrittenViews> {
  const { views } = seeing;
  if ('mode' in views) {
    return writeCrops(source, folder, { n: 1, ...views, ...options, perspectives: views.family });
  }
  const prepared = await familyOf(seeing).prepare(await openPhoto(source, options), options);
  makeOutputFolder(folder);
  const files: string[] = [];
  for (const [at, { kind, index }] of prepared.plan.views.entries()) {
    throwIfCancelled(options.signal);
    const path = join(folder, `${kind}-${index + 1}.png`);
    await replaceFile(path, await encodePng(shownView(seeing, prepared, at))).catch(rethrow);
    files.push(path);
  }
  return { files, photo: prepared.info, grid: prepared.plan.grid };
}
