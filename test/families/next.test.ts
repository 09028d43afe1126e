/** LLaVA-NeXT: what of a photo its tiles see, and which files are its own. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { familyOf, type Seeing } from '../../native-models/families/index.ts';
import { readMmproj } from '../../native-models/families/read-mmproj.ts';
import { checkpointReader } from '../../native-models/families/read-checkpoint.ts';
import { placeOf } from '../../native-models/families/view-plan.ts';
import type { GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { expectFault } from '../support/faults.ts';
import { familyGolden, publishedNext, seeingOf } from '../support/family-golden.ts';

const { expected, folder } = familyGolden('next-a');
const small = seeingOf(expected);
const published: Seeing = {
  ...small,
  views: publishedNext,
  vision: { patch: 14 },
};

test('photos of a hundred shapes are cut as transformers cuts them, into as many embeddings', () => {
  const family = familyOf(published);
  expect(expected.plans).toHaveLength(100);
  for (const [width, height, columns, rows, embeddings] of expected.plans!) {
    const plan = family.plan({ x: 0, y: 0, width, height });
    const found = [width, height, plan.grid.columns, plan.grid.rows, plan.rows];
    expect(found).toEqual([width, height, columns, rows, embeddings]);
  }
});

test('tiles lie over the photo and its padding, the embeddings of padding alone are left out', () => {
  const plan = familyOf(published).plan({ x: 0, y: 0, width: 1500, height: 1000 });
  expect(plan.canvas).toEqual({
    x: 0,
    y: expect.closeTo(-250, 0),
    width: 1500,
    height: expect.closeTo(1500, 0),
  });
  expect(plan.views[0]).toMatchObject({ kind: 'global', region: { x: 0, y: 0, width: 1500, height: 1000 } });
  expect(plan.views[4]!.region).toMatchObject({ x: 750, y: expect.closeTo(500, 0) });
  // 48 tokens a line and the end of it, 32 lines, after the 576 of the whole.
  expect(plan.rows).toBe(576 + 32 * 49);
  expect(placeOf(plan, 576)).toMatchObject({ view: 1, row: 0, column: 0, place: { x: 0 } });
  expect(placeOf(plan, 576 + 24)).toMatchObject({ view: 2, row: 0, column: 0, place: { x: 750 } });
  expect(placeOf(plan, 576 + 48)).toBeNull();
  expect(placeOf(plan, 576 + 16 * 49)).toMatchObject({ view: 3, row: 0, column: 0 });
});

test('less detail leaves the published grids of fewer tiles', () => {
  const family = familyOf(published);
  expect(family.details).toEqual([2, 3, 4]);
  const views = (width: number) => (most: number) =>
    familyOf(family.atDetail(most)).plan({ x: 0, y: 0, width, height: 1000 }).views.length;
  expect([1, 2, 3, 4].map(views(1500))).toEqual([3, 3, 3, 5]);
  expect([1, 2, 3, 4].map(views(4000))).toEqual([3, 3, 4, 4]);
});

describe('its files are told from those of others', () => {
  const text = (value: string): GgufValue => ({ type: 'string', value });
  const i32s = (values: number[]): GgufValue => ({ type: 'array', of: 'i32', values });
  const points = 'clip.vision.image_grid_pinpoints';
  const huge = Array.from({ length: 1024 }, () => 32);

  test.each<[string, (metadata: Map<string, GgufValue>) => unknown, string]>([
    ['another merge', (m) => m.set('clip.vision.mm_patch_merge_type', text('spatial')), 'spatial_unpad'],
    ['no pinpoints', (m) => m.delete(points), 'pairs'],
    ['an odd number', (m) => m.set(points, i32s([32, 64, 32])), 'pairs'],
    ['any number', (m) => m.set(points, i32s(huge)), 'pairs'],
    ['no whole tiles', (m) => m.set(points, i32s([32, 65])), 'no whole tiles'],
    ['a negative side', (m) => m.set(points, i32s([-32, 64])), 'no whole tiles'],
    ['a huge canvas', (m) => m.set(points, i32s([32 * 2 ** 20, 64])), 'tiles are more than'],
  ])('an mmproj with %s is refused', async (_, change, fault) => {
    const header = await readGguf(join(folder, 'pair', 'mmproj.gguf'));
    const metadata = new Map(header.metadata);
    change(metadata);
    expect(() => readMmproj({ ...header, metadata }, 'mmproj.gguf')).toThrow(fault);
  });

  test('an mmproj without what ends a line is refused', async () => {
    const header = await readGguf(join(folder, 'pair', 'mmproj.gguf'));
    const tensors = header.tensors.filter(({ name }) => !name.endsWith('image_newline'));
    expect(() => readMmproj({ ...header, tensors }, 'mmproj.gguf')).toThrow('v.image_newline');
  });

  const own = {
    model_type: 'llava_mistral',
    mm_patch_merge_type: 'spatial_unpad',
    image_aspect_ratio: 'anyres',
    image_grid_pinpoints: [
      [336, 672],
      [672, 336],
    ],
    mm_projector_type: 'mlp2x_gelu',
    mm_vision_tower: 'openai/clip-vit-large-patch14-336',
    mm_vision_select_layer: -2,
  };
  const read = (config: object) =>
    checkpointReader(config)!({ config, preprocessor: {}, hasTensor: () => true });

  test('a checkpoint in the authors’ own layout is read', () => {
    const family = read(own);
    expect(family.seeing.views).toMatchObject({
      family: 'next',
      tile: 336,
      grids: [{ columns: 2, rows: 1 }, {}],
    });
    expect(family.vision).toMatchObject({ hiddenSize: 1024, layersRun: 23, activation: 'quick_gelu' });
    expect(family.projector('newline').name).toBe('model.image_newline');
    expect(family.projector('2.bias').name).toBe('model.mm_projector.2.bias');
    expect(family.tower('pre_layrnorm.bias').name).toBe(
      'model.vision_tower.vision_tower.vision_model.pre_layrnorm.bias',
    );
    expect(family.language.config).toMatchObject({ model_type: 'mistral' });
  });

  test('with another tower it is refused', async () => {
    const config = { ...own, mm_vision_tower: 'google/siglip-so400m-patch14-384' };
    await expectFault(
      Promise.resolve().then(() => read(config)),
      'checkpoint-invalid',
      'is not openai/clip-vit-large-patch14-336',
    );
  });

  test('INF-LLaVA’s own configuration stays its own', () => {
    expect(checkpointReader({ model_type: 'llava_llama', mm_patch_merge_type: 'flat' })).toBeNull();
  });
});
