/** A conversation about pictures: questions in, streamed answers out. What was read once is not read again. */
import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import {
  type ChatFormat,
  conversationParts,
  type ImageEmbeddings,
  partLength,
  type PromptPart,
  type Question,
  type Turn,
} from './prompt.ts';
import { CoreMeter } from './core-meter.ts';
import type { Reread, Rereading } from './reread.ts';
import type { ResolvedSampling, SamplingOptions } from './sampler.ts';
import type { Fed, Sequence } from './sequence.ts';
import { TextStream } from './vocabulary.ts';

/**
 * `stop`: the model ended its answer; `unknown-picture`: so it did, and said by a token of its own that it does not know
 * pictures of this kind; `length`: maxTokens; `context`: the context is full.
 */
export type FinishReason = 'stop' | 'unknown-picture' | 'length' | 'cancelled' | 'context';

export interface ChatSessionOptions {
  /** Default: the package's own system prompt. */
  readonly system?: string;
  /** Earlier questions and answers, of a conversation that is taken up again; an answer as text or as its token ids. */
  readonly history?: readonly Turn<ImageEmbeddings, string | readonly number[]>[];
}

export interface PrefillOptions {
  /** Pictures the next question will bring. */
  readonly images?: readonly ImageEmbeddings[];
  readonly signal?: AbortSignal | undefined;
  /** Tokens read so far, out of all, those kept from before included. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A token of an answer. */
export interface Step {
  readonly id: number;
  /** The characters it completes; empty while one is unfinished. */
  readonly text: string;
  /** The logits [vocabulary] it was chosen from; to be called at once, before the next token is computed. */
  logits(): Float32Array;
}

export interface AskOptions extends PrefillOptions {
  /** Default 512, as in the authors' demo. */
  readonly maxTokens?: number;
  readonly sampling?: SamplingOptions;
  readonly onToken?: ((step: Step) => void) | undefined;
}

export interface WrittenAnswer {
  readonly text: string;
  /** Without the token that ended it. */
  readonly ids: readonly number[];
  readonly finishReason: FinishReason;
  /** Tokens: read for this answer, by kind; kept from before; and written. */
  readonly counts: Fed & { readonly generated: number };
  readonly timings: {
    readonly prefillMs: number;
    /** From the call to the first token; includes waiting for another answer. */
    readonly firstTokenMs: number;
    /** Of writing, from the first token on. */
    readonly tokensPerSecond: number;
  };
  /** Share of the processor, 0 to 1, that other programs took meanwhile; null where the system does not tell. */
  readonly othersShare: number | null;
  /** The settings in use, with the seed that repeats this answer. */
  readonly sampling: ResolvedSampling;
}

export interface RereadOptions extends Pick<PrefillOptions, 'signal' | 'onProgress'> {
  readonly likelihood?: boolean;
  /** What of the attention is wanted, by the prompt of the question and the number of tokens whose attention is taken. */
  readonly look?: (parts: readonly PromptPart[], queries: number) => NonNullable<Rereading['look']>;
  /** The prompt is decoded in a context of its own too, which leaves the KV cache alone: for pictures that come only once. */
  readonly anew?: boolean;
}

/** What was found out about an answer; `logLikelihood` and `attention` begin with the words of the question in front of it. */
export interface AnswerReread extends Reread {
  /** How many of those there are. */
  readonly context: number;
  /** Of the answer, each with the characters that it completes. */
  readonly tokens: readonly Pick<Step, 'id' | 'text'>[];
}

/** Tokens a question would take, and the context's size. It can be asked when `needed` is at most `available`. */
export interface ContextUse {
  readonly needed: number;
  readonly available: number;
}

const defaultMaxTokens = 512;
/** Words of the question whose attention is held against that of the answer's. */
const mostContext = 32;

/**
 * Any number of conversations may share a sequence; each call waits for the one before it. A failed or cancelled
 * question leaves no trace, except that what the model read is kept for the next one. An answer that is cancelled while
 * it is written stays as far as it came, as a turn like any other.
 */
export class ChatSession {
  readonly #sequence: Sequence;
  readonly #format: ChatFormat;
  readonly #system: string;
  readonly #tokenize: (answer: string | readonly number[]) => readonly number[];
  #turns: readonly Turn<ImageEmbeddings, readonly number[]>[];

  constructor(sequence: Sequence, format: ChatFormat, { system, history = [] }: ChatSessionOptions = {}) {
    const { vocabulary } = sequence.decoder;
    this.#sequence = sequence;
    this.#format = format;
    this.#system = system ?? format.chat.defaultSystem;
    const { leading = '' } = format.chat.assistant;
    // The ids that the model would have written: a tokenizer that puts a space in front of every text does so here as well.
    const written = (answer: string) =>
      leading === '' || vocabulary.addsSpace ? answer : leading + answer.trimStart();
    this.#tokenize = (answer) =>
      typeof answer === 'string' ? vocabulary.tokenize([{ text: written(answer) }]) : answer;
    this.#turns = history.map(({ question, answer }) => ({ question, answer: this.#tokenize(answer) }));
  }

  /** Questions answered. */
  get turns(): number {
    return this.#turns.length;
  }

  /** What `ask` would need of the context. */
  measure(question: string, images: readonly ImageEmbeddings[] = []): ContextUse {
    const parts = this.#parts({ text: question, pictures: images });
    const needed = parts.reduce((sum, part) => sum + partLength(part), 1);
    return { needed, available: this.#sequence.decoder.contextTokens };
  }

  /**
   * Reads everything that comes before the words of the next question, while those are being typed.
   * @throws AppError cancelled, context-overflow (details {needed, available})
   */
  prepare({ images = [], signal, onProgress }: PrefillOptions = {}): Promise<Fed> {
    return this.#sequence.exclusive(() => {
      throwIfCancelled(signal);
      return this.#sequence.feed(this.#parts({ pictures: images }), { ahead: true, signal, onProgress });
    });
  }

  /**
   * @throws AppError cancelled, before the first token; context-overflow, before anything is read, with details
   *   {needed, available}; wrong-usage when a setting is out of range
   */
  ask(question: string, options: AskOptions = {}): Promise<WrittenAnswer> {
    const asked = performance.now();
    return this.#sequence.exclusive(() => this.#answer(question, options, asked));
  }

  /** The same conversation as it was after `turns` turns; this one goes on by itself. */
  upTo(turns: number): ChatSession {
    const [system, history] = [this.#system, this.#turns.slice(0, turns)];
    return new ChatSession(this.#sequence, this.#format, { system, history });
  }

  /**
   * Reads an answer to `question`, which would be the next one, again, and says what is only known afterwards. Neither the
   * conversation nor, where it holds the prompt, the KV cache changes.
   * @param answer as its text, or as the token ids that were written
   * @throws AppError cancelled, context-overflow, out-of-memory; wrong-usage for an answer of nothing
   */
  reread(
    question: Question<ImageEmbeddings>,
    answer: string | readonly number[],
    { signal, onProgress, anew = false, look, likelihood }: RereadOptions,
  ): Promise<AnswerReread> {
    return this.#sequence.exclusive(async () => {
      throwIfCancelled(signal);
      const parts = this.#parts(question);
      const last = parts.at(-1);
      if (!last || !('ids' in last)) throw new AppError('internal', 'A prompt does not end with text.');
      // The words of the question, or the last of them, are read again too: what they look at is held against the answer's.
      const context = look ? Math.min(last.ids.length - 1, mostContext) : 0;
      const split = last.ids.length - 1 - context;
      const before = [...parts.slice(0, -1), { ids: last.ids.slice(0, split) }];
      const written = this.#tokenize(answer);
      if (written.length === 0)
        throw new AppError('wrong-usage', 'An answer of nothing was not looked for anywhere.');
      const ids = [...last.ids.slice(split), ...written];
      const length = before.reduce((sum, part) => sum + partLength(part), 0);
      const { decoder } = this.#sequence;
      const front = anew
        ? before
        : { state: await this.#sequence.snapshot(before, { signal, onProgress }), length };
      const found = await decoder.reread(
        { before: front, ids, likelihood, look: look?.(parts, ids.length - 1) },
        { signal },
      );
      const stream = new TextStream(decoder.vocabulary, this.#format.chat.assistant.leading);
      return { ...found, context, tokens: written.map((id) => ({ id, text: stream.push(id) })) };
    });
  }

  /** Drops the turns from number `turns` on, to ask something else there or the same again. */
  rewind(turns: number): Promise<void> {
    return this.#sequence.exclusive(async () => {
      this.#turns = this.#turns.slice(0, turns);
    });
  }

  #parts(next: Parameters<typeof conversationParts>[4]): PromptPart[] {
    const { vocabulary } = this.#sequence.decoder;
    return conversationParts(vocabulary, this.#format, this.#system, this.#turns, next);
  }

  async #answer(text: string, options: AskOptions, asked: number): Promise<WrittenAnswer> {
    const { images = [], maxTokens = defaultMaxTokens, sampling = {}, signal, onProgress } = options;
    throwIfCancelled(signal);
    if (!Number.isInteger(maxTokens) || maxTokens < 1)
      throw new AppError('wrong-usage', `maxTokens must be a whole number from 1 on, not ${maxTokens}.`);
    const question = { text, pictures: images };
    const sampler = this.#sequence.decoder.createSampler(sampling);
    try {
      const begun = performance.now();
      const meter = new CoreMeter();
      const fed = await this.#sequence.feed(this.#parts(question), { signal, onProgress });
      const read = performance.now();
      const written = await this.#write(() => this.#sequence.decoder.sample(sampler), maxTokens, options);
      this.#turns = [...this.#turns, { question, answer: written.ids }];
      const seconds = (performance.now() - written.firstAt) / 1000;
      return {
        text: written.text,
        ids: written.ids,
        finishReason: written.finishReason,
        counts: { ...fed, generated: written.ids.length },
        timings: {
          prefillMs: read - begun,
          firstTokenMs: written.firstAt - asked,
          tokensPerSecond: Math.max(0, written.ids.length - 1) / seconds,
        },
        othersShare: meter.othersShare(),
        sampling: sampler.sampling,
      };
    } finally {
      sampler.dispose();
    }
  }

  /** Writes tokens until one of the reasons to finish. */
  async #write(
    next: () => number,
    maxTokens: number,
    { signal, onToken }: AskOptions,
  ): Promise<{ text: string; ids: number[]; finishReason: FinishReason; firstAt: number }> {
    const { decoder } = this.#sequence;
    const stream = new TextStream(decoder.vocabulary, this.#format.chat.assistant.leading);
    const ids: number[] = [];
    let text = '';
    let firstAt = 0;
    const finish = (finishReason: FinishReason) => ({
      text,
      ids,
      finishReason,
      firstAt,
    });
    for (;;) {
      const id = next();
      firstAt ||= performance.now();
      if (this.#format.language.stopIds.includes(id))
        return finish(ids[0] === decoder.vocabulary.unknownPicture ? 'unknown-picture' : 'stop');
      const completed = stream.push(id);
      ids.push(id);
      text += completed;
      onToken?.({ id, text: completed, logits: () => decoder.logits() });
      if (ids.length === maxTokens) return finish('length');
      if (this.#sequence.full) return finish('context');
      if (signal?.aborted || !(await this.#append(id, signal))) return finish('cancelled');
    }
  }

  /** False when cancelled. */
  async #append(id: number, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#sequence.append(id, signal);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'cancelled') return false;
      throw error;
    }
  }
}
