import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';

import { AppError, throwIfCancelled, toAppError } from '../errors.ts';
import { checkLanguage } from '../convert/gguf/check-language.ts';
import { readGguf } from '../convert/gguf/read-gguf.ts';
import { checkOnnxFile } from '../vision/check-onnx.ts';
import { expectedGraphs } from '../vision/package-graphs.ts';
import { checkManifest } from './check-manifest.ts';
import { manifestSchema, type Manifest } from './manifest.ts';
import { manifestName, packageFileNames, packageFiles, type PackageFile } from './package-files.ts';

/** A package whose files have been checked. */
export interface OpenedPackage {
  /** Absolute path of the folder. */
  readonly directory: string;
  readonly manifest: Manifest;
  /** Of manifest.json: names the package by its content, since the manifest holds the hash of every other file. */
  readonly manifestSha256: string;
  /** Absolute path of one of its files. */
  path(name: PackageFile): string;
}

export interface OpenPackageOptions {
  /** Also hashes the large files. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}

/** The manifest of a package takes a few kilobytes. */
const maxManifestBytes = 2 ** 20;

/**
 * Files up to this size are hashed at every opening: it takes a fraction of a second, and the graphs among them decide
 * what native code does. Larger ones hold numbers behind a header that is checked, and hashing an 8 GB language model
 * would keep a person waiting; `verify` does it.
 */
const alwaysHashedBytes = 256 * 2 ** 20;

/**
 * Opens a package folder and refuses it before native code sees any of it: the manifest must fit its schema and itself,
 * every file must be there as a regular file of the stated size and hash, and the headers of GGUF and ONNX files must say
 * what the manifest says. Other files in the folder are left alone and never read.
 * Throws `package-invalid` (or `file-missing` for the folder) with the file and the fault; `cancelled`.
 */
export async function openPackage(
  directory: string,
  options: OpenPackageOptions = {},
): Promise<OpenedPackage> {
  const { verify = false, signal } = options;
  const folder = resolve(directory);
  try {
    const { manifest, manifestSha256 } = await readManifest(folder);
    for (const name of packageFileNames) {
      const { bytes, sha256 } = manifest.files[name]!;
      await checkFile(join(folder, name), bytes);
      if (verify || bytes <= alwaysHashedBytes) await checkHash(join(folder, name), sha256, signal);
    }
    const path = (name: PackageFile) => join(folder, name);
    const files = new Set<string>(packageFileNames);
    for (const [name, graph] of Object.entries(expectedGraphs(manifest))) {
      await checkOnnxFile(join(folder, name), graph, files);
    }
    checkLanguage(await readGguf(path(packageFiles.language)), packageFiles.language, manifest.language);
    return { directory: folder, manifest, manifestSha256, path };
  } catch (error) {
    throw toAppError(error);
  }
}

/** The manifest of a package, checked by itself; its files are not looked at. */
export async function readManifest(
  folder: string,
): Promise<Pick<OpenedPackage, 'manifest' | 'manifestSha256'>> {
  const path = join(folder, manifestName);
  const info = await lstat(path).catch(() => null);
  if (info === null) throw invalid(basename(folder), `is not a model package (it has no ${manifestName})`);
  if (!info.isFile()) throw invalid(manifestName, 'is not a regular file');
  if (info.size > maxManifestBytes)
    throw invalid(manifestName, `has ${info.size} bytes; at most ${maxManifestBytes} are accepted`);
  const bytes = await readFile(path);
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
  return { manifest: parsed.output, manifestSha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A link is refused: a package is made of files of its own, and a link could lead to any other file. */
async function checkFile(path: string, bytes: number): Promise<void> {
  const info = await lstat(path).catch(() => null);
  if (info === null) throw invalid(basename(path), 'is missing from the package');
  if (!info.isFile()) throw invalid(basename(path), 'is not a regular file');
  if (info.size !== bytes) throw invalid(basename(path), `has ${info.size} bytes instead of ${bytes}`);
}

async function checkHash(path: string, expected: string, signal: AbortSignal | undefined): Promise<void> {
  if ((await sha256OfFile(path, signal)) === expected) return;
  throw invalid(basename(path), 'is not the file of this package (its sha256 differs)');
}

/** sha256 of a file, in hexadecimal. Throws `cancelled`. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  throwIfCancelled(signal);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, { ...(signal && { signal }) });
  return hash.digest('hex');
}

function invalid(file: string, fault: string, options?: ErrorOptions): AppError {
  return new AppError('package-invalid', `${file}: ${fault}.`, { file, fault }, options);
}
