import { setTimeout } from 'node:timers/promises';

/** A limit is kept over this long, so that small pieces are not held up one by one. */
const burstSeconds = 0.1;

type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Keeps all downloads together below a number of bytes a second. */
export class Throttle {
  readonly #limit: () => number | null;
  readonly #now: () => number;
  readonly #wait: Wait;
  /** When, in seconds, what has been let through is paid for. */
  #paidUntil = 0;

  constructor(
    limit: () => number | null,
    now: () => number = () => performance.now() / 1000,
    wait: Wait = pause,
  ) {
    this.#limit = limit;
    this.#now = now;
    this.#wait = wait;
  }

  /** Waits until `bytes` more may be taken. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const limit = this.#limit();
    if (limit === null) return;
    const now = this.#now();
    this.#paidUntil = Math.max(now, this.#paidUntil) + bytes / limit;
    const wait = this.#paidUntil - now - burstSeconds;
    if (wait > 0) await this.#wait(wait * 1000, signal);
  }
}

/** Cancelling ends the wait; the caller asks the signal next. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
