import { expect, test } from 'vitest';
import { cropPlan } from '../../../main/services/crop-plan.ts';
import { publishedSeeing } from '../../../native-models/families/dual/published.ts';
import type { Seeing } from '../../../native-models/families/index.ts';
import { clipNormalisation } from '../../../native-models/families/tower.ts';
import { dictionaries } from '../../../renderer/i18n/i18n.svelte.ts';
import {
  detailIn,
  inOrder,
  publishedFor,
  share,
  single,
  subtitle,
  visible,
  why,
} from '../../../renderer/views/perspectives/sentences.ts';
import { publishedNext } from '../../support/family-golden.ts';
import { makePhoto, makePlan } from '../fake-data.ts';

const { sees } = dictionaries.en.viewer;
const internVl = (mostTiles: number) => ({
  views: { family: 'internvl' as const, tile: 448, leastTiles: 1, mostTiles, shuffle: 2 },
  normalisation: {
    mean: [0.5, 0.5, 0.5] as [number, number, number],
    std: [0.5, 0.5, 0.5] as [number, number, number],
  },
  vision: { patch: 14 },
});

test('of a photo that is reduced nobody claims full detail', () => {
  const plan = makePlan(makePhoto('p', { width: 2560, height: 1440 }));
  expect(why(sees, plan, 'local')).toContain('3 × 3 tiles, each 336 × 336, at 1/2.5 of your photo’s detail.');
  expect(why(sees, plan, 'global')).toContain('at 1/7.6 of your photo’s detail');
  expect(share(sees, plan, 'global')).toBe('1 of 9 reach the answer');
  const small = makePlan(makePhoto('p', { width: 600, height: 400 }));
  expect(why(sees, small, 'local')).toContain('with all of your photo’s detail');
});

test('what the demo model gets of a photo is told beside what the model of the paper would get', () => {
  const harbour = makePhoto('p', { width: 2560, height: 1440 });
  const demo = publishedSeeing({ n: 3, tile: 112 });
  const plan = cropPlan(harbour, demo);
  const told = (published: number | null) => why(sees, plan, 'local', published);
  expect(told(publishedFor(plan, harbour, true))).toContain(
    'at 1/7.6 of your photo’s detail; INF-LLaVA itself would see 1/2.5. ',
  );
  expect(told(publishedFor(plan, harbour, false))).not.toContain('INF-LLaVA');
  const scene = makePhoto('p', { width: 336, height: 336 });
  expect(publishedFor(cropPlan(scene, demo), scene, true)).toBeNull();
  expect(detailIn(sees, plan, 'global')).toBe('1/23 of the detail');
  expect(detailIn(sees, cropPlan(scene, demo), 'local')).toBe('all of the detail');
});

test('of tiles it says how many, how large, how stretched, and what they become', () => {
  const plan = cropPlan(makePhoto('p', { width: 1600, height: 900 }), internVl(12));
  expect(plan.grid).toEqual({ columns: 4, rows: 2 });
  expect(why(sees, plan, 'local')).toContain(
    '4 × 2 tiles, each 448 × 448, with all of your photo’s detail, stretched by 13% in width',
  );
  expect(why(sees, plan, 'global')).toContain('448 × 448, at 1/3.6 of your photo’s detail');
  expect(share(sees, plan, 'local')).toBe('8 tiles, 256 tokens each');
  expect(share(sees, plan, 'global')).toBe('1 view, 256 tokens');
  expect(subtitle(sees, plan, 'global')).toBe('the whole once more, small');
});

test('of a whole that is squeezed into one tile before a padded canvas is cut, each is told as it is', () => {
  const next = {
    views: publishedNext,
    normalisation: clipNormalisation,
    vision: { patch: 14 },
  } as unknown as Seeing;
  const wide = cropPlan(makePhoto('p', { width: 1600, height: 900 }), next);
  expect(why(sees, wide, 'local')).toContain('2 × 2 tiles, each 336 × 336, at 1/2.4 of your photo’s detail.');
  expect(why(sees, wide, 'global')).toContain('at 1/4.8 of your photo’s detail, stretched by 78% in height.');
  expect(detailIn(sees, wide, 'global')).toBe('1/4.8 of the detail');
  expect(inOrder(wide, '', sees.inTurn)).toMatch(/^The language model reads the whole picture first/);
  // Padding at the sides of three tiles leaves the outer ones fewer tokens: 20, 24 and 20 columns.
  const low = cropPlan(makePhoto('p', { width: 900, height: 336 }), next);
  expect(low.grid).toEqual({ columns: 3, rows: 1 });
  expect(share(sees, low, 'local')).toBe('3 tiles, 1,536 tokens in all');
  expect(share(sees, low, 'global')).toBe('1 view, 576 tokens');
});

test('a photo that makes one view is said to be seen once', () => {
  const plan = cropPlan(makePhoto('p', { width: 900, height: 880 }), internVl(1));
  expect(plan).toMatchObject({ grid: { columns: 0, rows: 0 }, locals: [], passes: 1, tokens: 256 });
  expect(single(sees, plan)).toContain('once, at 448 × 448 pixels, at 1/2 of your photo’s detail');
});

test('line breaks of the prompt can be seen', () => {
  expect(visible('\n<row_2_col_1>')).toBe('↵<row_2_col_1>');
});

test('what a model sees is never told as no pixels at all', () => {
  const { en, ko } = dictionaries;
  expect(en.viewer.closer.pixels(4.32, 0.084672)).toBe('4.3 megapixels; the model sees 0.08');
  expect(en.viewer.closer.pixels(24, 0.004096)).toBe('24 megapixels; the model sees 4,096 pixels');
  expect(ko.viewer.closer.pixels(0.0384, 0.004096)).toBe('38,400픽셀 중 모델이 보는 것은 4,096픽셀');
  expect(en.viewer.megapixels(0.0048)).toBe('4,800 pixels');
});
