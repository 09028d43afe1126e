import { expect, test } from 'vitest';
import { decodePhoto, openPhoto } from '../../native-models/image/decode.ts';
import { preprocessPhoto } from '../../native-models/image/preprocess.ts';
import type { RgbImage } from '../../native-models/image/pixels.ts';
import { distance, drawQuarters, pixelAt, quarterColours, quarterPixels, toSharp } from './pictures.ts';

/** Where EXIF puts the stored picture's first row and first column when it stands upright (EXIF 2.3, tag 0x0112). */
const exif = [
  [1, 'top', 'left'],
  [2, 'top', 'right'],
  [3, 'bottom', 'right'],
  [4, 'bottom', 'left'],
  [5, 'left', 'top'],
  [6, 'right', 'top'],
  [7, 'right', 'bottom'],
  [8, 'left', 'bottom'],
] as const;

type Side = 'top' | 'bottom' | 'left' | 'right';

/** The picture as a camera stores it that writes this orientation. */
function stored(upright: RgbImage, firstRow: Side, firstColumn: Side): RgbImage {
  const lies = firstRow === 'left' || firstRow === 'right';
  const [width, height] = lies ? [upright.height, upright.width] : [upright.width, upright.height];
  const data = new Uint8Array(3 * width * height);
  const place = (side: Side, i: number): number =>
    side === 'top' || side === 'left' ? i : (side === 'right' ? upright.width : upright.height) - 1 - i;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = lies
        ? [place(firstRow, row), place(firstColumn, column)]
        : [place(firstColumn, column), place(firstRow, row)];
      data.set(pixelAt(upright, x, y), 3 * (row * width + column));
    }
  }
  return { width, height, data };
}

const encode = (image: RgbImage, orientation: number): Promise<Buffer> =>
  toSharp(image).withMetadata({ orientation }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();

test.each(exif)(
  'orientation %i (first row %s, first column %s) is turned upright',
  async (value, row, column) => {
    const { image, info } = await decodePhoto(await encode(stored(drawQuarters(), row, column), value));
    expect(info).toMatchObject({ width: 96, height: 64, orientation: value });
    expect([image.width, image.height]).toEqual([96, 64]);
    expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(3);
  },
);

test.each(exif)('a region is a part of the upright photo, orientation %i', async (value, row, column) => {
  const photo = await openPhoto(await encode(stored(drawQuarters(), row, column), value));
  const { image: whole } = await photo.pixels();
  const region = { x: 30, y: 11, width: 47, height: 40 };
  const { image } = await photo.pixels({ region });
  const expected = Array.from({ length: region.height }, (_, y) =>
    whole.data.subarray(3 * ((11 + y) * 96 + 30), 3 * ((11 + y) * 96 + 77)),
  );
  expect(Buffer.compare(image.data, Buffer.concat(expected))).toBe(0);
  const { image: small } = await photo.pixels({ size: { width: 24, height: 16 } });
  expect([small.width, small.height]).toEqual([24, 16]);
  expect(distance(quarterPixels(small), quarterColours)).toBeLessThanOrEqual(4);
});

test('every orientation gives the model the same picture', async () => {
  const options = { n: 3, tile: 16, padColour: [122, 116, 104], mode: 'trained' } as const;
  const pictures = await Promise.all(
    exif.map(async ([value, row, column]) => {
      const png = toSharp(stored(drawQuarters(), row, column))
        .withMetadata({ orientation: value })
        .png();
      return (await preprocessPhoto(await png.toBuffer(), options)).picture;
    }),
  );
  for (const picture of pictures) expect(Buffer.compare(picture.data, pictures[0]!.data)).toBe(0);
});
