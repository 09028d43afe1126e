import { AppError } from '../../../preload/contract/errors.ts';
import type { CheckpointLanguage, LanguageConfig, Llama3RopeScaling } from '../checkpoint/model-config.ts';
import { yarnGrowth } from '../checkpoint/rope-scaling.ts';
import type { TensorInfo, TensorSource } from '../../formats/weights/tensor-source.ts';
import { fileTypes } from '../../language/file-types.ts';
import { elementBytes } from '../../formats/weights/float-types.ts';
import type { LanguagePrecision } from '../../../preload/contract/models.ts';
import { encodeElements, type WrittenType } from '../../formats/gguf/encode-tensor.ts';
import {
  tensorTypes,
  type GgufMetadata,
  type GgufTensor,
  type GgufTensorType,
  type GgufValue,
} from '../../formats/gguf/gguf-format.ts';
import { quantizedTypes } from './quantized-types.ts';
import type { Tokenizer } from './tokenizer.ts';
import { layoutGguf, type GgufLayout } from '../../formats/gguf/write-gguf.ts';

const writtenTypes: readonly GgufTensorType[] = ['f32', 'f16', 'bf16', 'q8_0'] satisfies WrittenType[];

/** Stored bytes that are quantised at a time. */
const quantizedPieceBytes = 16 * 2 ** 20;

/** A tensor of the file and what it is made of. */
interface PlannedTensor {
  readonly name: string;
  readonly type: GgufTensorType;
  readonly shape: readonly number[];
  /** Name in the checkpoint; null for the rotary factors, which are computed. */
  readonly source: string | null;
  /** Heads whose rows are put into llama.cpp's rotary order, for q_proj and k_proj. */
  readonly permutedHeads: number | null;
}

/** The part of a checkpoint that is its language model. */
export interface LanguageSource {
  readonly config: { readonly language: LanguageConfig };
  readonly tensors: TensorSource;
}

export interface LanguagePlan {
  readonly layout: GgufLayout;
  /** The bytes of a tensor of the layout. */
  data(tensor: GgufTensor): AsyncIterable<Uint8Array>;
  /** Name of the checkpoint's tensor it is made of; null when it is computed. */
  source(tensor: GgufTensor): string | null;
}

/**
 * Plans `language.gguf`: the tensors under llama.cpp's names (`conversion/llama.py`, `qwen.py`, `phi.py` there), matrices in `type` and
 * vectors in f32, with the tokenizer. Reads nothing yet. Throws `checkpoint-invalid` when `type` does not divide the rows.
 */
export function planLanguage(
  checkpoint: LanguageSource,
  tokenizer: Tokenizer,
  name: string,
  type: WrittenType,
): LanguagePlan {
  const { config, tensors } = checkpoint;
  const planned = planTensors(config.language, tensors, () => type);
  const metadata = languageMetadata(config.language, tokenizer, name, fileTypes[type]);
  return planOf(checkpoint, metadata, planned);
}

/**
 * The same in a format of llama.cpp's quantiser, which says which tensor becomes what; the tensors are then quantised one by
 * one as they are written.
 */
export async function planQuantized(
  checkpoint: LanguageSource,
  tokenizer: Tokenizer,
  name: string,
  llm: LanguagePrecision,
): Promise<LanguagePlan> {
  const { config, tensors } = checkpoint;
  const metadata = languageMetadata(config.language, tokenizer, name, fileTypes[llm]);
  const stored = planTensors(config.language, tensors, ({ type }) => type);
  const types = await quantizedTypes(metadata, stored, llm);
  const planned = stored.map((tensor) => ({ ...tensor, type: types.get(tensor.name)! }));
  return planOf(checkpoint, metadata, planned);
}

function planOf(
  { config, tensors }: LanguageSource,
  metadata: GgufMetadata,
  planned: readonly PlannedTensor[],
): LanguagePlan {
  const layout = layoutGguf(metadata, planned);
  const byName = new Map(planned.map((tensor) => [tensor.name, tensor]));
  return {
    layout,
    data: ({ name }) => tensorData(byName.get(name)!, tensors, config.language),
    source: ({ name }) => byName.get(name)!.source,
  };
}

/** `matrixType`: what a matrix is written in; vectors are f32. */
function planTensors(
  language: LanguageConfig,
  tensors: TensorSource,
  matrixType: (info: TensorInfo) => WrittenType,
): PlannedTensor[] {
  const tensor = (name: string, source: string, permutedHeads: number | null = null): PlannedTensor => {
    const info = tensors.tensors.get(source)!;
    const written = info.shape.length === 1 ? 'f32' : matrixType(info);
    if (written === 'q8_0') requireRowsOf(32, info, 'q8_0');
    return { name, type: written, shape: info.shape, source, permutedHeads };
  };
  const { architecture, prefixes, heads, keyValueHeads } = language;
  // llama.cpp turns neighbouring rows in `llama`; in the others it pairs them as the checkpoints do.
  const turned = (count: number) => (architecture === 'llama' ? count : null);
  const planned = [tensor('token_embd.weight', `${prefixes.body}embed_tokens.weight`)];
  for (const [name, { length }] of Object.entries(rotaryFactors(language)))
    planned.push({ name, type: 'f32', shape: [length], source: null, permutedHeads: null });
  for (let layer = 0; layer < language.layers; layer++) {
    const to = `blk.${layer}.`;
    const from = `${prefixes.body}layers.${layer}.`;
    planned.push(
      tensor(`${to}attn_norm.weight`, `${from}input_layernorm.weight`),
      ...(architecture === 'phi3'
        ? [tensor(`${to}attn_qkv.weight`, `${from}self_attn.qkv_proj.weight`)]
        : [
            tensor(`${to}attn_q.weight`, `${from}self_attn.q_proj.weight`, turned(heads)),
            tensor(`${to}attn_k.weight`, `${from}self_attn.k_proj.weight`, turned(keyValueHeads)),
            tensor(`${to}attn_v.weight`, `${from}self_attn.v_proj.weight`),
          ]),
      ...vectorsOf[architecture].map(([name, source]) => tensor(to + name, from + source)),
      tensor(`${to}attn_output.weight`, `${from}self_attn.o_proj.weight`),
      tensor(`${to}ffn_norm.weight`, `${from}post_attention_layernorm.weight`),
      // Gate and up lie in one matrix, in this order, for llama.cpp too.
      ...(architecture === 'phi3'
        ? [tensor(`${to}ffn_up.weight`, `${from}mlp.gate_up_proj.weight`)]
        : [
            tensor(`${to}ffn_gate.weight`, `${from}mlp.gate_proj.weight`),
            tensor(`${to}ffn_up.weight`, `${from}mlp.up_proj.weight`),
          ]),
      tensor(`${to}ffn_down.weight`, `${from}mlp.down_proj.weight`),
    );
  }
  planned.push(tensor('output_norm.weight', `${prefixes.body}norm.weight`));
  if (!language.tiedEmbeddings) planned.push(tensor('output.weight', `${prefixes.head}weight`));
  return planned;
}

/** What the attention of an architecture has besides its matrices: llama.cpp's name, and the checkpoint's. */
const vectorsOf: Readonly<Record<CheckpointLanguage, readonly (readonly [string, string])[]>> = {
  llama: [],
  qwen2: ['q', 'k', 'v'].map((role) => [`attn_${role}.bias`, `self_attn.${role}_proj.bias`] as const),
  phi3: [],
  qwen3: ['q', 'k'].map((role) => [`attn_${role}_norm.weight`, `self_attn.${role}_norm.weight`] as const),
};

/** Throws `checkpoint-invalid` unless every matrix of the language model has rows of whole blocks. */
export function requireLanguageRows(block: number, language: LanguageConfig, type: string): void {
  const { hiddenSize, intermediateSize, heads, headSize } = language;
  for (const row of [hiddenSize, intermediateSize, heads * headSize]) {
    if (row % block !== 0) throw rowsDoNotDivide('config.json', row, block, type);
  }
}

function requireRowsOf(block: number, info: TensorInfo, type: string): void {
  const row = info.shape.at(-1)!;
  if (row % block !== 0) throw rowsDoNotDivide(info.file, row, block, type);
}

function rowsDoNotDivide(file: string, row: number, block: number, type: string): AppError {
  const choices = row % 32 === 0 && block > 32 ? 'q8_0, f16 or f32' : 'f16 or f32';
  return new AppError(
    'wrong-usage',
    `${file}: ${type} packs rows in blocks of ${block} numbers, but this model has rows of ${row}; choose ${choices}.`,
    { file },
  );
}

async function* tensorData(
  planned: PlannedTensor,
  tensors: TensorSource,
  language: LanguageConfig,
): AsyncIterable<Uint8Array> {
  const { source, permutedHeads, type } = planned;
  if (source === null) {
    yield new Uint8Array(rotaryFactors(language)[planned.name]!.buffer);
    return;
  }
  const info = tensors.tensors.get(source)!;
  const rowBytes = info.shape.at(-1)! * elementBytes(info.type);
  if (permutedHeads === null) {
    // Whole rows a piece, because blocks lie within rows.
    const pieceBytes = rowBytes * Math.max(1, Math.floor(quantizedPieceBytes / rowBytes));
    for await (const piece of tensors.pieces(source, pieceBytes)) yield encodeRows(piece, info, type);
    return;
  }
  // One head a piece: its rows change places among themselves.
  for await (const head of tensors.pieces(source, rowBytes * language.headSize)) {
    yield encodeRows(interleaveHalves(head, rowBytes), info, type);
  }
}

/** Stored rows as rows of `type`. */
async function encodeRows(bytes: Uint8Array, info: TensorInfo, type: GgufTensorType): Promise<Uint8Array> {
  if (isWritten(type)) return encodeElements(bytes, info, type);
  const { quantizeRows } = await import('../../language/quantize-rows.ts');
  const exact = encodeElements(bytes, info, 'f32');
  const values = new Float32Array(exact.buffer, exact.byteOffset, exact.length / 4);
  return quantizeRows(values, info.shape.at(-1)!, tensorTypes[type]);
}

function isWritten(type: GgufTensorType): type is WrittenType {
  return writtenTypes.includes(type);
}

/**
 * The rows of one head, the first half and the second taking turns. The checkpoint pairs row i with row i + size / 2 for
 * the rotation, llama.cpp row 2i with row 2i + 1 (`LlamaModel.permute` of its converter).
 */
function interleaveHalves(head: Uint8Array, rowBytes: number): Uint8Array {
  const out = new Uint8Array(head.length);
  const half = head.length / rowBytes / 2;
  for (let i = 0; i < half; i++) {
    out.set(head.subarray(i * rowBytes, (i + 1) * rowBytes), 2 * i * rowBytes);
    out.set(head.subarray((half + i) * rowBytes, (half + i + 1) * rowBytes), (2 * i + 1) * rowBytes);
  }
  return out;
}

/** By what each rotary frequency is divided, under the names of llama.cpp's tensors; nothing where nothing is stretched. */
function rotaryFactors(language: LanguageConfig): Readonly<Record<string, Float32Array<ArrayBuffer>>> {
  const { ropeScaling: scaling, headSize, ropeTheta } = language;
  // llama.cpp computes the others from their numbers.
  if (scaling === null || scaling.type === 'linear' || scaling.type === 'yarn') return {};
  if (scaling.type === 'longrope') {
    return {
      'rope_factors_long.weight': Float32Array.from(scaling.longFactors),
      'rope_factors_short.weight': Float32Array.from(scaling.shortFactors),
    };
  }
  const factors = Float32Array.from({ length: headSize / 2 }, (_, i) => {
    const frequency = ropeTheta ** ((-2 * i) / headSize);
    return ropeFactor((2 * Math.PI) / frequency, scaling);
  });
  return { 'rope_freqs.weight': factors };
}

function ropeFactor(wavelength: number, scaling: Llama3RopeScaling): number {
  const { factor, lowFreqFactor, highFreqFactor, originalContextLength } = scaling;
  if (wavelength < originalContextLength / highFreqFactor) return 1;
  if (wavelength > originalContextLength / lowFreqFactor) return factor;
  const smooth = (originalContextLength / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return 1 / ((1 - smooth) / factor + smooth);
}

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const f32 = (value: number): GgufValue => ({ type: 'f32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });

function stretchMetadata({ architecture, ropeScaling: scaling }: LanguageConfig): [string, GgufValue][] {
  if (scaling?.type !== 'linear' && scaling?.type !== 'yarn') return [];
  const rope = `${architecture}.rope.scaling`;
  const { type, factor } = scaling;
  const metadata: [string, GgufValue][] = [
    [`${rope}.type`, text(type)],
    [`${rope}.factor`, f32(factor)],
  ];
  if (type === 'linear') return metadata;
  return [
    ...metadata,
    [`${rope}.original_context_length`, u32(scaling.originalContextLength)],
    // llama.cpp multiplies it with the usual growth.
    [`${rope}.attn_factor`, f32(scaling.attentionFactor / yarnGrowth(factor))],
  ];
}

/** A window of 0 is none. */
function phi3Metadata(language: LanguageConfig): [string, GgufValue][] {
  const { architecture, slidingWindow, ropeScaling: scaling, contextLength } = language;
  if (architecture !== 'phi3') return [];
  const rope = 'phi3.rope.scaling';
  const metadata: [string, GgufValue][] = [['phi3.attention.sliding_window', u32(slidingWindow ?? 0)]];
  if (scaling?.type !== 'longrope') {
    metadata.push([`${rope}.original_context_length`, u32(contextLength)]);
    return metadata;
  }
  metadata.push(
    [`${rope}.original_context_length`, u32(scaling.originalContextLength)],
    [`${rope}.type`, text('longrope')],
    [`${rope}.attn_factor`, f32(scaling.attentionFactor)],
  );
  return metadata;
}

function languageMetadata(
  language: LanguageConfig,
  tokenizer: Tokenizer,
  name: string,
  fileType: number,
): GgufMetadata {
  const texts = (values: readonly string[]): GgufValue => ({ type: 'array', of: 'string', values });
  const { architecture } = language;
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', text(architecture)],
    ['general.type', text('model')],
    ['general.name', text(name)],
    ['general.file_type', u32(fileType)],
    ['general.quantization_version', u32(2)],
    [`${architecture}.block_count`, u32(language.layers)],
    [`${architecture}.context_length`, u32(language.contextLength)],
    [`${architecture}.embedding_length`, u32(language.hiddenSize)],
    [`${architecture}.feed_forward_length`, u32(language.intermediateSize)],
    [`${architecture}.attention.head_count`, u32(language.heads)],
    [`${architecture}.attention.head_count_kv`, u32(language.keyValueHeads)],
    [`${architecture}.attention.key_length`, u32(language.headSize)],
    [`${architecture}.attention.value_length`, u32(language.headSize)],
    [`${architecture}.attention.layer_norm_rms_epsilon`, f32(language.rmsNormEps)],
    [`${architecture}.rope.freq_base`, f32(language.ropeTheta)],
    [`${architecture}.rope.dimension_count`, u32(language.headSize)],
    [`${architecture}.vocab_size`, u32(language.vocabularySize)],
    ...stretchMetadata(language),
    ...phi3Metadata(language),
    ['tokenizer.ggml.model', text(tokenizer.pieces ? 'llama' : 'gpt2')],
    ['tokenizer.ggml.pre', text(tokenizer.preTokenizer)],
    ['tokenizer.ggml.tokens', texts(tokenizer.tokens)],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', values: tokenizer.types }],
  ]);
  if (tokenizer.pieces) {
    const { scores, addsSpace } = tokenizer.pieces;
    metadata.set('tokenizer.ggml.scores', { type: 'array', of: 'f32', values: scores });
    metadata.set('tokenizer.ggml.add_space_prefix', { type: 'bool', value: addsSpace });
  } else metadata.set('tokenizer.ggml.merges', texts(tokenizer.merges));
  const { bosId: bos, eosId: eos, eotId: eot, padId: padding, unknownId: unknown } = tokenizer;
  for (const [special, at] of Object.entries({ bos, eos, eot, padding, unknown })) {
    if (at !== null) metadata.set(`tokenizer.ggml.${special}_token_id`, u32(at));
  }
  metadata.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: tokenizer.addsBos });
  if (tokenizer.chatTemplate !== null) metadata.set('tokenizer.chat_template', text(tokenizer.chatTemplate));
  return metadata;
}
