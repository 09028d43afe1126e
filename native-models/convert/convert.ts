import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

import { AppError, throwIfCancelled, toAppError } from '../errors.ts';
import type { Manifest } from '../package/manifest.ts';
import { openPackage } from '../package/open-package.ts';
import { manifestName, packageFileNames, packageFiles } from '../package/package-files.ts';
import { atPath } from './at-path.ts';
import { buildManifest } from './build-manifest.ts';
import {
  enhancePrefix,
  openCheckpoint,
  projectorPrefix,
  type Checkpoint,
} from './checkpoint/open-checkpoint.ts';
import { requireFreeSpace } from './disk-space.ts';
import { planLanguage, requireLanguageRows, type LanguagePlan } from './gguf/language.ts';
import { readTokenizer, type Tokenizer } from './gguf/tokenizer.ts';
import { writeGguf } from './gguf/write-gguf.ts';
import { install, prepareTarget } from './install.ts';
import { languageFormats, type LanguageTypeName } from './language-types.ts';
import { convertEnhance, convertVision } from './onnx/index.ts';
import { languageSourceName, PartialFolder, syncFile } from './partial-folder.ts';
import { ProgressMeter, type ConvertProgress } from './progress.ts';
import { samplePictures, type SamplePicture } from './sample-pictures.ts';
import { watchSize } from './watch-size.ts';
import { estimateWork, type Work } from './work.ts';

export type { ConvertPhase, ConvertProgress } from './progress.ts';
export { languageTypes, type LanguageTypeName } from './language-types.ts';

export interface ConvertOptions {
  /** Folder of a checkpoint in the published layout. */
  readonly checkpoint: string;
  /** Folder of the vision tower's configuration, and of its weights where the checkpoint has none. */
  readonly clip?: string | undefined;
  /** Folder the package becomes. */
  readonly out: string;
  readonly vision: Manifest['vision']['precision'];
  readonly llm: LanguageTypeName;
  /** What to call the package; by default the name of the checkpoint's folder. */
  readonly name?: string | undefined;
  /** Replaces a package that is already there. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

export interface ConvertedPackage {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** Raised whenever the same source and options would give other bytes: what an older program began is not continued. */
const conversionVersion = 1;

/** Errors after which going on is no use, so that nothing is left behind. */
const hopeless: readonly string[] = ['checkpoint-invalid', 'wrong-usage'];

/**
 * Turns a checkpoint into a model package, tensor by tensor. The package grows in `OUT.partial` and appears at `out` whole
 * or not at all. Cancelled, failed or killed, the same call goes on where it stopped (a GGUF file at the last tensor on the
 * disk) and gives the same bytes; a source that turns out to be invalid leaves nothing.
 * Throws `checkpoint-invalid`, `wrong-usage`, `package-exists`, `disk-full`, `cancelled`, and what the file system throws.
 */
export async function convertCheckpoint(options: ConvertOptions): Promise<ConvertedPackage> {
  const out = resolve(options.out);
  try {
    await prepareTarget(out, options.force ?? false);
    throwIfCancelled(options.signal);
    const checkpoint = await openCheckpoint(options.checkpoint, { clip: options.clip });
    try {
      return await convertOpened(checkpoint, out, options);
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    throw toAppError(atPath(error, out));
  }
}

/** Everything the stages share. */
interface Job {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly name: string;
  readonly options: ConvertOptions;
  readonly samples: readonly SamplePicture[];
  /** What is written straight from the checkpoint: the language model, or the source of the quantiser. */
  readonly language: LanguagePlan;
  readonly work: Work;
  readonly folder: PartialFolder;
  readonly meter: ProgressMeter;
}

async function convertOpened(
  checkpoint: Checkpoint,
  out: string,
  options: ConvertOptions,
): Promise<ConvertedPackage> {
  const { config, facts, directory } = checkpoint;
  const { written, block } = languageFormats[options.llm];
  requireLanguageRows(block, config.language, options.llm);
  const tokenizer = await readTokenizer(directory, config.language.vocabularySize, facts);
  const name = options.name ?? checkpoint.provenance.name;
  const language = planLanguage(checkpoint, tokenizer, name, written ?? 'stored');
  const work = estimateWork(checkpoint, language.layout.fileBytes, options);
  await requireFreeSpace(out, work.diskBytes);
  const meter = new ProgressMeter(work.bytes, work.cost, options.onProgress ?? (() => undefined));
  const samples = await samplePictures();
  const key = keyOf(checkpoint, language, name, samples, options);
  const folder = await PartialFolder.open(`${out}.partial`, key);
  try {
    const job = { checkpoint, tokenizer, name, options, samples, language, work, folder, meter };
    await makeVision(job);
    await makeEnhance(job);
    await makeLanguage(job);
    const manifest = await finish(job);
    await install(folder, out, options.force ?? false);
    meter.at('finish', 1);
    return { directory: out, manifest };
  } catch (error) {
    const failure = toAppError(atPath(error, folder.path));
    if (folder.isEmpty || hopeless.includes(failure.code)) await folder.discard();
    else await folder.close();
    throw failure;
  }
}

/** Tells one conversion from another: the same key gives the same package. */
function keyOf(
  checkpoint: Checkpoint,
  language: LanguagePlan,
  name: string,
  samples: readonly SamplePicture[],
  options: ConvertOptions,
): string {
  const { config, facts, provenance, towerPrefix, sourceFiles } = checkpoint;
  const header = createHash('sha256').update(language.layout.header).digest('hex');
  const { vision, llm } = options;
  return createHash('sha256')
    .update(
      JSON.stringify({
        ...{ conversionVersion, name, vision, llm, header },
        samples: samples.map(({ path, bytes }) => [basename(path), bytes]),
        ...{ config, facts, provenance, towerPrefix, sourceFiles },
      }),
    )
    .digest('hex');
}

async function makeVision({ checkpoint, options, samples, folder, meter }: Job): Promise<void> {
  const names = [packageFiles.vision, packageFiles.visionData];
  if (names.every((name) => folder.finished(name))) return meter.resume('vision', 1);
  const { cosine } = await convertVision({
    tensors: checkpoint.tensors,
    prefix: checkpoint.towerPrefix,
    config: checkpoint.config.vision,
    crops: checkpoint.config.crops,
    precision: options.vision,
    directory: folder.path,
    samples: samples.map(({ path }) => path),
    onProgress: (fraction) => meter.at('vision', fraction),
    ...(options.signal && { signal: options.signal }),
  });
  await folder.finish(names, { note: ['cosine', cosine], signal: options.signal });
}

async function makeEnhance({ checkpoint, options, folder, meter }: Job): Promise<void> {
  const names = [packageFiles.enhance, packageFiles.enhanceFull, packageFiles.enhanceData];
  if (names.every((name) => folder.finished(name))) return meter.resume('enhance', 1);
  await convertEnhance({
    tensors: checkpoint.tensors,
    prefixes: { enhance: enhancePrefix, projector: projectorPrefix },
    config: checkpoint.config,
    directory: folder.path,
    ...(options.signal && { signal: options.signal }),
  });
  await folder.finish(names, { signal: options.signal });
  meter.at('enhance', 1);
}

async function makeLanguage(job: Job): Promise<void> {
  const { options, folder, meter } = job;
  const written = languageFormats[options.llm].written !== null;
  if (folder.finished(packageFiles.language)) {
    meter.resume('language', 1);
    if (!written) meter.resume('quantize', 1);
  } else if (written) {
    await writeLanguage(job, packageFiles.language);
  } else {
    await writeLanguage(job, languageSourceName);
    await quantizeLanguage(job);
  }
  await folder.drop(languageSourceName);
}

/** Writes the planned GGUF file, from the last tensor that an earlier run has left on the disk. */
async function writeLanguage({ language, options, folder, meter }: Job, name: string): Promise<void> {
  if (folder.finished(name)) return meter.resume('language', 1);
  const { layout } = language;
  const done = folder.durableTensors(name);
  if (done > 0)
    meter.resume('language', (layout.tensors[done]?.offset ?? layout.fileBytes) / layout.fileBytes);
  const sha256 = await writeGguf({
    path: folder.file(name),
    layout,
    data: (tensor) => language.data(tensor),
    done,
    onDurable: (tensors) => folder.recordTensors(name, tensors),
    onProgress: (bytes) => meter.at('language', bytes / layout.fileBytes),
    signal: options.signal,
  });
  await folder.finish([name], { sha256 });
}

async function quantizeLanguage({ options, folder, meter, work }: Job): Promise<void> {
  // Loaded here, because llama.cpp is not needed for any other part of a conversion.
  const { quantizeGguf } = await import('../language/quantize.ts');
  const output = folder.file(packageFiles.language);
  const watch = watchSize(output, (bytes) =>
    meter.at('quantize', Math.min(0.99, bytes / work.quantizedBytes)),
  );
  try {
    await quantizeGguf(folder.file(languageSourceName), output, options.llm, {
      ...(options.signal && { signal: options.signal }),
    });
  } finally {
    watch.stop();
  }
  await folder.finish([packageFiles.language], { signal: options.signal });
  meter.at('quantize', 1);
}

/** Writes the manifest last and opens the result as the app will. */
async function finish({ checkpoint, tokenizer, name, options, folder, meter }: Job): Promise<Manifest> {
  meter.at('finish', 0);
  throwIfCancelled(options.signal);
  const files = Object.fromEntries(packageFileNames.map((file) => [file, folder.finished(file)!]));
  const manifest = buildManifest(checkpoint, tokenizer, {
    name,
    files,
    vision: { precision: options.vision, cosine: folder.note('cosine') as Manifest['vision']['cosine'] },
    languagePrecision: options.llm,
  });
  await writeFile(folder.file(manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFile(folder.file(manifestName));
  try {
    await openPackage(folder.path);
  } catch (error) {
    const { message } = toAppError(error);
    throw new AppError(
      'internal',
      `The package made from ${basename(options.checkpoint)} is not right: ${message}`,
    );
  }
  return manifest;
}
