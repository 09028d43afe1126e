import { AppError, receiveError, sendError, throwIfCancelled } from '../../preload/contract/errors.ts';
import type { SentError } from '../../preload/contract/errors.ts';

/** One method of an end: what it takes, reports on the way (`never` when nothing) and returns. */
export interface Method {
  readonly input: unknown;
  readonly progress: unknown;
  readonly result: unknown;
}

/** The methods of an end by name. */
export type Methods<M> = { readonly [K in keyof M]: Method };

/** What the two ends say to each other. The id of a call is its caller's; a reply repeats it. */
export type Call =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

/** A request gets any number of `progress` messages and then exactly one `result` or `error`. */
type Reply =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SentError };

/** The way to the other end, for plain values of the structured clone algorithm. */
export interface Channel {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

export interface CallOptions<Progress> {
  /** Asks the other end to stop; the call then settles as soon as that has done so. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface CallContext<Progress> {
  /** Aborted when the caller no longer wants the result, or has died. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

export type Handlers<M extends Methods<M>> = {
  readonly [K in keyof M]: (
    input: M[K]['input'],
    context: CallContext<M[K]['progress']>,
  ) => Promise<M[K]['result']> | M[K]['result'];
};

interface Pending {
  readonly onProgress: ((progress: never) => void) | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * One end of a process border: calls the methods of the other end and answers calls of its own, several at a time in both
 * directions. What a handler throws arrives at the caller as an AppError.
 */
export class Peer<Local extends Methods<Local>, Remote extends Methods<Remote>> {
  readonly #channel: Channel;
  readonly #handlers: Handlers<Local>;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, AbortController>();
  #nextId = 1;
  #ended: AppError | null = null;

  constructor(channel: Channel, handlers: Handlers<Local>) {
    this.#channel = channel;
    this.#handlers = handlers;
    // Only the other end, which runs this same code, can post to this channel.
    channel.onMessage((message) => this.#receive(message as Call | Reply));
  }

  /** Throws what the other end threw, `cancelled` when `signal` was aborted first, and the reason of `end`. */
  call<K extends keyof Remote & string>(
    method: K,
    input: Remote[K]['input'],
    { signal, onProgress }: CallOptions<Remote[K]['progress']> = {},
  ): Promise<Remote[K]['result']> {
    return new Promise((resolve, reject) => {
      throwIfCancelled(signal);
      if (this.#ended) throw this.#ended;
      const id = this.#nextId++;
      const cancel = () => this.#post({ kind: 'cancel', id });
      signal?.addEventListener('abort', cancel, { once: true });
      const settled = () => {
        signal?.removeEventListener('abort', cancel);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        onProgress,
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      try {
        this.#post({ kind: 'request', id, method, input });
      } catch (error) {
        settled();
        throw error;
      }
    });
  }

  /** The other end is gone: what is pending is rejected with `reason`, and what runs for it is cancelled. */
  end(reason: AppError): void {
    this.#ended ??= reason;
    for (const { reject } of [...this.#pending.values()]) reject(reason);
    for (const controller of this.#running.values()) controller.abort();
  }

  #post(message: Call | Reply): void {
    if (!this.#ended) this.#channel.post(message);
  }

  #receive(message: Call | Reply): void {
    if (this.#ended) return;
    if (message.kind === 'request') void this.#answer(message.id, message.method, message.input);
    else if (message.kind === 'cancel') this.#running.get(message.id)?.abort();
    else this.#settle(message);
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === 'progress') pending.onProgress?.(reply.progress as never);
    else if (reply.kind === 'result') pending.resolve(reply.result as never);
    else pending.reject(receiveError(reply.error));
  }

  async #answer(id: number, method: string, input: unknown): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      const handler = Object.hasOwn(this.#handlers, method)
        ? this.#handlers[method as keyof Local]
        : undefined;
      if (!handler) throw new AppError('internal', `No method ${method}.`);
      const progress = (value: unknown) => this.#post({ kind: 'progress', id, progress: value });
      const result = await handler(input, { signal: controller.signal, progress });
      this.#post({ kind: 'result', id, result });
    } catch (error) {
      this.#post({ kind: 'error', id, error: sendError(error) });
    } finally {
      this.#running.delete(id);
    }
  }
}
