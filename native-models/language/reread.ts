/**
 * What is known of an answer only afterwards: where the model looked when it wrote each token, and how likely each was. The answer is
 * read again as it stands ("teacher forced") in a context of its own, so that the one it was written in stays as it is.
 */
import { AppError } from '../../preload/contract/errors.ts';
import { floatTensor, nativeEvalCallback, type TensorHandle } from './ggml-bindings.ts';
import { type SavedState, withoutFlashAttention } from './kv-state.ts';
import {
  type AbortSwitch,
  type Batch,
  type ContextHandle,
  decodeStatus,
  type LlamaLibrary,
  readFloats,
} from './llama-bindings.ts';
import { decodeFailure, type LoadedLanguage, withContext } from './load-model.ts';
import { type PromptPart, partLength } from './prompt.ts';
import type { DecodeKind } from './threads.ts';

/** An attention head; layers and heads count from 0. */
export interface Head {
  readonly layer: number;
  readonly head: number;
}

export interface Rereading {
  /** What stands in front: the first `length` positions of a saved cache, or what is to be decoded anew. */
  readonly before: { readonly state: SavedState; readonly length: number } | readonly PromptPart[];
  /** The last token of the prompt, then those of the answer; or more of the prompt, as if it were a part of the answer. */
  readonly ids: readonly number[];
  /** Whether the likelihoods of the answer's tokens are wanted. */
  readonly likelihood?: boolean | undefined;
  /** Heads and positions of the sequence whose attention is wanted. */
  readonly look?: { readonly heads: readonly Head[]; readonly positions: readonly number[] } | undefined;
}

export interface Reread {
  /** Natural logarithm of the probability of each token of the answer at temperature 1; null where not wanted. */
  readonly logLikelihood: Float32Array | null;
  /**
   * [tokens of the answer, heads, positions]: the attention of the position at which a token was chosen, the one before its own;
   * over all positions a row adds up to 1. Null where not wanted.
   */
  readonly attention: Float32Array | null;
}

const sequence = 0;

/**
 * @param abort stops the decoding of both contexts
 * @param threads that the machine has room for now; null for those the model was loaded with
 */
export async function reread(
  loaded: LoadedLanguage,
  abort: AbortSwitch,
  wanted: Rereading,
  threads: Readonly<Record<DecodeKind, number>> | null,
): Promise<Reread> {
  const { before, ids, look, likelihood = false } = wanted;
  const length = 'state' in before ? before.length : before.reduce((sum, part) => sum + partLength(part), 0);
  const answered = ids.length - 1;
  // What stands behind the first positions is read with them, before it is dropped.
  const room = Math.max(length + answered, 'state' in before ? before.state.position : 0);
  const watch = look ? new AttentionWatch(loaded, look, answered) : null;
  try {
    return await withContext(loaded, room, watch?.address ?? null, async (context, most) => {
      const { library } = loaded.runtime;
      library.llama_set_abort_callback(context, abort.callback, abort.data);
      if (threads) library.llama_set_n_threads(context, threads.single, threads.batch);
      const decode = async (batch: Partial<Batch> & Pick<Batch, 'n_tokens'>) => {
        const status = await library.llama_decode(context, { ...blank, ...batch });
        await library.llama_synchronize(context);
        if (status !== decodeStatus.ok) throw await decodeFailure(loaded.runtime, status);
      };
      if ('state' in before) await restore(library, context, before.state, before.length, watch !== null);
      else for (const part of before) await decodePart(loaded, part, most, decode);
      const found = likelihood ? new Float32Array(answered) : null;
      const given = Int32Array.from(ids);
      if (watch) watch.isOn = true;
      for (let from = 0; from < answered; from += most) {
        const to = Math.min(from + most, answered);
        if (watch) watch.from = from;
        const logits = found ? new Int8Array(to - from).fill(1) : null;
        await decode({ n_tokens: to - from, token: given.subarray(from, to), logits });
        watch?.check();
        for (let at = from; found && at < to; at++)
          found[at] = logLikelihoodOf(loaded, context, at - from, given[at + 1]!);
      }
      return { logLikelihood: found, attention: watch?.attention ?? null };
    });
  } finally {
    watch?.release();
  }
}

const blank: Batch = {
  n_tokens: 0,
  token: null,
  embd: null,
  pos: null,
  n_seq_id: null,
  seq_id: null,
  logits: null,
};

async function restore(
  library: LlamaLibrary,
  context: ContextHandle,
  { bytes }: SavedState,
  length: number,
  isWithoutFlashAttention: boolean,
): Promise<void> {
  const fitting = isWithoutFlashAttention ? withoutFlashAttention(bytes) : bytes;
  const read = await library.llama_state_seq_set_data(context, fitting, fitting.length, sequence);
  if (read !== fitting.length)
    throw new AppError('internal', 'A saved KV cache does not fit a context of its own.');
  library.llama_memory_seq_rm(library.llama_get_memory(context), sequence, length, -1);
}

async function decodePart(
  { runtime, model }: LoadedLanguage,
  part: PromptPart,
  most: number,
  decode: (batch: Partial<Batch> & Pick<Batch, 'n_tokens'>) => Promise<void>,
): Promise<void> {
  const width = runtime.library.llama_model_n_embd(model);
  for (let from = 0; from < partLength(part); from += most) {
    const to = Math.min(from + most, partLength(part));
    if ('ids' in part)
      await decode({ n_tokens: to - from, token: Int32Array.from(part.ids.slice(from, to)) });
    else {
      const rows = part.image.rows.subarray((part.from + from) * width, (part.from + to) * width);
      await decode({ n_tokens: to - from, embd: rows });
    }
  }
}

function logLikelihoodOf(
  { runtime: { library }, model }: LoadedLanguage,
  context: ContextHandle,
  output: number,
  id: number,
): number {
  const address = library.llama_get_logits_ith(context, output);
  if (address === null) throw new AppError('internal', `There are no logits of output ${output}.`);
  const logits = readFloats(address, library.llama_vocab_n_tokens(library.llama_model_get_vocab(model)));
  const largest = logits.reduce((most, each) => Math.max(most, each), -Infinity);
  const sum = logits.reduce((total, each) => total + Math.exp(each - largest), 0);
  return logits[id]! - largest - Math.log(sum);
}

/**
 * Takes the wanted attention out of the graph while it is computed. Without flash attention llama.cpp's graph has a node
 * `kq_soft_max-<layer>` of [keys, queries, heads], innermost first (`build_attn_mha` of llama-graph.cpp); keys are cells of the
 * cache, which in a context with one sequence that only grew are its positions, and some empty ones behind them.
 */
class AttentionWatch {
  readonly attention: Float32Array;
  /** Off while what stands in front of the answer is decoded. */
  isOn = false;
  /** Number of the answer's token that the first query of the batch chose. */
  from = 0;
  readonly #loaded: LoadedLanguage;
  readonly #positions: readonly number[];
  /** By the name of the node: its heads, each with its place among those wanted. */
  readonly #wanted = new Map<string, { head: number; index: number }[]>();
  readonly #heads: number;
  readonly #callback: ReturnType<typeof nativeEvalCallback>;
  #error: unknown = null;
  #seen = 0;

  constructor(loaded: LoadedLanguage, { heads, positions }: NonNullable<Rereading['look']>, tokens: number) {
    this.#loaded = loaded;
    this.#positions = positions;
    this.#heads = heads.length;
    for (const [index, { layer, head }] of heads.entries()) {
      const name = `kq_soft_max-${layer}`;
      this.#wanted.set(name, [...(this.#wanted.get(name) ?? []), { head, index }]);
    }
    this.attention = new Float32Array(tokens * heads.length * positions.length);
    this.#callback = nativeEvalCallback((tensor, ask) => this.#evaluated(tensor, ask));
  }

  get address(): bigint {
    return this.#callback.address;
  }

  release(): void {
    this.#callback.release();
  }

  /** Throws what went wrong in the callback, which native code cannot be told. */
  check(): void {
    if (this.#error !== null) throw this.#error;
    if (this.#seen !== this.#wanted.size)
      throw new AppError(
        'internal',
        `Attention of ${this.#seen} of ${this.#wanted.size} layers was computed.`,
      );
    this.#seen = 0;
  }

  #evaluated(tensor: TensorHandle, ask: boolean): boolean {
    if (!this.isOn) return !ask;
    try {
      const heads = this.#wanted.get(this.#loaded.runtime.ggml().ggml_get_name(tensor));
      if (ask || heads === undefined) return heads !== undefined;
      this.#take(tensor, heads);
      this.#seen++;
      return true;
    } catch (error) {
      this.#error ??= error;
      return false;
    }
  }

  #take(tensor: TensorHandle, heads: readonly { head: number; index: number }[]): void {
    const { runtime, file } = this.#loaded;
    const shape = floatTensor(tensor);
    if (shape === null) throw new AppError('internal', `${file}: attention is not in float32.`);
    const [keys = 0, queries = 0, all = 0] = shape.ne;
    const positions = this.#positions;
    const block = new Float32Array(keys * queries);
    for (const { head, index } of heads) {
      if (head >= all) throw new AppError('internal', `${file}: head ${head} of ${all} is wanted.`);
      runtime.ggml().ggml_backend_tensor_get(tensor, block, head * shape.nb[2]!, block.byteLength);
      for (let query = 0; query < queries; query++) {
        const row = ((this.from + query) * this.#heads + index) * positions.length;
        for (let at = 0; at < positions.length; at++)
          this.attention[row + at] = block[query * keys + positions[at]!]!;
      }
    }
  }
}
