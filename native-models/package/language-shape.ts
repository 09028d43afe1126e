import type { Manifest } from './manifest.ts';
import type { GgufFacts } from '../formats/gguf/gguf-facts.ts';
import { whyUnsupported } from './unsupported-languages.ts';

/**
 * Language models of the llama.cpp world that take embeddings in the place of tokens; Vicuna, Mistral, Yi and SmolLM2 are of the
 * type `llama`.
 */
export const languageArchitectures = ['llama', 'qwen2', 'qwen3', 'phi3'] as const;
export type LanguageArchitecture = (typeof languageArchitectures)[number];

/** The numbers that the shapes of all tensors of a language model follow from. */
export interface LanguageShape extends Pick<
  Manifest['language'],
  'width' | 'layers' | 'heads' | 'keyValueHeads' | 'vocabulary' | 'contextLimit'
> {
  readonly architecture: LanguageArchitecture;
  /** Numbers of a head; one size for keys, values and rotation, as llama.cpp asserts. */
  readonly headSize: number;
  /** Width inside the feed-forward network. */
  readonly inner: number;
  /** Tokens up to which llama.cpp computes what the model was trained with: see `exactContext` of checkpoints. */
  readonly exactContext: number;
}

/** Where a number of the manifest stands in a GGUF file, after the architecture and a dot. */
export const shapeKeys = {
  width: 'embedding_length',
  layers: 'block_count',
  heads: 'attention.head_count',
  keyValueHeads: 'attention.head_count_kv',
  contextLimit: 'context_length',
  vocabulary: 'vocab_size',
} as const;

/** Above any published language model; keeps products of two of these numbers exact. */
const most = 2 ** 24;

/**
 * Reads a language model's dimensions, with llama.cpp's defaults for what older files leave out. Throws the file's fault
 * where they are missing, of another type or contradict each other.
 */
export function readLanguageShape(facts: GgufFacts): LanguageShape {
  const name = facts.text('general.architecture');
  const architecture = languageArchitectures.find((known) => known === name);
  if (architecture === undefined) {
    const why =
      whyUnsupported(name) ?? `a type that is not known; known are ${languageArchitectures.join(', ')}`;
    const found = facts.shown('general.architecture');
    throw facts.fault(`its language model (${found}) has ${why}`, 'unsupported-model');
  }
  const number = (key: string, fallback?: number): number => {
    const full = `${architecture}.${key}`;
    if (fallback !== undefined && !facts.has(full)) return fallback;
    const value = facts.u32(full);
    if (value < 1 || value > most) throw facts.fault(`${full} is ${value}`);
    return value;
  };
  const width = number(shapeKeys.width);
  const heads = number(shapeKeys.heads);
  const headSize = number('attention.key_length', width / heads);
  // Values that no file states are as long as an equal share of the width; the keys may differ.
  for (const [key, fallback] of [
    ['attention.value_length', width / heads],
    ['rope.dimension_count', headSize],
  ] as const) {
    const size = number(key, fallback);
    if (size !== headSize) throw facts.fault(`${architecture}.${key} is ${size} instead of ${headSize}`);
  }
  if (!Number.isInteger(headSize) || headSize < 2 || headSize % 2 !== 0)
    throw facts.fault(`has heads of ${headSize} numbers`);
  // Their output matrix is square: heads of a size of their own are qwen3's.
  if ((architecture === 'qwen2' || architecture === 'phi3') && heads * headSize !== width)
    throw facts.fault(`has ${heads} heads of ${headSize} numbers in a width of ${width}`);
  const keyValueHeads = number(shapeKeys.keyValueHeads, heads);
  if (heads % keyValueHeads !== 0)
    throw facts.fault(`has ${heads} heads for ${keyValueHeads} key-value heads`);
  const tokens = facts.array('tokenizer.ggml.tokens', 'string').length;
  const contextLimit = number(shapeKeys.contextLimit);
  return {
    ...{ architecture, width, heads, keyValueHeads, headSize },
    layers: number(shapeKeys.layers),
    inner: number('feed_forward_length'),
    vocabulary: number(shapeKeys.vocabulary, tokens),
    ...{ contextLimit, exactContext: readExactContext(facts, architecture, contextLimit) },
  };
}

function readExactContext(facts: GgufFacts, architecture: LanguageArchitecture, limit: number): number {
  const optional = (key: string) => (facts.has(key) ? facts.u32(key) || limit : limit);
  const window = optional(`${architecture}.attention.sliding_window`);
  const isStretched = facts.header.tensors.some(({ name }) => name === 'rope_factors_short.weight');
  const original = isStretched ? optional(`${architecture}.rope.scaling.original_context_length`) : limit;
  return Math.min(limit, window, original);
}

/** A tensor's name and its shape as PyTorch prints it. */
export type ShapedTensor = readonly [name: string, shape: readonly number[]];

/** The tensors that a language model of these dimensions has. */
export function requiredTensors(shape: LanguageShape): ShapedTensor[] {
  const tensors: ShapedTensor[] = [
    ['token_embd.weight', [shape.vocabulary, shape.width]],
    ['output_norm.weight', [shape.width]],
  ];
  const block = blockTensors[shape.architecture](shape);
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const [name, dimensions] of block) tensors.push([`blk.${layer}.${name}`, dimensions]);
  }
  return tensors;
}

type BlockTensors = (shape: LanguageShape) => ShapedTensor[];

const llamaBlock: BlockTensors = ({ width, heads, keyValueHeads, headSize, inner }) => [
  ['attn_norm.weight', [width]],
  ['attn_q.weight', [heads * headSize, width]],
  ['attn_k.weight', [keyValueHeads * headSize, width]],
  ['attn_v.weight', [keyValueHeads * headSize, width]],
  ['attn_output.weight', [width, heads * headSize]],
  ['ffn_norm.weight', [width]],
  ['ffn_gate.weight', [inner, width]],
  ['ffn_up.weight', [inner, width]],
  ['ffn_down.weight', [width, inner]],
];

const blockTensors: Readonly<Record<LanguageArchitecture, BlockTensors>> = {
  llama: llamaBlock,
  qwen2: (shape) => [
    ...llamaBlock(shape),
    ['attn_q.bias', [shape.heads * shape.headSize]],
    ['attn_k.bias', [shape.keyValueHeads * shape.headSize]],
    ['attn_v.bias', [shape.keyValueHeads * shape.headSize]],
  ],
  // Queries and keys are normalised head by head.
  qwen3: (shape) => [
    ...llamaBlock(shape),
    ['attn_q_norm.weight', [shape.headSize]],
    ['attn_k_norm.weight', [shape.headSize]],
  ],
  // Queries, keys and values in one matrix, gate and up in another.
  phi3: ({ width, keyValueHeads, headSize, inner }) => [
    ['attn_norm.weight', [width]],
    ['attn_qkv.weight', [width + 2 * keyValueHeads * headSize, width]],
    ['attn_output.weight', [width, width]],
    ['ffn_norm.weight', [width]],
    ['ffn_up.weight', [2 * inner, width]],
    ['ffn_down.weight', [width, inner]],
  ],
};

/** Rotary factors, of models with stretched contexts. */
const rotaryFactors: Readonly<Record<LanguageArchitecture, readonly string[]>> = {
  llama: ['rope_freqs'],
  qwen2: [],
  qwen3: [],
  phi3: ['rope_factors_long', 'rope_factors_short'],
};

/** The output is the embeddings again where it is missing. */
export function optionalTensors({
  architecture,
  vocabulary,
  width,
  headSize,
}: LanguageShape): ShapedTensor[] {
  return [
    ['output.weight', [vocabulary, width]],
    ...rotaryFactors[architecture].map((name): ShapedTensor => [`${name}.weight`, [headSize / 2]]),
  ];
}
