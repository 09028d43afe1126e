import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkRegion,
  intersect,
  modelRectangleToPhoto,
  modelToPhoto,
  padToSquare,
  photoRectangleToModel,
  photoToModel,
  seenPart,
  tokenAtPhoto,
  tokensOverPhoto,
  tokenToPhoto,
  wholePhoto,
  wholePixelSquare,
} from '../../native-models/image/geometry.ts';

const length = fc.integer({ min: 1, max: 20_000 });
const region = fc.record({
  x: fc.integer({ min: 0, max: 20_000 }),
  y: fc.integer({ min: 0, max: 20_000 }),
  width: length,
  height: length,
});
const square = fc
  .record({ region, pixels: fc.integer({ min: 1, max: 4096 }) })
  .map(({ region, pixels }) => padToSquare(region, pixels));
const grid = fc.integer({ min: 1, max: 48 });

test('an odd remainder of the padding goes to the right or the bottom', () => {
  expect(padToSquare(wholePhoto({ width: 10, height: 7 }), 336)).toMatchObject({ x: 0, y: -1, side: 10 });
  expect(padToSquare(wholePhoto({ width: 4, height: 9 }), 336)).toMatchObject({ x: -2, y: 0, side: 9 });
});

test('the square holds the whole region and is no larger than it must be', () => {
  fc.assert(
    fc.property(square, ({ x, y, side, region }) => {
      expect(intersect(region, { x, y, width: side, height: side })).toEqual(region);
      expect(side).toBe(Math.max(region.width, region.height));
    }),
  );
});

test('photo to model and model to photo undo each other', () => {
  const coordinate = fc.double({ min: -1e5, max: 1e5, noNaN: true });
  fc.assert(
    fc.property(square, coordinate, coordinate, (square, x, y) => {
      const point = modelToPhoto(photoToModel({ x, y }, square), square);
      expect(point.x).toBeCloseTo(x, 5);
      expect(point.y).toBeCloseTo(y, 5);
      const rectangle = photoRectangleToModel(
        modelRectangleToPhoto({ x, y, width: 3, height: 5 }, square),
        square,
      );
      expect(rectangle.width).toBeCloseTo(3, 5);
      expect(rectangle.y).toBeCloseTo(y, 5);
    }),
  );
});

test('the corners of a 1200 x 800 photo lie at 0,168 and 1008,840 of the model picture', () => {
  const square = padToSquare(wholePhoto({ width: 1200, height: 800 }), 1008);
  expect(photoToModel({ x: 0, y: 0 }, square)).toEqual({ x: 0, y: 168 });
  expect(photoToModel({ x: 1200, y: 800 }, square)).toEqual({ x: 1008, y: 840 });
});

test('the tokens tile the square, rows before columns', () => {
  const square = padToSquare(wholePhoto({ width: 240, height: 120 }), 1008);
  expect(tokenToPhoto(0, 24, square)).toEqual({ x: 0, y: -60, width: 10, height: 10 });
  expect(tokenToPhoto(25, 24, square)).toEqual({ x: 10, y: -50, width: 10, height: 10 });
  expect(tokenToPhoto(575, 24, square)).toEqual({ x: 230, y: 170, width: 10, height: 10 });
  expect(() => tokenToPhoto(576, 24, square)).toThrow(RangeError);
});

test('a token stands for the rectangle that it alone covers, and for every point in it', () => {
  fc.assert(
    fc.property(square, grid, fc.nat(), (square, grid, number) => {
      const token = number % (grid * grid);
      const place = tokenToPhoto(token, grid, square);
      expect(tokensOverPhoto(place, grid, square)).toEqual([token]);
      expect(tokenAtPhoto(place, grid, square)).toBe(token);
      const middle = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
      expect(tokenAtPhoto(middle, grid, square)).toBe(token);
    }),
  );
});

test('a rectangle is covered by its tokens, each of which it touches', () => {
  fc.assert(
    fc.property(square, grid, region, (square, grid, rectangle) => {
      const side = { x: square.x, y: square.y, width: square.side, height: square.side };
      const inside = intersect(rectangle, side);
      const covered = tokensOverPhoto(rectangle, grid, square)
        .map((token) => intersect(rectangle, tokenToPhoto(token, grid, square)))
        .reduce((area, common) => area + common!.width * common!.height, 0);
      expect(covered).toBeCloseTo(inside ? inside.width * inside.height : 0, 2);
    }),
  );
});

test('a point outside the square belongs to no token', () => {
  const square = padToSquare(wholePhoto({ width: 100, height: 50 }), 336);
  expect(tokenAtPhoto({ x: -0.5, y: 10 }, 24, square)).toBeNull();
  expect(tokenAtPhoto({ x: 100, y: 10 }, 24, square)).toBeNull();
  expect(tokenAtPhoto({ x: 10, y: -25 }, 24, square)).not.toBeNull();
});

test.each([
  { x: -1, y: 0, width: 10, height: 10 },
  { x: 0, y: 0, width: 0, height: 10 },
  { x: 95, y: 0, width: 10, height: 10 },
  { x: 0, y: 0.5, width: 10, height: 10 },
  { x: Number.NaN, y: 0, width: 10, height: 10 },
])('a region that is not whole pixels of the photo is refused: %o', (region) => {
  expect(() => checkRegion(region, { width: 100, height: 50 })).toThrow(
    expect.objectContaining({ code: 'wrong-usage' }),
  );
});

test('a region may be the whole photo', () => {
  expect(() => checkRegion(wholePhoto({ width: 100, height: 50 }), { width: 100, height: 50 })).not.toThrow();
});

test.each([
  ['3:2', 6000, 4000],
  ['4:3', 9248, 6944],
  ['16:9, upright', 2250, 4000],
  ['a panorama', 14_000, 1200],
])(
  'a photo of %s can be reduced so that it lies on whole pixels, and lies where it did',
  (_, width, height) => {
    const square = padToSquare(wholePhoto({ width, height }), 1008);
    const reduced = wholePixelSquare(square, 3.5 * 1008, 4 * 1008)!;
    expect(reduced.side).toBeGreaterThanOrEqual(3.5 * 1008);
    expect(reduced.side).toBeLessThan(4 * 1008);
    const scale = reduced.side / square.side;
    expect(reduced.region.x).toBeCloseTo(-square.x * scale, 9);
    expect(reduced.region.y).toBeCloseTo(-square.y * scale, 9);
    expect(reduced.region.width).toBeCloseTo(width * scale, 9);
    expect(reduced.region.height).toBeCloseTo(height * scale, 9);
  },
);

test('the part of a square in which a region shows is whole pixels, and what is left out is padding', () => {
  const reach = 3;
  const padded = fc
    .record({ side: fc.integer({ min: 40, max: 4000 }), pixels: fc.integer({ min: 10, max: 1008 }) })
    .chain(({ side, pixels }) =>
      fc
        .tuple(fc.integer({ min: 0, max: side - 1 }), fc.integer({ min: 1, max: side }))
        .map(([y, height]) => ({
          pixels,
          side,
          region: { x: 0, y, width: side, height: Math.min(height, side - y) },
        })),
    );
  fc.assert(
    fc.property(padded, ({ pixels, ...square }) => {
      const { side, region } = square;
      const { border, part } = seenPart(square, pixels, reach);
      const scale = side / pixels;
      expect([border.left, border.right, part.x, part.width]).toEqual([0, 0, 0, pixels]);
      for (const length of [border.top, border.bottom, part.y, part.height])
        expect(Number.isInteger(length) && length >= 0).toBe(true);
      expect(border.top + region.height + border.bottom).toBeCloseTo(part.height * scale, 6);
      expect(region.y - border.top).toBeCloseTo(part.y * scale, 6);
      if (part.y > 0) expect(border.top).toBeGreaterThanOrEqual(reach * scale - 1e-6);
      if (part.y + part.height < pixels) expect(border.bottom).toBeGreaterThanOrEqual(reach * scale - 1e-6);
    }),
  );
});

test('a third of the square of a wide photo is not resized', () => {
  const square = { side: 3528, region: { x: 0, y: 588, width: 3528, height: 2352 } };
  expect(seenPart(square, 1008, 3)).toEqual({
    border: { left: 0, right: 0, top: 14, bottom: 14 },
    part: { x: 0, y: 164, width: 1008, height: 680 },
  });
});

test('a photo of awkward size has no such reduction', () => {
  const square = padToSquare(wholePhoto({ width: 4801, height: 3203 }), 1008);
  expect(wholePixelSquare(square, 3.5 * 1008, 4 * 1008)).toBeNull();
});
