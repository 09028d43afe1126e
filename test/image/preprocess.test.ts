import { expect, test } from 'vitest';
import { padToSquare, wholePhoto } from '../../native-models/image/geometry.ts';
import { padAndResize } from '../../native-models/image/pillow-resize.ts';
import { normalise } from '../../native-models/image/pixels.ts';
import { modelPixels, preprocessPhoto } from '../../native-models/image/preprocess.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { torchBicubic } from '../../native-models/image/torch-bicubic.ts';
import {
  drawImage,
  drawPattern,
  drawQuarters,
  pixelAt,
  psnr,
  quarters,
  readImage,
  toSharp,
} from './pictures.ts';

const published = { n: 3, tile: 336, padColour: [122, 116, 104], mode: 'trained' } as const;
const small = { ...published, tile: 16 };
const clip = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

const golden = (name: string, file: string): string =>
  new URL(`../golden/${name}/${file}`, import.meta.url).pathname;

test.each(['tower-inside', 'tower-apart'])(
  'the photo of %s becomes the reference picture, bit for bit',
  async (name) => {
    const { picture } = await preprocessPhoto(golden(name, 'photo.png'), published);
    const expected = await readImage(golden(name, 'preprocessed.png'));
    expect(Buffer.compare(picture.data, expected.data)).toBe(0);
  },
);

test.each(['tower-inside', 'tower-apart'])(
  'the preprocessed picture of %s passes unchanged',
  async (name) => {
    const path = golden(name, 'preprocessed.png');
    const { picture, square } = await preprocessPhoto(path, published);
    expect(square).toMatchObject({ x: 0, y: 0, side: 1008, pixels: 1008 });
    expect(Buffer.compare(picture.data, (await readImage(path)).data)).toBe(0);
  },
);

/** A drawing with lettering, enlarged and grained so that it has detail down to its pixels. */
async function bigJpeg(width: number, height: number): Promise<Buffer> {
  const drawing = await readImage(golden('tower-inside', 'photo.png'));
  const data = new Uint8ClampedArray(3 * width * height);
  let random = 1;
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor((y * drawing.height) / height) * drawing.width;
    for (let x = 0; x < width; x++) {
      const from = 3 * (row + Math.floor((x * drawing.width) / width));
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      const grain = (random >>> 26) - 32;
      for (let channel = 0; channel < 3; channel++) data[to++] = drawing.data[from + channel]! + grain;
    }
  }
  return toSharp({ width, height, data: new Uint8Array(data.buffer) })
    .jpeg({ quality: 92 })
    .toBuffer();
}

test.each([
  [6000, 4000],
  [3200, 4400],
  [14_000, 1200],
  // No reduction puts this one on whole pixels.
  [4801, 3203],
])('a JPEG of %i x %i is at least 50 dB from what Pillow makes of it', async (width, height) => {
  const jpeg = await bigJpeg(width, height);
  const image = await readImage(jpeg);
  const exact = padAndResize(image, padToSquare(wholePhoto(image), 1008), published.padColour);
  const { picture } = await preprocessPhoto(jpeg, published);
  expect(psnr(picture, exact)).toBeGreaterThanOrEqual(50);
});

test.each([3, 6, 7])(
  'a big grey photo of EXIF orientation %i is padded upright, in colour',
  async (orientation) => {
    const [width, height] = orientation < 5 ? [4800, 3200] : [3200, 4800];
    const upright = toSharp(drawImage(width, height, (x, y) => [(255 * x) / width, (255 * y) / height, 0]));
    const jpeg = await upright.greyscale().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const image = await readImage(await sharp(jpeg).autoOrient().toColourspace('srgb').png().toBuffer());
    const exact = padAndResize(image, padToSquare(wholePhoto(image), 1008), published.padColour);
    const { picture } = await preprocessPhoto(jpeg, published);
    expect(pixelAt(picture, 4, 4)).toEqual([...published.padColour]);
    expect(psnr(picture, exact)).toBeGreaterThanOrEqual(50);
  },
);

test('a big photo lies in the square exactly where a small one would', async () => {
  // One white line of 40 pixels on black; where it lies in the result tells of any shift by a fraction of a pixel.
  const line = drawImage(4000, 3400, (_, y) => (y >= 1000 && y < 1040 ? [255, 255, 255] : [0, 0, 0]));
  const { picture } = await preprocessPhoto(await toSharp(line).png().toBuffer(), published);
  let weight = 0;
  let moment = 0;
  for (let y = 200; y < 600; y++) {
    const [value] = pixelAt(picture, 500, y) as [number];
    weight += value;
    moment += value * (y + 0.5);
  }
  expect(moment / weight).toBeCloseTo(((300 + 1020) * 1008) / 4000, 1);
});

const peakKilobytes = () => process.resourceUsage().maxRSS;

test.each([
  [1, 1],
  [1, 20_000],
  [20_000, 1],
  [2, 3],
])('a photo of %i x %i is preprocessed without building its square', async (width, height) => {
  const photo = toSharp(drawImage(width, height, () => [250, 10, 10]));
  const png = await photo.png().toBuffer();
  const before = peakKilobytes();
  const { picture, square } = await preprocessPhoto(png, published);
  // A square of 20000 x 20000 alone takes 1.2 GB.
  expect(peakKilobytes() - before).toBeLessThan(600_000);
  expect([picture.width, picture.height, square.side]).toEqual([1008, 1008, Math.max(width, height)]);
});

test('the padding has the padding colour, and the photo lies between', async () => {
  const bytes = await toSharp(drawQuarters()).png().toBuffer();
  const { picture } = await preprocessPhoto(bytes, { ...small, padColour: [1, 2, 3] });
  expect(pixelAt(picture, 24, 2)).toEqual([1, 2, 3]);
  expect(pixelAt(picture, 24, 45)).toEqual([1, 2, 3]);
  expect(pixelAt(picture, 8, 16)).toEqual([...quarters.topLeft]);
  expect(pixelAt(picture, 40, 32)).toEqual([...quarters.bottomRight]);
});

test('a region at its own resolution is the picture, as if it had been cut out before', async () => {
  const photo = toSharp(drawPattern(200, 120));
  const region = { x: 33, y: 20, width: 90, height: 48 };
  const part = await photo.clone().extract({ left: 33, top: 20, width: 90, height: 48 }).png().toBuffer();
  const ofRegion = await preprocessPhoto(await photo.png().toBuffer(), { ...small, region });
  const ofPart = await preprocessPhoto(part, small);
  expect(Buffer.compare(ofRegion.picture.data, ofPart.picture.data)).toBe(0);
  expect(ofRegion.info).toMatchObject({ width: 200, height: 120 });
  expect(ofRegion.square).toEqual({ x: 33, y: -1, side: 90, pixels: 48, region });
});

test('a region outside the photo is wrong usage', async () => {
  const bytes = await toSharp(drawQuarters()).png().toBuffer();
  const region = { x: 90, y: 0, width: 10, height: 10 };
  await expect(preprocessPhoto(bytes, { ...small, region })).rejects.toMatchObject({ code: 'wrong-usage' });
});

test('the released demo sees one tile, enlarged: [3, n * tile, n * tile] by PyTorch’s bicubic', async () => {
  const bytes = await toSharp(drawPattern(100, 80)).png().toBuffer();
  const demo = await preprocessPhoto(bytes, { ...small, mode: 'released-demo' });
  const tile = await preprocessPhoto(bytes, { ...published, n: 1, tile: 16 });
  expect(Buffer.compare(demo.picture.data, tile.picture.data)).toBe(0);
  expect(demo.square.pixels).toBe(48);
  const pixels = modelPixels(demo.picture, small, clip);
  expect(pixels).toEqual(torchBicubic(normalise(tile.picture, clip), 16, 48));
  // What is shown is the same, but for values that cannot be shown.
  const shown = normalise(demo.shown, clip);
  const off = shown.filter((value, i) => Math.abs(value - pixels[i]!) > 0.5 / 255 / 0.26 + 1e-5).length;
  expect([demo.shown.width, demo.shown.height]).toEqual([48, 48]);
  expect(off / shown.length).toBeLessThan(0.1);
});

test('trained preprocessing keeps the detail that the released demo loses', async () => {
  const stripes = await toSharp(drawImage(48, 48, (x) => (x % 2 ? [255, 255, 255] : [0, 0, 0])))
    .png()
    .toBuffer();
  const contrast = async (mode: 'trained' | 'released-demo'): Promise<number> => {
    const { picture } = await preprocessPhoto(stripes, { ...small, mode });
    const row = [...modelPixels(picture, small, clip).subarray(48 * 24 + 10, 48 * 24 + 38)];
    return Math.max(...row) - Math.min(...row);
  };
  expect(await contrast('trained')).toBeGreaterThan(3.5);
  expect(await contrast('released-demo')).toBeLessThan(1);
});

test('of a truncated photo the part that can be read is preprocessed where that is allowed', async () => {
  const bytes = await toSharp(drawPattern(300, 200)).jpeg().toBuffer();
  const cut = bytes.subarray(0, bytes.length / 2);
  await expect(preprocessPhoto(cut, small)).rejects.toMatchObject({ code: 'photo-damaged' });
  const { info } = await preprocessPhoto(cut, { ...small, allowPartial: true });
  expect(info.notes).toEqual(['partial']);
});

test('a square that no model could want is refused', async () => {
  const bytes = await toSharp(drawQuarters()).png().toBuffer();
  const huge = { ...published, n: 16, tile: 4096 };
  await expect(preprocessPhoto(bytes, huge)).rejects.toMatchObject({ code: 'wrong-usage' });
});
