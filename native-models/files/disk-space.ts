import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { AppError } from '../../preload/contract/errors.ts';
import { exists } from './exists.ts';

/**
 * Throws `disk-full`, with the numbers, when the disk of the folder `work` has less than `needed` bytes free beside what
 * an earlier run has left in it.
 */
export async function requireFreeSpace(work: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(await nearestFolder(work));
  const free = bavail * bsize;
  const missing = needed - (await folderBytes(work));
  if (missing <= free) return;
  throw new AppError(
    'disk-full',
    `${work}: ${readable(missing)} are needed to convert and ${readable(free)} are free.`,
    { file: work, needed: missing, free },
  );
}

async function nearestFolder(path: string): Promise<string> {
  return (await exists(path)) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** Bytes of all files below a folder, as far as they take room: holes do not. */
async function folderBytes(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => occupied(join(parentPath, name))));
  return sizes.reduce((total, size) => total + size, 0);
}

/** Windows counts no blocks. */
async function occupied(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  if (info === null) return 0;
  return process.platform === 'win32' ? info.size : Math.min(info.size, info.blocks * 512);
}

function readable(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
