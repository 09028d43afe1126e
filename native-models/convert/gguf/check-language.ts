import { AppError } from '../../errors.ts';
import type { Manifest } from '../../package/manifest.ts';
import type { GgufScalar, GgufTensor } from './gguf-format.ts';
import type { GgufHeader } from './read-gguf.ts';

/**
 * Checks that a GGUF file is the Llama its manifest describes, with a usable vocabulary, and that its tensors have the
 * shapes its own numbers imply: llama.cpp ends the process over some contradictions instead of reporting them.
 * Throws `package-invalid` naming `file` and the fault.
 */
export function checkLanguage(header: GgufHeader, file: string, expected: Manifest['language']): void {
  const check = new LanguageCheck(header, file);
  check.text('general.architecture', 'llama');
  check.number('llama.embedding_length', expected.width);
  check.number('llama.block_count', expected.layers);
  check.number('llama.attention.head_count', expected.heads);
  check.number('llama.attention.head_count_kv', expected.keyValueHeads);
  check.number('llama.context_length', expected.contextLimit);
  check.number('llama.vocab_size', expected.vocabulary);
  check.vocabulary(expected.vocabulary);
  check.tensors(expected);
}

const specialIds = ['bos', 'eos', 'eot', 'padding'].map((name) => `tokenizer.ggml.${name}_token_id`);

class LanguageCheck {
  readonly #header: GgufHeader;
  readonly #file: string;

  constructor(header: GgufHeader, file: string) {
    this.#header = header;
    this.#file = file;
  }

  text(key: string, expected: string): void {
    const value = this.#header.metadata.get(key);
    if (value?.type !== 'string' || value.value !== expected) {
      throw this.#fault(`${key} is ${this.#shown(key)} instead of ${expected}`);
    }
  }

  number(key: string, expected: number): void {
    const value = this.#header.metadata.get(key);
    if (value?.type !== 'u32' || value.value !== expected) {
      throw this.#fault(`${key} is ${this.#shown(key)} instead of ${expected}`);
    }
  }

  vocabulary(size: number): void {
    this.text('tokenizer.ggml.model', 'gpt2');
    const tokens = this.#array('tokenizer.ggml.tokens', 'string');
    const types = this.#array('tokenizer.ggml.token_type', 'i32');
    const merges = this.#array('tokenizer.ggml.merges', 'string');
    if (tokens.length !== size) throw this.#fault(`has ${tokens.length} tokens instead of ${size}`);
    if (types.length !== size) throw this.#fault(`has ${types.length} token types for ${size} tokens`);
    if (merges.length === 0) throw this.#fault('has no merges');
    // llama.cpp asserts that every token is a different text.
    if (new Set(tokens).size !== size || tokens.includes(''))
      throw this.#fault('has a token twice, or an empty one');
    for (const key of specialIds) {
      const id = this.#header.metadata.get(key);
      if (id === undefined) continue;
      if (id.type !== 'u32' || Number(id.value) >= size)
        throw this.#fault(`${key} is ${this.#shown(key)} of ${size}`);
    }
  }

  tensors(expected: Manifest['language']): void {
    const count = this.#header.tensors.length;
    if (expected.layers > count) throw this.#fault(`has ${count} tensors for ${expected.layers} layers`);
    const headSize = this.#headSize(expected);
    const inner = this.#uint('llama.feed_forward_length');
    const remaining = new Map(this.#header.tensors.map((tensor) => [tensor.name, tensor]));
    for (const [name, shape] of llamaTensors(expected, headSize, inner)) {
      const tensor = remaining.get(name);
      if (tensor === undefined) throw this.#fault(`has no tensor ${name}`);
      this.#shape(tensor, shape);
      remaining.delete(name);
    }
    for (const [name, shape] of optionalTensors(expected, headSize)) {
      const tensor = remaining.get(name);
      if (tensor !== undefined) this.#shape(tensor, shape);
      remaining.delete(name);
    }
    const [unknown] = remaining.keys();
    if (unknown !== undefined) throw this.#fault(`has the tensor ${unknown}, which no Llama has`);
  }

  /** One size for keys, values and rotation, as llama.cpp asserts. */
  #headSize({ width, heads }: Manifest['language']): number {
    const size = this.#header.metadata.has('llama.attention.key_length')
      ? this.#uint('llama.attention.key_length')
      : width / heads;
    for (const key of ['llama.attention.value_length', 'llama.rope.dimension_count']) {
      if (this.#header.metadata.has(key)) this.number(key, size);
    }
    if (!Number.isInteger(size) || size < 2 || size % 2 !== 0)
      throw this.#fault(`has heads of ${size} numbers`);
    return size;
  }

  #shape(tensor: GgufTensor, shape: readonly number[]): void {
    if (tensor.shape.length === shape.length && tensor.shape.every((dimension, i) => dimension === shape[i]))
      return;
    throw this.#fault(
      `tensor ${tensor.name} has the shape [${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]`,
    );
  }

  #uint(key: string): number {
    const value = this.#header.metadata.get(key);
    if (value?.type !== 'u32') throw this.#fault(`${key} is ${this.#shown(key)}, not a u32`);
    return Number(value.value);
  }

  #array(key: string, of: 'string' | 'i32'): readonly GgufScalar[] {
    const value = this.#header.metadata.get(key);
    if (value?.type !== 'array' || value.of !== of) throw this.#fault(`has no list ${key}`);
    return value.values;
  }

  #shown(key: string): string {
    const value = this.#header.metadata.get(key);
    if (value === undefined) return 'missing';
    return value.type === 'array' ? 'a list' : JSON.stringify(value.value).slice(0, 80);
  }

  #fault(fault: string): AppError {
    return new AppError('package-invalid', `${this.#file}: ${fault}.`, { file: this.#file, fault });
  }
}

type Shape = readonly [name: string, shape: readonly number[]];

function llamaTensors(language: Manifest['language'], headSize: number, inner: number): Shape[] {
  const { width, layers, heads, keyValueHeads, vocabulary } = language;
  const tensors: Shape[] = [
    ['token_embd.weight', [vocabulary, width]],
    ['output_norm.weight', [width]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    const at = `blk.${layer}.`;
    tensors.push(
      [`${at}attn_norm.weight`, [width]],
      [`${at}attn_q.weight`, [heads * headSize, width]],
      [`${at}attn_k.weight`, [keyValueHeads * headSize, width]],
      [`${at}attn_v.weight`, [keyValueHeads * headSize, width]],
      [`${at}attn_output.weight`, [width, heads * headSize]],
      [`${at}ffn_norm.weight`, [width]],
      [`${at}ffn_gate.weight`, [inner, width]],
      [`${at}ffn_up.weight`, [inner, width]],
      [`${at}ffn_down.weight`, [width, inner]],
    );
  }
  return tensors;
}

/** The output is the embeddings again where it is missing; the rotary factors belong to Llama 3.1 and later. */
function optionalTensors({ vocabulary, width }: Manifest['language'], headSize: number): Shape[] {
  return [
    ['output.weight', [vocabulary, width]],
    ['rope_freqs.weight', [headSize / 2]],
  ];
}
