import type { SentError } from '../../preload/contract/errors.ts';

/**
 * The messages between the program and its child processes. Every message carries the id of the request it belongs
 * to; a request gets any number of `progress` messages and then exactly one `result` or `error`.
 */
export type ToWorker =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SentError };

/** One method of a worker: what it takes, reports on the way (`never` when nothing) and returns. */
export interface Method {
  readonly input: unknown;
  readonly progress: unknown;
  readonly result: unknown;
}

/** A worker's methods by name. */
export type Methods<M> = { readonly [K in keyof M]: Method };
