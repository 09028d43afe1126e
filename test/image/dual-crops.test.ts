import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  baseImage,
  baseIsGlobal,
  cropSampling,
  cutCrop,
  cutCropImage,
  globalPhase,
  globalsThatReachAnswer,
  localRectangle,
  type CropGrid,
} from '../../native-models/image/dual-crops.ts';
import { normalise } from '../../native-models/image/pixels.ts';
import { float32, readSafetensors } from '../support/safetensors-file.ts';
import { drawPattern, readImage } from './pictures.ts';

const grids: CropGrid[] = [2, 3, 4, 5].map((n) => ({ n, tile: 7 }));
const clip = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

/** [3, n * tile, n * tile] in which every value says where it is. */
function numbered({ n, tile }: CropGrid): Float32Array {
  return Float32Array.from({ length: 3 * (n * tile) ** 2 }, (_, i) => i);
}

test('local crop k is the block at row k div n, column k mod n', () => {
  expect(localRectangle(5, { n: 3, tile: 336 })).toEqual({ x: 672, y: 336, width: 336, height: 336 });
  expect(localRectangle(6, { n: 4, tile: 10 })).toEqual({ x: 20, y: 10, width: 10, height: 10 });
});

test('global crop k starts at row k div n, column k mod n and takes every n-th pixel', () => {
  expect(globalPhase(5, 3)).toEqual({ row: 1, column: 2 });
  expect(cropSampling('global', 5, { n: 3, tile: 336 })).toEqual({ x: 2, y: 1, step: 3 });
});

test.each(grids)('either kind of crop takes every pixel of the square once, $n x $n', (grid) => {
  const pixels = numbered(grid);
  for (const kind of ['local', 'global'] as const) {
    const taken = Array.from({ length: grid.n ** 2 }, (_, k) => [...cutCrop(pixels, kind, k, grid)]).flat();
    expect(taken.sort((a, b) => a - b)).toEqual([...pixels]);
  }
});

test('global crops interleave back to the square, local crops lie side by side in it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.nat(), (n, tile, seed) => {
      const grid = { n, tile };
      const side = n * tile;
      const pixels = numbered(grid);
      const [channel, y, x] = [seed % 3, (seed >> 2) % side, (seed >> 12) % side];
      const value = pixels[(channel * side + y) * side + x]!;
      const inCrop = (row: number, column: number) => (channel * tile + row) * tile + column;
      const local = cutCrop(pixels, 'local', Math.floor(y / tile) * n + Math.floor(x / tile), grid);
      const global = cutCrop(pixels, 'global', (y % n) * n + (x % n), grid);
      expect(local[inCrop(y % tile, x % tile)]).toBe(value);
      expect(global[inCrop(Math.floor(y / n), Math.floor(x / n))]).toBe(value);
    }),
  );
});

test.each(grids)('the pictures shown are the crops computed with, $n x $n', ({ n, tile }) => {
  const image = drawPattern(n * tile, n * tile);
  const pixels = normalise(image, clip);
  for (const kind of ['local', 'global'] as const) {
    for (let k = 0; k < n * n; k++) {
      const shown = normalise(cutCropImage(image, kind, k, n), clip);
      expect(shown).toEqual(cutCrop(pixels, kind, k, { n, tile }));
    }
  }
});

test('a crop can be written into a batch', () => {
  const grid = { n: 2, tile: 3 };
  const pixels = numbered(grid);
  const batch = new Float32Array(2 * 27);
  cutCrop(pixels, 'local', 3, grid, batch.subarray(27));
  expect(batch.subarray(27)).toEqual(cutCrop(pixels, 'local', 3, grid));
  expect(() => cutCrop(pixels, 'local', 3, grid, batch)).toThrow(RangeError);
});

test.each([3, 5, 7])('for odd n the base image is the middle global crop, exactly: n = %i', (n) => {
  const grid = { n, tile: 8 };
  const pixels = normalise(drawPattern(8 * n, 8 * n), clip);
  expect(baseImage(pixels, grid)).toEqual(cutCrop(pixels, 'global', baseIsGlobal(n)!, grid));
});

test.each([2, 4])('for even n the base image is none of the global crops: n = %i', (n) => {
  const grid = { n, tile: 8 };
  const pixels = normalise(drawPattern(8 * n, 8 * n), clip);
  const base = baseImage(pixels, grid);
  expect(baseIsGlobal(n)).toBeNull();
  for (let k = 0; k < n * n; k++) expect(cutCrop(pixels, 'global', k, grid)).not.toEqual(base);
});

test('the middle phases reach the answer: one for odd n, four for even', () => {
  expect([1, 2, 3, 4, 5].map(globalsThatReachAnswer)).toEqual([[0], [0, 1, 2, 3], [4], [5, 6, 9, 10], [12]]);
});

test.each(['tower-inside', 'tower-apart'])('the base image of %s is the reference one', async (name) => {
  const golden = new URL(`../golden/${name}/`, import.meta.url).pathname;
  const expected = float32(readSafetensors(`${golden}expected.safetensors`), 'base_pixels');
  const pixels = normalise(await readImage(`${golden}preprocessed.png`), clip);
  const base = baseImage(pixels, { n: 3, tile: 336 });
  const worst = base.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
  expect(worst).toBeLessThanOrEqual(1e-5);
});

test('a crop that does not exist is refused', () => {
  expect(() => localRectangle(9, { n: 3, tile: 336 })).toThrow(RangeError);
  expect(() => globalPhase(-1, 3)).toThrow(RangeError);
  expect(() => globalsThatReachAnswer(0)).toThrow(RangeError);
});
