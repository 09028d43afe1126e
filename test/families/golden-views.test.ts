import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

import {
  familyOf,
  shownView,
  type PreparedPicture,
  type Seeing,
} from '../../native-models/families/index.ts';
import { checkpointReader } from '../../native-models/families/read-checkpoint.ts';
import { openPhoto } from '../../native-models/image/decode.ts';
import { wholePhoto } from '../../native-models/image/geometry.ts';
import { familyCases, familyGolden, seeingOf, type FamilyCase } from '../support/family-golden.ts';

describe.each(familyCases)('the photo of %s', (name) => {
  const { folder, expected, tensors, pieces } = familyGolden(name);
  const seeing = seeingOf(expected);
  const family = familyOf(seeing);
  const golden = (stage: string) => tensors.get(stage)!;
  const prepare = async (): Promise<PreparedPicture> =>
    family.prepare(await openPhoto(join(folder, 'photo.png')));

  test('is planned before it is decoded: grid, views, rows of embeddings, the prompt', async () => {
    const [width, height] = expected.plan.photo;
    const plan = family.plan(wholePhoto({ width, height }));
    const isCut = golden('views').shape[0]! > 1;
    expect(plan.grid).toEqual(
      isCut ? { columns: expected.plan.columns, rows: expected.plan.rows } : { columns: 0, rows: 0 },
    );
    expect(plan.views).toHaveLength(golden('views').shape[0]!);
    expect(plan.views.map(({ side }) => side)).toEqual(plan.views.map(() => expected.dims.tile));
    expect(plan.rows).toBe(golden('embeddings').shape[0]);
    expect(joined(plan.pieces)).toEqual(joined(pieces));
    expect((await prepare()).plan).toEqual(plan);
  });

  test('becomes the views of the independent implementation, pixel for pixel', async () => {
    const prepared = await prepare();
    const [views, side] = golden('views').shape as [number, number];
    const found = Buffer.concat(
      Array.from({ length: views }, (_, view) => shownView(seeing, prepared, view).data),
    );
    const wanted = Buffer.from(golden('views').data as Uint8Array);
    expect(found).toHaveLength(views * side * side * 3);
    const levels = found.map((value, at) => Math.abs(value - wanted[at]!));
    expect(Math.max(...new Set(levels))).toBeLessThanOrEqual(1);
    expect(levels.filter((level) => level > 0).length / levels.length).toBeLessThanOrEqual(0.001);
  });

  test('reaches the tower as the same numbers', async () => {
    const { picture, plan } = await prepare();
    const pixels = family.views(picture, plan);
    const all = golden('view_pixels').data as Float32Array;
    const size = all.length / plan.views.length;
    let off = 0;
    for (let view = 0; view < plan.views.length; view++) {
      const wanted = all.subarray(view * size, (view + 1) * size);
      pixels(view).forEach((value, at) => (off += Number(Math.abs(value - wanted[at]!) > 1e-5)));
    }
    expect(off / all.length).toBeLessThanOrEqual(0.001);
  });
});

describe('a model that does not split sees a photo as one view', () => {
  const pixels = async (seeing: Seeing, folder: string): Promise<Buffer> => {
    const prepared = await familyOf(seeing).prepare(await openPhoto(join(folder, 'photo.png')));
    expect(prepared.plan).toMatchObject({ grid: { columns: 0, rows: 0 }, views: [{ kind: 'global' }] });
    return Buffer.from(shownView(seeing, prepared, 0).data);
  };

  test.each(['smolvlm-a', 'smolvlm-b'] as const)('%s, as Idefics3ImageProcessor makes it', async (name) => {
    const { folder, expected } = familyGolden(name);
    const seeing = unsplit(name, 'checkpoint', 'do_image_splitting');
    // transformers 5.24, its Pillow backend on Pillow 12, with the sizes of the case and do_image_splitting=False.
    const wanted = await sharp(join(folder, 'unsplit.png')).removeAlpha().raw().toBuffer();
    expect(await pixels(seeing, folder)).toEqual(wanted);
    const plan = familyOf(seeing).plan(wholePhoto({ width: 300, height: 100 }));
    const opening = '<fake_token_around_image><global-img>';
    expect(joined(plan.pieces)).toEqual([opening, expected.dims.rows_a_view, '<fake_token_around_image>']);
  });

  test('internvl-a: the one that is last of many', async () => {
    const { folder, tensors } = familyGolden('internvl-a');
    const { shape, data } = tensors.get('views')!;
    const [views, side] = shape as [number, number];
    const last = Buffer.from(data as Uint8Array).subarray((views - 1) * side * side * 3);
    const seeing = unsplit('internvl-a', 'checkpoint-own', 'dynamic_image_size');
    expect(await pixels(seeing, folder)).toEqual(last);
  });

  test('and nobody can choose how many, or the whole alone', () => {
    for (const [name, layout, key] of [
      ['smolvlm-a', 'checkpoint', 'do_image_splitting'],
      ['internvl-a', 'checkpoint-own', 'dynamic_image_size'],
    ] as const) {
      const family = familyOf(unsplit(name, layout, key));
      expect(family.details.length).toBeLessThanOrEqual(1);
      expect(family.overview()).toBeNull();
    }
  });
});

/** How a golden checkpoint sees whose files say that it does not split. */
function unsplit(name: FamilyCase, layout: string, key: string): Seeing {
  const read = (file: string) =>
    JSON.parse(readFileSync(join(familyGolden(name).folder, layout, file), 'utf8')) as object;
  const config = { ...read('config.json'), [key]: false };
  const preprocessor = { ...read('preprocessor_config.json'), [key]: false };
  return checkpointReader(config)!({ config, preprocessor, hasTensor: () => false }).seeing;
}

/** Runs that follow each other are one run. */
function joined(pieces: readonly ({ text: string } | { rows: number })[]): (string | number)[] {
  const all: (string | number)[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if ('rows' in piece && typeof last === 'number') all.splice(-1, 1, last + piece.rows);
    else all.push('rows' in piece ? piece.rows : piece.text);
  }
  return all;
}
