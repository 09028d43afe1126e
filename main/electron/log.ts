import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Reasons why processes ended are short; beyond this the older half is put aside, replacing the one before it. */
const largestLog = 512 * 1024;

/**
 * Notes lines with their time in a file and on the terminal. They tell which process ended and why: never a photo, a
 * name, a question or an answer.
 */
export function createLog(path: string): (line: string) => void {
  return (line) => {
    const text = `${new Date().toISOString()} ${line}\n`;
    process.stderr.write(text);
    try {
      mkdirSync(dirname(path), { recursive: true });
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largestLog)
        renameSync(path, `${path}.old`);
      appendFileSync(path, text, { mode: 0o600 });
    } catch {
      // A log that cannot be written must not end the program.
    }
  };
}
