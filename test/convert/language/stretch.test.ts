import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { readLanguageConfig } from '../../../native-models/convert/checkpoint/language-config.ts';
import type { RopeScaling } from '../../../native-models/convert/checkpoint/model-config.ts';
import { planLanguage } from '../../../native-models/convert/language/language.ts';
import { readTokenizer } from '../../../native-models/convert/language/tokenizer.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { writeGguf } from '../../../native-models/formats/gguf/write-gguf.ts';
import { openWeightFiles } from '../../../native-models/formats/weights/weight-files.ts';
import { checkLanguageFile } from '../../../native-models/package/check-language.ts';
import { distance, exactDecoder } from '../../language/support.ts';
import { expectFault } from '../../support/faults.ts';
import { familyGolden, languageOf, picturesInChat } from '../../support/family-golden.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const directory = join(familyGolden('smolvlm-a').folder, 'checkpoint');
const { config, prefixes } = languageOf(directory);
const read = (change: object) => readLanguageConfig({ ...(config as object), ...change }, prefixes).language;

/** The golden Llama with its rotation stretched; `divisors`: those of its frequencies, in the place of what is planned. */
async function write(name: string, ropeScaling: RopeScaling | null, divisors?: readonly number[]) {
  const facts = readLanguageConfig(config, prefixes);
  const language = { ...facts.language, ropeScaling };
  const tokenizer = await readTokenizer(directory, language.vocabularySize, facts, picturesInChat.smolvlm);
  const tensors = (await openWeightFiles(directory))!;
  const path = join(folder, `${name}.gguf`);
  try {
    const plan = planLanguage({ config: { language }, tensors }, tokenizer, name, 'f32');
    const given = new Uint8Array(Float32Array.from(divisors ?? []).buffer);
    await writeGguf({
      ...{ path, layout: plan.layout },
      data: (tensor) =>
        divisors && tensor.name === 'rope_freqs.weight' ? piecesOf(given) : plan.data(tensor),
    });
  } finally {
    await tensors.close();
  }
  checkLanguageFile(await readGguf(path), name, 'package-invalid');
  return path;
}

async function* piecesOf(bytes: Uint8Array) {
  yield await Promise.resolve(bytes);
}

async function logitsOf(path: string): Promise<Float32Array> {
  const decoder = await exactDecoder(path);
  try {
    await decoder.decodeTokens(Array.from({ length: 200 }, (_, at) => 20 + ((7 * at) % 400)));
    return Float32Array.from(decoder.logits());
  } finally {
    await decoder.dispose();
  }
}

/** A stretch whose every frequency has a divisor of its own, which the test then gives. */
const byDivisors: RopeScaling = {
  ...{ type: 'llama3', factor: 1, lowFreqFactor: 1, highFreqFactor: 4, originalContextLength: 8192 },
};

const headSize = 16;
const theta = 100_000;

/** `_compute_yarn_parameters` of transformers: frequencies divided by `factor`, kept, and between. */
function yarnDivisors(factor: number, original: number): number[] {
  const turning = (turns: number) =>
    (headSize * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [low, high] = [Math.max(Math.floor(turning(32)), 0), Math.min(Math.ceil(turning(1)), headSize - 1)];
  return Array.from({ length: headSize / 2 }, (_, i) => {
    const kept = 1 - Math.min(1, Math.max(0, (i - low) / (high - low)));
    return 1 / ((1 - kept) / factor + kept);
  });
}

describe('a stretched rotation is computed as transformers computes it', () => {
  test.each<[string, object, RopeScaling, readonly number[]]>([
    [
      'linear',
      { type: 'linear', factor: 2 },
      { type: 'linear', factor: 2 },
      new Array<number>(headSize / 2).fill(2),
    ],
    [
      'yarn',
      { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 4096, attention_factor: 1 },
      { type: 'yarn', factor: 4, originalContextLength: 4096, attentionFactor: 1 },
      yarnDivisors(4, 4096),
    ],
  ])('%s', async (name, rope_scaling, scaling, divisors) => {
    expect(read({ rope_scaling }).ropeScaling).toEqual(scaling);
    const found = await logitsOf(await write(name, scaling));
    const wanted = await logitsOf(await write(`${name}-divisors`, byDivisors, divisors));
    const plain = await logitsOf(await write(`${name}-plain`, null));
    const largest = Math.max(1, ...wanted.map(Math.abs));
    expect(distance(found, wanted) / largest).toBeLessThan(1e-4);
    expect(distance(plain, wanted) / largest).toBeGreaterThan(1e-2);
  });

  test('what yarn multiplies queries and keys with follows from its factor, unless it is stated', async () => {
    const yarn = (more: object) => read({ rope_parameters: { rope_type: 'yarn', factor: 4, ...more } });
    const grown = (scale: number) => 0.1 * scale * Math.log(4) + 1;
    expect(yarn({}).ropeScaling).toEqual({
      ...{ type: 'yarn', factor: 4, originalContextLength: 8192, attentionFactor: grown(1) },
    });
    const scaled = yarn({ mscale: 1, mscale_all_dim: 0.5 }).ropeScaling;
    expect(scaled).toMatchObject({ attentionFactor: grown(1) / grown(0.5) });
    const path = await write('grown', yarn({}).ropeScaling);
    const { metadata } = await readGguf(path);
    // llama.cpp multiplies with the same growth itself.
    expect(metadata.get('llama.rope.scaling.attn_factor')).toEqual({ type: 'f32', value: 1 });
  });

  test.each<[string, object]>([
    ['factor', { type: 'linear' }],
    ['factor', { type: 'yarn', factor: 0.5 }],
    ['beta_fast', { type: 'yarn', factor: 4, beta_fast: 16 }],
    ['truncate', { type: 'yarn', factor: 4, truncate: false }],
  ])('%s of %j is refused', async (key, rope_scaling) => {
    await expectFault((async () => read({ rope_scaling }))(), 'checkpoint-invalid', 'config.json', key);
  });
});
