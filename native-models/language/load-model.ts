/** A language file and its context brought into memory, on the GPU as far as it fits, with the CPU as fallback. */
import { basename } from 'node:path';
import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import {
  type ContextHandle,
  decodeStatus,
  flashAttentionType,
  ggmlType,
  type LlamaLibrary,
  type ModelHandle,
  nativeProgress,
} from './llama-bindings.ts';
import {
  type ContextMemory,
  type ContextPlan,
  type LlamaRuntime,
  type ModelEstimates,
  openLlamaRuntime,
} from './llama-runtime.ts';

export interface LoadOptions {
  /** Path of the language file. Its header must have been checked: llama.cpp ends the process over some hostile ones. */
  readonly gguf: string;
  /** Tokens, image tokens included, the context holds. */
  readonly contextTokens: number;
  /** Default: chosen while it works, as other programs leave room, of the cores that are useful for matrix arithmetic. */
  readonly threads?: number | undefined;
  /** `auto` (default) puts as many layers on the GPU as fit, a number that many, `off` none. */
  readonly gpu?: 'auto' | 'off' | number;
  /** Default `auto`: where the backend has it for this model. */
  readonly flashAttention?: 'auto' | boolean;
  /** Number format of the KV cache. Default f16; with f32 and flash attention off, all arithmetic is in float32. */
  readonly kvType?: 'f16' | 'f32';
  readonly signal?: AbortSignal;
  /** Fraction of the weights read, 0 to 1. */
  readonly onLoadProgress?: (fraction: number) => void;
}

export interface LoadedLanguage {
  /** Name of the file. */
  readonly file: string;
  readonly runtime: LlamaRuntime;
  readonly model: ModelHandle;
  readonly context: ContextHandle;
  readonly plan: ContextPlan;
  readonly estimates: ModelEstimates;
  readonly gpuLayers: number;
  /** As they were asked for; null where they are to be chosen. */
  readonly threads: number | null;
  /** What is not as it was asked for, in a sentence, or null. */
  readonly note: string | null;
}

/**
 * Tokens decoded in one call. Progress is told, and a GPU can be interrupted, only between calls. A GPU needs large
 * batches to be busy; a CPU is at most 5 % faster with larger ones (measured at 64 to 512, q8_0 and q4_k_m).
 */
const batchSize = { cpu: 128, gpu: 512 } as const;

/** A list of devices that ends at once: no GPU, even when a GPU backend is loaded. */
const noDevices = new BigUint64Array(1);

/**
 * @param open gives llama.cpp for the GPU that is asked for
 * @throws AppError cancelled; runtime-unavailable; wrong-usage when the context is longer than the model has positions
 *   for; out-of-memory, with details {needed, available} in bytes where they are known; package-invalid when llama.cpp
 *   does not take the file
 */
export async function loadModel(options: LoadOptions, open = openLlamaRuntime): Promise<LoadedLanguage> {
  const { gguf, gpu = 'auto', signal } = options;
  throwIfCancelled(signal);
  const cpuOnly = gpu === 'off' || gpu === 0;
  const runtime = await open(cpuOnly ? 'off' : 'auto');
  const estimates = await runtime.examine(gguf);
  checkContext(options.contextTokens, estimates.positions);
  const onCpu = (note: string | null) => load(runtime, estimates, options, 0, note);
  if (cpuOnly) return onCpu(null);
  if (runtime.backend === 'off') return onCpu(gpu === 'auto' ? null : 'No GPU works here; the CPU is used.');
  const layers = gpu === 'auto' ? await estimates.layersThatFit(planOf(options, batchSize.gpu), signal) : gpu;
  if (layers === 0) return onCpu('No layer fits into GPU memory; the CPU is used.');
  try {
    return await load(runtime, estimates, options, layers, null);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'out-of-memory') throw error;
    return onCpu('GPU memory ran out; the CPU is used.');
  }
}

function checkContext(contextTokens: number, positions: number): void {
  if (Number.isInteger(contextTokens) && contextTokens >= 1 && contextTokens <= positions) return;
  throw new AppError(
    'wrong-usage',
    `The context must be 1 to ${positions} tokens long, not ${contextTokens}.`,
    {
      setting: 'context',
      least: 1,
      most: positions,
    },
  );
}

function planOf(
  { contextTokens, kvType = 'f16', flashAttention = 'auto' }: LoadOptions,
  batch: number,
): ContextPlan {
  return { contextTokens, batchTokens: Math.min(batch, contextTokens), kvType, flashAttention };
}

async function load(
  runtime: LlamaRuntime,
  estimates: ModelEstimates,
  options: LoadOptions,
  gpuLayers: number,
  note: string | null,
): Promise<LoadedLanguage> {
  const plan = planOf(options, gpuLayers === 0 ? batchSize.cpu : batchSize.gpu);
  const memory = await requireMemory(estimates, plan, gpuLayers);
  const { library } = runtime;
  const model = await loadWeights(runtime, options, gpuLayers);
  const { threads = null } = options;
  const context = await createContext(library, model, plan, threads ?? runtime.mathCores);
  if (context !== null && !options.signal?.aborted) {
    const file = basename(options.gguf);
    return { file, runtime, model, context, plan, estimates, gpuLayers, threads, note };
  }
  if (context !== null) await library.llama_free(context);
  await library.llama_model_free(model);
  throwIfCancelled(options.signal);
  throw outOfMemory(plan, memory);
}

/** Linux grants memory it does not have, and ends the process when that is used. */
async function requireMemory(
  estimates: ModelEstimates,
  plan: ContextPlan,
  gpuLayers: number,
): Promise<ContextMemory> {
  const memory = await estimates.contextMemory(plan, gpuLayers);
  if (memory.ramNeeded > memory.ramFree) throw outOfMemory(plan, memory);
  return memory;
}

/**
 * A second context for the same weights, for as long as `work` takes, with as many tokens as it needs. With `evaluated` it computes
 * without flash attention, which makes no attention weights, and hands its nodes to that callback.
 * Its cache is in main memory where a GPU has no room for it.
 * @throws AppError out-of-memory, with details {needed, available} in bytes where they are known
 */
export async function withContext<T>(
  { runtime: { library, mathCores }, model, plan, threads, estimates, gpuLayers }: LoadedLanguage,
  tokens: number,
  evaluated: bigint | null,
  work: (context: ContextHandle, batchTokens: number) => Promise<T>,
): Promise<T> {
  const own: ContextPlan = {
    ...plan,
    contextTokens: asStretched(library, model, plan.contextTokens, tokens),
    batchTokens: Math.min(plan.batchTokens, tokens),
    flashAttention: evaluated === null ? plan.flashAttention : false,
  };
  const memory = await requireMemory(estimates, own, gpuLayers);
  const create = (offloadKqv: boolean) =>
    createContext(library, model, own, threads ?? mathCores, evaluated, offloadKqv);
  // What the model itself has left of a GPU may not hold a second cache.
  const context = (await create(true)) ?? (gpuLayers > 0 ? await create(false) : null);
  if (context === null)
    throw gpuLayers > 0 ? new AppError('out-of-memory', 'GPU memory ran out.') : outOfMemory(own, memory);
  try {
    return await work(context, own.batchTokens);
  } finally {
    await library.llama_free(context);
  }
}

/** llama.cpp makes contexts of whole multiples of this. */
const contextStep = 256;

/**
 * The least context of at least `tokens` in which Phi-3's rotation is that of a context of `like` tokens: llama.cpp takes the factors
 * for long contexts (`get_rope_factors`) where the context, not the text, is longer than the original one.
 */
function asStretched(library: LlamaLibrary, model: ModelHandle, like: number, tokens: number): number {
  const stated = metadataOf(library, model, 'phi3.rope.scaling.original_context_length');
  const original = stated === null ? Infinity : Number(stated);
  const isLong = Math.ceil(like / contextStep) * contextStep > original;
  return isLong ? Math.max(tokens, original + 1) : tokens;
}

/** A value of the file's metadata as llama.cpp writes it out; null where the file does not say. */
export function metadataOf(library: LlamaLibrary, model: ModelHandle, key: string): string | null {
  const text = new Uint8Array(64);
  const length = library.llama_model_meta_val_str(model, key, text, text.length);
  return length < 0 ? null : Buffer.from(text.subarray(0, length)).toString('utf8');
}

async function loadWeights(
  { library, takeComplaints }: LlamaRuntime,
  { gguf, signal, onLoadProgress }: LoadOptions,
  gpuLayers: number,
): Promise<ModelHandle> {
  await takeComplaints();
  const progress = nativeProgress((fraction) => {
    onLoadProgress?.(fraction);
    return !signal?.aborted;
  });
  const params = library.llama_model_default_params();
  params.n_gpu_layers = gpuLayers;
  params.progress_callback = progress.address;
  if (gpuLayers === 0) params.devices = noDevices;
  try {
    const model = await library.llama_model_load_from_file(gguf, params);
    if (model !== null) return model;
  } finally {
    progress.release();
  }
  throwIfCancelled(signal);
  throw refusal(gguf, await takeComplaints());
}

function createContext(
  library: LlamaLibrary,
  model: ModelHandle,
  { contextTokens, batchTokens, kvType, flashAttention }: ContextPlan,
  threads: number,
  evaluated: bigint | null = null,
  offloadKqv = true,
): Promise<ContextHandle | null> {
  const params = library.llama_context_default_params();
  params.n_ctx = contextTokens;
  params.n_batch = batchTokens;
  params.n_ubatch = batchTokens;
  params.n_threads = threads;
  params.n_threads_batch = threads;
  params.type_k = ggmlType[kvType];
  params.type_v = ggmlType[kvType];
  params.flash_attn_type =
    flashAttention === 'auto' ? flashAttentionType.auto : flashAttentionType[flashAttention ? 'on' : 'off'];
  params.cb_eval = evaluated;
  params.offload_kqv = offloadKqv;
  return library.llama_init_from_model(model, params);
}

/** Why llama.cpp could not decode, by the status it returned. */
export async function decodeFailure({ takeComplaints }: LlamaRuntime, status: number): Promise<AppError> {
  const complaint = await takeComplaints();
  if (status === decodeStatus.aborted) return new AppError('cancelled', 'Cancelled.');
  if (/alloc|memory/i.test(complaint))
    return new AppError('out-of-memory', 'The language model ran out of memory.');
  return new AppError('internal', `llama.cpp could not decode (${status}): ${complaint}`);
}

function refusal(gguf: string, complaint: string): AppError {
  const file = basename(gguf);
  if (/alloc|out of memory/i.test(complaint))
    return new AppError('out-of-memory', `${file}: not enough memory to load it.`, { file: gguf });
  const cause = complaint.replaceAll(/\s+/g, ' ');
  return new AppError('package-invalid', `${file}: llama.cpp cannot load it: ${cause}`, { file: gguf });
}

function outOfMemory(
  { contextTokens }: ContextPlan,
  { ramNeeded: needed, ramFree: available }: ContextMemory,
): AppError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return new AppError(
    'out-of-memory',
    `A context of ${contextTokens} tokens needs ${gigabytes(needed)} of memory; ${gigabytes(available)} are free.`,
    { needed, available, contextTokens },
  );
}
