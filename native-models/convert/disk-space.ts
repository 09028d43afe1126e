import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { AppError } from '../errors.ts';
import { exists } from './exists.ts';

/**
 * Throws `disk-full`, with the numbers, when the disk of `out` has less than `needed` bytes free beside what an earlier
 * run has left in `OUT.partial`.
 */
export async function requireFreeSpace(out: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(await nearestFolder(dirname(out)));
  const free = bavail * bsize;
  const missing = needed - (await folderBytes(`${out}.partial`));
  if (missing <= free) return;
  throw new AppError(
    'disk-full',
    `${out}: ${readable(missing)} are needed to convert and ${readable(free)} are free.`,
    { file: out, needed: missing, free },
  );
}

async function nearestFolder(path: string): Promise<string> {
  return (await exists(path)) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function folderBytes(path: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => null)));
  return sizes.reduce((total, info) => total + (info?.size ?? 0), 0);
}

function readable(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
