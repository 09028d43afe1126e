import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** What others may not do: anything at all. */
const othersMask = 0o077;

/**
 * Every file and folder that this process and its children make from now on is its user's alone (0600, 0700), from the
 * first byte and whichever library makes it. Windows keeps a user's data from others by the folder it lies in.
 */
export function makeFilesPrivate(): void {
  process.umask(othersMask);
}

/**
 * Makes a folder whose content is its user's alone. One that others could look into is mended with everything in it:
 * the folder itself comes last, so that a mending that was cut short begins again. Links are not followed.
 */
export function openPrivateFolder(folder: string): void {
  makeFilesPrivate();
  try {
    makeFolder(folder);
    if (process.platform === 'win32' || (statSync(folder).mode & othersMask) === 0) return;
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) mend(join(folder, name));
    chmodSync(folder, 0o700);
  } catch {
    // The next write into the folder says that it cannot be written.
  }
}

function mend(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() && !found?.isDirectory()) return;
  if ((found.mode & othersMask) !== 0) chmodSync(path, found.mode & 0o700);
}
