import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, relative, resolve, sep } from 'node:path';

import { AppError, throwIfCancelled, toAppError } from '../../../preload/contract/errors.ts';
import { gridSide } from '../../families/tower.ts';
import { manifestVersion, type Manifest } from '../../package/manifest.ts';
import { openPackage, sha256OfFile } from '../../package/open-package.ts';
import { manifestName, packageFiles, requiredFiles } from '../../package/package-files.ts';
import { atPath } from '../../files/at-path.ts';
import { requireFreeSpace } from '../../files/disk-space.ts';
import { mergeGguf } from '../../formats/gguf/gguf-parts.ts';
import { GgufTensors } from '../../formats/gguf/gguf-tensors.ts';
import type { GgufHeader } from '../../formats/gguf/read-gguf.ts';
import { placePackage, prepareTarget } from '../place-package.ts';
import { convertProjector, convertVision } from '../onnx/index.ts';
import { contextTrained, elementsOf, openPair, type Pair, type PairPaths } from './open-pair.ts';
import { PartialFolder, syncFile, type FinishedFile } from '../partial-folder.ts';
import { ProgressMeter, type PhaseBytes } from '../progress.ts';
import { samplePictures } from '../sample-pictures.ts';
import type { ConversionOptions, ConvertedPackage } from '../stages.ts';

/** As of a conversion; the package is by default called as the language file. */
export interface ImportOptions extends PairPaths, Omit<ConversionOptions, 'llm'> {
  /** The language file becomes one of the package's own, on its disk without being copied; otherwise it is used where it lies. */
  readonly ownsLanguage?: boolean | undefined;
}

/** Raised whenever the same pair and options would give other files. */
const importVersion = 2;

/**
 * Makes a package of a pair of GGUF files as llama.cpp uses them: the tower and the projector become ONNX graphs, the language
 * model stays where it is and is named with its size and sha256, or becomes the package's own, as one in parts always does.
 * Like a conversion it appears at `out` whole or not at all, and goes on where it was interrupted.
 * Throws `checkpoint-invalid` when a file is not what it should be or the two are not a pair, `package-exists`, `disk-full`,
 * `cancelled`, and what the file system throws.
 */
export async function importPair(options: ImportOptions): Promise<ConvertedPackage> {
  const out = resolve(options.out);
  try {
    await prepareTarget(out, options.force ?? false);
    throwIfCancelled(options.signal);
    const pair = await openPair(options);
    try {
      return await importOpened(pair, out, options);
    } finally {
      await pair.close();
    }
  } catch (error) {
    throw toAppError(atPath(error, out));
  }
}

/** Everything but the weights: the graphs, and room for the file system. */
const spareBytes = 64 * 2 ** 20;

/** Bytes of the package at most: all weights in float32. */
function packageBytes({ mmproj: { tensors }, languageParts, languageBytes }: Pair): number {
  const merged = languageParts.length > 1 ? languageBytes : 0;
  return [...tensors.values()].reduce((sum, tensor) => sum + 4 * elementsOf(tensor), spareBytes + merged);
}

async function importOpened(pair: Pair, out: string, options: ImportOptions): Promise<ConvertedPackage> {
  const { file, languageFile, languageBytes } = pair;
  const partial = options.partial ?? `${out}.partial`;
  await requireFreeSpace(partial, packageBytes(pair));
  const samples = await samplePictures();
  const name = options.name ?? basename(languageFile, extname(languageFile));
  const key = keyOf(
    {
      ...{ importVersion, name, vision: options.vision, mmproj: [file.path, file.size, file.modifiedMs] },
      ...{ repository: options.repository, ownsLanguage: options.ownsLanguage },
    },
    pair,
  );
  const work = { vision: file.size, enhance: 0, language: languageBytes, finish: 0 };
  const cost = pairCost(file.size, languageBytes, options.vision);
  const meter = new ProgressMeter(work, cost, options.onProgress ?? (() => undefined));
  const folder = await PartialFolder.open(partial, key);
  try {
    await makeVision({ pair, folder, meter, options, samples: samples.map(({ path }) => path) });
    const isOwned = options.ownsLanguage || pair.languageParts.length > 1;
    const language = isOwned
      ? await takeLanguage(pair, folder, options.signal)
      : {
          bytes: languageBytes,
          sha256: await sha256OfFile(languageFile, options.signal),
          outside: { path: pathFrom(out, partial, languageFile), modified: pair.languageModified },
        };
    meter.at('language', 1);
    const manifest = buildManifest(pair, name, options, folder, language);
    await finish(folder, manifest);
    await options.prove?.(folder.path, manifest);
    await placePackage(folder, out, options.force ?? false);
    meter.at('finish', 1);
    return { directory: out, manifest };
  } catch (error) {
    const failure = toAppError(atPath(error, folder.path));
    if (folder.isEmpty || failure.code === 'checkpoint-invalid') await folder.discard();
    else await folder.close();
    throw failure;
  }
}

/** What an import costs, in the unit of a conversion's: encoding the sample pictures takes far longer a byte than hashing. */
export function pairCost(
  mmprojBytes: number,
  languageBytes: number,
  vision: Manifest['vision']['precision'],
): PhaseBytes {
  const each = vision === 'int8' ? 120 : 4;
  return { vision: mmprojBytes * each, enhance: 0, language: languageBytes, finish: 0 };
}

/** One file of several parts; otherwise another name for the same file where the file system has that, so that an interrupted import finds it in both places. */
async function takeLanguage(
  { languageFile, languageParts: parts, header }: Pair,
  folder: PartialFolder,
  signal: AbortSignal | undefined,
): Promise<FinishedFile> {
  const name = packageFiles.language;
  if (!folder.finished(name)) {
    const path = folder.file(name);
    if (parts.length > 1) await mergeGguf({ header, parts }, path, 'checkpoint-invalid', signal);
    else await link(languageFile, path).catch(() => copyFile(languageFile, path, constants.COPYFILE_FICLONE));
    await folder.finish([name], { signal });
  }
  return folder.finished(name)!;
}

/**
 * Relative beside the package or below it, so that both can be moved together; absolute elsewhere, and for a package that
 * grows in another place than beside its own, from where the relative path would lead to nothing.
 */
function pathFrom(out: string, partial: string, file: string): string {
  const near = relative(dirname(out), file);
  const isNear = !near.startsWith('..') && !isAbsolute(near) && dirname(out) === dirname(resolve(partial));
  return isNear ? relative(out, file).split(sep).join('/') : file;
}

function keyOf(facts: object, { languageFile, languageBytes, languageModified, mmproj, chat }: Pair): string {
  const language = [languageFile, languageBytes, languageModified];
  const { vision, connector, seeing } = mmproj;
  const made = { facts, language, vision, connector, seeing, chat };
  return createHash('sha256').update(JSON.stringify(made)).digest('hex');
}

interface VisionWork {
  readonly pair: Pair;
  readonly folder: PartialFolder;
  readonly meter: ProgressMeter;
  readonly options: ImportOptions;
  readonly samples: readonly string[];
}

async function makeVision({ pair, folder, meter, options, samples }: VisionWork): Promise<void> {
  const tensors = new GgufTensors(pair.file, pair.mmproj.tensors);
  const { vision: config, connector, seeing } = pair.mmproj;
  const directory = folder.path;
  const { signal } = options;
  const graphs = [packageFiles.vision, packageFiles.visionData];
  const projector = [packageFiles.enhance, packageFiles.enhanceData];
  if (!graphs.every((name) => folder.finished(name))) {
    const { cosine } = await convertVision({
      ...{ tensors, prefix: '', config, seeing, precision: options.vision, directory, samples },
      onProgress: (fraction) => meter.at('vision', fraction),
      ...(signal && { signal }),
    });
    await folder.finish(graphs, { note: ['cosine', cosine], signal });
  }
  meter.at('vision', 1);
  if (projector.every((name) => folder.finished(name))) return;
  await convertProjector({
    ...{ tensors, prefix: '', vision: config, connector, directory, signal },
    languageWidth: pair.mmproj.languageWidth,
  });
  await folder.finish(projector, { signal });
}

function buildManifest(
  { file, mmproj, header, shape, chat, languageFile }: Pair,
  name: string,
  options: ImportOptions,
  folder: PartialFolder,
  language: Manifest['files'][string],
): Manifest {
  const { vision } = mmproj;
  const { views, normalisation } = mmproj.seeing;
  const { width, layers, heads, keyValueHeads, vocabulary, contextLimit } = shape;
  const own = requiredFiles(views).filter((each) => each !== packageFiles.language);
  const text = (key: string) => {
    const value = header.metadata.get(key);
    return value?.type === 'string' ? String(value.value).slice(0, 200) : '';
  };
  return {
    schema: manifestVersion,
    name,
    source: {
      checkpoint: text('general.name') || basename(languageFile),
      tower: file.name,
      licence: text('general.license') || 'not stated in the file',
      ...statedLanguages(header),
      repository: options.repository,
    },
    files: {
      ...Object.fromEntries(own.map((file) => [file, folder.finished(file)!])),
      [packageFiles.language]: language,
    },
    normalisation,
    views,
    vision: {
      patch: vision.patchSize,
      tokens: gridSide(vision) ** 2,
      width: vision.hiddenSize,
      layersRun: vision.layersRun,
      heads: vision.heads,
      precision: options.vision,
      cosine: folder.note('cosine') as Manifest['vision']['cosine'],
    },
    language: {
      ...{ width, layers, heads, keyValueHeads, vocabulary, contextLimit },
      contextTrained: contextTrained({ shape, mmproj }),
      precision: mainType(header),
      addsBos: chat.addsBos,
      stopIds: [...chat.stopIds],
    },
    chat: chat.chat,
  };
}

/** As the file lists them; what is no tag of a language is passed over. */
function statedLanguages({ metadata }: GgufHeader): { languages?: string[] } {
  const stated = metadata.get('general.languages');
  if (stated?.type !== 'array' || stated.of !== 'string') return {};
  const languages = stated.values.map(String).filter((tag) => /^[A-Za-z0-9-]{2,35}$/.test(tag));
  return languages.length === 0 ? {} : { languages: languages.slice(0, 200) };
}

/** The number format that most of the language model's bytes are in. */
export function mainType({ tensors }: GgufHeader): string {
  const bytes = new Map<string, number>();
  for (const tensor of tensors) bytes.set(tensor.type, (bytes.get(tensor.type) ?? 0) + tensor.bytes);
  return [...bytes].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** Writes the manifest last and opens the result as the app will. */
async function finish(folder: PartialFolder, manifest: Manifest): Promise<void> {
  await writeFile(folder.file(manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFile(folder.file(manifestName));
  try {
    await openPackage(folder.path);
  } catch (error) {
    const known = toAppError(error);
    // Somebody writes to the language file at this moment.
    if (known.code === 'linked-file-changed') throw known;
    const line = `The package made from ${manifest.source.tower} is not right: ${known.message}`;
    throw new AppError('internal', line);
  }
}
