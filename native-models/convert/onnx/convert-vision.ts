import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, throwIfCancelled } from '../../../preload/contract/errors.ts';
import { packageFiles } from '../../package/package-files.ts';
import { OnnxSession } from '../../vision/onnx-runtime.ts';
import type { Seeing } from '../../families/index.ts';
import { gridSide, type VisionConfig } from '../../families/tower.ts';
import type { WeightSource } from '../../formats/weights/tensor-source.ts';
import { calibrate, rankByError, type Calibration, type Tower } from './calibrate.ts';
import { tokenCosine, type Cosine } from '../../vision/cosine.ts';
import { GraphWriter } from '../../formats/onnx/graph-writer.ts';
import type { Precision } from './graph-parts.ts';
import { readSampleViews } from '../../vision/sample-views.ts';
import { smoothBlock, type BlockMaxima } from './smoothing.ts';
import { ExternalDataFile } from '../../formats/onnx/tensor-store.ts';
import { addBlock, addEmbedding, addFeatures } from './vision-graph.ts';
import { linearName, placeBlock, placeEmbedding, placePostNorm, readBlock } from './vision-weights.ts';
import { WeightReader } from './weight-reader.ts';

export interface VisionConversion {
  readonly tensors: WeightSource;
  /** What stands before `embeddings.class_embedding`, the last dot included. */
  readonly prefix: string;
  readonly config: VisionConfig;
  /** How the tower's views are cut from a photo. */
  readonly seeing: Seeing;
  readonly precision: Precision;
  /** Existing folder the files are written into. */
  readonly directory: string;
  /** Pictures to calibrate int8 on and to prove it with; at least one for int8. */
  readonly samples: readonly string[];
  readonly signal?: AbortSignal;
  /** Called with 0..1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface VisionResult {
  /** Names of the files written. */
  readonly files: string[];
  /** How the features compare with float32 on the samples, token by token; 1 for f32. */
  readonly cosine: Cosine & { readonly keptInFloat32: string[] };
}

/** What int8 must reach on the samples: the mean over tokens, and the worst token. */
const bar: Cosine = { mean: 0.999, worst: 0.99 };

/**
 * Writes `vision.onnx` and its data: `pixels` [batch, 3, S, S] to `features` [batch, T, D], both float32. int8 stores the
 * linear maps of the blocks in bytes, smoothed (smoothing.ts), measures the written file against float32 on the samples,
 * and puts the maps that cost most back into float32 until it reaches the bar. Memory: a few blocks, and the int8 tower.
 * Throws `checkpoint-invalid` when a tensor is missing, of another shape or no number, `cancelled`, and what the file system throws.
 */
export async function convertVision(options: VisionConversion): Promise<VisionResult> {
  const { tensors, prefix, config, signal } = options;
  const onProgress = rising(options.onProgress);
  const tower: Tower = { reader: new WeightReader(tensors, prefix), config, signal };
  const files = [packageFiles.vision, packageFiles.visionData];
  if (options.precision === 'int8') {
    const cosine = await convertToInt8(tower, options, onProgress).catch((error: unknown) => {
      throw hasNoNumbers(error) ? notFinite() : error;
    });
    return { files, cosine };
  }
  await writeTower(tower, options.directory, null, onProgress);
  return { files, cosine: { mean: 1, worst: 1, keptInFloat32: [] } };
}

async function convertToInt8(
  tower: Tower,
  { samples, seeing, directory }: VisionConversion,
  onProgress: (fraction: number) => void,
): Promise<VisionResult['cosine']> {
  if (samples.length === 0) throw new AppError('internal', 'int8 needs sample pictures to be calibrated on.');
  const crops = await readSampleViews(samples, seeing, tower.signal);
  const calibration = await calibrate(tower, crops, part(onProgress, 0, 0.6));
  const kept = new Set<string>();
  let ranking: Map<string, number> | undefined;
  for (;;) {
    const plan = { maxima: calibration.maxima, kept };
    await writeTower(tower, directory, plan, part(onProgress, 0.6, 0.8));
    const cosine = await measure(tower, directory, crops, calibration, part(onProgress, 0.8, 1));
    const excess = Math.max((1 - cosine.mean) / (1 - bar.mean), (1 - cosine.worst) / (1 - bar.worst));
    if (excess <= 1 || kept.size === ranking?.size) return { ...cosine, keptInFloat32: [...kept].sort() };
    ranking ??= await rankByError(tower, crops.slice(0, cropsToRankOn), calibration.maxima);
    keepWorst(kept, ranking, excess);
  }
}

/** What a run of the unfinished graph says of weights that are none: here it is the checkpoint's fault. */
function hasNoNumbers(error: unknown): boolean {
  const failure = error instanceof AppError ? error.failure : null;
  return failure?.code === 'package-invalid' && failure.details.reason === 'no-numbers';
}

function notFinite(): AppError {
  return new AppError(
    'checkpoint-invalid',
    'The vision tower of the checkpoint computes numbers that are not finite.',
  );
}

/** Ranking runs every block once for each of its linear maps; the order is the same on few crops as on many. */
const cropsToRankOn = 1;
/** Errors do not add up exactly: aim this far below the bar, so that one more round is rarely needed. */
const margin = 0.9;

/** Moves maps to float32, the costliest first, until the error left is `excess` times smaller; at least one. */
function keepWorst(kept: Set<string>, ranking: ReadonlyMap<string, number>, excess: number): void {
  const rough = [...ranking].filter(([name]) => !kept.has(name)).sort(([, a], [, b]) => b - a);
  let left = rough.reduce((sum, [, error]) => sum + error, 0);
  const target = (left / excess) * margin;
  for (const [name, error] of rough) {
    kept.add(name);
    left -= error;
    if (left <= target) return;
  }
}

interface Int8Plan {
  readonly maxima: readonly BlockMaxima[];
  /** Linear maps that stay in float32, by `linearName`. */
  readonly kept: ReadonlySet<string>;
}

/** Writes both files, streaming block by block; `plan` is null for float32 throughout. */
async function writeTower(
  { reader, config, signal }: Tower,
  directory: string,
  plan: Int8Plan | null,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const { imageSize, hiddenSize, layersRun } = config;
  const data = await ExternalDataFile.create(join(directory, packageFiles.visionData));
  const graph = new GraphWriter('vision');
  try {
    const pixels = graph.input('pixels', ['batch', 3, imageSize, imageSize]);
    let stream = addEmbedding(graph, pixels, await placeEmbedding(data, reader, config), config);
    for (let layer = 0; layer < layersRun; layer++) {
      throwIfCancelled(signal);
      const stored = await readBlock(reader, layer, config);
      const block = plan ? smoothBlock(stored, plan.maxima[layer]!) : stored;
      const placed = await placeBlock(data, block, (linear) =>
        plan && !plan.kept.has(linearName(layer, linear)) ? 'int8' : 'f32',
      );
      stream = addBlock(graph, stream, `layers.${layer}`, placed, config).stream;
      onProgress((layer + 1) / layersRun);
    }
    graph.output(
      'features',
      ['batch', gridSide(config) ** 2, hiddenSize],
      addFeatures(graph, stream, await placePostNorm(data, reader, config), config),
    );
  } finally {
    await data.close();
  }
  await writeFile(join(directory, packageFiles.vision), graph.encode());
}

/** Compares the written tower with the float32 features of the calibration. */
async function measure(
  { config, signal }: Tower,
  directory: string,
  crops: readonly Float32Array[],
  { features }: Calibration,
  onProgress: (fraction: number) => void,
): Promise<Cosine> {
  const { imageSize, hiddenSize } = config;
  const session = await OnnxSession.open(join(directory, packageFiles.vision));
  try {
    const rough: Float32Array[] = [];
    for (const data of crops) {
      throwIfCancelled(signal);
      const results = await session.run({ pixels: { data, shape: [1, 3, imageSize, imageSize] } });
      rough.push(results['features']!.data);
      onProgress(rough.length / crops.length);
    }
    return tokenCosine(features, rough, hiddenSize);
  } finally {
    await session.dispose();
  }
}

/** Writing and measuring again must not take progress back. */
function rising(onProgress: VisionConversion['onProgress']): (fraction: number) => void {
  let reached = 0;
  return (fraction) => {
    reached = Math.max(reached, fraction);
    onProgress?.(reached);
  };
}

/** A stretch of the whole progress. */
function part(onProgress: (fraction: number) => void, from: number, to: number): (fraction: number) => void {
  return (fraction) => onProgress(from + (to - from) * fraction);
}
