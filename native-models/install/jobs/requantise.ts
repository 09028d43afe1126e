import { chmod, constants, copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { requireFreeSpace } from '../../files/disk-space.ts';
import { isLocked } from '../../files/folder-lock.ts';
import { placePackage, prepareTarget } from '../../convert/place-package.ts';
import { languagePrecisions, type LanguagePrecision } from '../../../preload/contract/models.ts';
import { languageFormats } from '../../language/language-types.ts';
import { isOwnFolder, PartialFolder, syncFile } from '../../convert/partial-folder.ts';
import { watchSize } from '../../files/watch-size.ts';
import type { InstalledPackage } from './manage.ts';
import { AppError, toAppError } from '../../../preload/contract/errors.ts';
import { folderNameOf } from './package-name.ts';
import { describePackage, ownFolder, removePackage, type ManageContext } from './manage.ts';
import { openPackage, type OpenedPackage } from '../../package/open-package.ts';
import { manifestName, packageFiles, type PackageFile } from '../../package/package-files.ts';

export interface Requantise {
  readonly folder: string;
  readonly llm: LanguagePrecision;
  /** Of the new package. */
  readonly name: string;
  /** The old package is removed once the new one is in its place. */
  readonly replace: boolean;
}

/** Folders in which a package is being made anew: hidden from the list of packages, and on the same disk. */
const unfinishedName = /^\..+\.partial$/;

/** What a smaller format may be made from: the formats of blocks of 256 have lost too much already. */
const sources: readonly string[] = ['f32', 'bf16', 'f16', 'q8_0'];

/**
 * Makes a package of the same model with its language model in a smaller format, from an installed one. Interrupted, it
 * leaves the old package as it was. Throws `wrong-usage` for a format that is not smaller, `package-exists`, `disk-full`,
 * `package-invalid`, `cancelled`.
 */
export async function requantisePackage(
  packages: string,
  { folder, llm, name, replace }: Requantise,
  context: ManageContext = {},
): Promise<InstalledPackage> {
  const { signal } = context;
  const source = await openPackage(await ownFolder(packages, folder), { ...(signal && { signal }) });
  requireSmaller(source, llm);
  const target = folderNameOf(name);
  const out = join(packages, target);
  const isInPlace = target === folder;
  if (isInPlace && !replace) {
    throw new AppError('package-exists', `${target}: a package of that name is already there.`, {
      file: target,
    });
  }
  await prepareTarget(out, isInPlace);
  const work = join(packages, `.${target}.partial`);
  await requireFreeSpace(work, neededBytes(source, llm));
  const key = createHash('sha256')
    .update(JSON.stringify([source.contentSha256, llm, name]))
    .digest('hex');
  const partial = await PartialFolder.open(work, key);
  try {
    await makeFiles(source, partial, llm, context);
    await writeManifest(source, partial, llm, name);
    await openPackage(partial.path);
    await placePackage(partial, out, isInPlace);
  } catch (error) {
    await partial.discard();
    throw toAppError(error);
  }
  if (replace && !isInPlace) await removePackage(packages, folder);
  context.progress?.(1);
  return describePackage(packages, target);
}

/** Deletes what requantising that a crash has ended left in a folder of packages. */
export async function sweepUnfinished(packages: string): Promise<void> {
  for (const name of await readdir(packages).catch(() => [])) {
    const path = join(packages, name);
    if (!unfinishedName.test(name) || (await isLocked(path))) continue;
    if (await isOwnFolder(path).catch(() => false)) await rm(path, { recursive: true, force: true });
  }
}

function requireSmaller({ manifest }: OpenedPackage, llm: LanguagePrecision): void {
  const { precision } = manifest.language;
  const order: readonly string[] = languagePrecisions;
  if (sources.includes(precision) && order.indexOf(llm) > order.indexOf(precision)) return;
  const why = sources.includes(precision)
    ? 'is not smaller'
    : 'cannot be made from it without too great a loss';
  throw new AppError('wrong-usage', `${manifest.name} is ${precision}: ${llm} ${why}.`);
}

function neededBytes({ manifest }: OpenedPackage, llm: LanguagePrecision): number {
  const copied = Object.entries(manifest.files)
    .filter(([name]) => name !== packageFiles.language)
    .reduce((sum, [, { bytes }]) => sum + bytes, 0);
  return copied + languageBytes(manifest, llm) * 1.1;
}

function languageBytes({ files, language }: OpenedPackage['manifest'], llm: LanguagePrecision): number {
  const from = languageFormats[language.precision as LanguagePrecision].bits;
  return (files[packageFiles.language]!.bytes * languageFormats[llm].bits) / from;
}

async function makeFiles(
  source: OpenedPackage,
  partial: PartialFolder,
  llm: LanguagePrecision,
  { signal, progress }: ManageContext,
): Promise<void> {
  const names = Object.keys(source.manifest.files) as PackageFile[];
  for (const name of names.filter((one) => one !== packageFiles.language)) {
    // Shares the bytes on file systems that can.
    await copyFile(source.path(name), partial.file(name), constants.COPYFILE_FICLONE);
    // A package of the program's own is for everyone to read; the copy is its user's.
    await chmod(partial.file(name), 0o600);
    await partial.finish([name], { sha256: source.manifest.files[name]!.sha256 });
  }
  const { quantizeGguf } = await import('../../language/quantize.ts');
  const output = partial.file(packageFiles.language);
  const total = languageBytes(source.manifest, llm);
  const watch = watchSize(output, (bytes) => progress?.(Math.min(0.95, bytes / total)));
  try {
    const isQuantised = source.manifest.language.precision === 'q8_0';
    await quantizeGguf(source.path(packageFiles.language), output, llm, {
      requantize: isQuantised,
      ...(signal && { signal }),
    });
  } finally {
    watch.stop();
  }
  await partial.finish([packageFiles.language], { signal });
}

async function writeManifest(
  { manifest }: OpenedPackage,
  partial: PartialFolder,
  llm: LanguagePrecision,
  name: string,
): Promise<void> {
  const files = { ...manifest.files, [packageFiles.language]: partial.finished(packageFiles.language)! };
  const language = { ...manifest.language, precision: llm };
  const path = partial.file(manifestName);
  await writeFile(path, `${JSON.stringify({ ...manifest, name, files, language }, null, 2)}\n`);
  await syncFile(path);
}
