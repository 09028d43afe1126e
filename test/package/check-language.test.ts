import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import { checkLanguageFile } from '../../native-models/package/check-language.ts';
import type { GgufTensor, GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { readGguf, type GgufHeader } from '../../native-models/formats/gguf/read-gguf.ts';
import { expectFault } from '../support/faults.ts';

const golden = fileURLToPath(new URL('../golden/', import.meta.url));
const read = (name: string) => readGguf(join(golden, name, 'pair', 'language.gguf'), 'checkpoint-invalid');
const check = (header: GgufHeader) => checkLanguageFile(header, 'language.gguf', 'checkpoint-invalid');

test.each([
  ['smolvlm-a', { architecture: 'llama', headSize: 16, vocabulary: 499, contextLimit: 8192 }],
  ['smolvlm-b', { architecture: 'llama', headSize: 16, vocabulary: 500, contextLimit: 8192 }],
  ['internvl-a', { architecture: 'qwen2', headSize: 16, vocabulary: 459, contextLimit: 32768 }],
  ['internvl-b', { architecture: 'qwen3', headSize: 32, vocabulary: 477, contextLimit: 40960 }],
])('%s, as written by llama.cpp’s converter', async (name, expected) => {
  expect(check(await read(name))).toMatchObject({ width: 64, heads: 4, keyValueHeads: 2, ...expected });
});

type Edit = (metadata: Map<string, GgufValue>, tensors: Map<string, GgufTensor>) => void;

const drop =
  (name: string): Edit =>
  (_, tensors) =>
    tensors.delete(name);
const reshape =
  (name: string, shape: readonly number[]): Edit =>
  (_, tensors) =>
    tensors.set(name, { ...tensors.get(name)!, shape });
const set =
  (key: string, value: number): Edit =>
  (metadata) =>
    metadata.set(key, { type: 'u32', value });

describe('a file whose tensors are not those of its architecture is refused', () => {
  test.each<[string, string, Edit, string[]]>([
    ['no bias', 'internvl-a', drop('blk.1.attn_k.bias'), ['has no tensor blk.1.attn_k.bias']],
    ['a bias of another size', 'internvl-a', reshape('blk.0.attn_v.bias', [64]), ['[64] instead of [32]']],
    [
      'heads of a size of their own',
      'internvl-a',
      (metadata, tensors) => {
        set('qwen2.attention.key_length', 32)(metadata, tensors);
        set('qwen2.attention.value_length', 32)(metadata, tensors);
      },
      ['4 heads of 32 numbers in a width of 64'],
    ],
    [
      'values of a length that llama.cpp would take from the width',
      'internvl-b',
      (metadata) => metadata.delete('qwen3.attention.value_length'),
      ['qwen3.attention.value_length is 16 instead of 32'],
    ],
    ['no norm of the keys', 'internvl-b', drop('blk.0.attn_k_norm.weight'), ['blk.0.attn_k_norm.weight']],
    [
      'a norm of all heads together',
      'internvl-b',
      reshape('blk.1.attn_q_norm.weight', [128]),
      ['[128] instead of [32]'],
    ],
    [
      'an output matrix of other heads',
      'internvl-b',
      reshape('blk.0.attn_output.weight', [64, 64]),
      ['[64, 64] instead of [64, 128]'],
    ],
    [
      'a bias where there is none',
      'internvl-b',
      (_, tensors) => {
        const like = tensors.get('blk.0.attn_q_norm.weight')!;
        tensors.set('blk.0.attn_q.bias', { ...like, name: 'blk.0.attn_q.bias' });
      },
      ['the tensor blk.0.attn_q.bias, which no such model has'],
    ],
    [
      'factors of a rotation',
      'internvl-a',
      (_, tensors) => {
        const like = tensors.get('output_norm.weight')!;
        tensors.set('rope_freqs.weight', { ...like, name: 'rope_freqs.weight', shape: [8] });
      },
      ['rope_freqs.weight, which no such model has'],
    ],
    [
      'sections of a rotation in rows and columns',
      'internvl-a',
      (metadata) =>
        metadata.set('qwen2.rope.dimension_sections', { type: 'array', of: 'i32', values: [4, 2, 2, 0] }),
      ['qwen2.rope.dimension_sections'],
    ],
  ])('%s', async (_, name, edit, words) => {
    const header = await read(name);
    const metadata = new Map(header.metadata);
    const tensors = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
    edit(metadata, tensors);
    const changed = async () => check({ ...header, metadata, tensors: [...tensors.values()] });
    await expectFault(changed(), 'checkpoint-invalid', 'language.gguf', ...words);
  });
});

test.each([
  ['qwen2vl', 'M-RoPE'],
  ['qwen3vl', 'deepstack'],
  ['qwen35', 'hybrid'],
  ['lfm2', 'hybrid'],
  ['gemma3', 'both directions'],
  ['gemma3n', 'both directions'],
  ['falcon-h1', 'hybrid'],
  ['gpt2', 'llama, qwen2, qwen3, phi3'],
])('the language model %s is refused by name, with the reason', async (architecture, reason) => {
  const header = await read('internvl-a');
  const metadata = new Map(header.metadata);
  metadata.set('general.architecture', { type: 'string', value: architecture });
  const refused = (async () => check({ ...header, metadata }))();
  await expectFault(refused, 'checkpoint-invalid', 'language.gguf', `"${architecture}"`, reason);
  await expect(refused).rejects.toMatchObject({ details: { reason: 'unsupported-model' } });
});
