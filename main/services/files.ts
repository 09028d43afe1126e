import { lstatSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * A name for `path` that says why the file was put aside and when, and that is not taken: `settings.json` becomes
 * `settings.json.damaged-20250131-235959`.
 */
export function asidePath(path: string, why: string, now = new Date()): string {
  const [day, time] = now.toISOString().replaceAll(/[-:]/g, '').split(/[T.]/);
  const wanted = join(dirname(path), `${basename(path)}.${why}-${day}-${time}`);
  for (let copy = 1; ; copy++) {
    const free = copy === 1 ? wanted : `${wanted}-${copy}`;
    if (!lstatSync(free, { throwIfNoEntry: false })) return free;
  }
}

/** Bytes of those files that are there. */
export async function filesBytes(paths: readonly string[]): Promise<number> {
  const sizes = paths.map(async (path) => (await stat(path).catch(() => null))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Bytes of all files under a folder; 0 when there is none. Links are not followed. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return filesBytes(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
  );
}

/** Removes every file and folder in a folder, but not the folder itself. */
export async function emptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
