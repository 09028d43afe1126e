import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import type { ImagesMethods } from './images-protocol.ts';
import { deadlineStatus } from './supervisor.ts';
import type { Supervisor, WorkerCallOptions } from './supervisor.ts';

/** How much there is to decode: what a photo may take depends on it. */
export interface DecodeSize {
  readonly pixels: number;
  /** Of the file. */
  readonly bytes: number;
}

export interface ImagesCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of the photo that the call is about; of one that is not known yet, nothing. */
  readonly size?: DecodeSize | undefined;
}

/** Milliseconds that a photo may take: many times what a slow and busy machine needs, and an end for what has none. */
const baseMilliseconds = 30_000;
const millisecondsPerMegapixel = 1000;
/** A slow disk in the network. */
const millisecondsPerMegabyte = 100;

/** Calls at the same time: enough for every core, and few enough that none waits in the process for long. */
const mostCalls = 8;

interface Waiting {
  readonly isAlone: boolean;
  readonly go: () => void;
}

/**
 * Calls the images process with a deadline for every photo. Where the process dies, or is ended because a call takes too
 * long, the calls that were pending are made once more, one after another and each alone: the photo that does it again
 * is to blame, and the others never notice.
 */
export class ImagesClient {
  readonly #supervisor: Supervisor<ImagesMethods>;
  readonly #base: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #isAlone = false;

  /** @param base milliseconds that the smallest photo may take; given in tests */
  constructor(supervisor: Supervisor<ImagesMethods>, base = baseMilliseconds) {
    this.#supervisor = supervisor;
    this.#base = base;
  }

  /** Throws as `Supervisor.call`, but `photo-undecodable` instead of `process-died`. */
  async call<K extends keyof ImagesMethods>(
    method: K,
    input: ImagesMethods[K]['input'],
    options: ImagesCallOptions = {},
  ): Promise<ImagesMethods[K]['result']> {
    try {
      return await this.#inTurn(false, () => this.#attempt(method, input, options));
    } catch (error) {
      if (!isDeath(error)) throw error;
    }
    return this.#inTurn(true, () => this.#attempt(method, input, options)).catch((error: unknown) => {
      throw isDeath(error) ? undecodable(error.details.status === deadlineStatus) : error;
    });
  }

  async #attempt<K extends keyof ImagesMethods>(
    method: K,
    input: ImagesMethods[K]['input'],
    { signal, size = { pixels: 0, bytes: 0 } }: ImagesCallOptions,
  ): Promise<ImagesMethods[K]['result']> {
    throwIfCancelled(signal);
    const { pixels, bytes } = size;
    const deadline = this.#base + (millisecondsPerMegapixel * pixels + millisecondsPerMegabyte * bytes) / 1e6;
    return this.#supervisor.call(method, input, { signal, deadline } as WorkerCallOptions<never>);
  }

  /** Does `work` when it may run: with others, or alone. What is to run alone comes first. */
  async #inTurn<T>(isAlone: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      const waiting = { isAlone, go: resolve };
      if (isAlone) this.#waiting.unshift(waiting);
      else this.#waiting.push(waiting);
      this.#goOn();
    });
    try {
      return await work();
    } finally {
      this.#running--;
      this.#isAlone = false;
      this.#goOn();
    }
  }

  #goOn(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (!next || this.#isAlone || this.#running >= (next.isAlone ? 1 : mostCalls)) return;
      this.#waiting.shift();
      this.#running++;
      this.#isAlone = next.isAlone;
      next.go();
    }
  }
}

type Death = AppError & { readonly details: { readonly status?: string } };

const isDeath = (error: unknown): error is Death =>
  error instanceof AppError && error.code === 'process-died';

function undecodable(isOverdue: boolean): AppError {
  return isOverdue
    ? new AppError('photo-undecodable', 'The photo takes too long to read.', { reason: 'endless' })
    : new AppError('photo-undecodable', 'The photo ends the process that reads it.', { reason: 'crash' });
}
