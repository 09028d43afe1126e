import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { piecesOfFile } from '../files/regular-file.ts';
import { throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import { checkLanguage } from './check-language.ts';
import { readGguf } from '../formats/gguf/read-gguf.ts';
import { checkOnnxFile } from '../formats/onnx/check-onnx.ts';
import { expectedGraphs } from './package-graphs.ts';
import { contentHash } from './content-hash.ts';
import type { Manifest } from './manifest.ts';
import { checkPackageFile, packageFileFault, packageFilePath } from './package-file.ts';
import { packageFiles, requiredFiles, type PackageFile } from './package-files.ts';
import { readManifest } from './read-manifest.ts';

/** A package whose files have been checked. */
export interface OpenedPackage {
  /** Absolute path of the folder. */
  readonly directory: string;
  readonly manifest: Manifest;
  /** Names what the package computes; its name is no part of it: see `contentHash`. */
  readonly contentSha256: string;
  /** Absolute path of one of its files. */
  path(name: PackageFile): string;
}

export interface OpenPackageOptions {
  /** Also hashes the large files. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}

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
 * Throws `package-invalid` (or `file-missing` for the folder) with the file and the fault; `linked-file-changed` for a
 * language model outside the package that is not what it was; `cancelled`.
 */
export async function openPackage(
  directory: string,
  options: OpenPackageOptions = {},
): Promise<OpenedPackage> {
  const { verify = false, signal } = options;
  const folder = resolve(directory);
  try {
    const manifest = await readManifest(folder);
    const path = (name: PackageFile) => packageFilePath(folder, name, manifest.files[name]!);
    const names = requiredFiles(manifest.views);
    for (const name of names) {
      const entry = manifest.files[name]!;
      const { mayHaveChanged } = await checkPackageFile(path(name), entry);
      if (!verify && !mayHaveChanged && entry.bytes > alwaysHashedBytes) continue;
      if ((await sha256OfFile(path(name), signal)) === entry.sha256) continue;
      throw packageFileFault(path(name), entry, 'is not the file of this package (its sha256 differs)');
    }
    const files = new Set<string>(names);
    for (const [name, graph] of Object.entries(expectedGraphs(manifest))) {
      await checkOnnxFile(join(folder, name), graph, files);
    }
    checkLanguage(await readGguf(path(packageFiles.language)), packageFiles.language, manifest.language);
    return { directory: folder, manifest, contentSha256: contentHash(manifest), path };
  } catch (error) {
    throw toAppError(error);
  }
}

/** sha256 of a file, in hexadecimal. Throws `cancelled`. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  throwIfCancelled(signal);
  const hash = createHash('sha256');
  for await (const piece of piecesOfFile(path, signal)) hash.update(piece);
  return hash.digest('hex');
}
