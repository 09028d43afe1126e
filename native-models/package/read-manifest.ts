import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../preload/contract/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { checkManifest } from './check-manifest.ts';
import { manifestSchema, type Manifest } from './manifest.ts';
import { checkPackageFile, packageFilePath } from './package-file.ts';
import { manifestName } from './package-files.ts';

/** The manifest of a package takes a few kilobytes. */
const maxManifestBytes = 2 ** 20;

/** The manifest of a package, checked by itself; its files are not looked at. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  const info = await lstat(path).catch(() => null);
  if (info === null) throw invalid(basename(folder), `is not a model package (it has no ${manifestName})`);
  if (!info.isFile()) throw invalid(manifestName, 'is not a regular file');
  if (info.size > maxManifestBytes)
    throw invalid(manifestName, `has ${info.size} bytes; at most ${maxManifestBytes} are accepted`);
  return parseManifest(await readRegularFile(path, maxManifestBytes));
}

/**
 * The manifest of a package whose files are all there with their sizes; what is in them is not looked at. Throws
 * `package-invalid`, `linked-file-changed`.
 */
export async function readPackage(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const [name, entry] of Object.entries(manifest.files)) {
    await checkPackageFile(packageFilePath(folder, name, entry), entry);
  }
  return manifest;
}

/** The manifest in these bytes of `manifest.json`. Throws `package-invalid`. */
export function parseManifest(bytes: Buffer): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalid(manifestName, 'is not valid JSON', { cause });
  }
  const parsed = v.safeParse(manifestSchema, json);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw invalid(manifestName, `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  checkManifest(parsed.output);
  return parsed.output;
}

function invalid(file: string, fault: string, options?: ErrorOptions): AppError {
  return new AppError('package-invalid', `${file}: ${fault}.`, { file, fault }, options);
}
