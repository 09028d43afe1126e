import { lstat, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { piecesOfFile } from '../../files/regular-file.ts';
import * as v from 'valibot';

import { exists } from '../../files/exists.ts';
import { isConversionFile } from '../../convert/partial-folder.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { AppError, sendError, toAppError, type SentError } from '../../../preload/contract/errors.ts';
import { folderNameOf, packageNameSchema } from './package-name.ts';
import type { Manifest } from '../../package/manifest.ts';
import { openPackage } from '../../package/open-package.ts';
import { readManifest, readPackage } from '../../package/read-manifest.ts';
import { ownBytes } from '../../package/package-file.ts';
import { manifestName, type PackageFile } from '../../package/package-files.ts';

/** An installed package, with the folder that names it in the methods below. */
export interface InstalledPackage {
  /** Base name of its folder in `packages/`. */
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly visionPrecision: string;
  readonly languagePrecision: string;
  readonly licence: string;
  /** What is wrong with it, as far as its manifest and sizes say. */
  readonly error: SentError | null;
}

export interface ManageContext {
  readonly signal?: AbortSignal;
  /** 0..1. */
  readonly progress?: (fraction: number) => void;
}

/** The packages in a folder of packages, with what is wrong with those that cannot be used. */
export async function listInstalled(packages: string): Promise<InstalledPackage[]> {
  const entries = await readdir(packages, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return Promise.all(folders.map(({ name }) => describePackage(packages, name)));
}

export async function describePackage(packages: string, folder: string): Promise<InstalledPackage> {
  try {
    return installedPackage(folder, await readPackage(join(packages, folder)), null);
  } catch (error) {
    return { ...emptyCard, folder, name: folder, error: sendError(error) };
  }
}

const emptyCard = { bytes: 0, visionPrecision: '', languagePrecision: '', licence: '' } as const;

export function installedPackage(
  folder: string,
  manifest: Manifest,
  error: InstalledPackage['error'],
): InstalledPackage {
  const { name, vision, language, source } = manifest;
  return {
    folder,
    name,
    bytes: ownBytes(manifest),
    visionPrecision: vision.precision,
    languagePrecision: language.precision,
    licence: source.licence,
    error,
  };
}

/** Hashes every file of a package. Throws `package-invalid` naming the file that is not the package's, `wrong-usage`. */
export async function verifyPackage(
  packages: string,
  folder: string,
  { signal, progress }: ManageContext = {},
): Promise<InstalledPackage> {
  const directory = await ownFolder(packages, folder);
  const { manifest, path } = await openPackage(directory, { ...(signal && { signal }) });
  const files = Object.entries(manifest.files);
  const total = files.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  let hashed = 0;
  for (const [name, { sha256 }] of files) {
    const hash = createHash('sha256');
    for await (const piece of piecesOfFile(path(name as PackageFile), signal)) {
      hash.update(piece);
      hashed += piece.length;
      progress?.(hashed / total);
    }
    if (hash.digest('hex') === sha256) continue;
    const fault = 'is not the file of this package (its sha256 differs)';
    throw new AppError('package-invalid', `${name}: ${fault}.`, { file: name, fault });
  }
  return installedPackage(folder, manifest, null);
}

/** Gives a package another name, and its folder that of it. Throws `package-exists`, `package-invalid`, `wrong-usage`. */
export async function renamePackage(
  packages: string,
  folder: string,
  name: string,
): Promise<InstalledPackage> {
  const directory = await ownFolder(packages, folder);
  const manifest = await readManifest(directory);
  const shown = name.trim();
  if (shown === '' || shown.length > 200) {
    throw new AppError('wrong-usage', 'A package is called by a name of 1 to 200 characters.');
  }
  const target = folderNameOf(shown);
  const isMoved = target !== folder;
  if (isMoved && (await exists(join(packages, target)))) {
    throw new AppError('package-exists', `${target}: a package of that name is already there.`, {
      file: target,
    });
  }
  const renamed = { ...manifest, name: shown };
  await replaceFile(join(directory, manifestName), `${JSON.stringify(renamed, null, 2)}\n`);
  if (isMoved) await rename(directory, join(packages, target));
  return describePackage(packages, target);
}

/**
 * Deletes what the program has put into a package's folder, and the folder once it is empty; anything else in it stays and
 * is named. Throws `wrong-usage` when there is no such folder.
 */
export async function removePackage(packages: string, folder: string): Promise<{ kept: string[] }> {
  const directory = await ownFolder(packages, folder);
  try {
    // First what makes it a package: interrupted, it is none any more.
    await rm(join(directory, manifestName), { force: true });
    const kept: string[] = [];
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (entry.isFile() && isConversionFile(entry.name))
        await rm(join(directory, entry.name), { force: true });
      else kept.push(entry.name);
    }
    if (kept.length === 0) await rmdir(directory);
    return { kept };
  } catch (error) {
    throw toAppError(error);
  }
}

/** The path of a package's folder: directly below `packages`, and a folder and no link to one. */
export async function ownFolder(packages: string, folder: string): Promise<string> {
  const directory = join(packages, folder);
  const isPlain = v.is(packageNameSchema, folder);
  const info = isPlain ? await lstat(directory).catch(() => null) : null;
  if (info?.isDirectory()) return directory;
  throw new AppError('wrong-usage', `${folder}: there is no installed package of that name.`, {
    file: folder,
  });
}
