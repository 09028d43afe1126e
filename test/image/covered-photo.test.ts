import { expect, test } from 'vitest';
import { coveredPhoto } from '../../native-models/image/covered-photo.ts';
import { openPhoto } from '../../native-models/image/decode.ts';
import type { RgbImage } from '../../native-models/image/pixels.ts';
import { sharp } from '../../native-models/image/sharp.ts';

const white = [255, 255, 255] as const;
const photo = async () =>
  openPhoto(
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer(),
  );
const covered = { x: 4, y: 2, width: 6, height: 3 };

/** Corners of what is white: left, top, right, bottom. */
function whiteIn({ width, height, data }: RgbImage): number[] {
  const found = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (data[3 * (y * width + x) + 1] === 255) found.push([x, y]);
  const [xs, ys] = [found.map(([x]) => x!), found.map(([, y]) => y!)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

test.each([
  ['whole', {}, [4, 2, 10, 5]],
  ['in a part of it', { region: { x: 5, y: 0, width: 10, height: 10 } }, [0, 2, 5, 5]],
  ['made larger', { size: { width: 40, height: 20 } }, [8, 4, 20, 10]],
  [
    'with a border',
    { size: { width: 10, height: 5 }, border: { left: 3, top: 1, right: 0, bottom: 0 } },
    [5, 2, 8, 4],
  ],
])('a part of a photo is covered: %s', async (_, options, expected) => {
  const { image } = await coveredPhoto(await photo(), covered, white).pixels(options);
  expect(whiteIn(image)).toEqual(expected);
});

test('what lies elsewhere stays as it is', async () => {
  const region = { x: 12, y: 0, width: 8, height: 10 };
  const own = await (await photo()).pixels({ region });
  const { image } = await coveredPhoto(await photo(), covered, white).pixels({ region });
  expect(image.data).toEqual(own.image.data);
});
