import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';

import { findPairs } from '../../../native-models/convert/pair/find-pairs.ts';
import { expectFault } from '../../support/faults.ts';
import { familyGolden, type FamilyCase } from '../../support/family-golden.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = join(temporaryFolder(), 'models');
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

const put = (from: FamilyCase, half: 'mmproj' | 'language', name: string) =>
  cpSync(join(familyGolden(from).folder, 'pair', `${half}.gguf`), join(folder, name));

/** The pairs as `language + mmproj`, and what is wrong with the other files. */
async function find() {
  const { pairs, unfit } = await findPairs(folder);
  return {
    pairs: pairs.map(({ language, mmproj }) => `${basename(language)} + ${basename(mmproj)}`),
    unfit: new Map(unfit.map(({ file, error }) => [file, error])),
  };
}

describe('pairs of one folder', () => {
  test('are told apart by the width of their embeddings, whatever they are called', async () => {
    put('smolvlm-a', 'mmproj', 'first.gguf');
    put('smolvlm-a', 'language', 'second.gguf');
    put('internvl-a', 'mmproj', 'mmproj-model-f16.gguf');
    put('internvl-a', 'language', 'third-Q8_0.gguf');
    writeFileSync(join(folder, 'readme.md'), '# Models');
    const { pairs, unfit } = await find();
    expect(pairs).toEqual(['second.gguf + first.gguf', 'third-Q8_0.gguf + mmproj-model-f16.gguf']);
    expect(unfit.size).toBe(0);
    for (const { bytes, precision } of (await findPairs(folder)).pairs) {
      expect(precision).toBe('f32');
      expect(bytes).toBeGreaterThan(100_000);
    }
  });

  test('are one a quantisation of the language model and of the vision half', async () => {
    for (const type of ['Q8_0', 'Q4_K_M', 'IQ4_XS'])
      put('internvl-a', 'language', `My-Model-1B-${type}.gguf`);
    for (const type of ['f16', 'Q8_0']) put('internvl-a', 'mmproj', `mmproj-My-Model-1B-${type}.gguf`);
    const { pairs, unfit } = await find();
    expect(pairs).toHaveLength(6);
    expect(pairs).toContain('My-Model-1B-IQ4_XS.gguf + mmproj-My-Model-1B-Q8_0.gguf');
    expect(unfit.size).toBe(0);
  });

  test('of one width are told apart by their names; a half of another name is none of theirs', async () => {
    put('internvl-a', 'language', 'alpha-1B-Q8_0.gguf');
    put('internvl-a', 'mmproj', 'mmproj-alpha-1B-f16.gguf');
    put('internvl-a', 'language', 'beta-1B-Q8_0.gguf');
    put('internvl-a', 'mmproj', 'beta-1B.mmproj-bf16.gguf');
    put('internvl-a', 'language', 'gamma-1B-Q8_0.gguf');
    const { pairs, unfit } = await find();
    expect(pairs).toEqual([
      'alpha-1B-Q8_0.gguf + mmproj-alpha-1B-f16.gguf',
      'beta-1B-Q8_0.gguf + beta-1B.mmproj-bf16.gguf',
    ]);
    expect([...unfit.keys()]).toEqual(['gamma-1B-Q8_0.gguf']);
    expect(unfit.get('gamma-1B-Q8_0.gguf')!.message).toContain('is not named as any mmproj');
  });

  test('whose vocabulary lacks what stands around the pictures are none', async () => {
    put('internvl-c', 'mmproj', 'mmproj-x.gguf');
    put('next-b', 'language', 'x.gguf');
    const { pairs, unfit } = await find();
    expect(pairs).toEqual([]);
    expect(unfit.get('x.gguf')!.message).toContain('lacks the tokens that stand around pictures');
    expect(unfit.get('x.gguf')!.message).toContain('mmproj-x.gguf: 32');
    expect(unfit.get('mmproj-x.gguf')!.message).toContain('x.gguf: 32');
  });
});

test('files that fit nothing are named, with both widths, and why a file is not read', async () => {
  put('smolvlm-a', 'language', 'small.gguf');
  put('next-b', 'mmproj', 'mmproj-large.gguf');
  writeFileSync(join(folder, 'notes.gguf'), 'These are notes.');
  const { pairs, unfit } = await find();
  expect(pairs).toEqual([]);
  for (const file of ['small.gguf', 'mmproj-large.gguf']) {
    expect(unfit.get(file)!.failure).toMatchObject({
      code: 'checkpoint-invalid',
      details: { file, reason: 'no-partner' },
    });
  }
  const widths = ['smolvlm-a', 'next-b'] as const;
  const [small, large] = widths.map((name) => familyGolden(name).expected.dims.language_width);
  expect(unfit.get('small.gguf')!.message).toContain(`takes embeddings of ${small} numbers`);
  expect(unfit.get('small.gguf')!.message).toContain(`mmproj-large.gguf: ${large}`);
  expect(unfit.get('mmproj-large.gguf')!.message).toContain(`gives embeddings of ${large} numbers`);
  expect(unfit.get('mmproj-large.gguf')!.message).toContain(`small.gguf: ${small}`);
  expect(unfit.get('notes.gguf')!.failure.details).toMatchObject({ reason: 'not-gguf' });
});

test('a half alone says so', async () => {
  put('smolvlm-a', 'language', 'small.gguf');
  expect((await find()).unfit.get('small.gguf')!.message).toContain('no mmproj file lies beside it');
  rmSync(join(folder, 'small.gguf'));
  put('smolvlm-a', 'mmproj', 'mmproj.gguf');
  expect((await find()).unfit.get('mmproj.gguf')!.message).toContain('no language model lies beside it');
});

test('the parts of one model are one file, and a folder that is none is refused', async () => {
  put('smolvlm-a', 'mmproj', 'mmproj.gguf');
  for (const part of ['00001', '00002']) put('smolvlm-a', 'language', `small-${part}-of-00002.gguf`);
  expect((await find()).pairs).toEqual(['small-00001-of-00002.gguf + mmproj.gguf']);
  await expectFault(findPairs(join(folder, 'none')), 'file-missing', 'none');
});
