import { resolve } from 'node:path';

import { throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import { atPath } from '../files/at-path.ts';
import { ArrivingTensors } from '../formats/weights/arriving-tensors.ts';
import { ByteFile } from '../files/byte-file.ts';
import type { SourceCheckpoint } from './checkpoint/open-checkpoint.ts';
import { TensorFiles } from '../formats/weights/tensor-files.ts';
import { readStoredTensors } from '../formats/weights/weight-files.ts';
import { tensorByteLength, writeSafetensors } from '../formats/weights/write-safetensors.ts';
import type { GgufTensor } from '../formats/gguf/gguf-format.ts';
import type { GgufFile } from '../formats/gguf/write-gguf.ts';
import { prepareTarget } from './place-package.ts';
import {
  carryOut,
  hasGraphs,
  makeEnhance,
  makeLanguage,
  makeVision,
  planConversion,
  type Conversion,
  type ConversionOptions,
  type ConversionPlan,
  type ConvertedPackage,
} from './stages.ts';

/** A weight file, of the checkpoint itself or of its vision tower's. */
export interface WeightFile {
  readonly part: 'checkpoint' | 'clip';
  /** Base name. */
  readonly name: string;
}

/** What fetches the weight files. */
export interface Arrivals {
  /** Told once, before the first `arrive`: the files that are wanted, in the order in which they are. */
  expect(files: readonly WeightFile[]): void;
  /** Waits until the file is here, whole and as it was published, and gives its path. */
  arrive(file: WeightFile): Promise<string>;
  /** The file is not needed any more: everything the package takes of it is on the disk. */
  release(file: WeightFile): Promise<void>;
}

/** What one weight file contributes. */
interface Share extends WeightFile {
  /** Tensors of the tower, DEM and projector: put aside until all of them are here, since they are read many times. */
  readonly kept: readonly string[];
  /** Tensors of the language model, written to their places at once. */
  readonly language: readonly GgufTensor[];
  /** Names of the checkpoint's tensors behind `language`. */
  readonly languageSources: readonly string[];
}

export interface ArrivingPlan extends ConversionPlan {
  /** The tensors of `checkpoint`, of which those of a file that is here can be read. */
  readonly tensors: ArrivingTensors;
  readonly shares: readonly Share[];
  /** Bytes of the tensors that are put aside. */
  readonly keptBytes: number;
}

/**
 * Plans the conversion of a checkpoint of which only the headers of the weight files are here. Throws as
 * `convertCheckpoint` does for a checkpoint that cannot be converted.
 */
export async function planArriving(
  checkpoint: SourceCheckpoint,
  options: ConversionOptions,
): Promise<ArrivingPlan> {
  const tensors = new ArrivingTensors(checkpoint.tensors.tensors);
  const plan = await planConversion({ ...checkpoint, tensors }, resolve(options.out), options);
  const shares = shareOut(plan);
  const kept = shares.flatMap((share) => share.kept.map((name) => tensors.tensors.get(name)!));
  return {
    ...plan,
    tensors,
    shares,
    keptBytes: kept.reduce((sum, tensor) => sum + tensorByteLength(tensor), 0),
  };
}

/**
 * Converts while the weight files arrive: each is taken in as soon as it is here and released, so that only those on their
 * way are on the disk beside the package. Gives the same bytes as `convertCheckpoint` does of the whole checkpoint, goes on
 * where it stopped in the same way, and throws the same errors.
 */
export async function convertArriving(plan: ArrivingPlan, arrivals: Arrivals): Promise<ConvertedPackage> {
  const { options } = plan;
  const out = resolve(options.out);
  try {
    await prepareTarget(out, options.force ?? false);
    throwIfCancelled(options.signal);
    return await carryOut(plan, out, (conversion) =>
      makeLanguage(conversion, (file) => takeIn(conversion, plan, arrivals, file)),
    );
  } catch (error) {
    throw toAppError(atPath(error, out));
  }
}

/** Files with parts of the encoder first: it is made while the language model is still on its way. */
function shareOut({ checkpoint, language }: ConversionPlan): Share[] {
  const files = new Map<string, { file: WeightFile; kept: string[]; language: GgufTensor[] }>();
  const entry = (tensor: string) => {
    const file = fileOf(checkpoint, tensor);
    const key = takenName(file);
    if (!files.has(key)) files.set(key, { file, kept: [], language: [] });
    return files.get(key)!;
  };
  for (const name of graphTensors(checkpoint)) entry(name).kept.push(name);
  const computed: GgufTensor[] = [];
  for (const tensor of language.layout.tensors) {
    const source = language.source(tensor);
    if (source === null) computed.push(tensor);
    else entry(source).language.push(tensor);
  }
  const shares = [...files.values()].sort((a, b) => Number(b.kept.length > 0) - Number(a.kept.length > 0));
  // What is computed can be written at any time.
  shares[0]!.language.unshift(...computed);
  return shares.map(({ file, kept, language: tensors }) => ({
    ...file,
    kept,
    language: tensors,
    languageSources: tensors.flatMap((tensor) => language.source(tensor) ?? []),
  }));
}

/** The tensors of which the encoder, DEM and the projector are made. */
function graphTensors({ graphs }: SourceCheckpoint): string[] {
  return [...new Set([...graphs.tower.values()].map(({ name }) => name)), ...graphs.enhance];
}

function fileOf({ tensors, isApart }: SourceCheckpoint, tensor: string): WeightFile {
  const { file } = tensors.tensors.get(tensor)!;
  return { part: isApart(tensor) ? 'clip' : 'checkpoint', name: file };
}

function takenName({ part, name }: WeightFile): string {
  return `${part}-${name}`;
}

function keptName(file: WeightFile): string {
  return `kept-${takenName(file)}.safetensors`;
}

async function takeIn(
  conversion: Conversion,
  plan: ArrivingPlan,
  arrivals: Arrivals,
  language: GgufFile | null,
): Promise<void> {
  const { folder, options, meter } = conversion;
  const { shares, tensors } = plan;
  if (hasGraphs(conversion)) for (const phase of ['vision', 'enhance'] as const) meter.resume(phase, 1);
  const wanted = shares.filter((share) => !folder.taken.has(takenName(share)));
  arrivals.expect(wanted.map(({ part, name }) => ({ part, name })));
  await makeGraphs(conversion, plan);
  for (const share of wanted) {
    throwIfCancelled(options.signal);
    const source = await openWeights(await arrivals.arrive(share));
    try {
      tensors.attach(source, [...share.kept, ...share.languageSources]);
      await keepAside(conversion, share);
      await language?.write(share.language);
    } finally {
      tensors.detach(source);
      await source.close();
    }
    await folder.recordTaken(takenName(share));
    await arrivals.release(share);
    await makeGraphs(conversion, plan);
  }
}

async function keepAside(conversion: Conversion, share: Share): Promise<void> {
  const { folder, options, checkpoint } = conversion;
  const name = keptName(share);
  if (share.kept.length === 0 || folder.finished(name) || hasGraphs(conversion)) return;
  await writeSafetensors(
    folder.file(name),
    share.kept.map((tensor) => ({
      ...checkpoint.tensors.tensors.get(tensor)!,
      pieces: async function* () {
        for await (const piece of checkpoint.tensors.pieces(tensor)) {
          throwIfCancelled(options.signal);
          yield piece;
        }
      },
    })),
  );
  await folder.finish([name], { signal: options.signal });
}

/** Makes the encoder and DEM once all their tensors have been put aside, and drops those. */
async function makeGraphs(conversion: Conversion, { shares, tensors }: ArrivingPlan): Promise<void> {
  const { folder } = conversion;
  const kept = shares.filter((share) => share.kept.length > 0);
  if (!hasGraphs(conversion)) {
    if (!kept.every((share) => folder.finished(keptName(share)))) return;
    const sources: TensorFiles[] = [];
    try {
      for (const share of kept) {
        const source = await openWeights(folder.file(keptName(share)));
        sources.push(source);
        tensors.attach(source, share.kept);
      }
      await makeVision(conversion);
      await makeEnhance(conversion);
    } finally {
      for (const source of sources) {
        tensors.detach(source);
        await source.close();
      }
    }
  }
  for (const share of kept) if (folder.finished(keptName(share))) await folder.drop(keptName(share));
}

async function openWeights(path: string): Promise<TensorFiles> {
  const file = await ByteFile.open(path);
  try {
    return new TensorFiles(file.name, await readStoredTensors(file), [file]);
  } catch (error) {
    await file.close();
    throw error;
  }
}
