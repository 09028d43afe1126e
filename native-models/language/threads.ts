import { CoreMeter } from './core-meter.ts';
import { ThreadPace } from './thread-pace.ts';

/** As llama.cpp tells them apart: one token at a time, or several. */
export type DecodeKind = 'single' | 'batch';

/** Milliseconds between two looks at the cores: long enough for the system's clock, short enough to follow. */
const lookEvery = 400;

/** The threads of a decoder that nobody has chosen: what the machine and the work itself say, put together. */
export class Threads {
  readonly #paces: Readonly<Record<DecodeKind, ThreadPace>>;
  readonly #meter = new CoreMeter();

  /** @param most the cores that are useful for arithmetic */
  constructor(most: number) {
    this.#paces = { single: new ThreadPace(most), batch: new ThreadPace(most) };
  }

  /** For the next decode, by kind. */
  next(): Readonly<Record<DecodeKind, number>> {
    const use = this.#meter.read(lookEvery);
    if (use) for (const pace of Object.values(this.#paces)) pace.sees(use.cores - use.others);
    return { single: this.#paces.single.threads, batch: this.#paces.batch.threads };
  }

  /** Milliseconds after which the next decode of so many tokens is better stopped and done again; Infinity as a rule. */
  patience(tokens: number): number {
    return isComparable(tokens) ? this.#paces[kindOf(tokens)].patience * tokens : Infinity;
  }

  /** What a decode took, as long as it came. */
  took(tokens: number, milliseconds: number, isStopped: boolean): void {
    if (isComparable(tokens))
      this.#paces[kindOf(tokens)].took(milliseconds / tokens, performance.now(), isStopped);
  }
}

/** A few tokens take nearly as long as many: their time a token says nothing about the threads. */
const leastBatch = 64;
const isComparable = (tokens: number): boolean => tokens === 1 || tokens >= leastBatch;

const kindOf = (tokens: number): DecodeKind => (tokens === 1 ? 'single' : 'batch');
