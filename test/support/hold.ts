import { existsSync } from 'node:fs';

/** Names the file that holds a process up while it is there. */
export const holdVariable = 'INF_LLAVA_TEST_HOLD';

const pollMilliseconds = 10;

/**
 * Keeps this thread from everything else while the file is there, as a computer would that is slow without end. A process
 * whose parent has died goes on, and notices that.
 */
export function waitWhileHeld(): void {
  const file = process.env[holdVariable];
  const parent = process.ppid;
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (file !== undefined && existsSync(file) && process.ppid === parent) {
    Atomics.wait(nothing, 0, 0, pollMilliseconds);
  }
}
