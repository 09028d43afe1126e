import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../preload/contract/errors.ts';
import { quantizeGguf, type QuantType, quantTypes } from '../../native-models/language/quantize.ts';
import { float32 } from '../support/safetensors-file.ts';
import {
  exactDecoder,
  goldenCases,
  type GoldenCase,
  goldenLanguage,
  type GoldenLanguage,
} from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const folder = temporaryFolder();
const golden = {} as Record<GoldenCase, GoldenLanguage>;
let before: string[];
beforeAll(async () => {
  for (const name of goldenCases) golden[name] = await goldenLanguage(name, folder);
});
beforeEach(() => {
  before = readdirSync(folder);
});

/** Error of the logits of the 16 golden steps, fed the golden ids: root mean square, relative to that of the logits. */
async function logitError({ expected, tensors }: GoldenLanguage, gguf: string): Promise<number> {
  const decoder = await exactDecoder(gguf);
  await decoder.decodeTokens(expected.ids_before_image);
  await decoder.decodeEmbeddings(float32(tensors, 'embeddings'));
  await decoder.decodeTokens(expected.ids_after_image);
  const exact = float32(tensors, 'step_logits');
  const found = new Float32Array(exact.length);
  for (const [step, id] of expected.greedy_ids.entries()) {
    found.set(decoder.logits(), step * expected.n_vocab);
    await decoder.decodeTokens([id]);
  }
  await decoder.dispose();
  return rootMeanSquare(found.map((logit, i) => logit - exact[i]!)) / rootMeanSquare(exact);
}

const rootMeanSquare = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

const path = (name: string): string => join(folder, name);

/** Nothing is in the folder that was not there before the test. */
const expectNothingLeft = () => expect(readdirSync(folder)).toEqual(before);

/**
 * Random weights are the hardest to round: no structure makes up for an error, and the narrow rows average few. Measured:
 * f16 0.0005, q8_0 0.018, q4_k_m 0.11 and 0.17.
 */
test.each<[QuantType, number, number]>([
  ['f16', 0.001, 0.52],
  ['q8_0', 0.03, 0.28],
  ['q4_k_m', 0.25, 0.2],
])(
  '%s loads, and its logits stay within %d of those in float32, at %d of the size',
  async (type, error, size) => {
    for (const name of goldenCases) {
      const { gguf } = golden[name];
      const output = path(`${name}-${type}.gguf`);
      await quantizeGguf(gguf, output, type);
      expect(await logitError(golden[name], output)).toBeLessThan(error);
      expect(statSync(output).size).toBeLessThan(size * statSync(gguf).size);
    }
  },
);

test('float32 stays as it is', async () => {
  await quantizeGguf(golden['tower-apart'].gguf, path('same.gguf'), 'f32');
  expect(await logitError(golden['tower-apart'], path('same.gguf'))).toBeLessThan(1e-5);
});

test('every format on offer is written, each smaller than or as large as the one before', async () => {
  const sizes: number[] = [];
  for (const type of quantTypes) {
    await quantizeGguf(golden['tower-inside'].gguf, path(`all-${type}.gguf`), type);
    sizes.push(statSync(path(`all-${type}.gguf`)).size);
  }
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
});

test('the same file gives the same bytes', async () => {
  for (const copy of ['one.gguf', 'two.gguf'])
    await quantizeGguf(golden['tower-apart'].gguf, path(copy), 'q4_k_m', {
      threads: copy === 'one.gguf' ? 1 : 2,
    });
  expect(readFileSync(path('one.gguf')).equals(readFileSync(path('two.gguf')))).toBe(true);
});

test('a file that is not GGUF, or not there, is refused by name', async () => {
  writeFileSync(path('words.gguf'), 'not a model');
  before = readdirSync(folder);
  await expect(quantizeGguf(path('words.gguf'), path('out.gguf'), 'q8_0')).rejects.toMatchObject({
    code: 'package-invalid',
    message: 'words.gguf: not a GGUF file.',
  });
  await expect(quantizeGguf(path('none.gguf'), path('out.gguf'), 'q8_0')).rejects.toMatchObject({
    code: 'file-missing',
  });
  expectNothingLeft();
});

test('a folder that is not there is refused', async () => {
  const output = path('no-folder/out.gguf');
  await expect(quantizeGguf(golden['tower-apart'].gguf, output, 'q8_0')).rejects.toMatchObject({
    code: 'file-missing',
  });
});

test('a quantised file is not quantised again, which would round twice', async () => {
  await quantizeGguf(golden['tower-apart'].gguf, path('small.gguf'), 'q8_0');
  before = readdirSync(folder);
  const failure = await quantizeGguf(path('small.gguf'), path('smaller.gguf'), 'q4_0').catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'package-invalid' });
  expect((failure as Error).message).toMatch(
    /^small\.gguf: cannot be written as q4_0: [^\n]*requantizing[^\n]*$/,
  );
  expectNothingLeft();
});

test('weights that are not numbers are refused', async () => {
  copyFileSync(golden['tower-apart'].gguf, path('nan.gguf'));
  const end = statSync(path('nan.gguf')).size;
  const file = openSync(path('nan.gguf'), 'r+');
  writeSync(file, new Uint8Array(4096).fill(0xff), 0, 4096, end - 4096);
  closeSync(file);
  before = readdirSync(folder);
  await expect(quantizeGguf(path('nan.gguf'), path('out.gguf'), 'q8_0')).rejects.toMatchObject({
    code: 'package-invalid',
  });
  expectNothingLeft();
});

test('cancelling leaves nothing, however early it comes, unless the file was whole already', async () => {
  const outcomes = new Set<string>();
  for (const cancelAfterMs of [0, 1, 2, 4, 8, 16, 32]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), cancelAfterMs);
    const quantising = quantizeGguf(golden['tower-inside'].gguf, path('out.gguf'), 'q4_k_m', {
      threads: 1,
      signal: controller.signal,
    });
    const outcome = await quantising.then(
      () => 'finished',
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
    outcomes.add(outcome);
    if (outcome === 'finished') rmSync(path('out.gguf'));
    await waitFor(expectNothingLeft);
  }
  expect(outcomes).toContain('cancelled');
  expect([...outcomes].filter((outcome) => outcome !== 'cancelled' && outcome !== 'finished')).toEqual([]);
});

test('a call that is cancelled already does nothing', async () => {
  const options = { signal: AbortSignal.abort() };
  await expect(
    quantizeGguf(golden['tower-inside'].gguf, path('out.gguf'), 'q8_0', options),
  ).rejects.toMatchObject({ code: 'cancelled' });
  expectNothingLeft();
});
