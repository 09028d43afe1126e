import { expect, test } from 'vitest';
import {
  closerPart,
  isMostLost,
  linesOf,
  moveEdges,
  partBetween,
  partOf,
  pixelsOf,
  snap,
  tileAt,
  tilesInside,
  wholeGrip,
} from '../../../renderer/geometry/parts.ts';
import { makePhoto, makePlan } from '../fake-data.ts';

const photo = makePhoto('p', { width: 3000, height: 2000 });
const plan = makePlan(photo);

test('a part is whole pixels inside the photo, however it is drawn, and large enough to be taken hold of', () => {
  const drawn = { x: 100, y: 50, width: 200, height: 300 };
  expect(partBetween({ x: 300.4, y: 349.6 }, { x: 99.8, y: 50.2 }, photo)).toEqual(drawn);
  expect(partBetween({ x: -500, y: 1990 }, { x: 40, y: 9000 }, photo)).toEqual({
    ...{ x: 0, y: 1984, width: 40, height: 16 },
  });
  expect(partOf({ x: 0, y: 0, width: 500, height: 500 }, { width: 9, height: 7 })).toEqual({
    ...{ x: 0, y: 0, width: 9, height: 7 },
  });
});

test('what is beside the photo is no part of it', () => {
  expect(partOf({ x: 0, y: -500, width: 3000, height: 500 }, photo)).toBeNull();
  expect(partBetween({ x: 3001, y: 10 }, { x: 3400, y: 300 }, photo)).toBeNull();
  // Padded to a square, the tiles of the first line show a strip of it.
  expect(tilesInside(plan, photo)).toHaveLength(9);
  expect(
    tilesInside(makePlan(makePhoto('w', { width: 3000, height: 900 })), { width: 3000, height: 900 }),
  ).toEqual([3, 4, 5]);
});

test('moved, a part keeps its size at the edges of the photo; resized, the edges that nobody holds stay', () => {
  const part = { x: 100, y: 100, width: 400, height: 300 };
  expect(moveEdges(part, wholeGrip, { x: -900, y: 5000 }, photo)).toEqual({ ...part, x: 0, y: 1700 });
  expect(moveEdges(part, { x: -1, y: 0 }, { x: 50, y: 80 }, photo)).toEqual({ ...part, x: 150, width: 350 });
  expect(moveEdges(part, { x: 1, y: 1 }, { x: -900, y: 5000 }, photo)).toEqual({
    ...part,
    ...{ width: 16, height: 1900 },
  });
});

test('edges go to tiles and to the photo where they are near, and only those that move', () => {
  const lines = linesOf(photo, plan);
  // Padded to 3000 x 3000 and cut into three by three.
  expect([...new Set(lines.x)]).toEqual([0, 3000, 1000, 2000]);
  const part = { x: 990, y: 12, width: 500, height: 480 };
  expect(snap(part, wholeGrip, lines, 15, photo)).toEqual({ ...part, x: 1000, y: 20 });
  expect(snap(part, { x: 1, y: 1 }, lines, 15, photo)).toEqual({ ...part, height: 488 });
  expect(snap(part, { x: 1, y: 1 }, lines, 5, photo)).toEqual(part);
});

test('the tile at a place is what of it is photo', () => {
  expect(tileAt(plan, { x: 1500, y: 30 }, photo)).toEqual({ x: 1000, y: 0, width: 1000, height: 500 });
});

test('what the model sees is counted in pixels of the photo, of a part in those of the part', () => {
  const { there, seen } = pixelsOf(plan, photo);
  expect(there).toBe(6_000_000);
  // 1008 x 1008, of which a third is padding.
  expect(seen).toBeCloseTo(677_376, 0);
  expect(isMostLost({ there, seen })).toBe(true);
  const part = makePlan(photo, { x: 500, y: 500, width: 900, height: 900 });
  expect(pixelsOf(part, photo)).toEqual({ there: 810_000, seen: 810_000 });
  expect(part.locals[0]!.place).toEqual({ x: 500, y: 500, width: 300, height: 300 });
});

test('closer around a place: at the photo’s own resolution, inside the photo, and never all of it', () => {
  const place = { x: 2900, y: 0, width: 60, height: 60 };
  expect(closerPart(place, plan, photo)).toEqual({ x: 1992, y: 0, width: 1008, height: 1000 });
  const small = makePhoto('s', { width: 800, height: 600 });
  expect(closerPart({ x: 400, y: 300, width: 50, height: 50 }, makePlan(small), small)).toEqual({
    ...{ x: 225, y: 175, width: 400, height: 300 },
  });
});
