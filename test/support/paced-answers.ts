import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { forkPort, workerPath, type Port, type WorkerKind } from '../../native-models/engine/port.ts';
import type { Call } from '../../native-models/engine/peer.ts';
import { holdVariable } from './hold.ts';

const heldInference = fileURLToPath(new URL('./held-inference.ts', import.meta.url));

/** Starts the processes of the program, with an inference process that can be held up. */
export const startHeldWorker = (kind: WorkerKind): Port =>
  forkPort(kind === 'inference' ? heldInference : workerPath(kind));

/** What the inference process is asked for when it is held up there. */
const methods = { text: 'answer', crop: 'encode' } as const;

/**
 * Answers and preparations that last as long as a test wants: while they are held, the inference process stands still after
 * the first piece of text, or pass of the encoder, that it has told of. One that is stopped goes on, to learn of it.
 */
export class PacedAnswers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'inf-llava-hold-'));
  readonly #file = join(this.#folder, 'hold');
  #heldAt: keyof typeof methods | null = null;

  /** For the processes to be started from now on, by this process or one that it starts. */
  constructor() {
    process.env[holdVariable] = this.#file;
  }

  hold(at: keyof typeof methods = 'text'): void {
    this.#heldAt = at;
    writeFileSync(this.#file, at);
  }

  release(): void {
    this.#heldAt = null;
    rmSync(this.#file, { force: true });
  }

  readonly startWorker = (kind: WorkerKind): Port => {
    const port = startHeldWorker(kind);
    const asked = new Map<number, string>();
    const post = (message: unknown) => {
      const request = message as Call;
      if (request.kind === 'request') asked.set(request.id, request.method);
      port.post(message);
      const isHeld = this.#heldAt !== null && asked.get(request.id) === methods[this.#heldAt];
      if (request.kind === 'cancel' && isHeld) this.release();
    };
    return { ...port, post };
  };

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
