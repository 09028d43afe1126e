import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const intervalMs = 500;

/**
 * Reports the size of a file that is being written under a temporary name beginning with its own: the only progress there
 * is while llama.cpp quantises. Never keeps the process alive.
 */
export function watchSize(path: string, report: (bytes: number) => void): { stop(): void } {
  const timer = setInterval(() => {
    void currentSize(path).then((bytes) => {
      if (bytes > 0) report(bytes);
    });
  }, intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

async function currentSize(path: string): Promise<number> {
  const names = await readdir(dirname(path)).catch(() => []);
  const name = names.find((one) => one.startsWith(basename(path)));
  if (name === undefined) return 0;
  return stat(join(dirname(path), name)).then(
    ({ size }) => size,
    () => 0,
  );
}
