import { lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { AppError } from '../../preload/contract/errors.ts';
import { exists } from '../files/exists.ts';
import { isOwnFolder, syncFolder, type PartialFolder } from './partial-folder.ts';

/** Where a package that is being replaced waits until the new one is in its place. */
function asideOf(out: string): string {
  return `${out}.replaced`;
}

/**
 * Throws `package-exists` when something is at `out` that may not be replaced: anything without `force`, and even with it
 * anything but a package's folder. Undoes a replacement that a crash has cut in two.
 */
export async function prepareTarget(out: string, force: boolean): Promise<void> {
  const aside = asideOf(out);
  if (await isPackageFolder(aside)) {
    if (await exists(out)) await rm(aside, { recursive: true, force: true });
    else await rename(aside, out);
  }
  if (!(await exists(out))) return;
  if (!force) {
    throw new AppError('package-exists', `${out}: is already there; --force replaces a package.`, {
      file: out,
    });
  }
  if (!(await isPackageFolder(out))) {
    throw new AppError('package-exists', `${out}: is not a package, so it is not replaced.`, { file: out });
  }
}

/** Moves the finished folder to `out`; what was there is deleted once the new package is in its place. */
export async function placePackage(folder: PartialFolder, out: string, force: boolean): Promise<void> {
  await prepareTarget(out, force);
  await folder.seal();
  const replaces = await exists(out);
  if (replaces) await rename(out, asideOf(out));
  try {
    await rename(folder.path, out);
  } catch (error) {
    if (replaces) await rename(asideOf(out), out);
    throw error;
  }
  await folder.releaseAt(out);
  await syncFolder(dirname(out));
  if (replaces) await rm(asideOf(out), { recursive: true, force: true });
}

async function isPackageFolder(path: string): Promise<boolean> {
  const info = await lstat(path).catch(() => null);
  return info !== null && info.isDirectory() && (await isOwnFolder(path));
}
