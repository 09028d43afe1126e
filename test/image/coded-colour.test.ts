import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { decodePhoto } from '../../native-models/image/decode.ts';
import type { RgbImage } from '../../native-models/image/pixels.ts';
import { codedAvif, codedPng, withChunk } from './coded-pictures.ts';
import {
  distance,
  drawImage,
  drawQuarters,
  pixelAt,
  quarterColours,
  quarterPixels,
  toSharp,
} from './pictures.ts';

const displayP3 = [12, 13] as const;
const perceptualQuantiser = [9, 16] as const;
const hybridLogGamma = [9, 18] as const;
const wideStandard = [9, 14] as const;

/** All hues from dark to light, pure ones among them, and a row of greys. */
const gamut = drawImage(64, 64, (x, y) => {
  if (y === 0) return [4 * x, 4 * x, 4 * x];
  const wave = (phase: number): number =>
    Math.round(127.5 + 127.5 * Math.cos((x / 64 + phase / 3) * 2 * Math.PI));
  const light = y / 63;
  return [wave(0) * light, wave(1) * light, wave(2) * light].map(Math.round) as [number, number, number];
});

const meanError = (a: RgbImage, b: RgbImage): number =>
  a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length;

test.each([
  ['Display P3', displayP3, 8, 'colour-converted', 0.6],
  ['Display P3', displayP3, 16, 'colour-converted', 0.1],
  ['BT.2020 of standard range', wideStandard, 8, 'colour-converted', 1],
  ['BT.2020 of standard range', wideStandard, 16, 'colour-converted', 0.3],
  ['BT.709 with a gamma of 2.2', [1, 4], 8, 'colour-converted', 0.6],
  ['linear BT.2020', [9, 8], 16, 'colour-converted', 0.3],
  ['PQ', perceptualQuantiser, 8, 'tone-mapped', 2.5],
  ['PQ', perceptualQuantiser, 16, 'tone-mapped', 0.3],
  ['HLG', hybridLogGamma, 8, 'tone-mapped', 1.5],
  ['HLG', hybridLogGamma, 16, 'tone-mapped', 0.3],
] as const)(
  'a PNG in %s (cICP %j) with %i bits a channel is brought to sRGB',
  async (_, code, bits, note, bar) => {
    const { image, info } = await decodePhoto(await codedPng(gamut, code, bits));
    expect(info.notes).toEqual([note]);
    expect(meanError(image, gamut)).toBeLessThan(bar);
  },
);

test.each([
  ['Display P3', displayP3, 8, 'colour-converted'],
  ['PQ', perceptualQuantiser, 10, 'tone-mapped'],
  ['HLG', hybridLogGamma, 10, 'tone-mapped'],
] as const)('an AVIF in %s (nclx %j) with %i bits is brought to sRGB', async (_, code, bits, note) => {
  const { image, info } = await decodePhoto(await codedAvif(drawQuarters(), code, bits));
  expect(info).toMatchObject({ format: 'avif', notes: [note] });
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(3);
});

test.each([
  ['nclx-p3.heic', 'colour-converted'],
  ['nclx-pq.heic', 'tone-mapped'],
  ['nclx-hlg.heic', 'tone-mapped'],
])('%s is brought to sRGB', async (name, note) => {
  const { image, info } = await decodePhoto(await readFile(new URL(`fixtures/${name}`, import.meta.url)));
  expect(info).toMatchObject({ format: 'heic', notes: [note] });
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(3);
});

test.each([
  ['sRGB', [1, 13]],
  ['BT.709 with the video curve', [1, 1]],
  ['nothing said', [2, 2]],
] as const)('%s keeps its values to the bit', async (_, code) => {
  const png = withChunk(await toSharp(gamut).png().toBuffer(), 'cICP', [...code, 0, 1]);
  const { image, info } = await decodePhoto(png);
  expect(info.notes).toEqual([]);
  expect(Buffer.compare(image.data, gamut.data)).toBe(0);
});

test('RGB from 16 to 235 is spread to the whole range', async () => {
  const { image } = await decodePhoto(await codedPng(drawQuarters(), displayP3, 8, { isNarrow: true }));
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(4);
});

test('what is brighter than reference white is told apart, and hues stay', async () => {
  const steps = drawImage(
    8,
    1,
    (x) => [255, 128, 64].map((v) => Math.round((v * (x + 1)) / 8)) as [number, number, number],
  );
  const { image } = await decodePhoto(await codedPng(steps, [9, 16], 16, { brightness: 5 }));
  const reds = [...Array(8).keys()].map((x) => pixelAt(image, x, 0)[0]!);
  expect(reds).toEqual([...reds].sort((a, b) => a - b));
  expect(new Set(reds).size).toBeGreaterThanOrEqual(6);
  expect(reds.at(-1)).toBe(255);
  // Ratios between channels are those of the light that was put in: (255, 128, 64) in sRGB.
  expect(distance([pixelAt(image, 7, 0)], [[255, 128, 64]])).toBeLessThanOrEqual(2);
});

test('a part of a photo, and a smaller copy, have the same colours', async () => {
  const { image } = await decodePhoto(await codedPng(drawQuarters(), displayP3, 8), {
    region: { x: 48, y: 0, width: 48, height: 32 },
    size: { width: 12, height: 8 },
  });
  expect(image).toMatchObject({ width: 12, height: 8 });
  expect(distance([pixelAt(image, 6, 4)], [quarterColours[1]!])).toBeLessThanOrEqual(2);
});
