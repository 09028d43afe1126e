import { mkdir } from 'node:fs/promises';

import { importPair, pairCost } from '../../convert/pair/import-pair.ts';
import { readMmproj } from '../../families/read-mmproj.ts';
import { requireFreeSpace } from '../../files/disk-space.ts';
import { readGguf } from '../../formats/gguf/read-gguf.ts';
import type { HubPairSource } from '../catalogue/entry.ts';
import { needsFor } from '../catalogue/needs.ts';
import { downloadWeights, packageOptions, partFolder, pin, type InstallRun } from './install-steps.ts';
import { pairFiles, type PairFiles } from './pair-files.ts';

/**
 * Installs a pair of GGUF files of the hub: which they are is read from the repository's listing, the vision half comes first
 * and is checked before the large one is asked for, and the language half becomes the package's own.
 */
export async function installPair(run: InstallRun, source: HubPairSource): Promise<void> {
  const { meter, show } = run;
  show('downloading');
  const { checkpoint } = await pin(run, { checkpoint: source, clip: null });
  const { repo, commit } = checkpoint;
  const files = pairFiles(checkpoint.files, source);
  const all = [files.mmproj, ...files.language];
  for (const { name, bytes } of all) meter.addFile('checkpoint', name, bytes);
  meter.plan(pairCost(files.mmproj.bytes, sizeOf(files.language), run.job.precision.vision));
  await requireRoom(run, files);
  await mkdir(partFolder(run, 'checkpoint'), { recursive: true });
  const mmproj = await downloadWeights(run, 'checkpoint', checkpoint, files.mmproj);
  readMmproj(await readGguf(mmproj, 'checkpoint-invalid'), files.mmproj.name);
  const parts: string[] = [];
  for (const file of files.language) parts.push(await downloadWeights(run, 'checkpoint', checkpoint, file));
  const language = parts[0]!;
  const repository = { repo, commit };
  await importPair({ ...packageOptions(run), mmproj, language, ownsLanguage: true, repository });
  for (const { name } of all) {
    meter.setFile('checkpoint', name, { state: 'converted' });
  }
}

/** Bytes a number of the vision half takes in the package at most, while it is made, against 8 bits in the file. */
const growth = 4;

const sizeOf = (files: PairFiles['language']) => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** A whole language half is on the disk once, as the package's file is the downloaded one; parts are put together beside them. */
async function requireRoom(
  { job, keep, folder }: InstallRun,
  { mmproj, language }: PairFiles,
): Promise<void> {
  const bytes = sizeOf(language);
  const known = needsFor({ ...job.entry, downloadBytes: mmproj.bytes + bytes }, job.precision);
  const made = growth * mmproj.bytes;
  const peak = mmproj.bytes + bytes * (language.length > 1 ? 2 : 1) + made;
  await keep({ diskBytes: { peak, installed: known?.diskAfter ?? bytes + made } });
  await requireFreeSpace(folder, peak);
}
