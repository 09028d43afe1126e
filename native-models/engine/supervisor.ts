import { AppError, receiveError, throwIfCancelled } from '../../preload/contract/errors.ts';
import type { Port, WorkerKind } from './port.ts';
import type { FromWorker, Methods, ToWorker } from './protocol.ts';

export interface CallOptions<Progress> {
  /** Asks the worker to stop; the call then settles as soon as the worker has done so. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export type WorkerState = 'stopped' | 'running' | 'crashed';

interface Pending {
  readonly onProgress: ((progress: never) => void) | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Calls the methods of one child process. The process is started by the first call, and again by the first call after
 * it died; whatever was pending when it dies is rejected at once with `process-died`.
 */
export class Supervisor<M extends Methods<M>> {
  readonly #kind: WorkerKind;
  readonly #start: () => Port;
  readonly #onState: (state: WorkerState) => void;
  readonly #pending = new Map<number, Pending>();
  #port: Port | null = null;
  #nextId = 1;
  #state: WorkerState = 'stopped';
  #disposed = false;

  constructor(kind: WorkerKind, start: () => Port, onState: (state: WorkerState) => void = () => undefined) {
    this.#kind = kind;
    this.#start = start;
    this.#onState = onState;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Process id while the process runs. */
  get pid(): number | undefined {
    return this.#port?.pid;
  }

  /** Throws what the worker threw, `cancelled` when `signal` was aborted first, `process-died` when the process ended. */
  call<K extends keyof M & string>(
    method: K,
    input: M[K]['input'],
    options: CallOptions<M[K]['progress']> = {},
  ): Promise<M[K]['result']> {
    return new Promise((resolve, reject) => {
      const { signal, onProgress } = options;
      throwIfCancelled(signal);
      const port = this.#running();
      const id = this.#nextId++;
      const cancel = () => port.post({ kind: 'cancel', id } satisfies ToWorker);
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
      port.post({ kind: 'request', id, method, input } satisfies ToWorker);
    });
  }

  /** Ends the process; what is pending is rejected with `reason`. The next call starts a new one. */
  stop(reason = new AppError('cancelled', `The ${this.#kind} process was stopped.`)): void {
    const port = this.#port;
    if (!port) return;
    this.#port = null;
    port.kill();
    this.#rejectAll(reason);
    this.#setState('stopped');
  }

  /** Ends the process for good. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.stop();
  }

  #running(): Port {
    if (this.#disposed) throw new AppError('cancelled', 'The program is closing.');
    if (this.#port) return this.#port;
    const port = this.#start();
    this.#port = port;
    this.#setState('running');
    port.onMessage((message) => this.#receive(message as FromWorker));
    port.onExit(({ code, signal }) => {
      // A process that was stopped on purpose, or replaced meanwhile, has nothing pending here.
      if (this.#port !== port) return;
      this.#port = null;
      this.#setState('crashed');
      const status = signal ?? `status ${code ?? 'unknown'}`;
      this.#rejectAll(
        new AppError('process-died', `The ${this.#kind} process ended unexpectedly (${status}).`, {
          process: this.#kind,
          status,
        }),
      );
    });
    return port;
  }

  #receive(message: FromWorker): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.kind === 'progress') pending.onProgress?.(message.progress as never);
    else if (message.kind === 'result') pending.resolve(message.result as never);
    else pending.reject(receiveError(message.error));
  }

  #rejectAll(error: AppError): void {
    for (const { reject } of [...this.#pending.values()]) reject(error);
  }

  #setState(state: WorkerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onState(state);
  }
}
