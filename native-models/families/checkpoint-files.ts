import * as v from 'valibot';

import { invalidCheckpoint } from '../files/invalid.ts';
import { findWrongViews } from '../package/check-manifest.ts';
import type { Views } from '../package/manifest.ts';
import type { Recognised } from './recognised.ts';
import type { Seeing } from './seeing.ts';
import { layersUpTo, type VisionConfig } from './tower.ts';

/** What a family is told of a checkpoint: its JSON files as they are, and the names of its tensors. */
export interface CheckpointFiles {
  /** config.json */
  readonly config: unknown;
  /** preprocessor_config.json; an empty object where there is none. */
  readonly preprocessor: unknown;
  hasTensor(name: string): boolean;
}

/** Where the checkpoint keeps a tensor; `third`: q, k or v in one matrix. */
export interface StoredName {
  readonly name: string;
  readonly third?: 0 | 1 | 2;
}

/** A checkpoint that a family knows. */
export interface CheckpointFamily extends Recognised {
  /** By the name in a CLIP checkpoint (`embeddings.class_embedding`, `encoder.layers.0.mlp.fc1.weight`, ...). */
  tower(name: string): StoredName;
  /** Of the projector: `norm.weight`, `0.weight`, `2.bias`, ..., or `weight` of a single map. */
  projector(name: string): StoredName;
  readonly language: {
    readonly config: unknown;
    /** What stands before `embed_tokens.`, `layers.` and `norm.`, and before `weight` of the output matrix. */
    readonly prefixes: { readonly body: string; readonly head: string };
  };
}

const configFile = 'config.json';
export const preprocessorFile = 'preprocessor_config.json';

/** Far beyond any tower, and small enough that products of three stay exact integers. */
const maxDimension = 2 ** 17;
export const dimension = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxDimension));
export const side = v.pipe(dimension, v.maxValue(4096));
export const layerCount = v.pipe(dimension, v.maxValue(1000));
/** Which hidden state of a tower is taken. */
export const selectedLayer = v.pipe(v.number(), v.integer(), v.minValue(-1000), v.maxValue(1000));
export const epsilon = v.pipe(v.number(), v.gtValue(0), v.ltValue(1));
export const rgb = v.tuple([v.number(), v.number(), v.number()]);
/** Sides of something square, as one number or two. */
export const squareSide = v.pipe(
  v.union([
    side,
    v.pipe(
      v.tuple([side, side]),
      v.check(([one, other]) => one === other, 'is not square'),
    ),
  ]),
  v.transform((given) => (typeof given === 'number' ? given : given[0])),
);
/** A key that may only say what the family's arithmetic does. */
export const only = <const T extends string | number | boolean>(value: T) =>
  v.nullish(v.literal(value), value);

/** How many of a tower's layers are computed. Throws `checkpoint-invalid` where it has not so many. */
export function layersRun(select: number, layers: number): number {
  const count = layersUpTo(select, layers);
  if (count !== null) return count;
  throw invalidCheckpoint(configFile, `the feature layer ${select} does not exist in ${layers} layers`);
}

const byte = 255;

/** What every family does with pixels, where a preprocessor's file says it. */
export const pixelSteps = {
  do_resize: only(true),
  do_rescale: only(true),
  rescale_factor: v.nullish(
    v.pipe(
      v.number(),
      v.check((factor) => Math.abs(factor * byte - 1) < 1e-6, 'is not 1 / 255'),
    ),
  ),
  do_normalize: only(true),
};

/** The numbers of a family, looked at before anything is made as long as one of them. */
export function checkedSeeing(views: Views, vision: VisionConfig): Seeing {
  const { imageSize, patchSize, hiddenSize, heads, mean, std } = vision;
  const tokens = Math.floor(imageSize / patchSize) ** 2;
  const fault = findWrongViews(views, { patch: patchSize, tokens });
  if (fault !== null) throw invalidCheckpoint(configFile, `does not fit together: ${fault}`);
  if (hiddenSize % heads !== 0)
    throw invalidCheckpoint(configFile, `the tower's width ${hiddenSize} does not divide by ${heads} heads`);
  if (std.some((deviation) => !(deviation > 0)))
    throw invalidCheckpoint(preprocessorFile, 'image_std is not positive');
  return { views, normalisation: { mean: [...mean], std: [...std] }, vision: { patch: patchSize } };
}

/**
 * The language model's own configuration. Whether the output matrix is the embeddings is told by the file first, since the two
 * places that state it may contradict each other: without a matrix it is, unless only the contrary is stated.
 * @param modelType what the family's class takes for a `model_type` that is not stated
 * @param hasHead whether the file holds an output matrix
 */
export function nestedLanguage(
  config: Readonly<Record<string, unknown>>,
  key: string,
  { modelType, hasHead }: { readonly modelType: string; readonly hasHead: boolean },
): Readonly<Record<string, unknown>> {
  const nested = (config[key] ?? {}) as Readonly<Record<string, unknown>>;
  const stated = [config, nested].map(({ tie_word_embeddings: tied }) => tied);
  const tied = stated.includes(true) || !stated.includes(false);
  return { model_type: modelType, ...nested, tie_word_embeddings: tied && !hasHead };
}
