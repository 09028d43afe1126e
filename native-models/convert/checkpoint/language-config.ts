import * as v from 'valibot';

import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import { whyUnsupported } from '../../package/unsupported-languages.ts';
import type { CheckpointLanguage, LanguageConfig, LanguagePrefixes } from './model-config.ts';
import { positive, readRopeScaling } from './rope-scaling.ts';

/** Far beyond any model, and small enough that products of three stay exact integers. */
export const maxDimension = 2 ** 17;
const maxVocabulary = 2 ** 22;
/** As many as a package may state (package/language-shape.ts). */
const maxPositions = 2 ** 24;

const dimension = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxDimension));
const tokenId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxVocabulary));
const rope = v.nullish(v.record(v.string(), v.unknown()));
/** A switch that would ask for arithmetic of another kind. */
const off = v.nullish(v.literal(false));

const languageSchema = v.object({
  hidden_size: dimension,
  intermediate_size: dimension,
  num_hidden_layers: v.pipe(dimension, v.maxValue(1000)),
  num_attention_heads: dimension,
  num_key_value_heads: v.nullish(dimension),
  head_dim: v.nullish(dimension),
  vocab_size: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxVocabulary)),
  rms_norm_eps: positive,
  // transformers' own default, left out of the file by some of its versions.
  rope_theta: v.nullish(positive, 10000),
  rope_scaling: rope,
  /** Where transformers 5 writes both. */
  rope_parameters: rope,
  max_position_embeddings: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxPositions)),
  tie_word_embeddings: v.nullish(v.boolean(), false),
  hidden_act: v.nullish(v.literal('silu')),
  mlp_bias: off,
  use_sliding_window: off,
  sliding_window: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxPositions))),
  /** Phi-3's, beside `rope_scaling`. */
  original_max_position_embeddings: v.nullish(
    v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(maxPositions)),
  ),
  /** Idefics3's own additions to Llama. */
  qk_layer_norms: off,
  rope_interleaved: off,
  bos_token_id: v.nullish(tokenId),
  eos_token_id: v.nullish(v.union([tokenId, v.array(tokenId)])),
});

/** Qwen2 always has its biases; the file does not decide. The others have none. */
const noBias = v.object({ attention_bias: off });

/** Mistral is computed as Llama where no window cuts its attention; one that is not stated is 4096. */
const fullAttention = v.object({ sliding_window: v.null() });

/** Phi-4-mini turns a part of every head alone. */
const turnsWholeHeads = v.object({ partial_rotary_factor: v.nullish(v.literal(1)) });

/**
 * What transformers' classes (LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config, Phi3Config) take for keys that a configuration
 * leaves out.
 */
const defaults: Readonly<Record<CheckpointLanguage | 'mistral', v.InferInput<typeof languageSchema>>> = {
  llama: {
    ...{ vocab_size: 32000, hidden_size: 4096, intermediate_size: 11008, num_hidden_layers: 32 },
    ...{ num_attention_heads: 32, max_position_embeddings: 2048, rms_norm_eps: 1e-6 },
  },
  mistral: {
    ...{ vocab_size: 32000, hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32 },
    ...{ num_attention_heads: 32, max_position_embeddings: 131072, rms_norm_eps: 1e-6 },
    num_key_value_heads: 8,
  },
  qwen2: {
    ...{ vocab_size: 151936, hidden_size: 4096, intermediate_size: 22016, num_hidden_layers: 32 },
    ...{ num_attention_heads: 32, max_position_embeddings: 32768, rms_norm_eps: 1e-6 },
    num_key_value_heads: 32,
  },
  qwen3: {
    ...{ vocab_size: 151936, hidden_size: 4096, intermediate_size: 22016, num_hidden_layers: 32 },
    ...{ num_attention_heads: 32, max_position_embeddings: 32768, rms_norm_eps: 1e-6 },
    ...{ num_key_value_heads: 32, head_dim: 128 },
  },
  phi3: {
    ...{ vocab_size: 32064, hidden_size: 3072, intermediate_size: 8192, num_hidden_layers: 32 },
    ...{ num_attention_heads: 32, max_position_embeddings: 4096, rms_norm_eps: 1e-5 },
    original_max_position_embeddings: 4096,
  },
};

/**
 * Tokens up to which llama.cpp computes what the model was trained with: no window cuts its attention before, which llama.cpp
 * does not compute for these models, and Phi-3's short factors apply, as llama.cpp takes the long ones for the whole of a
 * context that is longer.
 */
export function exactContext({ contextLength, slidingWindow, ropeScaling }: LanguageConfig): number {
  const original = ropeScaling?.type === 'longrope' ? ropeScaling.originalContextLength : contextLength;
  return Math.min(contextLength, slidingWindow ?? contextLength, original);
}

/** A language model, and what its configuration says of special tokens. */
export interface LanguageFacts {
  readonly language: LanguageConfig;
  readonly bosId: number | null;
  readonly eosIds: readonly number[];
}

/** Of a checkpoint that is a language model with additions. */
export const plainPrefixes: LanguagePrefixes = { body: 'model.', head: 'lm_head.' };

/**
 * Reads the configuration of a language model, which may leave out what transformers assumes. Throws `checkpoint-invalid` naming
 * the key, and for a language that cannot be used (`unsupported-model`) the reason.
 */
export function readLanguageConfig(given: unknown, prefixes: LanguagePrefixes): LanguageFacts {
  const file = 'config.json';
  const type = readType(given, file);
  const json = { ...defaults[type], ...(given as object) };
  const architecture = readArchitecture(type, json, file);
  const config = parseSchema(languageSchema, json, file);
  if (architecture !== 'qwen2') parseSchema(noBias, json, file);
  for (const part of [json, config.rope_scaling, config.rope_parameters])
    if (part != null) parseSchema(turnsWholeHeads, part, file);
  const { bos_token_id: bosId = null, eos_token_id: eosIds } = config;
  return {
    language: { architecture, prefixes, ...readShape(architecture, config, file) },
    bosId,
    eosIds: [eosIds ?? []].flat(),
  };
}

const typeSchema = v.object({ model_type: v.string() });
type LanguageType = keyof typeof defaults;
const types = Object.keys(defaults) as LanguageType[];

function readArchitecture(type: LanguageType, json: unknown, file: string): CheckpointLanguage {
  if (type !== 'mistral') return type;
  parseSchema(fullAttention, json, file);
  return 'llama';
}

function readType(json: unknown, file: string): LanguageType {
  const { model_type: type } = parseSchema(typeSchema, json, file);
  const found = types.find((known) => known === type);
  if (found !== undefined) return found;
  const why = whyUnsupported(type) ?? `a type that is not known; known are ${types.join(', ')}`;
  throw invalidCheckpoint(file, `its language model (${quoted(type)}) has ${why}`, {
    reason: 'unsupported-model',
  });
}

function readShape(
  architecture: CheckpointLanguage,
  json: v.InferOutput<typeof languageSchema>,
  file: string,
): Omit<LanguageConfig, 'architecture' | 'prefixes'> {
  const { hidden_size: width, num_attention_heads: heads } = json;
  const keyValueHeads = json.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0)
    throw invalidCheckpoint(file, `${heads} heads cannot share ${keyValueHeads} key-value heads`);
  const headSize = json.head_dim ?? width / heads;
  // Rotary embeddings turn pairs of numbers.
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw invalidCheckpoint(file, `hidden_size ${width} over ${heads} heads is no even head size`);
  if ((architecture === 'qwen2' || architecture === 'phi3') && heads * headSize !== width)
    throw invalidCheckpoint(file, `${heads} heads of ${headSize} numbers do not fill hidden_size ${width}`);
  const parameters = json.rope_parameters ?? {};
  const theta = parameters['rope_theta'];
  return {
    hiddenSize: width,
    intermediateSize: json.intermediate_size,
    layers: json.num_hidden_layers,
    ...{ heads, keyValueHeads, headSize },
    vocabularySize: json.vocab_size,
    rmsNormEps: json.rms_norm_eps,
    ropeTheta: theta === undefined ? json.rope_theta : parseSchema(positive, theta, file),
    ropeScaling: readRopeScaling(json.rope_scaling ?? json.rope_parameters ?? null, file, {
      ...{ architecture, headSize, contextLength: json.max_position_embeddings },
      originalContextLength: json.original_max_position_embeddings ?? null,
    }),
    contextLength: json.max_position_embeddings,
    // The others' is switched on by `use_sliding_window`, and Mistral with one is refused.
    slidingWindow: architecture === 'phi3' ? (json.sliding_window ?? null) : null,
    tiedEmbeddings: json.tie_word_embeddings,
  };
}
