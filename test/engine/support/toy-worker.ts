import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../../preload/contract/errors.ts';
import { parentPort } from '../../../native-models/engine/port.ts';
import { serve } from '../../../native-models/engine/serve.ts';

/** A worker that does what the supervisor's tests need and no model. */
export interface ToyMethods {
  double: { input: Uint8Array; progress: never; result: Uint8Array };
  count: { input: { to: number; pause: number }; progress: number; result: { reached: number } };
  fail: { input: { file: string }; progress: never; result: never };
  die: { input: null; progress: never; result: never };
  hang: { input: null; progress: never; result: never };
}

if (process.send) {
  serve<ToyMethods>(parentPort(), {
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
