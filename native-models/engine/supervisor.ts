import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import { Peer } from './peer.ts';
import type { CallOptions, Handlers, Methods } from './peer.ts';
import type { Port, WorkerKind } from './port.ts';

export interface WorkerCallOptions<Progress> extends CallOptions<Progress> {
  /** Milliseconds after which the process is ended; what is pending is then rejected with the status `deadlineStatus`. */
  readonly deadline?: number | undefined;
}

export type WorkerState = 'stopped' | 'running' | 'crashed';

/** Of a `process-died` that a deadline was the reason of. */
export const deadlineStatus = 'deadline';

interface Running<Local extends Methods<Local>, Remote extends Methods<Remote>> {
  readonly port: Port;
  readonly peer: Peer<Local, Remote>;
}

/**
 * Calls the methods of one child process, and answers what the process asks with `handlers`. The process is started by the
 * first call, and again by the first call after it died; what was pending when it dies is rejected at once with
 * `process-died`.
 */
export class Supervisor<Remote extends Methods<Remote>, Local extends Methods<Local> = Record<never, never>> {
  readonly #kind: WorkerKind;
  readonly #start: () => Port;
  readonly #onState: (state: WorkerState) => void;
  readonly #handlers: Handlers<Local>;
  #running: Running<Local, Remote> | null = null;
  #state: WorkerState = 'stopped';
  #disposed = false;

  constructor(
    kind: WorkerKind,
    start: () => Port,
    onState: (state: WorkerState) => void = () => undefined,
    handlers = {} as Handlers<Local>,
  ) {
    this.#kind = kind;
    this.#start = start;
    this.#onState = onState;
    this.#handlers = handlers;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Process id while the process runs. */
  get pid(): number | undefined {
    return this.#running?.port.pid;
  }

  /** Throws what the worker threw, `cancelled` when `signal` was aborted first, `process-died` when the process ended. */
  async call<K extends keyof Remote & string>(
    method: K,
    input: Remote[K]['input'],
    { signal, onProgress, deadline }: WorkerCallOptions<Remote[K]['progress']> = {},
  ): Promise<Remote[K]['result']> {
    throwIfCancelled(signal);
    const { peer } = this.#begin();
    const timer =
      deadline === undefined ? undefined : setTimeout(() => this.stop(this.#death(deadlineStatus)), deadline);
    try {
      return await peer.call(method, input, { signal, onProgress });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process; what is pending is rejected with `reason`. The next call starts a new one. */
  stop(reason = new AppError('cancelled', `The ${this.#kind} process was stopped.`)): void {
    this.#running?.port.kill();
    this.#end('stopped', reason);
  }

  /** Ends the process for good. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.stop();
  }

  #begin(): Running<Local, Remote> {
    if (this.#disposed) throw new AppError('cancelled', 'The program is closing.');
    if (this.#running) return this.#running;
    const port = this.#start();
    const running = { port, peer: new Peer<Local, Remote>(port, this.#handlers) };
    this.#running = running;
    this.#setState('running');
    port.onExit(({ code, signal }) => {
      // A process that was stopped on purpose, or replaced meanwhile, has nothing pending here.
      if (this.#running === running)
        this.#end('crashed', this.#death(signal ?? `status ${code ?? 'unknown'}`));
    });
    return running;
  }

  #end(state: WorkerState, reason: AppError): void {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    this.#setState(state);
    running.peer.end(reason);
  }

  #death(status: string): AppError {
    const process = this.#kind;
    return new AppError('process-died', `The ${process} process ended unexpectedly (${status}).`, {
      process,
      status,
    });
  }

  #setState(state: WorkerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onState(state);
  }
}
