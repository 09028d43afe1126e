/**
 * The whole native boundary to llama.cpp: every C struct, enum value and function this program uses. It and
 * `ggml-bindings.ts` are the only modules that import koffi. Names of functions, fields and values are those of llama.h and ggml.h, so that both can
 * be read side by side.
 *
 * The layouts are those of one release, `boundRelease`. node-llama-cpp loads the library; `bindLlama` opens the very
 * same file again, which gives the same copy in memory, and refuses any release the layouts were not written for.
 */
import koffi, { type TypeObject } from 'koffi';
import { isDeepStrictEqual, promisify } from 'node:util';
import { AppError } from '../../preload/contract/errors.ts';

/**
 * Stack of a native call. koffi gives calls a stack of their own, of 128 KiB on worker threads unless told otherwise;
 * llama.cpp is written for the 8 MiB a thread usually has. It can only be set before anything is loaded.
 */
const stackBytes = 8 * 2 ** 20;
/** Stacks kept between calls: a decoder makes one call at a time, and loading or quantising may run beside it. */
const residentStacks = 2;
koffi.config({
  ...koffi.config(),
  sync_stack_size: stackBytes,
  async_stack_size: stackBytes,
  resident_async_pools: residentStacks,
});

/** The llama.cpp release these layouts were written for, as node-llama-cpp names it. */
export const boundRelease = 'v0.5.0';
/** What `llama_version()` of that release says. */
const boundVersion = /^0\.5\.0(-dev)?$/;

/** Address of something llama.cpp owns. The parameter only keeps handles of different kinds apart. */
export type Handle<Kind extends string> = bigint & { readonly kind: Kind };
export type ModelHandle = Handle<'llama_model'>;
export type ContextHandle = Handle<'llama_context'>;
export type VocabHandle = Handle<'llama_vocab'>;
export type MemoryHandle = Handle<'llama_memory_t'>;
export type SamplerHandle = Handle<'llama_sampler'>;
/** A pointer argument: native memory by address, or a typed array, which native code sees in place, without a copy. */
export type Pointer = bigint | ArrayBufferView | null;

/** enum ggml_type, as far as a KV cache or a quantised file needs it. `count` stands for "not chosen". */
export const ggmlType = { f32: 0, f16: 1, count: 43 } as const;
/** enum llama_flash_attn_type. */
export const flashAttentionType = { auto: -1, off: 0, on: 1 } as const;
/** enum llama_token_attr: the bits of tokens that text written by a person must never turn into. */
export const tokenAttribute = { unknown: 1 << 0, control: 1 << 3 } as const;
/** What `llama_decode` returns when it did what it was told; anything else is a failure. */
export const decodeStatus = { ok: 0, aborted: 2 } as const;

type CType = 'bool' | 'int' | 'int32_t' | 'uint32_t' | 'size_t' | 'float' | 'void *';
type Value<C extends CType> = C extends 'void *' ? Pointer : C extends 'bool' ? boolean : number;
/** Fields of a struct in memory order, each with its C type and the value `llama_*_default_params()` gives it. */
type Fields = Readonly<Record<string, readonly [CType, Pointer | boolean | number]>>;
type Struct<F extends Fields> = { -readonly [K in keyof F]: Value<F[K][0]> };

const modelFields = {
  devices: ['void *', null],
  tensor_buft_overrides: ['void *', null],
  n_gpu_layers: ['int32_t', -1],
  split_mode: ['int', 1],
  load_mode: ['int', -1],
  lazy_mode: ['int', 1],
  main_gpu: ['int32_t', 0],
  tensor_split: ['void *', null],
  progress_callback: ['void *', null],
  progress_callback_user_data: ['void *', null],
  kv_overrides: ['void *', null],
  vocab_only: ['bool', false],
  check_tensors: ['bool', false],
  use_extra_bufts: ['bool', true],
  no_host: ['bool', false],
  no_alloc: ['bool', false],
  load_mtp: ['bool', false],
} as const satisfies Fields;
export type ModelParams = Struct<typeof modelFields>;

const contextFields = {
  n_ctx: ['uint32_t', 512],
  n_batch: ['uint32_t', 2048],
  n_ubatch: ['uint32_t', 512],
  n_seq_max: ['uint32_t', 1],
  n_rs_seq: ['uint32_t', 0],
  n_outputs_max: ['uint32_t', 0],
  n_outputs_max_per_seq: ['uint32_t', 1],
  n_threads: ['int32_t', 4],
  n_threads_batch: ['int32_t', 4],
  ctx_type: ['int', 0],
  rope_scaling_type: ['int', -1],
  pooling_type: ['int', -1],
  attention_type: ['int', -1],
  flash_attn_type: ['int', flashAttentionType.auto],
  rope_freq_base: ['float', 0],
  rope_freq_scale: ['float', 0],
  yarn_ext_factor: ['float', -1],
  yarn_attn_factor: ['float', -1],
  yarn_beta_fast: ['float', -1],
  yarn_beta_slow: ['float', -1],
  yarn_orig_ctx: ['uint32_t', 0],
  defrag_thold: ['float', -1],
  cb_eval: ['void *', null],
  cb_eval_user_data: ['void *', null],
  type_k: ['int', ggmlType.f16],
  type_v: ['int', ggmlType.f16],
  abort_callback: ['void *', null],
  abort_callback_data: ['void *', null],
  embeddings: ['bool', false],
  offload_kqv: ['bool', true],
  no_perf: ['bool', true],
  op_offload: ['bool', true],
  swa_full: ['bool', true],
  kv_unified: ['bool', false],
  samplers: ['void *', null],
  n_samplers: ['size_t', 0],
  ctx_other: ['void *', null],
} as const satisfies Fields;
export type ContextParams = Struct<typeof contextFields>;

const quantizeFields = {
  nthread: ['int32_t', 0],
  ftype: ['int', 7],
  output_tensor_type: ['int', ggmlType.count],
  token_embedding_type: ['int', ggmlType.count],
  allow_requantize: ['bool', false],
  quantize_output_tensor: ['bool', true],
  only_copy: ['bool', false],
  pure: ['bool', false],
  keep_split: ['bool', false],
  dry_run: ['bool', false],
  imatrix: ['void *', null],
  kv_overrides: ['void *', null],
  tt_overrides: ['void *', null],
  prune_layers: ['void *', null],
  max_buf_size: ['size_t', 8 * 2 ** 30],
} as const satisfies Fields;
export type QuantizeParams = Struct<typeof quantizeFields>;

const chainFields = { no_perf: ['bool', true] } as const satisfies Fields;

/**
 * llama_batch of sequence 0: exactly one of `token` [n_tokens] int32 and `embd` [n_tokens, n_embd] float32 is given.
 * Positions follow those already in memory, and only the last token gets logits, when the other fields are null.
 */
const batchFields = {
  n_tokens: ['int32_t', 0],
  token: ['void *', null],
  embd: ['void *', null],
  pos: ['void *', null],
  n_seq_id: ['void *', null],
  seq_id: ['void *', null],
  logits: ['void *', null],
} as const satisfies Fields;
export type Batch = Struct<typeof batchFields>;

const structOf = (fields: Fields) =>
  koffi.struct(Object.fromEntries(Object.entries(fields).map(([name, [type]]) => [name, type])));

const modelParams = structOf(modelFields);
const contextParams = structOf(contextFields);
const quantizeParams = structOf(quantizeFields);
const chainParams = structOf(chainFields);
const batch = structOf(batchFields);
const progressCallback = koffi.pointer(koffi.proto('bool', ['float', 'void *']));

type Signature = readonly [result: TypeObject | string, parameters: readonly (TypeObject | string)[]];

/** Functions that return at once. */
const quick = {
  llama_version: ['str', []],
  llama_model_default_params: [modelParams, []],
  llama_context_default_params: [contextParams, []],
  llama_model_quantize_default_params: [quantizeParams, []],
  llama_sampler_chain_default_params: [chainParams, []],
  llama_model_get_vocab: ['void *', ['void *']],
  llama_model_n_embd: ['int32_t', ['void *']],
  llama_model_meta_val_str: ['int32_t', ['void *', 'str', 'void *', 'size_t']],
  llama_get_memory: ['void *', ['void *']],
  llama_memory_clear: ['void', ['void *', 'bool']],
  llama_memory_seq_rm: ['bool', ['void *', 'int32_t', 'int32_t', 'int32_t']],
  llama_state_seq_get_size: ['size_t', ['void *', 'int32_t']],
  llama_set_abort_callback: ['void', ['void *', 'void *', 'void *']],
  llama_set_n_threads: ['void', ['void *', 'int32_t', 'int32_t']],
  llama_get_logits_ith: ['void *', ['void *', 'int32_t']],
  llama_vocab_n_tokens: ['int32_t', ['void *']],
  llama_vocab_bos: ['int32_t', ['void *']],
  llama_vocab_get_attr: ['int', ['void *', 'int32_t']],
  llama_vocab_get_text: ['str', ['void *', 'int32_t']],
  llama_tokenize: ['int32_t', ['void *', 'void *', 'int32_t', 'void *', 'int32_t', 'bool', 'bool']],
  llama_token_to_piece: ['int32_t', ['void *', 'int32_t', 'void *', 'int32_t', 'int32_t', 'bool']],
  llama_sampler_chain_init: ['void *', [chainParams]],
  llama_sampler_chain_add: ['void', ['void *', 'void *']],
  llama_sampler_init_greedy: ['void *', []],
  llama_sampler_init_dist: ['void *', ['uint32_t']],
  llama_sampler_init_top_k: ['void *', ['int32_t']],
  llama_sampler_init_top_p: ['void *', ['float', 'size_t']],
  llama_sampler_init_min_p: ['void *', ['float', 'size_t']],
  llama_sampler_init_temp: ['void *', ['float']],
  llama_sampler_init_penalties: ['void *', ['int32_t', 'int32_t', 'float', 'float', 'float']],
  llama_sampler_sample: ['int32_t', ['void *', 'void *', 'int32_t']],
  llama_sampler_free: ['void', ['void *']],
} as const satisfies Record<string, Signature>;

/** Functions that read or compute for long: called on a worker thread, never two at once on one context. */
const blocking = {
  llama_model_load_from_file: ['void *', ['str', modelParams]],
  llama_model_free: ['void', ['void *']],
  llama_init_from_model: ['void *', ['void *', contextParams]],
  llama_free: ['void', ['void *']],
  llama_decode: ['int32_t', ['void *', batch]],
  llama_synchronize: ['void', ['void *']],
  llama_state_seq_get_data: ['size_t', ['void *', 'void *', 'size_t', 'int32_t']],
  llama_state_seq_set_data: ['size_t', ['void *', 'void *', 'size_t', 'int32_t']],
  llama_model_quantize: ['uint32_t', ['str', 'str', koffi.pointer(quantizeParams)]],
} as const satisfies Record<string, Signature>;

export interface LlamaLibrary {
  llama_version(): string;
  llama_model_default_params(): ModelParams;
  llama_context_default_params(): ContextParams;
  llama_model_quantize_default_params(): QuantizeParams;
  llama_sampler_chain_default_params(): Struct<typeof chainFields>;
  llama_model_get_vocab(model: ModelHandle): VocabHandle;
  llama_model_n_embd(model: ModelHandle): number;
  /** Writes a value of the file's metadata as text with a zero behind it; returns its bytes, or -1 when there is none. */
  llama_model_meta_val_str(model: ModelHandle, key: string, text: Uint8Array, capacity: number): number;
  llama_get_memory(context: ContextHandle): MemoryHandle;
  llama_memory_clear(memory: MemoryHandle, data: boolean): void;
  /** Removes positions [from, to) of a sequence; to < 0 means to the end. */
  llama_memory_seq_rm(memory: MemoryHandle, sequence: number, from: number, to: number): boolean;
  llama_state_seq_get_size(context: ContextHandle, sequence: number): number;
  llama_set_abort_callback(context: ContextHandle, callback: Pointer, data: Pointer): void;
  /** Threads of the decodes from now on: of single tokens, and of batches of several. */
  llama_set_n_threads(context: ContextHandle, single: number, batch: number): void;
  /** Row of [n_vocab] float32; -1 is the last. Waits for a GPU that still computes. */
  llama_get_logits_ith(context: ContextHandle, index: number): bigint | null;
  llama_vocab_n_tokens(vocab: VocabHandle): number;
  llama_vocab_bos(vocab: VocabHandle): number;
  llama_vocab_get_attr(vocab: VocabHandle, token: number): number;
  llama_vocab_get_text(vocab: VocabHandle, token: number): string;
  /** Number of tokens written, or minus the number there are when `capacity` is too small. */
  llama_tokenize(
    vocab: VocabHandle,
    utf8: Uint8Array,
    bytes: number,
    tokens: Int32Array,
    capacity: number,
    addSpecial: boolean,
    parseSpecial: boolean,
  ): number;
  /** Bytes written, or minus the bytes there are when `capacity` is too small. */
  llama_token_to_piece(
    vocab: VocabHandle,
    token: number,
    bytes: Uint8Array,
    capacity: number,
    leftStrip: number,
    special: boolean,
  ): number;
  llama_sampler_chain_init(params: Struct<typeof chainFields>): SamplerHandle;
  llama_sampler_chain_add(chain: SamplerHandle, sampler: SamplerHandle): void;
  llama_sampler_init_greedy(): SamplerHandle;
  llama_sampler_init_dist(seed: number): SamplerHandle;
  llama_sampler_init_top_k(k: number): SamplerHandle;
  llama_sampler_init_top_p(p: number, minKeep: number): SamplerHandle;
  llama_sampler_init_min_p(p: number, minKeep: number): SamplerHandle;
  llama_sampler_init_temp(temperature: number): SamplerHandle;
  llama_sampler_init_penalties(
    vocabulary: number,
    lastTokens: number,
    repeat: number,
    frequency: number,
    presence: number,
  ): SamplerHandle;
  /** Samples from output `index` of the last decode and accepts the token. */
  llama_sampler_sample(chain: SamplerHandle, context: ContextHandle, index: number): number;
  llama_sampler_free(chain: SamplerHandle): void;

  llama_model_load_from_file(path: string, params: ModelParams): Promise<ModelHandle | null>;
  llama_model_free(model: ModelHandle): Promise<void>;
  llama_init_from_model(model: ModelHandle, params: ContextParams): Promise<ContextHandle | null>;
  llama_free(context: ContextHandle): Promise<void>;
  /** See `decodeStatus`. */
  llama_decode(context: ContextHandle, batch: Batch): Promise<number>;
  llama_synchronize(context: ContextHandle): Promise<void>;
  llama_state_seq_get_data(
    context: ContextHandle,
    to: Uint8Array,
    bytes: number,
    sequence: number,
  ): Promise<number>;
  /** Bytes read, or 0 when the state does not fit this context. */
  llama_state_seq_set_data(
    context: ContextHandle,
    from: Uint8Array,
    bytes: number,
    sequence: number,
  ): Promise<number>;
  /** 0 on success. */
  llama_model_quantize(input: string, output: string, params: QuantizeParams): Promise<number>;
}

/**
 * Opens the library file at `path` and binds its functions.
 * @param release the release node-llama-cpp says it loaded, for example `v0.5.0`
 * @throws AppError runtime-unavailable when the release, its own version string or a struct's defaults are not those
 *   the layouts were written for
 */
export function bindLlama(path: string, release: string): LlamaLibrary {
  if (release !== boundRelease) throw refused(`llama.cpp ${release} is loaded`, release);
  const library = koffi.load(path);
  const bound: Record<string, unknown> = {};
  for (const [name, [result, parameters]] of Object.entries<Signature>(quick))
    bound[name] = library.func(name, result, [...parameters]);
  for (const [name, [result, parameters]] of Object.entries<Signature>(blocking))
    bound[name] = promisify(library.func(name, result, [...parameters]).async);
  const llama = bound as unknown as LlamaLibrary;
  const version = llama.llama_version();
  if (!boundVersion.test(version)) throw refused(`the library calls itself ${version}`, version);
  checkLayout('llama_model_params', llama.llama_model_default_params());
  checkLayout('llama_context_params', llama.llama_context_default_params());
  checkLayout('llama_model_quantize_params', llama.llama_model_quantize_default_params());
  return llama;
}

const layouts = {
  llama_model_params: modelFields,
  llama_context_params: contextFields,
  llama_model_quantize_params: quantizeFields,
} as const satisfies Record<string, Fields>;

/**
 * A struct that is read with a wrong layout has its values in wrong fields: every default must be where it belongs.
 * @throws AppError runtime-unavailable
 */
export function checkLayout(struct: keyof typeof layouts, read: object): void {
  const expected = Object.fromEntries(
    Object.entries(layouts[struct]).map(([name, [, value]]) => [name, value]),
  );
  if (!isDeepStrictEqual({ ...read }, expected))
    throw refused(`its ${struct} has another layout`, boundRelease);
}

function refused(found: string, release: string): AppError {
  return new AppError(
    'runtime-unavailable',
    `llama.cpp cannot be used: ${found}, but this program was written for ${boundRelease}.`,
    { release, expected: boundRelease },
  );
}

/** The float32 values at a native address, copied: Electron forbids views of native memory. */
export function readFloats(address: bigint, count: number): Float32Array {
  return koffi.decode(address, 'float', count) as Float32Array;
}

/** A JavaScript function llama.cpp may call while a model loads: progress 0..1, false to stop. Release it after. */
export function nativeProgress(callback: (progress: number) => boolean): {
  address: bigint;
  release(): void;
} {
  const address = koffi.register((progress: number) => callback(progress), progressCallback);
  return { address, release: () => koffi.unregister(address) };
}

/**
 * A switch that llama.cpp polls between the operations of a running decode, to stop it. A JavaScript function would
 * have to be waited for at each of thousands of polls; instead the poll is the C library's `strlen` and its argument a
 * string in native memory: empty means go on, one character means stop.
 */
export class AbortSwitch {
  readonly callback: bigint;
  readonly data: bigint;
  #freed = false;

  constructor() {
    // The program itself exports its C library on Linux and macOS.
    this.callback = koffi
      .load(process.platform === 'win32' ? 'ucrtbase.dll' : null)
      .symbol('strlen') as bigint;
    this.data = koffi.alloc('uint8_t', 2) as bigint;
    koffi.encode(this.data, 'uint8_t', [0, 0], 2);
  }

  set(stop: boolean): void {
    if (this.#freed) return;
    koffi.encode(this.data, 'uint8_t', stop ? 1 : 0);
  }

  dispose(): void {
    if (this.#freed) return;
    this.#freed = true;
    koffi.free(this.data);
  }
}
