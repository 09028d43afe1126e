import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../../preload/contract/errors.ts';
import { globalPhase, globalsThatReachAnswer } from '../../image/dual-crops.ts';
import { packageFiles } from '../../package/package-files.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import { gridSide, type ConnectorConfig, type VisionConfig } from '../../families/tower.ts';
import type { WeightSource } from '../../formats/weights/tensor-source.ts';
import {
  addFullForm,
  addPixelShuffle,
  addProjector,
  addShortForm,
  type EnhanceShape,
  type PlacedEnhance,
} from './enhance-graph.ts';
import { addNorm, placeLinear, placeNorm, type PlacedLinear } from './graph-parts.ts';
import { GraphWriter } from '../../formats/onnx/graph-writer.ts';
import { ExternalDataFile, type TensorStore } from '../../formats/onnx/tensor-store.ts';

import { WeightReader } from './weight-reader.ts';

export interface EnhanceConversion {
  readonly tensors: WeightSource;
  /** What stands before `attention.linears.0.weight` and before `0.weight`, the last dots included. */
  readonly prefixes: { readonly enhance: string; readonly projector: string };
  readonly config: ModelConfig;
  /** Existing folder the files are written into. */
  readonly directory: string;
  readonly signal?: AbortSignal;
}

const { enhance: shortFile, enhanceFull: fullFile, enhanceData: dataFile } = packageFiles;

/**
 * Writes DEM, the mean with the base features and the projector, in float32: `enhance.onnx` in the short exact form,
 * `enhance-full.onnx` in the full form, both over the weights in `enhance.onnx.data`. Inputs `local` [n*n, T, D], `globals`
 * (short: [p, T, D], the crops of `globalsThatReachAnswer` ascending; full: all [n*n, T, D]), `base` [1, T, D]; outputs
 * `dem` [T, D] and `embeddings` [T, H]. Throws `checkpoint-invalid` when a tensor is missing or of another shape.
 */
export async function convertEnhance(options: EnhanceConversion): Promise<{ files: string[] }> {
  const { tensors, prefixes, config, directory, signal } = options;
  const { n } = config.crops;
  const shape: EnhanceShape = {
    n,
    grid: gridSide(config.vision),
    width: config.vision.hiddenSize,
    languageWidth: config.language.hiddenSize,
  };
  const data = await ExternalDataFile.create(join(directory, dataFile));
  try {
    const projector = new WeightReader(tensors, prefixes.projector);
    const weights = {
      ...(await placeDem(data, new WeightReader(tensors, prefixes.enhance), shape.width, signal)),
      projector: await placeProjector(data, projector, shape, signal),
    };
    const phases = globalsThatReachAnswer(n).map((k) => globalPhase(k, n));
    const short = new GraphWriter('enhance');
    addShortForm(short, weights, shape, phases);
    await writeFile(join(directory, shortFile), short.encode());
    const full = new GraphWriter('enhance-full');
    addFullForm(full, weights, shape);
    await writeFile(join(directory, fullFile), full.encode());
  } finally {
    await data.close();
  }
  return { files: [shortFile, fullFile, dataFile] };
}

export interface ProjectorConversion {
  readonly tensors: WeightSource;
  /** What stands before `0.weight`, the last dot included. */
  readonly prefix: string;
  readonly vision: VisionConfig;
  readonly connector: ConnectorConfig;
  readonly languageWidth: number;
  /** Existing folder the files are written into. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes `enhance.onnx` of a model whose views become embeddings each by itself, in float32: pixel shuffle and layer
 * normalisation where there are any, and the projector; `base` [1, T, D] to `embeddings` [R, H], and `line_end` [1, H] where
 * the model has one. Throws `checkpoint-invalid`
 * when a tensor is missing or of another shape.
 */
export async function convertProjector(options: ProjectorConversion): Promise<{ files: string[] }> {
  const { tensors, prefix, vision, connector, languageWidth, directory, signal } = options;
  const { shuffle, normEps, endsLines = false } = connector;
  const grid = gridSide(vision);
  const joined = { grid: grid / shuffle, width: vision.hiddenSize * shuffle ** 2, languageWidth };
  const data = await ExternalDataFile.create(join(directory, dataFile));
  try {
    const reader = new WeightReader(tensors, prefix);
    const graph = new GraphWriter('projector');
    let rows = graph.input('base', [1, grid ** 2, vision.hiddenSize]);
    if (shuffle > 1) rows = addPixelShuffle(graph, rows, grid, vision.hiddenSize, shuffle);
    if (normEps !== null) {
      const norm = await placeNorm(data, await reader.norm('norm', joined.width));
      rows = addNorm(graph, rows, 'mm_projector.norm', norm, normEps);
    }
    addProjector(graph, rows, await placeProjector(data, reader, joined, signal), joined);
    if (endsLines) {
      const numbers = await reader.tensor('newline', [languageWidth]);
      const lineEnd = await data.place('float32', [1, languageWidth], numbers);
      graph.output('line_end', [1, languageWidth], graph.constant('mm_projector.newline', lineEnd));
    }
    await writeFile(join(directory, shortFile), graph.encode());
  } finally {
    await data.close();
  }
  return { files: [shortFile, dataFile] };
}

/** Order of `attention.linears` in the authors' `MultiHeadedAttention`. */
const attentionLinears = { q: 0, k: 1, v: 2, out: 3 } as const;

async function placeDem(
  store: TensorStore,
  reader: WeightReader,
  width: number,
  signal: AbortSignal | undefined,
): Promise<Omit<PlacedEnhance, 'projector'>> {
  const place = async (name: string, inputs: number, outputs: number): Promise<PlacedLinear> => {
    throwIfCancelled(signal);
    return placeLinear(store, await reader.linear(`${name}.`, inputs, outputs), 'f32');
  };
  const attention = (role: keyof typeof attentionLinears) =>
    place(`attention.linears.${attentionLinears[role]}`, width, width);
  const ffn = async (name: string): Promise<readonly [PlacedLinear, PlacedLinear]> => {
    const narrow = reader.shape(`${name}.0.weight`)[0]!;
    return [await place(`${name}.0`, width, narrow), await place(`${name}.2`, narrow, width / 2)];
  };
  return {
    q: await attention('q'),
    k: await attention('k'),
    v: await attention('v'),
    out: await attention('out'),
    attentionNorm: await placeNorm(store, await reader.norm('attention.ln', width)),
    ffnCrop: await ffn('ffn_crop'),
    ffnStride: await ffn('ffn_stride'),
    fuseNorm: await placeNorm(store, await reader.norm('ln_fuse', width)),
  };
}

/** `mlpNx_gelu` is a Sequential of Linear and GELU in turn (tensors 0, 2, 4, ...); `linear` is one Linear by itself. */
async function placeProjector(
  store: TensorStore,
  reader: WeightReader,
  { width, languageWidth }: Pick<EnhanceShape, 'width' | 'languageWidth'>,
  signal: AbortSignal | undefined,
): Promise<PlacedLinear[]> {
  // Whether there have to be any is for who knows the family.
  const isBiasFree = !reader.has('0.bias');
  const names: string[] = [];
  if (reader.has('weight')) names.push('');
  else
    for (let layer = 0; names.length === 0 || reader.has(`${layer}.weight`); layer += 2)
      names.push(`${layer}.`);
  const placed: PlacedLinear[] = [];
  for (const [index, name] of names.entries()) {
    throwIfCancelled(signal);
    const inputs = index === 0 ? width : languageWidth;
    const linear = await reader.linear(name, inputs, languageWidth, isBiasFree);
    placed.push(await placeLinear(store, linear, 'f32'));
  }
  return placed;
}
