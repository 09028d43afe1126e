import { describe, expect, test } from 'vitest';

import { familyOf, type Family } from '../../native-models/families/index.ts';
import type { OpenedPhoto, PixelOptions } from '../../native-models/image/decode.ts';
import { wholePhoto } from '../../native-models/image/geometry.ts';
import { familyGolden, seeingOf, taggedCases } from '../support/family-golden.ts';

/** Prepares a photo of one colour, and says what was asked of the decoder. */
async function askedFor(family: Family, width: number, height: number): Promise<PixelOptions> {
  let asked: PixelOptions = {};
  const info = { width, height } as OpenedPhoto['info'];
  await family.prepare({
    info,
    pixels(options = {}) {
      asked = options;
      const size = options.size ?? info;
      const data = new Uint8Array(3 * size.width * size.height);
      return Promise.resolve({ image: { width: size.width, height: size.height, data }, partial: false });
    },
  } as OpenedPhoto);
  return asked;
}

describe('a photo in tiles', () => {
  const family = familyOf(seeingOf(familyGolden('internvl-b').expected));

  test('is decoded at its own size beyond the 12 megapixels of a phone', async () => {
    expect((await askedFor(family, 4400, 2900)).size).toBeUndefined();
  });

  test('is reduced before only where it would fill the memory', async () => {
    const { size } = await askedFor(family, 10_000, 6500);
    expect(size!.width * size!.height).toBeLessThan(64e6);
  });
});

test.each(taggedCases)('a line of pixels has views by the numbers of %s', (name) => {
  const { expected } = familyGolden(name);
  const seeing = seeingOf(expected);
  for (const [width, height] of [
    [1, 100_000],
    [100_000, 1],
    [1, 1],
  ] as const) {
    const { views, rows } = familyOf(seeing).plan(wholePhoto({ width, height }));
    expect(rows).toBe(views.length * expected.dims.rows_a_view);
  }
});

test.each([196, 392, 1000])(
  'a portrait of a pixel, brought to a longest edge of %i, is one tile wide',
  (longestEdge) => {
    const seeing = seeingOf(familyGolden('smolvlm-a').expected);
    const family = familyOf({
      ...seeing,
      views: { family: 'idefics3', tile: longestEdge / 4, longestEdge, shuffle: 1 },
      vision: { patch: 1 },
    });
    for (const height of [longestEdge, longestEdge + 1, 100_000]) {
      expect(family.plan(wholePhoto({ width: 1, height })).grid).toEqual({ columns: 1, rows: 4 });
      expect(family.plan(wholePhoto({ width: height, height: 1 })).grid).toEqual({ columns: 4, rows: 1 });
    }
  },
);
