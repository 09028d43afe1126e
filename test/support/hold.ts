import { readFileSync } from 'node:fs';

/** Names the file that holds a process up while it says where. */
export const holdVariable = 'INF_LLAVA_TEST_HOLD';

const pollMilliseconds = 10;

/** Taken at the start: a parent that dies just before this process is held up must not count as the new one. */
const parent = process.ppid;

/** Where a process can be held up: after a piece of an answer, after a pass of the encoder, after what a command printed. */
export type HeldAt = 'text' | 'crop' | 'output';

/**
 * Keeps this thread from everything else while the file says so, as a computer would that is slow without end. A process
 * whose parent has died goes on, and notices that.
 */
export function waitWhileHeld(at: HeldAt): void {
  const file = process.env[holdVariable];
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (file !== undefined && heldAt(file) === at && process.ppid === parent) {
    Atomics.wait(nothing, 0, 0, pollMilliseconds);
  }
}

function heldAt(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
