/**
 * A language model at work on one sequence: tokens and embeddings go in, interleaved as they come; logits come out.
 * What was decoded stays in the KV cache until it is cut off, and can be saved to and restored from memory.
 */
import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import { requireNumbers } from '../package/require-numbers.ts';
import type { SavedState } from './kv-state.ts';
import { AbortSwitch, type Batch, decodeStatus, type MemoryHandle, readFloats } from './llama-bindings.ts';
import { decodeFailure, type LoadedLanguage, loadModel, type LoadOptions, metadataOf } from './load-model.ts';
import { type Reread, reread, type Rereading } from './reread.ts';
import { Sampler, type SamplingOptions } from './sampler.ts';
import { Threads } from './threads.ts';
import { Vocabulary } from './vocabulary.ts';

export type DecoderOptions = LoadOptions;

export interface DecodeOptions {
  /** Cancels between batches, and on the CPU within one. What earlier batches decoded stays: see `Decoder.position`. */
  readonly signal?: AbortSignal | undefined;
  /** Tokens of this call decoded so far, after every batch. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** llama.cpp keeps many sequences in a context; a decoder uses the first. */
const sequence = 0;

/** Loads a language file; `loadModel` says what can go wrong. */
export async function createDecoder(options: DecoderOptions): Promise<Decoder> {
  return new Decoder(await loadModel(options), options.contextTokens);
}

/**
 * One call at a time: a method that is called while another one runs throws, so that native memory is never used by two
 * threads. `dispose` alone may be called at any time.
 */
export class Decoder {
  readonly vocabulary: Vocabulary;
  /** Width of an embedding. */
  readonly width: number;
  /** Tokens the sequence may hold. */
  readonly contextTokens: number;
  readonly gpuLayers: number;
  readonly backend: string;
  readonly devices: readonly string[];
  /** What is not as it was asked for (a GPU that could not be used), in a sentence, or null. */
  readonly note: string | null;
  readonly #loaded: LoadedLanguage;
  readonly #memory: MemoryHandle;
  readonly #abort = new AbortSwitch();
  /** Null where the person chose how many. */
  readonly #threads: Threads | null;
  #position = 0;
  #running: Promise<unknown> | null = null;
  /** What chose last: the first choice of each is made from logits that were looked at whole. */
  #sampler: Sampler | null = null;
  #disposal: Promise<void> | null = null;

  constructor(loaded: LoadedLanguage, contextTokens: number) {
    const { model, context, runtime } = loaded;
    const { library } = runtime;
    this.#loaded = loaded;
    this.contextTokens = contextTokens;
    this.width = library.llama_model_n_embd(model);
    const splitting = metadataOf(library, model, 'tokenizer.ggml.pre');
    this.vocabulary = new Vocabulary(library, library.llama_model_get_vocab(model), splitting);
    this.gpuLayers = loaded.gpuLayers;
    this.backend = loaded.gpuLayers === 0 ? 'off' : runtime.backend;
    this.devices = loaded.gpuLayers === 0 ? [] : runtime.devices;
    this.note = loaded.note;
    this.#memory = library.llama_get_memory(context);
    this.#threads = loaded.threads === null ? new Threads(runtime.mathCores) : null;
    library.llama_set_abort_callback(context, this.#abort.callback, this.#abort.data);
  }

  /** Tokens in the KV cache: the position of the next one. */
  get position(): number {
    return this.#position;
  }

  /**
   * Appends token ids; the logits are then those after the last one.
   * @throws AppError cancelled; context-overflow, before anything is decoded, with details {needed, available}
   */
  async decodeTokens(ids: readonly number[], options: DecodeOptions = {}): Promise<void> {
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= this.vocabulary.size);
    if (wrong !== undefined)
      throw new AppError('internal', `Token ${wrong} is not one of the ${this.vocabulary.size} there are.`);
    const all = Int32Array.from(ids);
    await this.#decode(all.length, (from, to) => ({ token: all.subarray(from, to), embd: null }), options);
  }

  /**
   * Appends embeddings in the place of tokens.
   * @param rows [count, width], one row a position
   * @throws AppError as `decodeTokens`
   */
  async decodeEmbeddings(rows: Float32Array, options: DecodeOptions = {}): Promise<void> {
    const { width } = this;
    if (rows.length % width !== 0)
      throw new AppError('internal', `${rows.length} numbers are no rows of embeddings of width ${width}.`);
    await this.#decode(
      rows.length / width,
      (from, to) => ({ token: null, embd: rows.subarray(from * width, to * width) }),
      options,
    );
  }

  /** Logits [vocabulary] after the last position decoded. They are undefined after `truncate` or `restore`. */
  logits(): Float32Array {
    return this.#logitsFrom(0, this.vocabulary.size);
  }

  #logitsFrom(token: number, count: number): Float32Array {
    const { context, runtime } = this.#idle();
    const address = runtime.library.llama_get_logits_ith(context, -1);
    if (address === null) throw new AppError('internal', 'There are no logits: nothing was decoded yet.');
    return readFloats(address + BigInt(token * Float32Array.BYTES_PER_ELEMENT), count);
  }

  /** @throws AppError wrong-usage when a setting is out of range */
  createSampler(options: SamplingOptions): Sampler {
    return new Sampler(this.#idle().runtime.library, this.vocabulary.size, options);
  }

  /**
   * The next token, chosen from the logits after the last position decoded.
   * @throws AppError package-invalid when they are not numbers: weights that are NaN or infinite make all of them so
   */
  sample(sampler: Sampler): number {
    const { context } = this.#idle();
    if (this.#sampler !== sampler) requireNumbers(this.logits(), this.#loaded.file);
    this.#sampler = sampler;
    const token = sampler.sample(context);
    requireNumbers(this.#logitsFrom(token, 1), this.#loaded.file);
    return token;
  }

  /** Forgets everything from position `length` on. */
  truncate(length: number): void {
    const { library } = this.#idle().runtime;
    if (length >= this.#position) return;
    library.llama_memory_seq_rm(this.#memory, sequence, length, -1);
    this.#position = length;
  }

  /** Copies the KV cache of the whole sequence to memory. */
  save(): Promise<SavedState> {
    return this.#run(async ({ context, runtime: { library } }) => {
      const bytes = new Uint8Array(library.llama_state_seq_get_size(context, sequence));
      const written = await library.llama_state_seq_get_data(context, bytes, bytes.length, sequence);
      if (written !== bytes.length) throw new AppError('internal', 'The KV cache could not be copied.');
      return { position: this.#position, bytes };
    });
  }

  /** Replaces the sequence by a saved one. */
  restore(state: SavedState): Promise<void> {
    return this.#run(async ({ context, runtime: { library } }) => {
      this.#position = 0;
      const read = await library.llama_state_seq_set_data(context, state.bytes, state.bytes.length, sequence);
      if (read !== state.bytes.length) {
        library.llama_memory_clear(this.#memory, true);
        throw new AppError('internal', 'A saved KV cache does not fit this model.');
      }
      this.#position = state.position;
    });
  }

  /**
   * Reads what is known again, in a context of its own: see `reread`. The sequence stays as it is.
   * @throws AppError cancelled; out-of-memory
   */
  reread(wanted: Rereading, { signal }: Pick<DecodeOptions, 'signal'> = {}): Promise<Reread> {
    return this.#runStoppable(signal, (loaded) => {
      throwIfCancelled(signal);
      return reread(loaded, this.#abort, wanted, this.#threads?.next() ?? null);
    });
  }

  /** Frees everything, after stopping and waiting for what is running. Safe to call twice. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#free();
    return this.#disposal;
  }

  async #free(): Promise<void> {
    this.#abort.set(true);
    await this.#running?.catch(() => undefined);
    const { model, context, runtime } = this.#loaded;
    await runtime.library.llama_free(context);
    await runtime.library.llama_model_free(model);
    this.#abort.dispose();
  }

  async #decode(
    count: number,
    part: (from: number, to: number) => Pick<Batch, 'token' | 'embd'>,
    { signal, onProgress }: DecodeOptions,
  ): Promise<void> {
    const needed = this.#position + count;
    if (needed > this.contextTokens)
      throw new AppError(
        'context-overflow',
        `${needed} tokens do not fit into the context of ${this.contextTokens}.`,
        { needed, available: this.contextTokens },
      );
    await this.#runStoppable(signal, async ({ plan: { batchTokens } }) => {
      for (let from = 0; from < count; from += batchTokens) {
        throwIfCancelled(signal);
        const to = Math.min(from + batchTokens, count);
        await this.#decodeBatch({ ...lastLogitsOnly, n_tokens: to - from, ...part(from, to) }, signal);
        onProgress?.(to);
      }
    });
  }

  async #decodeBatch(batch: Batch, signal: AbortSignal | undefined): Promise<void> {
    const { runtime } = this.#loaded;
    const isCancelled = () => signal?.aborted === true || this.#disposal !== null;
    const { status, isOverdue } = await this.#compute(batch, isCancelled);
    if (status === decodeStatus.ok) {
      this.#position += batch.n_tokens;
      return;
    }
    // Of a batch that failed or was stopped, nothing may stay.
    runtime.library.llama_memory_seq_rm(this.#memory, sequence, this.#position, -1);
    const failure = await decodeFailure(runtime, status);
    if (status !== decodeStatus.aborted || isCancelled() || !isOverdue) throw failure;
    return this.#decodeBatch(batch, signal);
  }

  async #runStoppable<T>(
    signal: AbortSignal | undefined,
    work: (loaded: LoadedLanguage) => Promise<T>,
  ): Promise<T> {
    const stop = () => this.#abort.set(true);
    signal?.addEventListener('abort', stop);
    try {
      return await this.#run(work);
    } finally {
      signal?.removeEventListener('abort', stop);
      if (this.#disposal === null) this.#abort.set(false);
    }
  }

  /** One call of llama.cpp, stopped when it is `isOverdue`: on trial with more threads than the machine has room for. */
  async #compute(batch: Batch, isCancelled: () => boolean): Promise<{ status: number; isOverdue: boolean }> {
    const { context, gpuLayers, runtime } = this.#loaded;
    const { library } = runtime;
    const threads = this.#threads?.next();
    if (threads) library.llama_set_n_threads(context, threads.single, threads.batch);
    let isOverdue = false;
    const patience = this.#threads?.patience(batch.n_tokens) ?? Infinity;
    const stop = () => {
      isOverdue = true;
      this.#abort.set(true);
    };
    const timer = patience < Infinity ? setTimeout(stop, patience) : undefined;
    const begun = performance.now();
    try {
      const status = await library.llama_decode(context, batch);
      // A GPU still computes; waiting here keeps the event loop free when the logits are read.
      if (gpuLayers > 0) await library.llama_synchronize(context);
      const isStopped = status === decodeStatus.aborted;
      // Using the batch here also keeps its arrays from the garbage collector while native code reads them.
      if (!isStopped || isOverdue) this.#threads?.took(batch.n_tokens, performance.now() - begun, isStopped);
      return { status, isOverdue };
    } finally {
      clearTimeout(timer);
      if (isOverdue && !isCancelled()) this.#abort.set(false);
    }
  }

  /** Runs native work that nothing else may run beside. */
  async #run<T>(work: (loaded: LoadedLanguage) => Promise<T>): Promise<T> {
    const running = work(this.#idle());
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = null;
    }
  }

  #idle(): LoadedLanguage {
    if (this.#disposal !== null) throw new AppError('internal', 'The language model is disposed.');
    if (this.#running !== null) throw new AppError('internal', 'The language model is busy.');
    return this.#loaded;
  }
}

/** Positions follow those in memory, the sequence is 0, and the last token alone gets logits. */
const lastLogitsOnly = { pos: null, n_seq_id: null, seq_id: null, logits: null };
