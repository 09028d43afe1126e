import { expect, test } from 'vitest';
import { wordsOf, type LookedAt } from '../../../preload/contract/api.ts';
import {
  fieldOf,
  mapOf,
  massOn,
  peakOf,
  pictureOf,
  sentenceAround,
  sharesOf,
  underLens,
} from '../../../renderer/geometry/look.ts';
import { makeLook, makeLookInViews, makePhoto, makePlan } from '../fake-data.ts';

const look = makeLook('answer');
const photo = makePhoto('harbour');
const [picture] = look.pictures as [LookedAt];

test('tokens are put together to words, and words to sentences', () => {
  const words = wordsOf(['A', ' red', ' fo', 'x', '.', ' It', ' is', ' "', 'B', '".']);
  expect(words.map(({ text }) => text)).toEqual(['A', ' red', ' fox.', ' It', ' is', ' "B".']);
  expect(words.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [1, 2],
    [2, 5],
    [5, 6],
    [6, 7],
    [7, 10],
  ]);
  expect(sentenceAround(words, 1)).toEqual({ from: 0, to: 5 });
  expect(sentenceAround(words, 5)).toEqual({ from: 5, to: 10 });
});

test('the map of some words is that of their tokens, one on the other', () => {
  expect([...mapOf(look, { from: 1, to: 2 })]).toEqual([0.5, 0, 0, 0]);
  const both = mapOf(look, { from: 1, to: 4 });
  expect(both[0]).toBeCloseTo(0.5, 6);
  expect(both[3]).toBeCloseTo(0.6, 6);
});

test('of several parts of a photo the one in front is meant, otherwise the one that most of the map lies on', () => {
  const region = { x: 0, y: 0, width: 600, height: 400 };
  const [grid] = picture.grids;
  // The same grid, one on each half of a map of twice the size.
  const cells = grid!.rows * grid!.columns;
  const upper: LookedAt = { ...picture, region };
  const lower: LookedAt = { ...picture, region: { ...region, y: 900 }, grids: [{ ...grid!, first: cells }] };
  const several = { ...look, pictures: [upper, lower] };
  const map = new Float32Array(2 * cells).fill(0.1, 0, cells).fill(0.2, cells);
  expect(massOn(upper, map) / massOn(lower, map)).toBeCloseTo(0.5, 6);
  for (const each of [upper, lower]) expect(pictureOf(several, each, map)).toBe(each);
  expect(pictureOf(several, { photoId: 'harbour', region: null }, map)).toBe(lower);
  expect(pictureOf(several, { photoId: 'other', region: null }, map)).toBeNull();
});

test('a map is smooth over the photo, highest in the middle of its cell', () => {
  const size = { width: 24, height: 16 };
  const area = { x: 0, y: 0, width: photo.width, height: photo.height };
  const field = fieldOf(picture, mapOf(look, { from: 1, to: 2 }), area, size);
  const at = (x: number, y: number) => field[y * size.width + x]!;
  expect(at(5, 3)).toBeCloseTo(1, 1);
  expect(at(12, 3)).toBeGreaterThan(0.3);
  expect(at(12, 3)).toBeLessThan(0.6);
  expect(at(20, 12)).toBe(0);
});

test('what is under the lens is the place where the map is highest', () => {
  expect(underLens(picture, mapOf(look, { from: 1, to: 2 }), photo)).toEqual({
    x: 0,
    y: 0,
    width: 1200,
    height: 800,
  });
  expect(underLens(picture, mapOf(look, { from: 0, to: 1 }), photo)).toBeNull();
});

test('the crops share the map by place where places are made of several, and by view where they are not', () => {
  const plan = makePlan(photo);
  const shares = sharesOf(plan, picture, mapOf(look, { from: 1, to: 2 }));
  // The top left quarter of the photo reaches into four of the nine tiles of its square.
  expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  expect([...shares].filter(([, share]) => share > 0).map(([crop]) => crop)).toEqual([
    'local-0',
    'local-1',
    'local-3',
    'local-4',
  ]);
  const [grid] = picture.grids;
  const apart = { ...picture, grids: [{ ...grid!, kind: 'global' as const }] };
  expect([...sharesOf(plan, apart, mapOf(look, { from: 1, to: 2 }))]).toEqual([['global-0', 1]]);
});

test('one level deeper the tiles share what was taken from tiles, and are as bright as the densest of them', () => {
  const plan = makePlan(photo);
  const deeper = makeLookInViews('m2');
  const map = mapOf(deeper, { from: 0, to: 4 });
  const grids = deeper.pictures[0]!.grids.filter(({ kind }) => kind === 'local');
  const shares = sharesOf(plan, { grids }, map, massOn({ grids }, map));
  expect([...shares].filter(([, share]) => share > 0)).toEqual([
    ['local-0', 1 / 3],
    ['local-8', 2 / 3],
  ]);
  const { density } = peakOf({ grids }, map)!;
  const field = (tile: number) =>
    fieldOf({ grids: [grids[tile]!] }, map, grids[tile]!.region, { width: 2, height: 2 }, density);
  expect([0, 4, 8].map((tile) => field(tile)[0])).toEqual([0.5, 0, 1]);
});
