import { lstat, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { AppError } from '../../preload/contract/errors.ts';
import type { Manifest } from './manifest.ts';

type FileEntry = Manifest['files'][string];

/** Where a file of the package in `folder` lies: in that folder, or where the manifest says. */
export function packageFilePath(folder: string, name: string, { outside }: FileEntry): string {
  return outside === undefined ? join(folder, name) : resolve(folder, outside.path);
}

/** Bytes that the package itself takes on the disk: a file outside is the person's own. */
export function ownBytes({ files }: Pick<Manifest, 'files'>): number {
  return Object.values(files).reduce((sum, { bytes, outside }) => sum + (outside ? 0 : bytes), 0);
}

/**
 * Checks that a file of a package is there as a regular file of the stated size, and says whether its content may have
 * changed since. Inside the package a link is refused: a package is made of files of its own, and a link could lead to
 * any other. Throws `package-invalid` for a file of its own, `linked-file-changed` for one outside.
 */
export async function checkPackageFile(path: string, entry: FileEntry): Promise<{ mayHaveChanged: boolean }> {
  const { bytes, outside } = entry;
  const info = await (outside === undefined ? lstat(path) : stat(path)).catch(() => null);
  if (info === null)
    throw packageFileFault(
      path,
      entry,
      outside === undefined ? 'is missing from the package' : 'is not there',
    );
  if (!info.isFile()) throw packageFileFault(path, entry, 'is not a regular file');
  if (info.size !== bytes) throw packageFileFault(path, entry, `has ${info.size} bytes instead of ${bytes}`);
  return { mayHaveChanged: outside !== undefined && Math.floor(info.mtimeMs) !== outside.modified };
}

/** A file outside belongs to the person, who may have moved or replaced it; that is no damage of the package. */
export function packageFileFault(path: string, { outside }: FileEntry, fault: string): AppError {
  if (outside === undefined) {
    const file = basename(path);
    return new AppError('package-invalid', `${file}: ${fault}.`, { file, fault });
  }
  return new AppError(
    'linked-file-changed',
    `${path}: ${fault}; the package uses this file where it lies, so put it back or import the pair again.`,
    { file: path, fault },
  );
}
