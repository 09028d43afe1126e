import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../../preload/contract/errors.ts';
import { parentPort } from '../../../native-models/engine/port.ts';
import { Peer } from '../../../native-models/engine/peer.ts';

/** A worker that does what the supervisor's tests need and no model. */
export interface ToyMethods {
  double: { input: Uint8Array; progress: never; result: Uint8Array };
  count: { input: { to: number; pause: number }; progress: number; result: { reached: number } };
  fail: { input: { file: string }; progress: never; result: never };
  die: { input: null; progress: never; result: never };
  boast: { input: { lines: readonly [string, string] }; progress: never; result: null };
  /** What the parent answers. */
  ask: { input: string; progress: never; result: string };
  hang: { input: null; progress: never; result: never };
}

export interface ToyParentMethods {
  answer: { input: string; progress: never; result: string };
}

if (process.send) {
  const parent: Peer<ToyMethods, ToyParentMethods> = new Peer<ToyMethods, ToyParentMethods>(parentPort(), {
    boast: ({ lines }) => {
      process.stdout.write(`${lines[0]}\n`);
      process.stderr.write(`${lines[1]}\n`);
      return null;
    },
    ask: (question) => parent.call('answer', question),
    double: (bytes) => bytes.map((byte) => byte * 2),
    count: async ({ to, pause }, { signal, progress }) => {
      let reached = 0;
      while (reached < to && !signal.aborted) {
        progress(++reached);
        await wait(pause);
      }
      return { reached };
    },
    fail: ({ file }) => {
      throw new AppError('file-missing', `${file}: no such file.`, { file });
    },
    die: () => process.exit(7),
    hang: () => {
      for (;;);
    },
  });
}
