import { setTimeout } from 'node:timers/promises';

import { throwIfCancelled } from '../../../preload/contract/errors.ts';
import { Transient } from './failures.ts';

/** How long to wait for a server, and how often to try again. */
export interface RetryPolicy {
  /** Until the first answer. */
  readonly connectMs: number;
  /** For the next bytes of an answer. */
  readonly stallMs: number;
  /** Attempts in a row that brought nothing before a download fails. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  connectMs: 30_000,
  stallMs: 60_000,
  attempts: 7,
  firstDelayMs: 1000,
  longestDelayMs: 300_000,
};

/** Of a question that somebody waits for at the screen. */
export const onceRetryPolicy: RetryPolicy = {
  connectMs: 5000,
  stallMs: 5000,
  attempts: 1,
  firstDelayMs: 0,
  longestDelayMs: 0,
};

/** Counts attempts in a row that brought nothing, and waits longer after each. */
export class Attempts {
  readonly #patience: RetryPolicy;
  #failed = 0;

  constructor(patience: RetryPolicy) {
    this.#patience = patience;
  }

  /** Something arrived: the next failure is the first. */
  succeed(): void {
    this.#failed = 0;
  }

  /** Waits for the next attempt. Throws what is behind `error` once there have been too many, or it is not transient. */
  async fail(error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof Transient)) throw error;
    this.#failed++;
    const { attempts, firstDelayMs, longestDelayMs } = this.#patience;
    if (this.#failed >= attempts) throw error.failure;
    const backoff = firstDelayMs * 2 ** (this.#failed - 1) * (0.75 + Math.random() / 2);
    const delay = Math.min(longestDelayMs, Math.max(backoff, error.retryAfterMs));
    await setTimeout(delay, undefined, { signal }).catch(() => throwIfCancelled(signal));
  }
}

/** Does `work` again and again while it fails in passing. */
export async function retry<T>(
  patience: RetryPolicy,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const attempts = new Attempts(patience);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await attempts.fail(error, signal);
    }
  }
}
