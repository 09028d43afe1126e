/**
 * A decoder together with what its KV cache holds. A caller that wants the model to have read something says the whole of it;
 * only the part behind what the cache already holds is decoded. So a second question costs its own tokens, an edited
 * one those from the edit on, and a new conversation keeps the system prompt. When another picture takes the place of
 * one, the cache is first copied to memory, and a return to that picture copies it back.
 */
import type { Decoder } from './decoder.ts';
import type { SavedState } from './kv-state.ts';
import { AppError } from '../../preload/contract/errors.ts';
import type { ImageRun, PromptPart } from './prompt.ts';
import { partLength } from './prompt.ts';

export interface FeedOptions {
  /** Reading ahead, before there is a question: no logits are needed after the last position. */
  readonly ahead?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Positions of the wanted sequence that are ready, out of all of them; those the cache held count from the start. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** How a wanted sequence came about: positions decoded anew, by kind, and positions the cache held. */
export interface Fed {
  readonly text: number;
  readonly image: number;
  readonly reused: number;
}

/** One position of a sequence: a token id, or minus the number of the run of a picture that stands there. */
type Cell = number;

interface Saved {
  readonly cells: readonly Cell[];
  readonly state: SavedState;
}

/** KV caches kept of earlier pictures; a photo of 576 tokens with an 8B model in f16 takes about 100 MB. */
const defaultSavedBytes = 2 ** 30;

export class Sequence {
  readonly decoder: Decoder;
  readonly #savedBytes: number;
  /** What the KV cache holds, position by position. */
  #cells: Cell[] = [];
  /** Least recently used first. */
  #saved: Saved[] = [];
  readonly #runs = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param savedBytes memory that saved caches may take */
  constructor(decoder: Decoder, savedBytes = defaultSavedBytes) {
    this.decoder = decoder;
    this.#savedBytes = savedBytes;
  }

  /** Runs `work` when everything asked for before is done: one conversation at a time uses the cache. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /**
   * Makes the cache hold exactly `parts`.
   * @throws AppError cancelled, after which the cache holds what was decoded; context-overflow, before anything happens,
   *   with details {needed, available}: one position is left for an answer
   */
  async feed(
    parts: readonly PromptPart[],
    { ahead = false, signal, onProgress }: FeedOptions = {},
  ): Promise<Fed> {
    const wanted = parts.flatMap((part) => this.#cellsOf(part));
    this.#checkRoom(wanted.length + 1);
    await this.#reuse(wanted);
    // Logits belong to the last position decoded, so for them one is decoded even when the cache holds everything.
    const reusable = ahead ? wanted.length : Math.max(0, wanted.length - 1);
    const reused = Math.min(commonLength(this.#cells, wanted), reusable);
    this.#truncate(reused);
    onProgress?.(reused, wanted.length);
    const counts = { text: 0, image: 0 };
    let start = 0;
    for (const part of parts) {
      const end = start + partLength(part);
      const from = Math.max(start, reused);
      if (from < end) {
        await this.#decode(part, from - start, wanted.slice(from, end), {
          signal,
          onProgress: (done) => onProgress?.(from + done, wanted.length),
        });
        counts['ids' in part ? 'text' : 'image'] += end - from;
      }
      start = end;
    }
    return { ...counts, reused };
  }

  /**
   * A copy of a cache that begins with `parts`. What follows them in the present one stays; where it holds something else, it
   * is made to hold them as by `feed`.
   */
  async snapshot(
    parts: readonly PromptPart[],
    options: Omit<FeedOptions, 'ahead'> = {},
  ): Promise<SavedState> {
    const wanted = parts.flatMap((part) => this.#cellsOf(part));
    const holds = (cells: readonly Cell[]) => commonLength(cells, wanted) === wanted.length;
    const kept = holds(this.#cells) ? undefined : this.#saved.find(({ cells }) => holds(cells));
    if (kept) return kept.state;
    if (!holds(this.#cells)) await this.feed(parts, { ...options, ahead: true });
    return this.decoder.save();
  }

  /** Appends one token. */
  async append(id: number, signal?: AbortSignal): Promise<void> {
    await this.decoder.decodeTokens([id], { signal });
    this.#cells.push(id);
  }

  /** Whether another token fits. */
  get full(): boolean {
    return this.#cells.length >= this.decoder.contextTokens;
  }

  #checkRoom(needed: number): void {
    const available = this.decoder.contextTokens;
    if (needed <= available) return;
    throw new AppError(
      'context-overflow',
      `The conversation needs ${needed} tokens; the context holds ${available}.`,
      { needed, available },
    );
  }

  async #decode(
    part: PromptPart,
    skip: number,
    cells: readonly Cell[],
    options: { signal: AbortSignal | undefined; onProgress: (done: number) => void },
  ): Promise<void> {
    const { decoder } = this;
    const before = decoder.position;
    try {
      if ('ids' in part) await decoder.decodeTokens(part.ids.slice(skip), options);
      else {
        const [from, to] = [part.from + skip, part.from + part.count];
        const rows = part.image.rows.subarray(from * decoder.width, to * decoder.width);
        await decoder.decodeEmbeddings(rows, options);
      }
    } finally {
      for (const cell of cells.slice(0, decoder.position - before)) this.#cells.push(cell);
    }
  }

  /** Brings back the saved cache that holds more of `wanted` than the present one; that is saved if it has a picture. */
  async #reuse(wanted: readonly Cell[]): Promise<void> {
    const common = commonLength(this.#cells, wanted);
    let best: Saved | null = null;
    let longest = common;
    for (const saved of this.#saved) {
      const length = commonLength(saved.cells, wanted);
      if (length > longest) [best, longest] = [saved, length];
    }
    if (this.#cells.slice(common).some(isPicture)) await this.#save();
    if (best === null) return;
    this.#cells = [];
    await this.decoder.restore(best.state);
    this.#cells = [...best.cells];
    // What is continued from its end is saved again when it is left; what branches off may be wanted again as it was.
    this.#saved = this.#saved.filter((saved) => saved !== best);
    if (longest < best.cells.length) this.#keep(best);
  }

  async #save(): Promise<void> {
    const cells = [...this.#cells];
    // A cache that is the beginning of this one is of no more use.
    this.#saved = this.#saved.filter((saved) => commonLength(saved.cells, cells) < saved.cells.length);
    this.#keep({ cells, state: await this.decoder.save() });
  }

  #keep(saved: Saved): void {
    this.#saved.push(saved);
    let bytes = this.#saved.reduce((sum, { state }) => sum + state.bytes.length, 0);
    while (bytes > this.#savedBytes) bytes -= this.#saved.shift()!.state.bytes.length;
  }

  #truncate(length: number): void {
    this.decoder.truncate(length);
    this.#cells.length = Math.min(this.#cells.length, length);
  }

  #cellsOf(part: PromptPart): Cell[] {
    return 'ids' in part ? [...part.ids] : new Array<Cell>(part.count).fill(-this.#numberOf(part));
  }

  /** Runs are numbered from 1. */
  #numberOf({ image, from }: ImageRun): number {
    const key = `${from} ${image.digest}`;
    const number = this.#runs.get(key) ?? this.#runs.size + 1;
    this.#runs.set(key, number);
    return number;
  }
}

const isPicture = (cell: Cell): boolean => cell < 0;

function commonLength(one: readonly Cell[], other: readonly Cell[]): number {
  const most = Math.min(one.length, other.length);
  for (let index = 0; index < most; index++) if (one[index] !== other[index]) return index;
  return most;
}
