import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { convertCheckpoint } from '../../../native-models/convert/convert.ts';
import type { ConversionOptions } from '../../../native-models/convert/stages.ts';
import type { HubAccess, PlannedRequest } from '../../../native-models/install/hub/access.ts';
import type { CatalogueEntry } from '../../../native-models/install/catalogue/entry.ts';
import type { Cutting } from '../../../native-models/install/hub/download.ts';
import type { RetryPolicy } from '../../../native-models/install/hub/retry.ts';
import type { HubConnection } from '../../../native-models/install/hub/requests.ts';
import { Throttle } from '../../../native-models/install/hub/throttle.ts';
import { Installs } from '../../../native-models/install/jobs/installs.ts';
import type { InstallJob } from '../../../native-models/install/jobs/job.ts';
import type { ModelPrecision } from '../../../preload/contract/api.ts';
import { folderHash } from '../../support/folder-hash.ts';
import { TestHub } from '../../support/hub.ts';
import { makeRandomCheckpoint, type RandomCheckpointOptions } from '../../support/random-checkpoint.ts';

/** Small pieces and requests, so that files of a few hundred kilobytes have many. */
export const smallCutting: Cutting = {
  connections: 3,
  pieceBytes: 8 * 2 ** 10,
  requestBytes: 64 * 2 ** 10,
  durableBytes: 32 * 2 ** 10,
};

/** A test waits for no server. */
export const shortPatience: RetryPolicy = {
  connectMs: 2000,
  stallMs: 300,
  attempts: 4,
  firstDelayMs: 1,
  longestDelayMs: 20,
};

export const f32 = { vision: 'f32', llm: 'f32' } as const satisfies ModelPrecision;

/** Everything of a hub with one published model. */
export interface PublishedModel {
  readonly hub: TestHub;
  readonly entry: CatalogueEntry;
  /** The published folders on this machine. */
  readonly checkpoint: string;
  readonly clip: string;
  readonly commit: string;
}

export const checkpointRepo = 'someone/tiny-llava';
const clipRepo = 'someone/tiny-clip';

/** Publishes a random checkpoint, by default of four shards with the tower inside. */
export async function publishModel(
  folder: string,
  options: RandomCheckpointOptions = {},
): Promise<PublishedModel> {
  const { checkpoint, clip } = makeRandomCheckpoint(folder, { shards: 4, dtype: 'f32', ...options });
  const hub = await TestHub.start();
  const commit = await hub.publish(checkpointRepo, checkpoint);
  await hub.publish(clipRepo, clip);
  return { hub, entry: entryFor(), checkpoint, clip, commit };
}

export function entryFor(changes: Partial<CatalogueEntry> = {}): CatalogueEntry {
  return {
    schema: 1,
    id: 'tiny',
    name: 'Tiny',
    source: {
      kind: 'hub',
      checkpoint: { repo: checkpointRepo, revision: 'main' },
      clip: { repo: clipRepo, revision: 'main' },
    },
    licences: [],
    downloadBytes: 1_000_000,
    largestFileBytes: 300_000,
    size: null,
    figures: [],
    paper: null,
    ...changes,
  };
}

/** What the same checkpoint becomes when it is converted where it lies, and is said to come from where the entry does. */
export async function convertedHash(
  { checkpoint, clip, entry, commit }: Pick<PublishedModel, 'checkpoint' | 'clip' | 'entry' | 'commit'>,
  precision: Pick<ConversionOptions, 'vision' | 'llm'>,
  out: string,
): Promise<string> {
  const repository = entry.source.kind === 'hub' ? { repo: entry.source.checkpoint.repo, commit } : undefined;
  await convertCheckpoint({ checkpoint, clip, out, ...precision, name: entry.name, repository });
  const hash = folderHash(out);
  rmSync(out, { recursive: true });
  return hash;
}

export interface OpenOptions {
  readonly goOn?: boolean;
  readonly access?: Partial<HubAccess>;
  readonly patience?: Partial<RetryPolicy>;
  readonly cutting?: Cutting;
  readonly prove?: (folder: string, signal: AbortSignal) => Promise<{ question: string; answer: string }>;
  readonly onChange?: (jobs: readonly InstallJob[]) => void;
  /** Requests as they would be shown to the person. */
  readonly listed?: ListedRequest[];
}

export type ListedRequest = PlannedRequest & { outcome: string };

export const noQuestion = () => Promise.resolve({ question: 'What is this?', answer: 'Noise.' });

export function connectionTo(
  hub: TestHub,
  { access = {}, patience = {}, listed = [] }: Pick<OpenOptions, 'access' | 'patience' | 'listed'> = {},
): HubConnection {
  return {
    access: () => ({ endpoint: hub.endpoint, token: null, bytesPerSecond: null, proxy: null, ...access }),
    gate: (planned) => {
      const request = { ...planned, outcome: '' };
      listed.push(request);
      return Promise.resolve((outcome: string) => void (request.outcome = outcome));
    },
    patience: { ...shortPatience, ...patience },
  };
}

/** The installs of a data folder, in this process. Dispose of them before the hub is closed. */
export async function openInstalls(
  hub: TestHub,
  dataFolder: string,
  options: OpenOptions = {},
): Promise<Installs> {
  const connection = connectionTo(hub, options);
  return Installs.open({
    dataFolder,
    goOn: options.goOn ?? false,
    tools: {
      connection,
      throttle: new Throttle(() => connection.access().bytesPerSecond),
      cutting: options.cutting ?? smallCutting,
      prove: options.prove ?? noQuestion,
    },
    onChange: (jobs) => options.onChange?.(jobs),
    onInstalled: () => undefined,
  });
}

/** Waits until the install of this id is in one of `states`, and gives it. */
export async function jobIn(
  installs: Installs,
  id: string,
  ...states: InstallJob['state'][]
): Promise<InstallJob> {
  for (;;) {
    const job = installs.list().find((one) => one.id === id);
    if (job && states.includes(job.state)) return job;
    if (job?.state === 'failed') throw new Error(`the install failed: ${job.error?.message}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function packageOf(dataFolder: string): string {
  return join(dataFolder, 'packages', 'tiny-f32');
}
