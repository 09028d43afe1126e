import { expect, test } from 'vitest';
import { cropPlan } from '../../../main/services/crop-plan.ts';
import type { Seeing } from '../../../native-models/families/index.ts';
import { publishedSeeing } from '../../../native-models/families/dual/published.ts';
import type { Rect } from '../../../preload/contract/api.ts';
import { besideWhole, busiestPlace, canLeave, layoutOf, stepsOf } from '../../../renderer/geometry/watch.ts';
import { dictionaries } from '../../../renderer/i18n/i18n.svelte.ts';
import { captionOf } from '../../../renderer/views/watch/caption.ts';
import { makePhoto, makePlan, makePreparation } from '../fake-data.ts';

const photo = makePhoto('p', { width: 1600, height: 900 });
const dual = makePlan(photo);
const { normalisation, vision } = publishedSeeing();
const seen = (views: Seeing['views']) => cropPlan(photo, { normalisation, vision, views });
const tiles = seen({ family: 'internvl', tile: 448, leastTiles: 1, mostTiles: 12, shuffle: 2 });
const next = seen({ family: 'next', tile: 336, grids: [{ columns: 2, rows: 1 }] });
const one = seen({ family: 'single', mode: 'trained', padColour: [0, 0, 0], tile: 336 });
const plans = { dual, tiles, next, one };

const inside = (inner: Rect, width: number, height: number) =>
  inner.x >= 0 &&
  inner.y >= 0 &&
  inner.x + inner.width <= width + 1e-6 &&
  inner.y + inner.height <= height + 1e-6;
const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test('a photo goes the way of its model: what is not padded, not cut or seen once leaves that out', () => {
  expect(stepsOf(dual, photo)).toEqual(['pad', 'reduce', 'part', 'gather', 'join']);
  expect(stepsOf(tiles, photo)).toEqual(['reduce', 'part', 'gather', 'join']);
  expect(stepsOf(next, photo)).toEqual(['pad', 'reduce', 'part', 'gather', 'join']);
  expect(stepsOf(one, photo)).toEqual(['pad', 'reduce', 'join']);
  const square = { width: 800, height: 800 };
  expect(stepsOf(makePlan(makePhoto('p', square)), square)[0]).toBe('reduce');
});

test.each([
  ['wide', 900, 500],
  ['upright', 360, 640],
  ['tiny', 300, 180],
])('on a %s stage every piece has a place of its own', (_, width, height) => {
  for (const plan of Object.values(plans)) {
    const { pieces } = layoutOf(plan, photo, { width, height });
    for (const [at, { to }] of pieces.entries()) {
      expect(inside(to, width, height)).toBe(true);
      for (const other of pieces.slice(at + 1)) expect(overlap(to, other.to)).toBe(false);
    }
  }
});

test.each([
  ['wide', 900, 500],
  ['upright', 360, 640],
  ['tiny', 300, 180],
])('on a %s stage the glass over the gathering lies over no piece', (_, width, height) => {
  for (const plan of [dual, tiles, next]) {
    const layout = layoutOf(plan, photo, { width, height });
    const { x, y, side } = besideWhole(layout, 190);
    const glass = { x: x - side / 2, y: y - side / 2, width: side, height: side };
    expect(inside(glass, width, height)).toBe(true);
    for (const { to } of layout.pieces) expect(side > 0 && overlap(glass, to)).toBe(false);
  }
  const { side } = besideWhole(layoutOf(dual, photo, { width, height }), 190);
  if (height > 200) expect(side).toBeGreaterThan(50);
});

test('tiles come from their place in the photo; the small whole is as small beside them as its pixels are few', () => {
  const { pieces, square, photo: shown } = layoutOf(dual, photo, { width: 900, height: 500 });
  expect(pieces.map(({ key }) => key)).toEqual([
    ...Array.from({ length: 9 }, (_, at) => `local-${at}`),
    'global-4',
  ]);
  expect(pieces[0]!.from).toMatchObject({ x: square.x, y: square.y });
  expect(pieces[8]!.from.x + pieces[8]!.from.width).toBeCloseTo(square.x + square.width);
  expect(square.width).toBeCloseTo(square.height);
  expect(shown.width / shown.height).toBeCloseTo(16 / 9);
  expect(pieces[9]!.to.width).toBeCloseTo(pieces[0]!.to.width);
  const view = layoutOf(tiles, photo, { width: 900, height: 500 }).pieces.at(-1)!.to;
  const tile = layoutOf(tiles, photo, { width: 900, height: 500 }).pieces[0]!.to;
  expect(view.width).toBeCloseTo(tile.width);
  expect(view.height).toBeCloseTo(tile.height);
});

test('nothing is handed over before it was looked at, nor gone before it was read; with nothing under way nothing waits', () => {
  const at = (stage: 'encode' | 'enhance' | 'prefill') => makePreparation('p', { stage });
  expect(canLeave('reduce', 'part', at('encode'))).toBe(true);
  expect(canLeave('gather', 'join', at('encode'))).toBe(false);
  expect(canLeave('gather', 'join', at('enhance'))).toBe(false);
  expect(canLeave('gather', 'join', at('prefill'))).toBe(true);
  expect(canLeave('join', undefined, at('prefill'))).toBe(false);
  expect(canLeave('gather', 'join', null)).toBe(true);
  expect(canLeave('join', undefined, null)).toBe(true);
});

test('the glass goes where neighbours differ across and down, not to an edge', () => {
  const [width, height] = [60, 40];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const stripes = x < 20 ? 255 * (x % 2) : 0;
      const checks = x >= 40 && y >= 20 ? 120 * ((x + y) % 2) : 0;
      data[4 * (y * width + x) + 1] = stripes + checks;
    }
  }
  expect(busiestPlace({ data, width, height } as ImageData, 20)).toEqual({ x: 50, y: 30 });
});

test.each(['en', 'ko'] as const)(
  '%s: every step of every model has a sentence that is true of the photo',
  (language) => {
    const words = dictionaries[language].viewer;
    for (const plan of Object.values(plans)) {
      const captions = stepsOf(plan, photo).map((step) => captionOf(words, step, plan));
      expect(captions.every((text) => text.length > 10)).toBe(true);
      expect(new Set(captions).size).toBe(captions.length);
    }
    const said = (plan: typeof dual, step: 'reduce' | 'part' | 'join') => captionOf(words, step, plan);
    expect(captionOf(words, 'pad', dual)).toBe(words.watch.pad);
    expect(captionOf(words, 'pad', next)).toBe(words.watch.padTiles);
    expect(said(dual, 'reduce')).toContain('1/1.6');
    expect(said(dual, 'part')).toContain('9');
    expect(said(tiles, 'join')).toBe(words.watch.joinInTurn.wholeLast);
    expect(said(next, 'join')).toBe(words.watch.joinInTurn.wholeFirst);
    expect(said(dual, 'join')).toBe(words.watch.joinTogether);
  },
);
