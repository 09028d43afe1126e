import type { Manifest } from './manifest.ts';
import type { FaultCode } from '../files/byte-file.ts';
import { quoted } from '../files/invalid.ts';
import { GgufFacts } from '../formats/gguf/gguf-facts.ts';
import type { GgufTensor, GgufTensorType, ScalarType } from '../formats/gguf/gguf-format.ts';
import {
  optionalTensors,
  readLanguageShape,
  requiredTensors,
  shapeKeys,
  type LanguageShape,
} from './language-shape.ts';
import type { GgufHeader } from '../formats/gguf/read-gguf.ts';

/**
 * Checks that a GGUF file is the language model its manifest describes. Throws `package-invalid` naming `file` and the
 * fault, and as `checkLanguageFile`.
 */
export function checkLanguage(header: GgufHeader, file: string, expected: Manifest['language']): void {
  const facts = new GgufFacts(header, file, 'package-invalid');
  const shape = checkFacts(facts);
  for (const [name, key] of Object.entries(shapeKeys) as [keyof typeof shapeKeys, string][]) {
    if (shape[name] === expected[name]) continue;
    throw facts.fault(`${shape.architecture}.${key} is ${shape[name]} instead of ${expected[name]}`);
  }
}

/**
 * Checks that a GGUF file is a language model that this app knows, with a usable vocabulary, and that its tensors have the
 * shapes its own numbers imply: llama.cpp ends the process over some contradictions instead of reporting them.
 * Throws `code` naming `file` and the fault.
 */
export function checkLanguageFile(header: GgufHeader, file: string, code: FaultCode): LanguageShape {
  return checkFacts(new GgufFacts(header, file, code));
}

function checkFacts(facts: GgufFacts): LanguageShape {
  const shape = readLanguageShape(facts);
  checkKeys(facts, shape.architecture);
  checkVocabulary(facts, shape.vocabulary);
  checkTensors(facts, shape);
  return shape;
}

/** What a file may state of its architecture. Any other key might ask llama.cpp for arithmetic that nobody has checked. */
const knownKeys: Readonly<Record<string, ScalarType>> = {
  ...Object.fromEntries(Object.values(shapeKeys).map((key) => [key, 'u32' as const])),
  feed_forward_length: 'u32',
  'attention.key_length': 'u32',
  'attention.value_length': 'u32',
  'attention.layer_norm_rms_epsilon': 'f32',
  'attention.sliding_window': 'u32',
  'rope.dimension_count': 'u32',
  'rope.freq_base': 'f32',
  'rope.scale_linear': 'f32',
  'rope.scaling.type': 'string',
  'rope.scaling.factor': 'f32',
  'rope.scaling.attn_factor': 'f32',
  'rope.scaling.original_context_length': 'u32',
  'rope.scaling.finetuned': 'bool',
  tensor_data_layout: 'string',
};

/** Rotations that are stretched by a number alone; the others of llama.cpp need tables this check does not know. */
const knownScaling: readonly string[] = ['none', 'linear', 'yarn', 'longrope'];

function checkKeys(facts: GgufFacts, architecture: string): void {
  for (const [key, value] of facts.header.metadata) {
    if (!key.startsWith(`${architecture}.`)) continue;
    const name = key.slice(architecture.length + 1);
    const type = Object.hasOwn(knownKeys, name) ? knownKeys[name] : undefined;
    if (type === undefined) throw facts.fault(`states ${quoted(key)}, which this app does not know`);
    if (value.type !== type) throw facts.fault(`${key} is ${facts.shown(key)}, not a ${type}`);
    const isNumber = type === 'f32' && value.type === 'f32';
    if (isNumber && !(Number.isFinite(value.value) && Number(value.value) >= 0))
      throw facts.fault(`${key} is ${String(value.value)}`);
  }
  const scaling = facts.optionalText(`${architecture}.rope.scaling.type`);
  if (scaling !== null && !knownScaling.includes(scaling))
    throw facts.fault(`${architecture}.rope.scaling.type is ${quoted(scaling)}`);
}

const specialIds = ['bos', 'eos', 'eot', 'eom', 'unknown', 'seperator', 'padding', 'mask'].map(
  (name) => `tokenizer.ggml.${name}_token_id`,
);

function checkVocabulary(facts: GgufFacts, size: number): void {
  const model = facts.text('tokenizer.ggml.model');
  const tokens = facts.array('tokenizer.ggml.tokens', 'string');
  const types = facts.array('tokenizer.ggml.token_type', 'i32');
  if (tokens.length !== size) throw facts.fault(`has ${tokens.length} tokens instead of ${size}`);
  if (types.length !== size) throw facts.fault(`has ${types.length} token types for ${size} tokens`);
  // llama.cpp asserts that every token is a different text, and reads each up to its first zero.
  if (new Set(tokens).size !== size || tokens.includes(''))
    throw facts.fault('has a token twice, or an empty one');
  if (tokens.some((token) => String(token).includes('\u0000')))
    throw facts.fault('has a token with a zero in it');
  if (model === 'gpt2') checkMerges(facts);
  else if (model === 'llama') checkPieces(facts, tokens);
  else throw facts.fault(`tokenizer.ggml.model is ${quoted(model)} instead of gpt2 or llama`);
  for (const key of specialIds) {
    if (facts.has(key) && facts.u32(key) >= size)
      throw facts.fault(`${key} is ${facts.shown(key)} of ${size}`);
  }
}

/** Byte-level BPE. */
function checkMerges(facts: GgufFacts): void {
  if (facts.array('tokenizer.ggml.merges', 'string').length === 0) throw facts.fault('has no merges');
}

/** SentencePiece's tokens for what is no piece, by the value of the byte. */
export const byteTokens: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

/** SentencePiece: a score for every piece, and a token for every byte, which llama.cpp looks up without asking. */
function checkPieces(facts: GgufFacts, tokens: readonly unknown[]): void {
  const scores = facts.array('tokenizer.ggml.scores', 'f32');
  if (scores.length !== tokens.length)
    throw facts.fault(`has ${scores.length} token scores for ${tokens.length} tokens`);
  const known = new Set(tokens);
  for (const name of byteTokens) if (!known.has(name)) throw facts.fault(`has no token ${name}`);
}

function checkTensors(facts: GgufFacts, shape: LanguageShape): void {
  const { tensors } = facts.header;
  if (shape.layers > tensors.length)
    throw facts.fault(`has ${tensors.length} tensors for ${shape.layers} layers`);
  const remaining = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const [name, dimensions] of requiredTensors(shape)) {
    const tensor = remaining.get(name);
    if (tensor === undefined) throw facts.fault(`has no tensor ${name}`);
    checkShape(facts, tensor, dimensions);
    remaining.delete(name);
  }
  for (const [name, dimensions] of optionalTensors(shape)) {
    const tensor = remaining.get(name);
    if (tensor !== undefined) checkShape(facts, tensor, dimensions);
    remaining.delete(name);
  }
  const [unknown] = remaining.keys();
  if (unknown !== undefined) throw facts.fault(`has the tensor ${unknown}, which no such model has`);
}

/** Types that hold no weights: intermediate results, and numbers of other kinds. llama.cpp ends the process over them. */
const noWeights: readonly GgufTensorType[] = ['q8_1', 'q8_k', 'i8', 'i16', 'i32', 'i64', 'f64'];

function checkShape(facts: GgufFacts, tensor: GgufTensor, shape: readonly number[]): void {
  const { name, type } = tensor;
  // Norms and rotary factors are f32 in every file; added to f32, other types end the process too.
  if (shape.length === 1 ? type !== 'f32' : noWeights.includes(type))
    throw facts.fault(`tensor ${name} is of the type ${type}`);
  if (tensor.shape.length === shape.length && tensor.shape.every((dimension, i) => dimension === shape[i]))
    return;
  throw facts.fault(
    `tensor ${tensor.name} has the shape [${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]`,
  );
}
