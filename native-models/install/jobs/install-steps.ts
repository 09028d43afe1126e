import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { WeightFile } from '../../convert/convert-arriving.ts';
import type { ConversionOptions } from '../../convert/stages.ts';
import { throwIfCancelled } from '../../../preload/contract/errors.ts';
import type { Repository } from '../catalogue/entry.ts';
import { downloadFile, type Cutting } from '../hub/download.ts';
import { listRepository, resolveUrl, type HubFile } from '../hub/listing.ts';
import type { HubConnection } from '../hub/requests.ts';
import type { Throttle } from '../hub/throttle.ts';
import type { InstallMeter } from './install-meter.ts';
import type { InstallState } from '../../../preload/contract/models.ts';
import type { InstallProof } from './job.ts';
import type { Pin, StoredJob } from './job-file.ts';
import { forgetHeaders } from './weight-headers.ts';

/** What every install is made with. */
export interface InstallTools {
  readonly connection: HubConnection;
  readonly throttle: Throttle;
  readonly cutting: Cutting;
  /** Has the package in `folder` answer a first question. */
  readonly prove: (folder: string, signal: AbortSignal) => Promise<Omit<InstallProof, 'cosine'>>;
}

export interface InstallRun {
  readonly job: StoredJob;
  /** The install's own folder. */
  readonly folder: string;
  /** Absolute path of the package to be. */
  readonly out: string;
  readonly tools: InstallTools;
  readonly meter: InstallMeter;
  readonly signal: AbortSignal;
  /** Whether what the repositories hold is asked again: what was there before did not fit together. */
  readonly isFresh: boolean;
  /** Keeps changes of the job on the disk. */
  readonly keep: (changes: Partial<StoredJob>) => Promise<void>;
  readonly show: (state: InstallState) => void;
}

export type CheckpointPart = WeightFile['part'];

/** Where the package grows, in the install's own folder. */
const packageFolder = 'package';

/** What making a package takes, from a checkpoint or a pair. */
export function packageOptions(run: InstallRun): Omit<ConversionOptions, 'llm'> {
  const { job, folder, out, signal, meter, tools, keep, show } = run;
  return {
    out,
    vision: job.precision.vision,
    name: job.name,
    partial: join(folder, packageFolder),
    signal,
    onProgress: (progress) => {
      meter.convert(progress);
      show(meter.progress().bytesReceived < meter.progress().bytesTotal ? 'downloading' : 'converting');
    },
    prove: async (directory, { vision }) => {
      show('proving');
      const { mean, worst } = vision.cosine;
      const proof = await tools.prove(directory, signal);
      throwIfCancelled(signal);
      await keep({ proof: { cosine: { mean, worst }, ...proof } });
    },
  };
}

interface Repositories {
  readonly checkpoint: Repository;
  readonly clip: Repository | null;
}

/** The repositories at the commit at which the install began: a model is never put together from two states. */
export async function pin(run: InstallRun, source: Repositories): Promise<NonNullable<StoredJob['pins']>> {
  const { job, tools, signal, keep, isFresh, folder } = run;
  if (job.pins && !isFresh) return job.pins;
  const list = async (repository: Repository, what: string): Promise<Pin> => {
    const purpose = `List ${what} (${repository.repo})`;
    const { commit, files } = await listRepository(tools.connection, repository, { purpose, signal });
    return { repo: repository.repo, commit, files: [...files.values()] };
  };
  const pins = {
    checkpoint: await list(source.checkpoint, job.entry.name),
    clip: source.clip && (await list(source.clip, `the vision tower of ${job.entry.name}`)),
  };
  if (job.pins && JSON.stringify(job.pins) !== JSON.stringify(pins)) {
    for (const part of ['checkpoint', 'clip', packageFolder]) await discardInstall(join(folder, part));
  }
  // Unlike whole files, headers have no hash to be compared with.
  for (const part of ['checkpoint', 'clip'] as const) await forgetHeaders(partFolder(run, part));
  await keep({ pins });
  return pins;
}

export function partFolder({ folder }: InstallRun, part: CheckpointPart): string {
  return join(folder, part);
}

export async function downloadWeights(
  run: InstallRun,
  part: CheckpointPart,
  { repo, commit }: Pin,
  file: HubFile,
): Promise<string> {
  const { tools, meter, signal, job } = run;
  const { connection, throttle, cutting } = tools;
  const path = join(partFolder(run, part), file.name);
  meter.setFile(part, file.name, { state: 'downloading' });
  await downloadFile({
    ...{ path, commit, connection, throttle, cutting, signal },
    url: () => resolveUrl(connection.access().endpoint, repo, commit, file.name),
    purpose: `Download ${job.entry.name}: ${file.name}`,
    bytes: file.bytes,
    hash: file.hash,
    onReceived: (received) => {
      meter.setFile(part, file.name, { received });
      run.show('downloading');
    },
    onChecking: () => meter.setFile(part, file.name, { state: 'checking' }),
  });
  meter.setFile(part, file.name, { state: 'arrived', received: file.bytes });
  return path;
}

/** Deletes what an install has in a folder of its own. */
export async function discardInstall(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
