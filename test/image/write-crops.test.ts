import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutCropImage } from '../../native-models/image/dual-crops.ts';
import { writeCrops } from '../../native-models/image/write-crops.ts';
import { distance, drawPattern, pixelAt, readImage, toSharp } from './pictures.ts';

const options = {
  perspectives: 'dual',
  n: 3,
  tile: 20,
  padColour: [122, 116, 104],
  mode: 'trained',
} as const;
const white = [255, 255, 255] as const;

let folder: string;
let photo: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crops-'));
  photo = await toSharp(drawPattern(90, 60)).png().toBuffer();
});
afterAll(() => rm(folder, { recursive: true }));

test('the square, every crop of both kinds and the overlay are written, and nothing else', async () => {
  const out = join(folder, 'a folder that is not there yet', 'crops');
  const { files, square, photo: info } = await writeCrops(photo, out, options);
  const crops = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const names = [
    'square.png',
    ...crops.map((k) => `local-${k}.png`),
    ...crops.map((k) => `global-${k}.png`),
    'overlay.png',
  ];
  expect(files).toEqual(names.map((name) => join(out, name)));
  expect((await readdir(out)).sort()).toEqual([...names].sort());
  expect(square).toMatchObject({ x: 0, y: -15, side: 90, pixels: 60 });
  expect(info).toMatchObject({ width: 90, height: 60 });

  const whole = await readImage(files[0]!);
  expect([whole.width, whole.height]).toEqual([60, 60]);
  for (const file of files.slice(1, -1)) {
    const [kind, k] = basename(file, '.png').split('-') as ['local' | 'global', string];
    const expected = cutCropImage(whole, kind, Number(k) - 1, 3);
    expect(Buffer.compare((await readImage(file)).data, expected.data), file).toBe(0);
  }
});

test('the overlay draws the tiles on the padded photo and the lattice below it', async () => {
  const out = join(folder, 'overlay');
  await writeCrops(photo, out, options);
  const overlay = await readImage(join(out, 'overlay.png'));
  expect([overlay.width, overlay.height]).toEqual([1536, 1872]);
  // On the line between tiles 1 and 2; on the plate with the number of tile 5 (beside the digit), and right of it.
  expect(distance([pixelAt(overlay, 512, 300)], [white])).toBeLessThanOrEqual(8);
  expect(Math.max(...pixelAt(overlay, 512 + 18, 512 + 36))).toBeLessThanOrEqual(0.28 * 255 + 8);
  expect(Math.max(...pixelAt(overlay, 512 + 90, 512 + 36))).toBeGreaterThan(100);
});

test.each([1, 2, 4, 16])('crops of %i a side are drawn too', async (n) => {
  const out = join(folder, `n-${n}`);
  const { files } = await writeCrops(photo, out, { ...options, n, tile: 8 });
  expect(files).toHaveLength(2 + 2 * n * n);
  expect((await readImage(files.at(-1)!)).width).toBe(1536);
});

test('files of an earlier run are replaced', async () => {
  const out = join(folder, 'again');
  await writeCrops(photo, out, { ...options, tile: 8 });
  const { files } = await writeCrops(photo, out, options);
  expect((await readImage(files[0]!)).width).toBe(60);
  expect(await readdir(out)).toHaveLength(20);
});

test('a folder that cannot be made is an error with its name', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(writeCrops(photo, join(file, 'crops'), options)).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining(file) as string,
  });
});

test('a cancelled run writes nothing more', async () => {
  const out = join(folder, 'cancelled');
  const signal = AbortSignal.abort();
  await expect(writeCrops(photo, out, { ...options, signal })).rejects.toMatchObject({ code: 'cancelled' });
  await expect(readdir(out)).rejects.toThrow();
});
