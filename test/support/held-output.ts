/** Imported before a command: it is held up after anything that it has printed while the test wants that. */
import { waitWhileHeld } from './hold.ts';

const write = process.stdout.write.bind(process.stdout) as (...piece: unknown[]) => boolean;

process.stdout.write = (...piece: unknown[]) => {
  const isWritten = write(...piece);
  waitWhileHeld('output');
  return isWritten;
};
