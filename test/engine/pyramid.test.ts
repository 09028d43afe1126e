import { expect, test } from 'vitest';
import { cutTile, halve, levelSize } from '../../native-models/engine/pyramid.ts';
import { RecentValues } from '../../native-models/engine/recent-values.ts';
import { viewerLevels } from '../../preload/contract/api.ts';

/** A picture whose red is the column, whose green is the row, and whose blue is 0. */
function gradient(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x, y, 0], (y * width + x) * 3);
  }
  return { width, height, data };
}

const pixel = ({ width, data }: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

test('half a picture has the mean of every two by two pixels, and of what there is at odd edges', () => {
  const half = halve(gradient(5, 3));
  expect([half.width, half.height]).toEqual([3, 2]);
  expect(pixel(half, 0, 0)).toEqual([1, 1, 0]);
  expect(pixel(half, 1, 0)).toEqual([3, 1, 0]);
  expect(pixel(half, 2, 1)).toEqual([4, 2, 0]);
  expect(halve(gradient(1, 1))).toEqual(gradient(1, 1));
});

test.each([
  [12_000, 8_400],
  [1, 20_000],
  [513, 100],
  [512, 512],
])('halving %i x %i from level to level gives the sizes of the levels', (width, height) => {
  const levels = viewerLevels(width, height);
  let size = { width, height };
  for (let level = levels - 1; level >= 0; level--) {
    expect(levelSize({ width, height }, levels, level)).toEqual(size);
    size = { width: Math.ceil(size.width / 2), height: Math.ceil(size.height / 2) };
  }
  const coarsest = levelSize({ width, height }, levels, 0);
  expect(Math.max(coarsest.width, coarsest.height)).toBeLessThanOrEqual(512);
});

test('tiles are cut where they lie, and are smaller at the right and lower edges', () => {
  const image = gradient(70, 40);
  const tile = cutTile(image, 32, 2, 1)!;
  expect([tile.width, tile.height]).toEqual([6, 8]);
  expect(pixel(tile, 0, 0)).toEqual([64, 32, 0]);
  expect(pixel(tile, 5, 7)).toEqual([69, 39, 0]);
  expect(cutTile(image, 32, 3, 0)).toBeNull();
});

test('a value is made once, also when it is asked for again while it is being made', async () => {
  const values = new RecentValues<number>(100, () => 10);
  let made = 0;
  const make = async () => ++made;
  expect(await Promise.all([values.get('a', make), values.get('a', make)])).toEqual([1, 1]);
});

test('values take no more than their bytes, the least recently used going first; the latest stays whatever its size', async () => {
  const values = new RecentValues<number>(100, (bytes) => bytes);
  await values.get('a', async () => 50);
  await values.get('b', async () => 50);
  await values.get('a', async () => 0);
  await values.get('c', async () => 30);
  expect(['a', 'b', 'c'].map((key) => values.has(key))).toEqual([true, false, true]);
  await values.get('huge', async () => 1000);
  expect(['a', 'c', 'huge'].map((key) => values.has(key))).toEqual([false, false, true]);
});

test('a value that could not be made is made again', async () => {
  const values = new RecentValues<number>(100, (bytes) => bytes);
  await expect(values.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await values.get('a', async () => 7)).toBe(7);
});
