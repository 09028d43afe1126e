import { quoted } from '../../files/invalid.ts';
import { readClipMmproj } from '../clip-mmproj.ts';
import type { MmprojFile, Mmproj, Named } from '../mmproj-file.ts';
import { onLineOfItsOwn } from '../recognised.ts';
import { longestContextOfTiles } from '../tiles.ts';
import { gridsOf } from './pinpoints.ts';

const pinpointsKey = 'clip.vision.image_grid_pinpoints';
const mergeKey = 'clip.vision.mm_patch_merge_type';

/** Older converters' name of what ends a line, and the one of llama.cpp today. */
const newlineNames = ['model.image_newline', 'v.image_newline'];

/** Whether an mmproj of the type `mlp` belongs to a model that cuts a photo into tiles. */
export function isNextMmproj({ facts }: MmprojFile): boolean {
  const merge = facts.optionalText(mergeKey) ?? 'flat';
  return merge !== 'flat' || (facts.has(pinpointsKey) && facts.array(pinpointsKey, 'i32').length > 0);
}

/** LLaVA-NeXT's: that of LLaVA-1.5 with pinpoints and an embedding that ends a line. */
export function readNextMmproj(file: MmprojFile): Mmproj {
  const { facts } = file;
  const { vision, projector, languageWidth } = readClipMmproj(file);
  const merge = facts.optionalText(mergeKey);
  if (merge !== 'spatial_unpad')
    throw facts.fault(`${mergeKey} is ${merge === null ? 'not stated' : quoted(merge)}, not spatial_unpad`);
  const newline = newlineNames.find((name) => file.has(name));
  if (newline === undefined)
    throw facts.fault(`has no tensor ${newlineNames.at(-1)!}, which ends a line of tiles`);
  const { shape } = file.take(newline, 1);
  if (shape[0] !== languageWidth)
    throw facts.fault(`tensor ${newline} has ${shape[0]!} numbers, but the projector gives ${languageWidth}`);
  return {
    seeing: file.seeing({ family: 'next', tile: vision.imageSize, grids: readGrids(file, vision) }, vision),
    vision,
    connector: { shuffle: 1, normEps: null, endsLines: true },
    pictures: onLineOfItsOwn,
    longestContext: longestContextOfTiles,
    tensors: new Map([
      ...projector,
      ['newline', file.take(newline, 1)] satisfies Named,
      ...file.towerTensors(vision),
    ]),
    languageWidth,
  };
}

/** Numbers of all pinpoints, one after the other; limits a list that a file makes as long as it likes. */
const mostPinpoints = 512;

function readGrids({ facts }: MmprojFile, { imageSize }: { readonly imageSize: number }) {
  const numbers = facts.has(pinpointsKey) ? (facts.array(pinpointsKey, 'i32') as readonly number[]) : [];
  if (numbers.length === 0 || numbers.length % 2 !== 0 || numbers.length > mostPinpoints)
    throw facts.fault(`${pinpointsKey} has ${numbers.length} numbers, which are no list of pairs`);
  const pairs = Array.from({ length: numbers.length / 2 }, (_, at) => numbers.slice(2 * at, 2 * at + 2));
  const grids = gridsOf(pairs, imageSize);
  if (typeof grids === 'string') throw facts.fault(`${pinpointsKey}: ${grids}`);
  return grids;
}
