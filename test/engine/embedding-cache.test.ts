import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddingCache } from '../../native-models/engine/embedding-cache.ts';
import type { EmbeddingCacheOptions } from '../../native-models/engine/embedding-cache.ts';

const [width, rows] = [10, 100];
const bytesOfOne = width * rows * 4;
const key = (name: string) => name.repeat(64).slice(0, 64);
const numbers = (seed: number) => ({
  rows: Float32Array.from({ length: width * rows }, (_, index) => Math.fround(seed + index / 7)),
  pieces: [{ text: '<row>' }, { rows: rows - 1 }, { text: '\n' }, { rows: 1 }],
});

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inf-llava-embeddings-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const cache = (options: Partial<EmbeddingCacheOptions> = {}) =>
  new EmbeddingCache({ folder, packageHash: key('f'), width, ...options });

test('kept embeddings are there in the next run, number for number', async () => {
  await cache().put(key('a'), numbers(1), true);
  expect(await cache().get(key('a'))).toEqual(numbers(1));
  expect(await cache().get(key('b'))).toBeNull();
});

test('embeddings of another package, or of other dimensions, are not taken', async () => {
  await cache().put(key('a'), numbers(1), true);
  expect(await cache({ packageHash: key('e') }).get(key('a'))).toBeNull();
  expect(await cache({ width: width - 1 }).get(key('a'))).toBeNull();
});

test('what is not to be kept is in memory only, until it is to be kept', async () => {
  const first = cache();
  await first.put(key('a'), numbers(1), false);
  expect(await readdir(folder)).toEqual([]);
  expect(await first.get(key('a'))).toEqual(numbers(1));
  await first.keep(key('a'));
  expect(await cache().get(key('a'))).toEqual(numbers(1));
});

test.each([
  ['with a bit flipped', (file: Buffer) => file.with(file.length - 5, file.at(-5)! ^ 1)],
  ['cut short', (file: Buffer) => file.subarray(0, -4)],
  ['empty', () => Buffer.alloc(0)],
  ['of another kind', () => Buffer.from('{"not": "embeddings"}')],
])('a file %s is never taken, and is removed', async (_, damage) => {
  await cache().put(key('a'), numbers(1), true);
  const [name] = await readdir(folder);
  await writeFile(join(folder, name!), damage(await readFile(join(folder, name!))));
  expect(await cache().get(key('a'))).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

test('the disk never holds more than its cap; what was used longest ago goes', async () => {
  const diskBytes = 3.5 * bytesOfOne;
  for (const name of ['a', 'b', 'c']) {
    await cache({ diskBytes }).put(key(name), numbers(1), true);
    await wait(20);
  }
  await cache({ diskBytes }).get(key('a'));
  await cache({ diskBytes }).put(key('d'), numbers(1), true);
  const present = await Promise.all(['a', 'b', 'c', 'd'].map((name) => cache().get(key(name))));
  expect(present.map((found) => found !== null)).toEqual([true, false, true, true]);
});

test('memory never holds more than its cap; what was used longest ago goes', async () => {
  const small = cache({ folder: null, memoryBytes: 2.5 * bytesOfOne });
  await small.put(key('a'), numbers(1), true);
  await small.put(key('b'), numbers(2), true);
  await small.get(key('a'));
  await small.put(key('c'), numbers(3), true);
  expect(await small.get(key('a'))).toEqual(numbers(1));
  expect(await small.get(key('b'))).toBeNull();
  expect(await small.get(key('c'))).toEqual(numbers(3));
});

test('a folder that cannot be written costs nothing but the file', async () => {
  await writeFile(join(folder, 'file'), '');
  const unwritable = cache({ folder: join(folder, 'file') });
  await unwritable.put(key('a'), numbers(1), true);
  expect(await unwritable.get(key('a'))).toEqual(numbers(1));
});

test('a key that is no hash names no file', async () => {
  await cache().put('../escape', numbers(1), true);
  expect(await readdir(join(folder, '..'))).not.toContain('escape.embeddings');
  expect(await readdir(folder)).toEqual([]);
});
