import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { forkPort, workerPath, type Port, type WorkerKind } from '../../native-models/engine/port.ts';
import type { ToWorker } from '../../native-models/engine/protocol.ts';
import { holdVariable } from './hold.ts';

const heldInference = fileURLToPath(new URL('./held-inference.ts', import.meta.url));

/**
 * Answers that last as long as a test wants: while they are held, the inference process stands still after the first piece of
 * text it has sent. One that is stopped goes on to learn of it.
 */
export class PacedAnswers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'inf-llava-hold-'));
  readonly #file = join(this.#folder, 'hold');

  /** For the processes to be started from now on, by this process or one that it starts. */
  constructor() {
    process.env[holdVariable] = this.#file;
  }

  hold(): void {
    writeFileSync(this.#file, '');
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }

  readonly startWorker = (kind: WorkerKind): Port => {
    if (kind !== 'inference') return forkPort(workerPath(kind));
    const port = forkPort(heldInference);
    const answers = new Set<number>();
    const post = (message: unknown) => {
      const request = message as ToWorker;
      if (request.kind === 'request' && request.method === 'answer') answers.add(request.id);
      port.post(message);
      if (request.kind === 'cancel' && answers.has(request.id)) this.release();
    };
    return { ...port, post };
  };

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
