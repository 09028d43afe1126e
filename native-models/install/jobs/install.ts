import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import {
  convertArriving,
  planArriving,
  type ArrivingPlan,
  type WeightFile,
} from '../../convert/convert-arriving.ts';
import { towerInCheckpoint, type SourceCheckpoint } from '../../convert/checkpoint/open-checkpoint.ts';
import { openSource } from '../../convert/checkpoint/open-source.ts';
import {
  openWeightFiles,
  readWeightIndex,
  shardsOf,
  weightLayouts,
} from '../../formats/weights/weight-files.ts';
import { convertCheckpoint } from '../../convert/convert.ts';
import { requireFreeSpace } from '../../files/disk-space.ts';
import { importPair } from '../../convert/pair/import-pair.ts';
import type { ConversionOptions } from '../../convert/stages.ts';
import { AppError, throwIfCancelled } from '../../../preload/contract/errors.ts';
import type { HubSource } from '../catalogue/entry.ts';
import { downloadFile, type Cutting } from '../hub/download.ts';
import { listRepository, requireFile, resolveUrl, type HubFile, type Listing } from '../hub/listing.ts';
import type { HubConnection } from '../hub/requests.ts';
import type { Throttle } from '../hub/throttle.ts';
import { Downloads } from './arrivals.ts';
import type { InstallMeter } from './install-meter.ts';
import type { InstallProof, InstallState } from './job.ts';
import type { Pin, StoredJob } from './job-file.ts';
import { fetchHeader, forgetHeaders, isReadWhole, WeightHeaders } from './weight-headers.ts';

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

type Part = WeightFile['part'];

/** Of everything but weights: as much as the reader of tokenizers accepts, which are the largest. */
const maxSmallBytes = 64 * 2 ** 20;

/** Where the package grows, in the install's own folder. */
const packageFolder = 'package';

/** Read from the checkpoint's folder when they are there. */
const wantedFiles: Readonly<Record<Part, { required: readonly string[]; optional: readonly string[] }>> = {
  checkpoint: {
    required: ['config.json', 'tokenizer.json'],
    optional: ['tokenizer_config.json', 'special_tokens_map.json', 'generation_config.json', 'README.md'],
  },
  clip: { required: ['config.json'], optional: ['preprocessor_config.json'] },
};

/**
 * Carries an install out from wherever it stands: pins the repositories, fetches what describes the model, then weights and
 * conversion side by side, the proof, and the move to its place. Throws what stands in the way; what is on the disk then
 * is gone on with by the next call.
 */
export async function runInstall(run: InstallRun): Promise<void> {
  const { source } = run.job.entry;
  if (source.kind !== 'hub') {
    run.show('converting');
    if (source.kind === 'pair') await importPair({ ...packageOptions(run), ...source });
    else await convertCheckpoint({ ...conversionOptions(run), ...source, clip: source.clip ?? undefined });
    return;
  }
  run.show('downloading');
  const pinned = await pin(run, source);
  const weights = await fetchDescriptions(run, pinned);
  const checkpoint = await openDownloaded(run, weights);
  try {
    const { repo, commit } = pinned.checkpoint;
    const options = { ...conversionOptions(run), repository: { repo, commit } };
    const plan = await planArriving(checkpoint, options);
    await requireRoom(run, plan, weights);
    await fetchAndConvert(run, plan, weights);
  } finally {
    await checkpoint.close();
  }
}

function conversionOptions(run: InstallRun): ConversionOptions {
  const { llm } = run.job.precision;
  if (llm === null) throw new AppError('wrong-usage', `${run.job.name}: has no precision.`);
  return { ...packageOptions(run), llm };
}

function packageOptions(run: InstallRun): Omit<ConversionOptions, 'llm'> {
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

/** The repositories at the commit at which the install began: a model is never put together from two states. */
async function pin(run: InstallRun, source: HubSource): Promise<NonNullable<StoredJob['pins']>> {
  const { job, tools, signal, keep, isFresh, folder } = run;
  if (job.pins && !isFresh) return job.pins;
  const list = async (repository: HubSource['checkpoint'], what: string): Promise<Pin> => {
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

/** The weight files of each part, their headers fetched. */
interface Weights {
  readonly pins: NonNullable<StoredJob['pins']>;
  readonly files: Readonly<Record<Part, readonly HubFile[]>>;
}

/** Fetches everything small: configurations, the tokenizer, indices, and the headers of the weight files. */
async function fetchDescriptions(run: InstallRun, pins: NonNullable<StoredJob['pins']>): Promise<Weights> {
  const main = new Fetcher(run, 'checkpoint', pins.checkpoint);
  const tower = pins.clip && new Fetcher(run, 'clip', pins.clip);
  await main.small();
  await tower?.small();
  const checkpoint = await main.weights();
  const hasTower = await main.holds(checkpoint, `${towerInCheckpoint}embeddings.class_embedding`);
  const clip = hasTower || !tower ? [] : await tower.weights();
  return { pins, files: { checkpoint, clip } };
}

/** Fetches what describes one part of a model into a folder of its own. */
class Fetcher {
  readonly #run: InstallRun;
  readonly #part: Part;
  readonly #pin: Pin;
  readonly #listing: Listing;

  constructor(run: InstallRun, part: Part, pin: Pin) {
    this.#run = run;
    this.#part = part;
    this.#pin = pin;
    this.#listing = { commit: pin.commit, files: new Map(pin.files.map((file) => [file.name, file])) };
  }

  async small(): Promise<void> {
    await mkdir(partFolder(this.#run, this.#part), { recursive: true });
    const { required, optional } = wantedFiles[this.#part];
    for (const name of required) await this.#fetch(this.#require(name));
    for (const name of optional) {
      const file = this.#listing.files.get(name);
      if (file) await this.#fetch(file);
    }
  }

  /** The weight files of the layout that transformers would choose, after their headers have been fetched. */
  async weights(): Promise<HubFile[]> {
    const layout = weightLayouts.find(({ name }) => this.#listing.files.has(name));
    if (!layout) {
      const fault = 'holds no model.safetensors, pytorch_model.bin or index of shards';
      throw new AppError('checkpoint-invalid', `${this.#pin.repo}: ${fault}.`, {
        file: this.#pin.repo,
        fault,
      });
    }
    const files = layout.sharded ? await this.#shards(layout.name) : [this.#require(layout.name)];
    const { meter } = this.#run;
    for (const { name, bytes } of files) meter.addFile(this.#part, name, bytes);
    const whole = files.filter(({ name }) => isReadWhole(name));
    await requireFreeSpace(this.#run.folder, sumOf(whole));
    for (const file of files) {
      if (isReadWhole(file.name)) await download(this.#run, this.#part, this.#pin, file);
      else await this.#fetchHeader(file);
    }
    return files;
  }

  async holds(files: readonly HubFile[], tensor: string): Promise<boolean> {
    const folder = partFolder(this.#run, this.#part);
    const opened = await openWeightFiles(folder, new WeightHeaders(folder, files));
    try {
      return opened?.tensors.has(tensor) ?? false;
    } finally {
      await opened?.close();
    }
  }

  async #shards(index: string): Promise<HubFile[]> {
    await this.#fetch(this.#require(index));
    const names = shardsOf(await readWeightIndex(join(partFolder(this.#run, this.#part), index)));
    return names.map((name) => this.#require(name));
  }

  async #fetch(file: HubFile): Promise<void> {
    if (file.bytes > maxSmallBytes) {
      const fault = `has ${file.bytes} bytes; at most ${maxSmallBytes} are accepted`;
      throw new AppError('checkpoint-invalid', `${file.name}: ${fault}.`, { file: file.name, fault });
    }
    this.#run.meter.addFile(this.#part, file.name, file.bytes);
    await download(this.#run, this.#part, this.#pin, file);
    this.#run.meter.setFile(this.#part, file.name, { state: 'converted' });
  }

  #fetchHeader(file: HubFile): Promise<void> {
    const { tools, job, signal } = this.#run;
    const { connection } = tools;
    const url = resolveUrl(connection.access().endpoint, this.#pin.repo, this.#pin.commit, file.name);
    const path = `${join(partFolder(this.#run, this.#part), file.name)}.header`;
    return fetchHeader(connection, url, file, path, {
      purpose: `Read the header of ${job.entry.name}: ${file.name}`,
      signal,
    });
  }

  #require(name: string): HubFile {
    return requireFile(this.#listing, this.#pin.repo, name);
  }
}

function partFolder({ folder }: InstallRun, part: Part): string {
  return join(folder, part);
}

async function download(run: InstallRun, part: Part, { repo, commit }: Pin, file: HubFile): Promise<string> {
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

function openDownloaded(run: InstallRun, { pins, files }: Weights): Promise<SourceCheckpoint> {
  const [checkpoint, clip] = [partFolder(run, 'checkpoint'), partFolder(run, 'clip')];
  return openSource(checkpoint, {
    ...(pins.clip && { clip }),
    weights: (directory) => new WeightHeaders(directory, directory === clip ? files.clip : files.checkpoint),
  });
}

/**
 * Says what the disk will hold at most and checks that there is room. The package grows while at most two weight files are
 * beside it; those in other formats than safetensors are all there at once.
 */
async function requireRoom(run: InstallRun, plan: ArrivingPlan, { files }: Weights): Promise<void> {
  const arriving = plan.shares
    .filter(({ name }) => !isReadWhole(name))
    .map((share) => fileOf(files, share).bytes);
  const pairs = arriving.map((bytes, index) => bytes + (arriving[index + 1] ?? 0));
  const whole = [...files.checkpoint, ...files.clip].filter(({ name }) => isReadWhole(name));
  const beside = Math.max(0, ...pairs) + sumOf(whole);
  const peak = plan.work.diskBytes + plan.keptBytes + beside;
  await run.keep({ diskBytes: { peak, installed: plan.work.packageBytes } });
  await requireFreeSpace(run.folder, peak);
}

async function fetchAndConvert(run: InstallRun, plan: ArrivingPlan, { pins, files }: Weights): Promise<void> {
  const { meter } = run;
  meter.plan(plan.work.cost);
  const wanted = new Set<string>();
  const stop = new AbortController();
  const inner = { ...run, signal: AbortSignal.any([run.signal, stop.signal]) };
  const downloads = new Downloads({
    download: (one) => download(inner, one.part, pins[one.part]!, fileOf(files, one)),
    keeps: ({ name }) => isReadWhole(name),
    onReleased: ({ part, name }) => meter.setFile(part, name, { state: 'converted' }),
    onWaiting: (isWaiting) => meter.wait(isWaiting),
  });
  try {
    await convertArriving(plan, {
      expect: (expected) => {
        for (const one of expected) wanted.add(`${one.part}/${one.name}`);
        // What is not expected any more has been converted by an earlier run.
        for (const { part, name } of meter.files) {
          if (!wanted.has(`${part}/${name}`)) meter.setFile(part, name, { state: 'converted' });
        }
        downloads.expect(expected);
      },
      arrive: (one) => downloads.arrive(one),
      release: (one) => downloads.release(one),
    });
  } finally {
    stop.abort();
    await downloads.stop();
  }
}

function fileOf(files: Weights['files'], { part, name }: WeightFile): HubFile {
  return files[part].find((file) => file.name === name)!;
}

function sumOf(files: readonly HubFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Deletes what an install has in a folder of its own. */
export async function discardInstall(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
