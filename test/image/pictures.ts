import { sharp } from '../../native-models/image/sharp.ts';
import type { RgbImage } from '../../native-models/image/pixels.ts';

/** Four coloured quarters, 96 x 64: no turn or mirroring leaves it as it is. */
export const quarters = {
  width: 96,
  height: 64,
  topLeft: [200, 30, 30],
  topRight: [30, 160, 40],
  bottomLeft: [30, 60, 200],
  bottomRight: [240, 240, 240],
} as const;

export function drawQuarters(): RgbImage {
  const { width, height } = quarters;
  return drawImage(width, height, (x, y) =>
    y < height / 2
      ? x < width / 2
        ? quarters.topLeft
        : quarters.topRight
      : x < width / 2
        ? quarters.bottomLeft
        : quarters.bottomRight,
  );
}

export function drawImage(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly [number, number, number],
): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(colour(x, y), 3 * (y * width + x));
  return { width, height, data };
}

/** Values without any structure, the same every time. */
export function drawPattern(width: number, height: number): RgbImage {
  const value = (x: number, y: number, c: number): number => (x * 37 + y * 91 + c * 53 + x * y * 7) % 256;
  return drawImage(width, height, (x, y) => [value(x, y, 0), value(x, y, 1), value(x, y, 2)]);
}

export function toSharp({ width, height, data }: RgbImage) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The pixels of a picture as the plainest use of sharp gives them. */
export async function readImage(file: string | Uint8Array): Promise<RgbImage> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

export function pixelAt({ width, data }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

/** The middles of the four quarters, to compare with `quarterColours`. */
export function quarterPixels(image: RgbImage): number[][] {
  const [left, right] = [Math.floor(image.width / 4), Math.floor((image.width * 3) / 4)];
  const [top, bottom] = [Math.floor(image.height / 4), Math.floor((image.height * 3) / 4)];
  return [
    pixelAt(image, left, top),
    pixelAt(image, right, top),
    pixelAt(image, left, bottom),
    pixelAt(image, right, bottom),
  ];
}

export const quarterColours = [
  quarters.topLeft,
  quarters.topRight,
  quarters.bottomLeft,
  quarters.bottomRight,
];

/** The largest difference between two lists of pixels. */
export function distance(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  return Math.max(
    ...a.flatMap((pixel, i) => pixel.map((value, channel) => Math.abs(value - b[i]![channel]!))),
  );
}

/** Peak signal to noise ratio in dB. */
export function psnr(a: RgbImage, b: RgbImage): number {
  if (a.width !== b.width || a.height !== b.height) return -Infinity;
  const squares = a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0);
  return 10 * Math.log10((255 * 255 * a.data.length) / squares);
}
