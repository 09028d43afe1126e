import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cropDetails, cropPlan } from '../../../main/services/crop-plan.ts';
import type { Seeing } from '../../../native-models/families/index.ts';
import { publishedSeeing } from '../../../native-models/families/dual/published.ts';
import { seeingOf } from '../../../main/services/preparation/view.ts';
import {
  allCrops,
  cropIn,
  cropsAt,
  lossOf,
  modelPixelArea,
  modelPixelAt,
  sizeOf,
  viewOf,
} from '../../../renderer/geometry/crops.ts';
import { rectToScreen, screenToPhoto } from '../../../renderer/geometry/viewport.ts';
import { makePhoto, makePlan } from '../fake-data.ts';

/** As SmolVLM-500M sees (FAMILIES.md, section 2.1). */
const smolVlm: Seeing = {
  views: { family: 'idefics3', tile: 512, longestEdge: 2048, shuffle: 4 },
  normalisation: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  vision: { patch: 16 },
};

const side = fc.integer({ min: 1, max: 20_000 });
const photos = fc.record({ width: side, height: side }).map((size) => makePhoto('p', size));

test('a place of the photo belongs to the local crop that covers it', () => {
  fc.assert(
    fc.property(
      photos,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (photo, across, down) => {
        const plan = makePlan(photo);
        const point = { x: across * photo.width, y: down * photo.height };
        const crops = cropsAt(plan, point)!;
        const { x, y, width, height } = viewOf(plan, crops.local).place;
        const slack = 1e-6 * (Math.abs(x) + width + 1);
        expect(point.x).toBeGreaterThanOrEqual(x - slack);
        expect(point.x).toBeLessThanOrEqual(x + width + slack);
        expect(point.y).toBeGreaterThanOrEqual(y - slack);
        expect(point.y).toBeLessThanOrEqual(y + height + slack);
      },
    ),
  );
});

test('the global crop of a pixel is its place in the 3 x 3 block, row before column', () => {
  const plan = makePlan(makePhoto('p', { width: 1008, height: 1008 }));
  expect(cropsAt(plan, { x: 0, y: 0 })!.global.index).toBe(0);
  expect(cropsAt(plan, { x: 2.9, y: 0 })!.global.index).toBe(2);
  expect(cropsAt(plan, { x: 0, y: 1 })!.global.index).toBe(3);
  expect(cropsAt(plan, { x: 1, y: 1 })!.global.index).toBe(4);
  expect(cropsAt(plan, { x: 1006, y: 1007 })!.global.index).toBe(7);
});

test('photoToModel undoes modelToPhoto at the middle of every model pixel', () => {
  fc.assert(
    fc.property(photos, fc.nat(1007), fc.nat(1007), (photo, x, y) => {
      const plan = makePlan(photo);
      const place = modelPixelArea(plan, { x, y });
      const middle = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
      expect(modelPixelAt(plan, middle)).toEqual({ x, y });
    }),
  );
});

test('beside the padded square there is no crop', () => {
  const plan = makePlan(makePhoto('p', { width: 400, height: 200 }));
  expect(cropsAt(plan, { x: 10, y: -99 })).not.toBeNull();
  expect(cropsAt(plan, { x: 10, y: -101 })).toBeNull();
  expect(cropsAt(plan, { x: 400, y: 10 })).toBeNull();
});

test('of the 18 crops of the published model 10 reach the answer: all local ones and the middle global one', () => {
  const plan = makePlan(makePhoto('p'));
  const crops = allCrops(plan);
  expect(crops).toHaveLength(18);
  const reaching = crops.filter((crop) => viewOf(plan, crop).reachesAnswer);
  expect(reaching.filter(({ kind }) => kind === 'local')).toHaveLength(9);
  expect(reaching.filter(({ kind }) => kind === 'global')).toEqual([{ kind: 'global', index: 4 }]);
});

test('with crops of 2 x 2 the blocks have four phases', () => {
  const plan = cropPlan(makePhoto('p', { width: 512, height: 512 }), publishedSeeing({ n: 2, tile: 256 }));
  expect(cropsAt(plan, { x: 3, y: 2 })).toEqual({
    local: { kind: 'local', index: 0 },
    global: { kind: 'global', index: 1 },
  });
});

test('a model that sees the picture once has the square and no crops', () => {
  const { normalisation, vision } = publishedSeeing();
  const views = { family: 'single', mode: 'trained', padColour: [0, 0, 0], tile: 336 } as const;
  const seeing = { normalisation, vision, views: { ...views, padColour: [...views.padColour] as [0, 0, 0] } };
  const plan = cropPlan(makePhoto('p', { width: 672, height: 448 }), seeing);
  expect(plan).toMatchObject({ locals: [], globals: [], lattice: null, passes: 1, tokens: 576 });
  expect(plan.size).toEqual({ width: 336, height: 336 });
  expect(plan.region).toEqual({ x: 0, y: -112, width: 672, height: 672 });
  expect(allCrops(plan)).toEqual([]);
  expect(cropsAt(plan, { x: 10, y: 10 })).toBeNull();
});

test('tiles are a grid of their own shape, the whole lies over all of them, and a place finds its tile', () => {
  const plan = cropPlan(makePhoto('p', { width: 1600, height: 900 }), smolVlm);
  expect(plan).toMatchObject({
    region: { x: 0, y: 0, width: 1600, height: 900 },
    size: { width: 2048, height: 1536 },
    grid: { columns: 4, rows: 3 },
    ...{ lattice: null, passes: 13, tokens: 13 * 64 },
  });
  expect(plan.locals[6]).toMatchObject({
    place: { x: 800, y: 300, width: 400, height: 300 },
    ...{ side: 512, tokens: 64, tag: '<fake_token_around_image><row_2_col_3>', reachesAnswer: true },
  });
  expect(plan.locals[4]!.tag).toBe('\n<fake_token_around_image><row_2_col_1>');
  expect(plan.globals).toMatchObject([{ place: plan.region, side: 512, tokens: 64, phase: null }]);
  expect(plan.globals[0]!.tag).toBe('\n\n<fake_token_around_image><global-img>');
  expect(cropsAt(plan, { x: 1199, y: 301 })).toEqual({
    local: { kind: 'local', index: 6 },
    global: { kind: 'global', index: 0 },
  });
  expect(cropsAt(plan, { x: 10, y: -1 })).toBeNull();
});

test('what can be chosen are the plans that differ, with their cost, and the chosen one is what is seen', () => {
  const photo = makePhoto('p', { width: 1600, height: 900 });
  const details = cropDetails(photo, smolVlm, ({ passes, tokens }) => passes + tokens / 64);
  expect(details).toEqual([
    { mostTiles: 1, passes: 1, tokens: 64, seconds: 2 },
    { mostTiles: 4, passes: 5, tokens: 320, seconds: 10 },
    { mostTiles: 9, passes: 7, tokens: 448, seconds: 14 },
    { mostTiles: 16, passes: 13, tokens: 832, seconds: 26 },
  ]);
  const fewer = cropPlan(photo, seeingOf(smolVlm, 9), details);
  expect(fewer).toMatchObject({ grid: { columns: 3, rows: 2 }, passes: 7, details });
  expect(fewer.seeing).not.toBe(cropPlan(photo, smolVlm).seeing);
  expect(cropPlan(photo, seeingOf(smolVlm, 16)).seeing).toBe(cropPlan(photo, smolVlm).seeing);

  const views = { family: 'internvl', tile: 448, leastTiles: 1, mostTiles: 12, shuffle: 2 } as const;
  const internVl = { ...smolVlm, vision: { patch: 14 }, views };
  const choices = cropDetails(photo, internVl, () => null);
  expect(choices.map(({ passes }) => passes)).toEqual([1, 3, 9]);
  expect(choices.at(-1)).toEqual({ mostTiles: 12, passes: 9, tokens: 9 * 256, seconds: null });
  expect(cropDetails(photo, publishedSeeing(), () => null)).toEqual([]);
});

test('a crop of another plan is none of this one', () => {
  const plan = makePlan(makePhoto('p'));
  const last = { kind: 'local', index: plan.locals.length - 1 } as const;
  expect(cropIn(plan, last)).toBe(last);
  expect(cropIn(plan, { kind: 'local', index: plan.locals.length })).toBeNull();
  expect(cropIn(plan, { kind: 'global', index: plan.globals.length })).toBeNull();
  expect(cropIn(plan, null)).toBeNull();
});

test('what is lost and stretched is told from the sizes alone', () => {
  const wide = cropPlan(makePhoto('p', { width: 6400, height: 3600 }), smolVlm);
  const { factor, stretch } = lossOf(wide, sizeOf(wide, 'local'));
  expect(factor).toBeCloseTo(3.125);
  expect(stretch).toMatchObject({ axis: 'height', by: expect.closeTo(1 / 3) });
  expect(lossOf(wide, sizeOf(wide, 'global'))).toMatchObject({ factor: 12.5, stretch: { axis: 'height' } });
  const square = makePlan(makePhoto('p', { width: 2560, height: 1440 }));
  expect(lossOf(square, sizeOf(square, 'local'))).toEqual({ factor: 2560 / 1008, stretch: null });
  expect(lossOf(square, sizeOf(square, 'global'))).toEqual({ factor: 2560 / 336, stretch: null });
});

test('a rectangle of the photo is drawn where the pointer finds it', () => {
  const view = { left: -120, top: 36, zoom: 2.5 };
  const rect = rectToScreen(view, { x: 100, y: 10, width: 40, height: 20 });
  expect(rect).toEqual({ x: 130, y: 61, width: 100, height: 50 });
  expect(screenToPhoto(view, rect)).toEqual({ x: 100, y: 10 });
});
