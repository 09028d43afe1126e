import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { decodePhoto } from '../../native-models/image/decode.ts';
import { distance, pixelAt, quarterColours, quarterPixels } from './pictures.ts';

const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname;

test.each([
  ['upright.heic', 'heic'],
  ['rotated.heic', 'heic'],
  ['rotated.avif', 'avif'],
])('%s stands upright', async (name, format) => {
  const { image, info } = await decodePhoto(fixture(name));
  expect(info).toMatchObject({ format, width: 96, height: 64, orientation: 1, notes: [] });
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(4);
});

test('the colour profile of a HEIC is applied', async () => {
  const { image, info } = await decodePhoto(fixture('display-p3.heic'));
  expect(info.notes).toEqual(['colour-converted']);
  // Display P3 (200, 30, 30) is (218, 0, 6) in sRGB.
  expect(distance([pixelAt(image, 20, 10)], [[218, 0, 6]])).toBeLessThanOrEqual(4);
  // Greys are the same in both.
  expect(distance([pixelAt(image, 70, 50)], [[240, 240, 240]])).toBeLessThanOrEqual(2);
});

test('a HEIC is known by its brand, not its name', async () => {
  const bytes = await readFile(fixture('upright.heic'));
  expect((await decodePhoto(bytes)).info.format).toBe('heic');
});

test.each([0.3, 0.6, 0.95])('a HEIC cut off at %d of its length is refused as damaged', async (part) => {
  const bytes = await readFile(fixture('upright.heic'));
  await expect(decodePhoto(bytes.subarray(0, bytes.length * part))).rejects.toMatchObject({
    code: 'photo-damaged',
  });
});

test('a HEIC that claims to be enormous is refused before decoding', async () => {
  const bytes = await readFile(fixture('upright.heic'));
  const size = bytes.indexOf('ispe') + 8;
  bytes.writeUInt32BE(30_000, size);
  bytes.writeUInt32BE(30_000, size + 4);
  await expect(decodePhoto(bytes)).rejects.toMatchObject({ code: 'photo-too-large' });
});

test('a HEIC with the brand of HEIF alone is decoded like the rest, and an AVIF too', async () => {
  for (const name of ['upright.heic', 'rotated.avif']) {
    const bytes = await readFile(fixture(name));
    const end = bytes.readUInt32BE(0);
    for (let at = 8; at < end; at += 4) {
      if (/^(heic|heix|avif|MA1A|MA1B)$/.test(bytes.toString('latin1', at, at + 4))) bytes.write('mif1', at);
    }
    const { image, info } = await decodePhoto(bytes);
    expect(info.format).toBe(name.split('.')[1]);
    expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(4);
  }
});

test('HEIF of another coding is named for it', async () => {
  const bytes = await readFile(fixture('upright.heic'));
  bytes.write('vvc1', bytes.indexOf('hvc1'));
  await expect(decodePhoto(bytes)).rejects.toMatchObject({
    code: 'photo-unsupported',
    details: { reason: 'compression', name: 'VVC' },
  });
});

test('a HEIC that does not say its size is damaged', async () => {
  const bytes = await readFile(fixture('upright.heic'));
  bytes.write('none', bytes.indexOf('ispe'));
  await expect(decodePhoto(bytes)).rejects.toMatchObject({ code: 'photo-damaged' });
});
