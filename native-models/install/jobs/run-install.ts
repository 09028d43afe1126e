import { mkdir } from 'node:fs/promises';
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
import { AppError } from '../../../preload/contract/errors.ts';
import { requireFile, resolveUrl, type HubFile, type Listing } from '../hub/listing.ts';
import { Downloads } from './downloads.ts';
import { installPair } from './install-pair.ts';
import {
  downloadWeights,
  packageOptions,
  partFolder,
  pin,
  type InstallRun,
  type CheckpointPart,
} from './install-steps.ts';
import type { Pin, StoredJob } from './job-file.ts';
import { fetchHeader, isReadWhole, WeightHeaders } from './weight-headers.ts';

/** Of everything but weights: as much as the reader of tokenizers accepts, which are the largest. */
const maxSmallBytes = 64 * 2 ** 20;

/** Read from the checkpoint's folder when they are there. */
const wantedFiles: Readonly<
  Record<CheckpointPart, { required: readonly string[]; optional: readonly string[] }>
> = {
  checkpoint: {
    required: ['config.json'],
    optional: [
      ...['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'generation_config.json'],
      ...['vocab.json', 'merges.txt', 'added_tokens.json', 'chat_template.json', 'chat_template.jinja'],
      ...['preprocessor_config.json', 'processor_config.json', 'README.md'],
    ],
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
  if (source.kind === 'hub-pair') return installPair(run, source);
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

/** The weight files of each part, their headers fetched. */
interface Weights {
  readonly pins: NonNullable<StoredJob['pins']>;
  readonly files: Readonly<Record<CheckpointPart, readonly HubFile[]>>;
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
  readonly #part: CheckpointPart;
  readonly #pin: Pin;
  readonly #listing: Listing;

  constructor(run: InstallRun, part: CheckpointPart, pin: Pin) {
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
      if (isReadWhole(file.name)) await downloadWeights(this.#run, this.#part, this.#pin, file);
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
    await downloadWeights(this.#run, this.#part, this.#pin, file);
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
    download: (one) => downloadWeights(inner, one.part, pins[one.part]!, fileOf(files, one)),
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
