/** What is fuzzed of photos: profiles, TIFF directories, HEIF boxes and code points of colours, JPEG frames, and what is decoded after them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../preload/contract/errors.ts';
import { openPhoto } from '../../native-models/image/decode.ts';
import { isSrgbProfile } from '../../native-models/image/icc.ts';
import { codedAvif, codedPng } from '../image/coded-pictures.ts';
import { matrixProfile } from '../image/icc-profile.ts';
import { drawImage, drawQuarters, toSharp } from '../image/pictures.ts';
import { writeTiff, type Directory } from '../image/tiff-writer.ts';
import { mutateBytes, type Chance } from './mutate.ts';
import type { Target } from './target.ts';

/** A mutant that claims more is refused by its header, which a smaller photo of the same kind is not. */
const mostPixels = 1e6;

export async function photoTargets(folder: string): Promise<Target[]> {
  const small = drawImage(24, 16, (x, y) => [x * 10, y * 15, 90]);
  const preview = await toSharp(drawQuarters()).jpeg().toBuffer();
  const { width, height, data } = small;
  const colours: Directory = { width, height, channels: 3, data };
  const grey: Directory = { width, height, bits: 32, sampleFormat: 3, data: new Uint8Array(4 * 24 * 16) };
  const fiveChannels = new Uint8Array(5 * 24 * 16);
  const raw: Directory = {
    ...{ ...colours, subfileType: 1, fields: [{ tag: 50706, values: [1, 4] }] },
    subIfds: [
      { width: 96, height: 64, photometric: 32803, data: new Uint8Array(96 * 64) },
      { width: 96, height: 64, channels: 3, photometric: 6, compression: 7, data: preview },
    ],
  };
  const heic = readFileSync(new URL('../image/fixtures/nclx-pq.heic', import.meta.url));
  return [
    {
      ...target(folder, 'icc', matrixProfile('any', [0, 1, 2])),
      check: async (bytes) => void isSrgbProfile(bytes),
    },
    target(folder, 'tiff', writeTiff(colours, grey)),
    target(
      folder,
      'tiff-extras',
      writeTiff({ ...colours, channels: 5, extraSamples: [0, 2], data: fiveChannels }),
    ),
    target(folder, 'tiff-scaled', writeTiff(grey)),
    target(folder, 'tiff-lab', writeTiff({ ...colours, photometric: 8 })),
    target(folder, 'camera-raw', writeTiff(raw)),
    target(folder, 'jpeg', preview),
    target(folder, 'png-cicp', await codedPng(small, [9, 16], 16)),
    target(folder, 'avif-nclx', await codedAvif(small, [9, 16], 10)),
    target(folder, 'heic-nclx', heic),
  ];
}

function target(folder: string, name: string, valid: Buffer): Target {
  const codes: readonly ErrorCode[] = [
    'photo-unsupported',
    'photo-damaged',
    'photo-too-large',
    'out-of-memory',
  ];
  // Headers and directories are within the first or the last kilobyte.
  const head = Math.min(valid.length, 1024);
  return {
    ...{ name, weight: 1, path: join(folder, `photo-${name}`), valid, codes },
    mutant: (chance: Chance) =>
      chance.is(0.5) ? mutateBytes(valid, chance, head) : fromEnd(valid, chance, head),
    async check(bytes) {
      const photo = await openPhoto(bytes, { maxPixels: mostPixels });
      await photo.pixels({ allowPartial: true });
    },
  };
}

/** Changes in the last bytes, where directories lie behind the pixels. */
function fromEnd(valid: Buffer, chance: Chance, length: number): Buffer {
  const at = valid.length - length;
  return Buffer.concat([valid.subarray(0, at), mutateBytes(valid.subarray(at), chance)]);
}
