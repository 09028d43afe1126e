/** Passes on the newest of many values at a bearable pace: for text that grows faster than it can be read or drawn. */
export class Pace<T> {
  readonly #pass: (value: T) => void;
  readonly #least: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #newest: { readonly value: T } | null = null;

  /** @param least milliseconds between two values */
  constructor(pass: (value: T) => void, least: number) {
    this.#pass = pass;
    this.#least = least;
  }

  /** Passes the value on at once if none was a moment ago, and otherwise as soon as that moment is over. */
  push(value: T): void {
    this.#newest = { value };
    if (this.#timer === undefined) this.#next();
  }

  /** Passes on nothing more of what was pushed. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#newest = null;
  }

  #next(): void {
    this.#timer = undefined;
    if (!this.#newest) return;
    const { value } = this.#newest;
    this.#newest = null;
    const began = performance.now();
    this.#pass(value);
    // What is slow to draw is drawn less often, so that the window has most of the time for the person.
    const rest = Math.max(this.#least, 4 * (performance.now() - began));
    this.#timer = setTimeout(() => this.#next(), rest);
  }
}
