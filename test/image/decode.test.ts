import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePhoto, openPhoto } from '../../native-models/image/decode.ts';
import { sharp, type Sharp } from '../../native-models/image/sharp.ts';
import { toTiff } from '../../native-models/image/raw-picture.ts';
import { matrixProfile } from './icc-profile.ts';
import {
  distance,
  drawImage,
  drawQuarters,
  pixelAt,
  quarterColours,
  quarterPixels,
  quarters,
  toSharp,
} from './pictures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'photos-'));
});
afterAll(() => rm(folder, { recursive: true }));

const drawn = toSharp(drawQuarters());
const jpegOptions = { quality: 95, chromaSubsampling: '4:4:4' };

test.each([
  ['jpeg', () => drawn.clone().jpeg(jpegOptions), 3],
  ['progressive jpeg', () => drawn.clone().jpeg({ ...jpegOptions, progressive: true }), 3],
  ['png', () => drawn.clone().png(), 0],
  ['png with a palette', () => drawn.clone().png({ palette: true }), 2],
  ['interlaced png', () => drawn.clone().png({ progressive: true }), 0],
  ['webp', () => drawn.clone().webp({ lossless: true }), 0],
  ['avif', () => drawn.clone().avif({ quality: 90, chromaSubsampling: '4:4:4' }), 4],
  ['gif', () => drawn.clone().gif(), 2],
  ['tiff', () => drawn.clone().tiff({ compression: 'lzw' }), 0],
])('%s is read by its content, whatever its name', async (kind, encode, tolerance) => {
  const path = join(folder, `${kind}.txt`);
  const bytes = await encode().toBuffer();
  await writeFile(path, bytes);
  const { image, info } = await decodePhoto(path);
  expect(kind).toContain(info.format);
  expect(info).toMatchObject({ name: `${kind}.txt`, width: 96, height: 64, orientation: 1 });
  // libvips gives every GIF an alpha channel.
  expect(info.notes).toEqual(kind === 'gif' ? ['alpha-flattened'] : []);
  expect(info).toMatchObject({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(tolerance);
});

test('opening a photo reads its header only, and bytes serve as well as a path', async () => {
  const photo = await openPhoto(await drawn.clone().png().toBuffer());
  expect(photo.info).toMatchObject({ name: 'the photo', format: 'png', width: 96, height: 64 });
  const { image } = await photo.pixels({ region: { x: 40, y: 0, width: 10, height: 4 } });
  expect([image.width, image.height]).toEqual([10, 4]);
  expect(pixelAt(image, 7, 0)).toEqual([...quarters.topLeft]);
  expect(pixelAt(image, 8, 0)).toEqual([...quarters.topRight]);
});

test.each([
  ['grey', () => drawn.clone().greyscale().png()],
  ['grey with 16 bits', () => drawn.clone().greyscale().toColourspace('grey16').png()],
])('%s becomes three equal channels', async (_, encode) => {
  const { image } = await decodePhoto(await encode().toBuffer());
  const [red, green, blue] = pixelAt(image, 90, 60);
  expect([green, blue]).toEqual([red, red]);
  expect(red).toBeGreaterThan(230);
});

test('16 bits a channel are brought to 8', async () => {
  const bytes = await drawn.clone().toColourspace('rgb16').tiff().toBuffer();
  const { image } = await decodePhoto(bytes);
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(1);
});

test.each([
  ['jpeg', (picture: Sharp) => picture.jpeg({ quality: 100 })],
  ['tiff', (picture: Sharp) => picture.tiff()],
])('CMYK %s is converted to sRGB, and said so', async (_, encode) => {
  const muted = toSharp(drawImage(16, 16, () => [150, 90, 80]));
  const { image, info } = await decodePhoto(await encode(muted.toColourspace('cmyk')).toBuffer());
  expect(info.notes).toEqual(['colour-converted']);
  // Four inks do not hold every colour exactly.
  expect(distance([pixelAt(image, 8, 8)], [[150, 90, 80]])).toBeLessThanOrEqual(15);
});

test.each([
  [8, () => drawn.clone().withIccProfile('p3').png()],
  [16, () => drawn.clone().withIccProfile('p3').toColourspace('rgb16').png()],
])('Display P3 with %i bits a channel is converted to sRGB', async (_, encode) => {
  const { image, info } = await decodePhoto(await encode().toBuffer());
  expect(info.notes).toEqual(['colour-converted']);
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(2);
});

test('a profile that calls red green turns red into green', async () => {
  // Its curve is a plain gamma of 2.2, up to 6 values beside sRGB's.
  const icc = matrixProfile('swapped', [1, 0, 2]);
  const image = drawImage(4, 4, () => [200, 60, 40]);
  const swapped = await decodePhoto(toTiff({ ...image, channels: 3, icc, complete: true }));
  expect(distance([pixelAt(swapped.image, 1, 1)], [[60, 200, 40]])).toBeLessThanOrEqual(6);
  expect(swapped.info.notes).toEqual(['colour-converted']);
});

test('a photo in sRGB keeps its values to the bit', async () => {
  const icc = matrixProfile('sRGB IEC61966-2.1', [0, 1, 2]);
  const image = drawQuarters();
  const plain = await decodePhoto(toTiff({ ...image, channels: 3, icc, complete: true }));
  expect(plain.info.notes).toEqual([]);
  expect(Buffer.compare(plain.image.data, image.data)).toBe(0);
});

test('what is nearly transparent is rounded to the nearest value', async () => {
  const data = Uint8Array.from([200, 60, 40, 1, 0, 100, 254, 128]);
  const bytes = toTiff({ width: 2, height: 1, channels: 4, data, icc: null, complete: true });
  const { image } = await decodePhoto(bytes, { background: [255, 255, 255] });
  // 254.8, 254.2, 254.2; 127, 177.2, 254.5
  expect([...image.data]).toEqual([255, 254, 254, 127, 177, 254]);
});

test('what is transparent shows the padding colour, what is half transparent a mixture', async () => {
  const data = Uint8Array.from([200, 60, 40, 255, 200, 60, 40, 0, 200, 60, 40, 51]);
  const bytes = toTiff({ width: 3, height: 1, channels: 4, data, icc: null, complete: true });
  const { image, info } = await decodePhoto(bytes, { background: [100, 160, 240] });
  expect(info.notes).toEqual(['alpha-flattened']);
  const expected = [
    [200, 60, 40],
    [100, 160, 240],
    [120, 140, 200],
  ];
  expect(
    distance(
      [0, 1, 2].map((x) => pixelAt(image, x, 0)),
      expected,
    ),
  ).toBeLessThanOrEqual(1);
});

test.each([
  ['gif', 'first-frame', () => pages().gif()],
  ['webp', 'first-frame', () => pages().webp({ lossless: true })],
  ['tiff', 'first-page', () => pages().tiff({ compression: 'none' })],
])('of several pictures in a %s the first is taken, and said so: %s', async (_, note, encode) => {
  const { image, info } = await decodePhoto(await encode().toBuffer());
  expect(info.notes).toContain(note);
  expect([image.width, image.height]).toEqual([8, 8]);
  expect(distance([pixelAt(image, 4, 4)], [[200, 30, 30]])).toBeLessThanOrEqual(3);
});

/** Two pictures of 8 x 8, the first red, the second blue. */
function pages() {
  const { data } = drawImage(8, 16, (_, y) => (y < 8 ? [200, 30, 30] : [30, 60, 200]));
  return sharp(data, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } });
}

test.each([
  'plain.png',
  'with blanks, commas & (brackets).png',
  'pictures 🌄🏞️.png',
  '사진.png',
  '사진'.normalize('NFD') + '.png',
  'quote\'s "quoted".png',
  '%41%zz.png',
  '-o.png',
])('a file named %s opens', async (name) => {
  const path = join(folder, name);
  await writeFile(path, await drawn.clone().png().toBuffer());
  expect((await openPhoto(path)).info.name).toBe(name);
});

test.runIf(process.platform === 'linux')('a name that is no UTF-8 opens by its bytes', async () => {
  const path = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.png')]);
  await writeFile(path, await drawn.clone().png().toBuffer());
  const { image } = await decodePhoto({ path });
  expect(quarterPixels(image)).toEqual(quarterColours);
});

test('a cancelled reading ends as cancelled', async () => {
  const signal = AbortSignal.abort();
  await expect(decodePhoto(join(folder, 'any.png'), { signal })).rejects.toMatchObject({ code: 'cancelled' });
  const photo = await openPhoto(await drawn.clone().png().toBuffer());
  await expect(photo.pixels({ signal })).rejects.toMatchObject({ code: 'cancelled' });
});
