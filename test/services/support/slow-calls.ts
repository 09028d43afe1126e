import { forkPort, workerPath, type Port, type WorkerKind } from '../../../native-models/engine/port.ts';
import type { Call } from '../../../native-models/engine/peer.ts';

/** Child processes of which one method takes until the test has done something else. */
export class SlowCalls {
  #slow: { method: string; asked: () => void; until: Promise<null> } | null = null;

  /** The next call of `method` waits: resolves when it has been asked for, with the way to let it go on. */
  next(method: string): { readonly asked: Promise<null>; readonly goOn: () => void } {
    const asked = Promise.withResolvers<null>();
    const until = Promise.withResolvers<null>();
    this.#slow = { method, asked: () => asked.resolve(null), until: until.promise };
    return { asked: asked.promise, goOn: () => until.resolve(null) };
  }

  readonly startWorker = (kind: WorkerKind): Port => {
    const port = forkPort(workerPath(kind));
    const post = (message: unknown) => {
      const slow = this.#slow;
      const request = message as Call;
      if (request.kind !== 'request' || request.method !== slow?.method) return port.post(message);
      this.#slow = null;
      slow.asked();
      void slow.until.then(() => port.post(message));
    };
    return { ...port, post };
  };
}
