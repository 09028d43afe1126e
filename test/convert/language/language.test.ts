import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  openCheckpoint,
  type Checkpoint,
} from '../../../native-models/convert/checkpoint/open-checkpoint.ts';
import { planLanguage, planQuantized } from '../../../native-models/convert/language/language.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { readTokenizer } from '../../../native-models/convert/language/tokenizer.ts';
import { writeGguf } from '../../../native-models/formats/gguf/write-gguf.ts';
import type { LanguagePrecision } from '../../../preload/contract/models.ts';
import { languageFormats } from '../../../native-models/language/language-types.ts';
import { quantizeGguf } from '../../../native-models/language/quantize.ts';
import { expectFault } from '../../support/faults.ts';
import { goldenCase } from '../../support/golden.ts';
import { makeRandomCheckpoint, type RandomCheckpointOptions } from '../../support/random-checkpoint.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

async function write(checkpoint: Checkpoint, type: LanguagePrecision, name: string): Promise<string> {
  const { config, facts, directory } = checkpoint;
  const tokenizer = await readTokenizer(directory, config.language.vocabularySize, facts);
  const { written } = languageFormats[type];
  const plan = written
    ? planLanguage(checkpoint, tokenizer, 'test', written)
    : await planQuantized(checkpoint, tokenizer, 'test', type);
  const path = join(folder, name);
  await writeGguf({ path, layout: plan.layout, data: plan.data });
  return path;
}

async function withRandom<T>(
  options: RandomCheckpointOptions,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  const { checkpoint, clip } = makeRandomCheckpoint(join(folder, 'random'), options);
  const opened = await openCheckpoint(checkpoint, { clip });
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

async function tensorBytesOf(path: string, name: string): Promise<Buffer> {
  const tensor = (await readGguf(path)).tensors.find((one) => one.name === name)!;
  return readFileSync(path).subarray(tensor.offset, tensor.offset + tensor.bytes);
}

test('every number of the golden model is in the file, q and k in the order of the rotation', async () => {
  const { checkpoint, clip } = goldenCase('tower-inside');
  const opened = await openCheckpoint(checkpoint, { clip });
  const path = await write(opened, 'f32', 'golden.gguf');
  const { heads, keyValueHeads, headSize } = opened.config.language;
  /** new[h, 2 i + s] = old[h, s, i] (`LlamaModel.permute` of llama.cpp's converter). */
  const rotated = (values: Float32Array, count: number): Float32Array => {
    const width = values.length / (count * headSize);
    return values.map((_, at) => {
      const row = Math.floor(at / width);
      const inHead = row % headSize;
      const from = row - inHead + (inHead % 2) * (headSize / 2) + Math.floor(inHead / 2);
      return values[from * width + (at % width)]!;
    });
  };
  const names: [string, string, number][] = [
    ['token_embd.weight', 'model.embed_tokens.weight', 0],
    ['output_norm.weight', 'model.norm.weight', 0],
    ['output.weight', 'lm_head.weight', 0],
  ];
  for (let layer = 0; layer < 3; layer++) {
    const pairs: [string, string, number][] = [
      ['attn_norm', 'input_layernorm', 0],
      ['attn_q', 'self_attn.q_proj', heads],
      ['attn_k', 'self_attn.k_proj', keyValueHeads],
      ['attn_v', 'self_attn.v_proj', 0],
      ['attn_output', 'self_attn.o_proj', 0],
      ['ffn_norm', 'post_attention_layernorm', 0],
      ['ffn_gate', 'mlp.gate_proj', 0],
      ['ffn_up', 'mlp.up_proj', 0],
      ['ffn_down', 'mlp.down_proj', 0],
    ];
    names.push(
      ...pairs.map(([to, from, count]): [string, string, number] => [
        `blk.${layer}.${to}.weight`,
        `model.layers.${layer}.${from}.weight`,
        count,
      ]),
    );
  }
  expect((await readGguf(path)).tensors.map(({ name }) => name).sort()).toEqual(
    names.map(([name]) => name).sort(),
  );
  for (const [to, from, count] of names) {
    const values = await opened.tensors.readFloat32(from);
    const expected = Buffer.from((count === 0 ? values : rotated(values, count)).buffer);
    expect(expected.equals(await tensorBytesOf(path, to)), to).toBe(true);
  }
  await opened.close();
});

test('q8_0 is what llama.cpp makes of the same numbers, bit for bit', async () => {
  await withRandom({ seed: 11, languageIntermediate: 160 }, async (checkpoint) => {
    const ours = await write(checkpoint, 'q8_0', 'ours.gguf');
    const exact = await write(checkpoint, 'f32', 'exact.gguf');
    const theirs = join(folder, 'theirs.gguf');
    await quantizeGguf(exact, theirs, 'q8_0');
    for (const { name, type } of (await readGguf(ours)).tensors) {
      expect((await readGguf(theirs)).tensors.find((tensor) => tensor.name === name)?.type).toBe(type);
      expect((await tensorBytesOf(ours, name)).equals(await tensorBytesOf(theirs, name)), name).toBe(true);
    }
  });
});

test.each([
  ['q6_k', {}],
  ['q5_k_m', {}],
  ['q5_k_s', {}],
  ['q4_k_m', {}],
  ['q4_k_m', { tiedEmbeddings: true, dtype: 'f16' }],
  ['q4_k_s', {}],
  ['q4_0', {}],
  // Rows of 96 numbers: some parts stay in a finer format.
  ['q4_0', { languageWidth: 96, languageHeads: 3, keyValueHeads: 1, languageIntermediate: 160 }],
  ['q3_k_m', {}],
  ['q2_k', {}],
] as const)('%s %o is what llama.cpp makes of the whole file, tensor by tensor', async (type, shape) => {
  const options = { languageWidth: 256, languageIntermediate: 512, languageLayers: 4, ...shape };
  await withRandom(options, async (checkpoint) => {
    const ours = await write(checkpoint, type, 'ours.gguf');
    const exact = await write(checkpoint, 'f32', 'exact.gguf');
    const theirs = join(folder, 'theirs.gguf');
    await quantizeGguf(exact, theirs, type);
    const [made, expected] = [await contentsOf(ours), await contentsOf(theirs)];
    expect(made.types).toEqual(expected.types);
    expect(made.fileType).toEqual(expected.fileType);
    for (const [name, bytes] of made.bytes) expect(bytes.equals(expected.bytes.get(name)!), name).toBe(true);
  });
});

/** The tensors of a file by name, with their types and bytes. */
async function contentsOf(path: string) {
  const { tensors, metadata } = await readGguf(path);
  const file = readFileSync(path);
  return {
    types: new Map(tensors.map(({ name, type }) => [name, type])),
    bytes: new Map(tensors.map(({ name, offset, bytes }) => [name, file.subarray(offset, offset + bytes)])),
    fileType: metadata.get('general.file_type'),
  };
}

describe('llama.cpp loads the file and splits text as the golden tokenizer does', () => {
  const { folder: golden } = goldenCase('tower-inside');
  const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as {
    prompt_after_image: string;
    ids_after_image: number[];
  };
  let llama: Llama;
  beforeAll(async () => {
    llama = await getLlama({ gpu: false, logLevel: LlamaLogLevel.error });
  });
  afterAll(() => llama.dispose());

  test.each<[LanguagePrecision, RandomCheckpointOptions]>([
    ['f32', { dtype: 'f16', tiedEmbeddings: true }],
    ['f16', { dtype: 'bf16', vocabulary: 461, languageHeads: 1, keyValueHeads: 1 }],
    ['bf16', { dtype: 'f32', languageIntermediate: 33 }],
    ['q8_0', { dtype: 'bf16', layout: 'bin' }],
    ['q4_k_m', { dtype: 'bf16', languageLayers: 1, languageWidth: 256, languageIntermediate: 256 }],
  ])('%s of %o', async (type, options) => {
    const path = await withRandom(options, (checkpoint) => write(checkpoint, type, `${type}.gguf`));
    const model = await llama.loadModel({ modelPath: path });
    expect(model.tokenize(expected.prompt_after_image, true)).toEqual(expected.ids_after_image);
    expect(model.tokens.shouldPrependBosToken).toBe(true);
    expect([model.tokens.bos, model.tokens.eos, model.tokens.eot]).toEqual([449, 450, 456]);
    await model.dispose();
  });
});

test('a stretched rotation is written as the factors of its frequencies', async () => {
  const { checkpoint, clip } = goldenCase('tower-inside');
  const opened = await openCheckpoint(checkpoint, { clip });
  const factors8 = { factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContextLength: 8192 };
  const scaling = { type: 'llama3', ...factors8 } as const;
  const language = { ...opened.config.language, ropeScaling: scaling };
  const path = await write({ ...opened, config: { ...opened.config, language } }, 'f32', 'stretched.gguf');
  await opened.close();
  const factors = new Float32Array(Uint8Array.from(await tensorBytesOf(path, 'rope_freqs.weight')).buffer);
  expect(factors).toHaveLength(16);
  // Wavelengths of 2 pi 500000^(i / 16) tokens: below 2048 kept, above 8192 divided by 8, a ramp between.
  expect([...factors.slice(0, 8)]).toEqual(new Array(8).fill(1));
  expect(factors[8]).toBeGreaterThan(1);
  expect(factors[8]).toBeLessThan(8);
  expect([...factors.slice(9)]).toEqual(new Array(7).fill(8));
});

test('a format whose blocks do not divide the rows is refused with the numbers', async () => {
  await withRandom({ languageIntermediate: 33 }, async (checkpoint) => {
    await expectFault(write(checkpoint, 'q8_0', 'odd.gguf'), 'wrong-usage', 'q8_0', '32', '33', 'f16');
  });
});
