import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { AppError, throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import type { Manifest } from '../package/manifest.ts';
import { openPackage } from '../package/open-package.ts';
import { manifestName, packageFiles, requiredFiles, type PackageFile } from '../package/package-files.ts';
import { atPath } from '../files/at-path.ts';
import { buildManifest } from './build-manifest.ts';
import type { SourceCheckpoint } from './checkpoint/open-checkpoint.ts';
import { planLanguage, planQuantized, requireLanguageRows, type LanguagePlan } from './language/language.ts';
import { readTokenizer, type Tokenizer } from './language/tokenizer.ts';
import { doneBytes, GgufFile } from '../formats/gguf/write-gguf.ts';
import { placePackage } from './place-package.ts';
import type { LanguagePrecision } from '../../preload/contract/models.ts';
import { languageFormats } from '../language/language-types.ts';
import { convertVision } from './onnx/index.ts';
import { tensorParts } from '../formats/weights/tensor-parts.ts';
import { PartialFolder, syncFile } from './partial-folder.ts';
import { ProgressMeter, type ConvertProgress } from './progress.ts';
import { samplePictures, type SamplePicture } from './sample-pictures.ts';
import { estimateWork, type ConversionWork } from './work.ts';

/** What a conversion does, wherever its weights come from. */
export interface ConversionOptions {
  /** Folder the package becomes. */
  readonly out: string;
  readonly vision: Manifest['vision']['precision'];
  readonly llm: LanguagePrecision;
  /** What to call the package; by default the name of the checkpoint's folder. */
  readonly name?: string | undefined;
  /** Where the checkpoint is published, if it was downloaded from there. */
  readonly repository?: Manifest['source']['repository'];
  /** Folder in which the package grows, on the disk of `out`; by default `OUT.partial`. */
  readonly partial?: string | undefined;
  /** Replaces a package that is already there. */
  readonly force?: boolean | undefined;
  /** Called with the finished package before it is moved to `out`; what it throws keeps it from there. */
  readonly prove?: ((directory: string, manifest: Manifest) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

export interface ConvertedPackage {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** Raised whenever the same source and options would give other bytes: what an older program began is not continued. */
const conversionVersion = 3;

/** Errors after which going on is no use, so that nothing is left behind. */
const hopeless: readonly string[] = ['checkpoint-invalid', 'wrong-usage'];

/** A conversion before anything is written: what it is made of, and what it will cost. */
export interface ConversionPlan {
  readonly checkpoint: SourceCheckpoint;
  readonly tokenizer: Tokenizer;
  readonly name: string;
  readonly options: ConversionOptions;
  readonly samples: readonly SamplePicture[];
  readonly language: LanguagePlan;
  readonly work: ConversionWork;
  readonly partial: string;
}

/** Everything the stages share. */
export interface Conversion extends ConversionPlan {
  readonly folder: PartialFolder;
  readonly meter: ProgressMeter;
}

export async function planConversion(
  checkpoint: SourceCheckpoint,
  out: string,
  options: ConversionOptions,
): Promise<ConversionPlan> {
  const { config, facts, directory, speech } = checkpoint;
  const { written, block } = languageFormats[options.llm];
  requireLanguageRows(block, config.language, options.llm);
  const tokenizer = await readTokenizer(directory, config.language.vocabularySize, facts, speech);
  const name = options.name ?? checkpoint.provenance.name;
  const language =
    written === null
      ? await planQuantized(checkpoint, tokenizer, name, options.llm)
      : planLanguage(checkpoint, tokenizer, name, written);
  const work = estimateWork(checkpoint, language.layout.fileBytes, options);
  const partial = options.partial ?? `${out}.partial`;
  return { checkpoint, tokenizer, name, options, samples: await samplePictures(), language, work, partial };
}

/** Opens the folder of the planned package, has `make` fill it, and moves the package to `out`. */
export async function carryOut(
  plan: ConversionPlan,
  out: string,
  make: (conversion: Conversion) => Promise<void>,
): Promise<ConvertedPackage> {
  const { options, work } = plan;
  const meter = new ProgressMeter(work.bytes, work.cost, options.onProgress ?? (() => undefined));
  const folder = await PartialFolder.open(plan.partial, keyOf(plan));
  try {
    const conversion = { ...plan, folder, meter };
    await make(conversion);
    const manifest = await finish(conversion);
    await options.prove?.(folder.path, manifest);
    await placePackage(folder, out, options.force ?? false);
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
function keyOf({ checkpoint, language, name, samples, options }: ConversionPlan): string {
  const { config, facts, provenance, graphs, sourceFiles } = checkpoint;
  const { seeing, tower } = graphs;
  const header = createHash('sha256').update(language.layout.header).digest('hex');
  const { vision, llm, repository } = options;
  return createHash('sha256')
    .update(
      JSON.stringify({
        ...{ conversionVersion, name, repository, vision, llm, header },
        samples: samples.map(({ path, bytes }) => [basename(path), bytes]),
        ...{ config, facts, provenance, seeing, tower: [...tower], sourceFiles },
      }),
    )
    .digest('hex');
}

const visionNames: readonly PackageFile[] = [packageFiles.vision, packageFiles.visionData];

/** The files beside the encoder and the language model. */
function enhanceNames({ graphs }: SourceCheckpoint): readonly PackageFile[] {
  return requiredFiles(graphs.seeing.views).filter(
    (name) => !visionNames.includes(name) && name !== packageFiles.language,
  );
}

/** Whether the encoder and DEM are in the folder, so that their weights are no longer needed. */
export function hasGraphs({ checkpoint, folder }: Pick<Conversion, 'checkpoint' | 'folder'>): boolean {
  return [...visionNames, ...enhanceNames(checkpoint)].every((name) => folder.finished(name));
}

export async function makeVision({ checkpoint, options, samples, folder, meter }: Conversion): Promise<void> {
  if (visionNames.every((name) => folder.finished(name))) return meter.resume('vision', 1);
  const { cosine } = await convertVision({
    tensors: tensorParts(checkpoint.tensors, checkpoint.graphs.tower),
    prefix: '',
    config: checkpoint.config.vision,
    seeing: checkpoint.graphs.seeing,
    precision: options.vision,
    directory: folder.path,
    samples: samples.map(({ path }) => path),
    onProgress: (fraction) => meter.at('vision', fraction),
    ...(options.signal && { signal: options.signal }),
  });
  await folder.finish(visionNames, { note: ['cosine', cosine], signal: options.signal });
}

export async function makeEnhance({ checkpoint, options, folder, meter }: Conversion): Promise<void> {
  const names = enhanceNames(checkpoint);
  if (names.every((name) => folder.finished(name))) return meter.resume('enhance', 1);
  await checkpoint.graphs.convertEnhance(checkpoint.tensors, folder.path, options.signal);
  await folder.finish(names, { signal: options.signal });
  meter.at('enhance', 1);
}

/** Makes the language model: `write` is given the file to write the tensors into, unless they are all there. */
export async function makeLanguage(
  { language, options, folder, meter }: Conversion,
  write: (file: GgufFile | null) => Promise<void>,
): Promise<void> {
  const name = packageFiles.language;
  if (folder.finished(name)) {
    meter.resume('language', 1);
    return write(null);
  }
  const { layout } = language;
  const done = folder.durableTensors(name);
  if (done.size > 0) meter.resume('language', doneBytes(layout, done) / layout.fileBytes);
  const file = await GgufFile.open({
    path: folder.file(name),
    layout,
    data: (tensor) => language.data(tensor),
    done,
    onDurable: (tensors) => folder.recordTensors(name, tensors),
    onProgress: (bytes) => meter.at('language', bytes / layout.fileBytes),
    signal: options.signal,
  });
  try {
    await write(file);
    await folder.finish([name], { sha256: await file.finish() });
    meter.at('language', 1);
  } finally {
    await file.close();
  }
}

/** Writes the manifest last and opens the result as the app will. */
async function finish({
  checkpoint,
  tokenizer,
  name,
  options,
  folder,
  meter,
}: Conversion): Promise<Manifest> {
  meter.at('finish', 0);
  throwIfCancelled(options.signal);
  const names = requiredFiles(checkpoint.graphs.seeing.views);
  const files = Object.fromEntries(names.map((file) => [file, folder.finished(file)!]));
  const manifest = buildManifest(checkpoint, tokenizer, {
    name,
    repository: options.repository,
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
    throw new AppError('internal', `The package made from ${name} is not right: ${message}`);
  }
  return manifest;
}
