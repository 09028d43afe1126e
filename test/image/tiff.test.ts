import { expect, test } from 'vitest';
import { decodePhoto, openPhoto } from '../../native-models/image/decode.ts';
import { readTiff } from '../../native-models/image/tiff.ts';
import {
  distance,
  drawPattern,
  drawQuarters,
  pixelAt,
  quarterColours,
  quarterPixels,
  toSharp,
} from './pictures.ts';
import { writeTiff, type Directory } from './tiff-writer.ts';

const { width, height, data: colours } = drawQuarters();
const size = { width, height };
const pixels = width * height;

/** The quarters, each pixel with these samples behind its colours. */
function withExtras(...extras: number[]): Uint8Array {
  const channels = 3 + extras.length;
  const data = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) data.set([...colours.subarray(3 * i, 3 * i + 3), ...extras], channels * i);
  return data;
}

test.each([
  ['one unspecified channel', [0], [90]],
  ['two unspecified channels', [0, 0], [90, 7]],
  ['channels of which the file says nothing', undefined, [90, 7]],
  ['an opaque alpha channel and a selection', [2, 0], [255, 7]],
  ['a selection and an opaque alpha channel', [0, 2], [7, 255]],
  ['nine selections', Array<number>(9).fill(0), [1, 2, 3, 4, 5, 6, 7, 8, 9]],
])('RGB with %s shows its colours', async (_, extraSamples, extras) => {
  const directory = { ...size, channels: 3 + extras.length, data: withExtras(...extras) };
  const bytes = writeTiff({ ...directory, ...(extraSamples ? { extraSamples } : {}) });
  const { image, info } = await decodePhoto(bytes);
  expect(quarterPixels(image)).toEqual(quarterColours);
  expect(info.notes).toEqual(extraSamples?.includes(2) ? ['alpha-flattened'] : []);
});

test.each([
  ['orientation', 274, 0],
  ['orientation', 274, 99],
  ['resolution unit', 296, 0],
  ['resolution unit', 296, 9],
])(
  'a value of the %s that TIFF does not know (%i: %i) takes nothing from the picture',
  async (_, tag, value) => {
    const fields = [{ tag, values: [value] }];
    const white = new Uint8Array(3 * pixels).fill(255);
    for (const data of [colours, white]) {
      const opened = await openPhoto(writeTiff({ ...size, channels: 3, fields, data }));
      const { image, partial } = await opened.pixels({ allowPartial: true });
      expect(partial).toBe(false);
      expect(Buffer.compare(image.data, data)).toBe(0);
    }
  },
);

test('of several channels the alpha channel is the one that says so', async () => {
  const bytes = writeTiff({ ...size, channels: 5, extraSamples: [0, 2], data: withExtras(255, 51) });
  const { image } = await decodePhoto(bytes, { background: [100, 160, 240] });
  // A fifth of (200, 30, 30) over four fifths of the background.
  expect(distance([pixelAt(image, 10, 10)], [[120, 134, 198]])).toBeLessThanOrEqual(1);
});

test('16 bits a channel with a channel more are brought to 8', async () => {
  const extras = withExtras(90);
  const data = Buffer.alloc(2 * extras.length);
  extras.forEach((value, i) => data.writeUInt16LE(257 * value, 2 * i));
  const { image } = await decodePhoto(writeTiff({ ...size, channels: 4, bits: 16, extraSamples: [0], data }));
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(1);
});

test.each([
  ['CIELab', 8, (v: number) => v & 255],
  ['ICCLab', 9, (v: number) => v + 128],
])('8-bit %s is converted to sRGB, and said so', async (_, photometric, store) => {
  // Of quarterColours by Little CMS 2.16: L from 0 to 255, a and b signed.
  const lab = [
    [0x70, 64, 47],
    [0x93, -52, 49],
    [0x51, 33, -77],
    [0xf2, 0, 0],
  ] as const;
  const data = Uint8Array.from(lab.flatMap(([l, a, b]) => [l, store(a), store(b)]));
  const bytes = writeTiff({ width: 4, height: 1, channels: 3, photometric, data });
  const { image, info } = await decodePhoto(bytes);
  expect(info.notes).toEqual(['colour-converted']);
  const found = [0, 1, 2, 3].map((x) => pixelAt(image, x, 0));
  expect(distance(found, quarterColours)).toBeLessThanOrEqual(2);
});

test('16-bit CIELab is converted as 8-bit CIELab is', async () => {
  const lab = [112, 64, 47, 147, -52, 49, 81, 33, -77, 242, 0, 0];
  const of8 = Uint8Array.from(lab);
  const of16 = Uint8Array.from(lab.flatMap((v, i) => [i % 3 === 0 ? v : 0, v]));
  const [narrow, deep] = await Promise.all(
    [of8, of16].map((data) =>
      decodePhoto(
        writeTiff({
          ...{ width: 4, height: 1, channels: 3, photometric: 8, data },
          bits: data === of8 ? 8 : 16,
        }),
      ),
    ),
  );
  expect(deep!.info.notes).toEqual(['colour-converted']);
  expect(deep!.image.data).toEqual(narrow!.image.data);
});

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const whole = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const signed = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
const short = (...values: number[]) => new Uint8Array(Int16Array.from(values).buffer);

test.each([
  ['floats in 0..1', 32, 3, floats(0.2, 0.4, 0.6, 0.8), [51, 102, 153, 204]],
  ['floats beyond 0..1', 32, 3, floats(-55, 0, 45, 200), [0, 55, 100, 255]],
  ['floats among which some are no numbers', 32, 3, floats(NaN, 0, 1, -Infinity), [0, 0, 255, 0]],
  ['32-bit whole numbers', 32, 1, whole(0, 1e9, 2e9, 4e9), [0, 64, 128, 255]],
  ['small 32-bit whole numbers', 32, 1, whole(1000, 1001, 1002, 1004), [0, 64, 128, 255]],
  ['signed 32-bit numbers', 32, 2, signed(-2e9, -1e9, 0, 2e9), [0, 64, 128, 255]],
  ['signed 16-bit numbers', 16, 2, short(-100, -40, 0, 155), [0, 60, 100, 255]],
  ['one value only', 32, 1, whole(7, 7, 7, 7), [0, 0, 0, 0]],
])('grey of %s is shown from black to white, and said so', async (_, bits, sampleFormat, data, expected) => {
  const { image, info } = await decodePhoto(writeTiff({ width: 4, height: 1, bits, sampleFormat, data }));
  expect(info.notes).toEqual(['values-scaled']);
  expect([0, 1, 2, 3].map((x) => pixelAt(image, x, 0))).toEqual(expected.map((v) => [v, v, v]));
});

test.each([
  ['floats in 0..1', 32, 3, floats(0, 0.2, 0.6, 1), [255, 204, 102, 0]],
  ['floats beyond 0..1', 32, 3, floats(-55, NaN, 45, 200), [255, 0, 155, 0]],
  ['32-bit whole numbers', 32, 1, whole(0, 1e9, 2e9, 4e9), [255, 191, 128, 0]],
  ['signed 32-bit numbers', 32, 2, signed(-2e9, -1e9, 0, 2e9), [255, 191, 128, 0]],
  ['signed 16-bit numbers', 16, 2, short(-100, -40, 0, 155), [255, 195, 155, 0]],
])('grey of %s whose least is white is shown so', async (_, bits, sampleFormat, data, expected) => {
  const grey = { width: 4, height: 1, bits, sampleFormat, photometric: 0, data };
  const { image, info } = await decodePhoto(writeTiff(grey));
  expect(info.notes).toEqual(['values-scaled']);
  expect([0, 1, 2, 3].map((x) => pixelAt(image, x, 0))).toEqual(expected.map((v) => [v, v, v]));
});

test.each([
  ['in 0..1', floats(0, 0.2, 0.4, 1, 0.8, 0.6), [0, 51, 102, 255, 204, 153]],
  ['in 0..255', floats(0, 51, 102, 255, 204, 153), [0, 51, 102, 255, 204, 153]],
  ['with what is no number', floats(NaN, 0.2, 0.4, 1, 0.8, -Infinity), [0, 51, 102, 255, 204, 0]],
])('colours of floats %s are shown from black to white, and said so', async (_, data, expected) => {
  const directory = { width: 2, height: 1, channels: 3, bits: 32, sampleFormat: 3, data };
  const { image, info } = await decodePhoto(writeTiff(directory));
  expect(info.notes).toEqual(['values-scaled']);
  expect([...image.data]).toEqual(expected);
});

test('the alpha channel of floats is transparency, and no brightness', async () => {
  const data = floats(0, 51, 102, 0.5, 255, 204, 153, 1);
  const directory = { width: 2, height: 1, channels: 4, extraSamples: [2], bits: 32, sampleFormat: 3, data };
  const { image, info } = await decodePhoto(writeTiff(directory), { background: [200, 200, 200] });
  expect(info.notes).toEqual(['alpha-flattened', 'values-scaled']);
  expect(distance([pixelAt(image, 0, 0)], [[100, 126, 151]])).toBeLessThanOrEqual(1);
  expect(pixelAt(image, 1, 0)).toEqual([255, 204, 153]);
});

test('an alpha channel of floats beyond 0..1 is opaque above and transparent below, as is what is no number', async () => {
  const colours = [1.5, -0.1, NaN, Infinity].flatMap((alpha) => [255, 51, 0, alpha]);
  const data = floats(...colours);
  const directory = { width: 4, height: 1, channels: 4, extraSamples: [2], bits: 32, sampleFormat: 3, data };
  const { image } = await decodePhoto(writeTiff(directory), { background: [200, 200, 200] });
  const [shown, hidden] = [
    [255, 51, 0],
    [200, 200, 200],
  ];
  expect([0, 1, 2, 3].map((x) => pixelAt(image, x, 0))).toEqual([shown, hidden, hidden, shown]);
});

test('a TIFF of which no value is a number is said to be damaged, and is no black photo', async () => {
  for (const data of [floats(NaN, NaN, NaN, NaN), floats(Infinity, NaN, -Infinity, NaN)]) {
    const bytes = writeTiff({ width: 4, height: 1, bits: 32, sampleFormat: 3, data });
    await expect(decodePhoto(bytes, { allowPartial: true })).rejects.toMatchObject({ code: 'photo-damaged' });
  }
});

test('colours without an alpha channel are not said to have one', async () => {
  const directory = { width: 2, height: 2, channels: 3, photometric: 6, data: new Uint8Array(12).fill(128) };
  const { info } = await decodePhoto(writeTiff(directory));
  expect(info.notes).toEqual([]);
});

test.each([
  ['RGB of 1 bit', 'uint1', { channels: 3, bits: 1 }],
  [
    'grey of 2 bits with a channel more',
    'uint2',
    { channels: 2, bits: 2, photometric: 1, extraSamples: [0] },
  ],
  ['CMYK of 1 bit', 'uint1', { channels: 4, bits: 1, photometric: 5 }],
  ['CMYK of floats', 'float32', { channels: 4, bits: 32, sampleFormat: 3, photometric: 5 }],
  ['CMYK of signed numbers', 'int16', { channels: 4, bits: 16, sampleFormat: 2, photometric: 5 }],
  ['YCbCr of 16 bits', 'uint16', { channels: 3, bits: 16, photometric: 6 }],
  ['a palette of 16 bits', 'uint16', { channels: 1, bits: 16, photometric: 3 }],
])('a TIFF with %s is named for its samples', async (_, name, kind) => {
  const data = new Uint8Array(pixels * 16);
  await expect(openPhoto(writeTiff({ ...size, ...kind, data }))).rejects.toMatchObject({
    code: 'photo-unsupported',
    details: { reason: 'samples', name },
  });
});

test.each([
  ['ZSTD', 50000],
  ['LZMA', 34925],
  ['LERC', 34887],
  ['JPEG XL', 50002],
  ['JPEG XL', 52546],
  ['JPEG 2000', 34712],
  ['JPEG 2000', 33005],
  ['old-style JPEG', 6],
  ['compression 12345', 12345],
])('a TIFF with %s (%i) is named for it, and never ready', async (name, compression) => {
  const bytes = writeTiff({ ...size, channels: 3, compression, data: colours });
  await expect(openPhoto(bytes)).rejects.toMatchObject({
    code: 'photo-unsupported',
    details: { reason: 'compression', name },
    message: expect.stringContaining(`uses ${name}`) as string,
  });
});

test.each([
  ['float64', 64, 3],
  ['float16', 16, 3],
  ['uint64', 64, 1],
  ['uint12', 12, 1],
  ['complex64', 64, 6],
])('a TIFF of %s samples is named for it', async (name, bits, sampleFormat) => {
  const data = new Uint8Array((pixels * bits) / 8);
  await expect(openPhoto(writeTiff({ ...size, bits, sampleFormat, data }))).rejects.toMatchObject({
    code: 'photo-unsupported',
    details: { reason: 'samples', name },
  });
});

test('a page that says to be a reduced copy is passed over for the picture', async () => {
  const small = await toSharp(drawQuarters()).resize(12, 8).raw().toBuffer();
  const reduced: Directory = { width: 12, height: 8, channels: 3, subfileType: 1, data: small };
  const picture: Directory = { ...size, channels: 3, data: colours };
  for (const bytes of [writeTiff(reduced, picture), writeTiff({ ...reduced, subIfds: [picture] })]) {
    const { image } = await decodePhoto(bytes);
    expect(image).toMatchObject(size);
    expect(quarterPixels(image)).toEqual(quarterColours);
  }
});

test('a damaged photo of which nothing can be read is no partial photo', async () => {
  const whole = await toSharp(drawPattern(400, 300)).tiff({ compression: 'deflate' }).toBuffer();
  const first = readTiff(whole).pages[0]!;
  const [strip] = first.values(273);
  const broken = Buffer.from(whole).fill(0xff, strip, strip! + 20);
  for (const at of first.values(273)) broken.fill(0xff, at, at + 20);
  await expect(decodePhoto(broken, { allowPartial: true })).rejects.toMatchObject({ code: 'photo-damaged' });
});

test('directories that lie in a ring, or claim more than the file holds, end the reading', () => {
  const bytes = writeTiff({ ...size, channels: 3, data: colours, subIfds: [{ ...size, data: colours }] });
  const at = bytes.readUInt32LE(4);
  const entries = bytes.readUInt16LE(at);
  bytes.writeUInt32LE(at, at + 2 + 12 * entries);
  expect(readTiff(bytes).pages).toHaveLength(1);
  bytes.writeUInt16LE(0xffff, at);
  expect(readTiff(bytes).pages).toHaveLength(1);
  for (let i = 0; i < entries; i++) bytes.writeUInt32LE(0xffffffff, at + 2 + 12 * i + 4);
  const [page] = readTiff(bytes).pages;
  expect(page!.values(258).length).toBeLessThanOrEqual(64);
});
