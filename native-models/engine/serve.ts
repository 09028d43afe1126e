import { AppError, sendError } from '../../preload/contract/errors.ts';
import type { ParentPort } from './port.ts';
import type { FromWorker, Methods, ToWorker } from './protocol.ts';

export interface CallContext<Progress> {
  /** Aborted when the caller no longer wants the result. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

export type Handlers<M extends Methods<M>> = {
  readonly [K in keyof M]: (
    input: M[K]['input'],
    context: CallContext<M[K]['progress']>,
  ) => Promise<M[K]['result']> | M[K]['result'];
};

/** Answers the requests of the parent with `handlers`, several at a time. Whatever a handler throws becomes an AppError. */
export function serve<M extends Methods<M>>(port: ParentPort, handlers: Handlers<M>): void {
  const running = new Map<number, AbortController>();
  const post = (message: FromWorker) => port.post(message);

  const answer = async (id: number, method: string, input: unknown) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = Object.hasOwn(handlers, method) ? handlers[method as keyof M] : undefined;
      if (!handler) throw new AppError('internal', `No method ${method}.`);
      const progress = (value: unknown) => post({ kind: 'progress', id, progress: value });
      post({ kind: 'result', id, result: await handler(input, { signal: controller.signal, progress }) });
    } catch (error) {
      post({ kind: 'error', id, error: sendError(error) });
    } finally {
      running.delete(id);
    }
  };

  port.onMessage((received) => {
    // Only the parent, which runs this same code, can post to this port.
    const message = received as ToWorker;
    if (message.kind === 'cancel') running.get(message.id)?.abort();
    else void answer(message.id, message.method, message.input);
  });
}
