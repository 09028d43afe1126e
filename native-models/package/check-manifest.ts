import { AppError } from '../../preload/contract/errors.ts';
import { baseIsGlobal, globalsThatReachAnswer, maxModelSide } from '../image/dual-crops.ts';
import type { Manifest, Views, ViewsOf } from './manifest.ts';
import { manifestName, packageFiles, requiredFiles } from './package-files.ts';

/** Throws `package-invalid` when a manifest contradicts itself; the numbers of a hostile one must not reach geometry. */
export function checkManifest(manifest: Manifest): void {
  const fault = findFault(manifest);
  if (fault === null) return;
  throw new AppError('package-invalid', `${manifestName}: ${fault}.`, { file: manifestName, fault });
}

function findFault({ files, normalisation, views, vision, language, chat }: Manifest): string | null {
  const names: readonly string[] = requiredFiles(views);
  const missing = names.find((name) => !(name in files));
  if (missing !== undefined) return `lists no ${missing}`;
  const extra = Object.keys(files).find((name) => !names.includes(name));
  if (extra !== undefined) return `lists ${extra}, which no such package has`;
  const apart = names.find((name) => files[name]!.outside !== undefined && name !== packageFiles.language);
  if (apart !== undefined) return `takes ${apart} from outside the package`;

  const wrongViews = findWrongViews(views, vision);
  if (wrongViews !== null) return wrongViews;
  if (vision.width % vision.heads !== 0)
    return `the width ${vision.width} does not divide by ${vision.heads} heads`;
  if (normalisation.std.some((std) => !(std > 0))) return 'a standard deviation is not positive';
  if (language.heads % language.keyValueHeads !== 0) return `${language.heads} heads cannot share their keys`;
  if (language.contextTrained > language.contextLimit) return 'the trained context is longer than its limit';
  const stop = language.stopIds.find((id) => id >= language.vocabulary);
  if (stop !== undefined) return `the stop id ${stop} is beyond the vocabulary`;
  return chat.user.before === '' && chat.user.after === '' ? 'nothing marks a turn of the user' : null;
}

/** Pixels of all tiles together, as the side of a square: 16 times the largest tile any CLIP has. */
const maxSide = 16 * 1024;

type PatchNumbers = Pick<Manifest['vision'], 'patch' | 'tokens'>;

/** What is wrong with the numbers of a family, or null. Says so before a loop or an array is as long as one of them. */
export function findWrongViews(views: Views, vision: PatchNumbers): string | null {
  switch (views.family) {
    case 'dual':
      return findWrongSquare(views.n, views.tile, vision) ?? findWrongCrops(views);
    case 'single':
      return findWrongSquare(1, views.tile, vision);
    case 'idefics3':
      return (
        findWrongTiles(views, Math.ceil(views.longestEdge / views.tile) ** 2, vision) ?? findWrongEdge(views)
      );
    case 'internvl':
      return findWrongTiles(views, views.mostTiles, vision) ?? findWrongRange(views);
    case 'next':
      return findWrongGrids(views, vision);
  }
}

function findWrongSquare(n: number, tile: number, { patch, tokens }: PatchNumbers): string | null {
  if (tile % patch !== 0) return `the tile of ${tile} is no multiple of the patch of ${patch}`;
  if (tokens !== (tile / patch) ** 2) return `${tokens} tokens do not fill a tile`;
  return n * tile > maxModelSide ? `${n} tiles of ${tile} are more than ${maxModelSide} pixels a side` : null;
}

function findWrongCrops({ n, globalsEncoded, baseIsGlobal: base }: ViewsOf<'dual'>): string | null {
  const isRight = globalsThatReachAnswer(n).join() === globalsEncoded.join() && base === baseIsGlobal(n);
  return isRight ? null : `the encoded crops are not those of ${n} x ${n} crops`;
}

/**
 * 64 a side, far beyond the published 16 tiles and the whole of 1024 tokens each: attention takes the square of the tokens of a
 * view.
 */
const maxTiles = 64 ** 2;
const maxTileSide = 4096;
const maxTokens = 2 ** 14;

function findWrongTiles(
  { tile, shuffle }: { readonly tile: number; readonly shuffle: number },
  tiles: number,
  { patch, tokens }: PatchNumbers,
): string | null {
  if (tile > maxTileSide) return `a tile of ${tile} pixels a side is more than ${maxTileSide}`;
  const side = Math.floor(tile / patch);
  if (side < 1) return `a patch of ${patch} does not fit into a tile of ${tile}`;
  if (tokens !== side ** 2) return `${tokens} tokens do not fill a tile`;
  if (tokens > maxTokens) return `${tokens} tokens a view are more than ${maxTokens}`;
  if (side % shuffle !== 0) return `${side} tokens a side do not divide into blocks of ${shuffle}`;
  if (tiles > maxTiles) return `${tiles} tiles are more than ${maxTiles}`;
  return tiles * tile ** 2 > maxSide ** 2
    ? `${tiles} tiles of ${tile} pixels a side are more than ${maxSide} x ${maxSide} pixels`
    : null;
}

/** Every grid is a canvas in memory; no tower of this family leaves pixels out. */
function findWrongGrids({ tile, grids }: ViewsOf<'next'>, vision: PatchNumbers): string | null {
  if (tile % vision.patch !== 0) return `the tile of ${tile} is no multiple of the patch of ${vision.patch}`;
  const largest = Math.max(...grids.map(({ columns, rows }) => columns * rows));
  return findWrongTiles({ tile, shuffle: 1 }, largest, vision);
}

/** Up to here the authors' own limit on a picture's size cannot be reached. */
const maxEdge = 4096;

function findWrongEdge({ longestEdge }: ViewsOf<'idefics3'>): string | null {
  return longestEdge > maxEdge ? `a longest edge of ${longestEdge} pixels is more than ${maxEdge}` : null;
}

function findWrongRange({ leastTiles, mostTiles }: ViewsOf<'internvl'>): string | null {
  return leastTiles > mostTiles
    ? `at least ${leastTiles} and at most ${mostTiles} tiles contradict each other`
    : null;
}
