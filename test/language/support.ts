import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { convLlama3 } from '../../native-models/convert/language/chat-format.ts';
import { openCheckpoint } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import { planLanguage } from '../../native-models/convert/language/language.ts';
import { readTokenizer } from '../../native-models/convert/language/tokenizer.ts';
import { writeGguf } from '../../native-models/formats/gguf/write-gguf.ts';
import { createDecoder, type Decoder, type DecoderOptions } from '../../native-models/language/decoder.ts';
import type { ChatFormat } from '../../native-models/language/prompt.ts';
import { readSafetensors, type StoredTensor } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const goldenCases = ['tower-inside', 'tower-apart'] as const;
export type GoldenCase = (typeof goldenCases)[number];

interface Expected {
  readonly question: string;
  readonly prompt_before_image: string;
  readonly prompt_after_image: string;
  readonly ids_before_image: readonly number[];
  readonly ids_after_image: readonly number[];
  readonly greedy_ids: readonly number[];
  readonly text_only_ids: readonly number[];
  readonly n_vocab: number;
  readonly special_ids: Readonly<Record<string, number>>;
}

export interface GoldenLanguage {
  /** The golden Llama in float32. */
  readonly gguf: string;
  readonly format: ChatFormat;
  readonly expected: Expected;
  /** expected.safetensors */
  readonly tensors: Map<string, StoredTensor>;
  /** model.embed_tokens [vocabulary, width]. */
  readonly embedTokens: Float32Array;
  readonly width: number;
}

/** The language model of a golden case and a decoder of it, for the tests of one file. */
export async function useGolden(name: GoldenCase): Promise<GoldenLanguage & { readonly decoder: Decoder }> {
  const golden = await goldenLanguage(name, temporaryFolder());
  const decoder = await exactDecoder(golden.gguf);
  afterAll(() => decoder.dispose());
  return { ...golden, decoder };
}

/** Converts the language model of a golden case into `folder`. */
export async function goldenLanguage(name: GoldenCase, folder: string): Promise<GoldenLanguage> {
  const golden = fileURLToPath(new URL(`../golden/${name}/`, import.meta.url));
  const directory = join(golden, 'checkpoint');
  const checkpoint = await openCheckpoint(directory, { clip: join(golden, 'clip') });
  try {
    const { language } = checkpoint.config;
    const tokenizer = await readTokenizer(directory, language.vocabularySize, checkpoint.facts);
    const plan = planLanguage(checkpoint, tokenizer, name, 'f32');
    const gguf = join(folder, `${name}.gguf`);
    await writeGguf({ path: gguf, layout: plan.layout, data: plan.data });
    const { addsBos, stopIds } = tokenizer;
    return {
      gguf,
      format: { chat: convLlama3, language: { addsBos, stopIds: [...stopIds] } },
      expected: JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as Expected,
      tensors: readSafetensors(join(golden, 'expected.safetensors')),
      embedTokens: await checkpoint.tensors.readFloat32('model.embed_tokens.weight'),
      width: language.hiddenSize,
    };
  } finally {
    await checkpoint.close();
  }
}

/** All arithmetic in float32, on the CPU, as the golden values were computed. */
export function exactDecoder(gguf: string, options: Partial<DecoderOptions> = {}): Promise<Decoder> {
  return createDecoder({
    gguf,
    contextTokens: 2048,
    gpu: 'off',
    // Two threads wait for each other by spinning, which takes ages where other tests compete for the cores.
    threads: 1,
    kvType: 'f32',
    flashAttention: false,
    ...options,
  });
}

/** Largest absolute difference. */
export function distance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let largest = one.length === other.length ? 0 : Infinity;
  for (let i = 0; i < one.length; i++) largest = Math.max(largest, Math.abs(one[i]! - other[i]!));
  return largest;
}

/** The `index`-th row of a tensor with `length` numbers a row. */
export const row = (values: Float32Array, index: number, length: number): Float32Array =>
  values.subarray(index * length, (index + 1) * length);
