import { setTimeout } from 'node:timers/promises';

/** A limit is kept over this long, so that small pieces are not held up one by one. */
const burstSeconds = 0.1;

/** Keeps all downloads together below a number of bytes a second. */
export class Throttle {
  readonly #limit: () => number | null;
  readonly #now: () => number;
  /** When, in seconds, what has been let through is paid for. */
  #paidUntil = 0;

  constructor(limit: () => number | null, now: () => number = () => performance.now() / 1000) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Waits until `bytes` more may be taken. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const limit = this.#limit();
    if (limit === null) return;
    const now = this.#now();
    this.#paidUntil = Math.max(now, this.#paidUntil) + bytes / limit;
    const wait = this.#paidUntil - now - burstSeconds;
    // Cancelling ends the wait; whoever waits asks the signal next.
    if (wait > 0) await setTimeout(wait * 1000, undefined, { signal }).catch(() => undefined);
  }
}
