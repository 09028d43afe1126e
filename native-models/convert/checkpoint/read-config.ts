import { basename, join } from 'node:path';
import * as v from 'valibot';

import { AppError } from '../../../preload/contract/errors.ts';
import { exists } from '../../files/exists.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { only, pixelSteps } from '../../families/checkpoint-files.ts';
import { clipForm, clipNormalisation, layersUpTo, type VisionConfig } from '../../families/tower.ts';
import { maxDimension, plainPrefixes, readLanguageConfig, type LanguageFacts } from './language-config.ts';
import type { CropConfig, ModelConfig, ProjectorConfig } from './model-config.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import { readStrictJson } from '../../files/strict-json.ts';

/** A config file has a few kilobytes. */
export const maxConfigBytes = 2 ** 20;

const dimension = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxDimension));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const rgb = v.tuple([v.number(), v.number(), v.number()]);

/** What a language model that sees through DEM says of itself besides. */
const languageFactsSchema = v.object({
  model_type: v.picklist(['llava_llama', 'llama']),
  tokenizer_model_max_length: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

const multimodalSchema = v.object({
  mm_hidden_size: dimension,
  mm_projector_type: v.nullish(v.string(), 'linear'),
  mm_vision_select_layer: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(-1000), v.maxValue(1000)), -2),
  mm_vision_select_feature: v.nullish(v.literal('patch'), 'patch'),
  mm_vision_tower: v.nullish(v.string(), ''),
  mm_patch_merge_type: v.nullish(v.literal('flat'), 'flat'),
  /**
   * Crops a side. The published configuration does not state it; the authors' training code crops by 3
   * (`INF_llava/train/train.py` sets the processor to 3 x 336).
   */
  dual_crop_n: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)), 3),
});

/** Defaults are those of transformers' CLIPVisionConfig, which leaves equal values out of the file. */
const towerSchema = v.object({
  hidden_size: v.nullish(dimension, 768),
  intermediate_size: v.nullish(dimension, 3072),
  num_hidden_layers: v.nullish(v.pipe(dimension, v.maxValue(1000)), 12),
  num_attention_heads: v.nullish(dimension, 12),
  image_size: v.nullish(v.pipe(dimension, v.maxValue(4096)), 224),
  patch_size: v.nullish(dimension, 32),
  layer_norm_eps: v.nullish(positive, 1e-5),
  hidden_act: v.nullish(v.picklist(['quick_gelu', 'gelu']), 'quick_gelu'),
  num_channels: v.nullish(v.literal(3), 3),
});

const preprocessorSchema = v.object({
  ...pixelSteps,
  resample: only(3),
  image_mean: v.nullish(rgb, [...clipNormalisation.mean]),
  image_std: v.nullish(
    v.pipe(
      rgb,
      v.check((std) => std.every((s) => s > 0), 'is not positive'),
    ),
    [...clipNormalisation.std],
  ),
});

/**
 * Towers by the last part of the name a checkpoint gives for its own: what their config.json says. A checkpoint that holds the
 * weights of such a tower needs no other folder to describe it.
 */
const publishedTowers: Readonly<Record<string, v.InferInput<typeof towerSchema>>> = {
  'clip-vit-large-patch14-336': {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    image_size: 336,
    patch_size: 14,
  },
};

/** Facts of config.json that are not architecture. */
export interface CheckpointFacts extends Pick<LanguageFacts, 'bosId' | 'eosIds'> {
  /** `mm_vision_tower`: where the authors took the tower from. */
  readonly towerName: string;
  /** Tokens the model was trained to attend over. */
  readonly contextTrained: number;
}

/** Reads config.json of the checkpoint and of the tower. Throws `checkpoint-invalid` naming the file and the key. */
export async function readModelConfig(
  directory: string,
  clip: string | null,
): Promise<{ config: ModelConfig; facts: CheckpointFacts }> {
  const path = join(directory, 'config.json');
  const json = await readStrictJson(path, maxConfigBytes);
  const { tokenizer_model_max_length: trained } = parseSchema(languageFactsSchema, json, 'config.json');
  const { language, bosId, eosIds } = readLanguageConfig(
    { ...(json as object), model_type: 'llama' },
    plainPrefixes,
  );
  const multimodal = parseSchema(multimodalSchema, json, 'config.json');
  const vision = await readVisionConfig(clip, multimodal);
  if (multimodal.mm_hidden_size !== vision.hiddenSize) {
    throw invalidCheckpoint(
      'config.json',
      `mm_hidden_size is ${multimodal.mm_hidden_size}, but the vision tower is ${vision.hiddenSize} wide`,
    );
  }
  // DEM splits the width by 8 for its keys, and by 16 and 2 in its feed-forward parts (`SpatialEmbed`).
  if (vision.hiddenSize % 16 !== 0) {
    throw invalidCheckpoint('config.json', `the tower's width ${vision.hiddenSize} is not a multiple of 16`);
  }
  const crops: CropConfig = { n: multimodal.dual_crop_n };
  const projector = readProjector(multimodal.mm_projector_type);
  return {
    config: { vision, crops, projector, language },
    facts: {
      ...{ towerName: multimodal.mm_vision_tower, bosId, eosIds },
      contextTrained: Math.min(trained ?? language.contextLength, language.contextLength),
    },
  };
}

/** `build_vision_projector`: `linear`, or `mlpNx_gelu` for N layers. */
function readProjector(type: string): ProjectorConfig {
  if (type === 'linear') return { layers: 1 };
  const layers = Number(/^mlp([1-9])x_gelu$/.exec(type)?.[1]);
  if (!layers) {
    throw invalidCheckpoint('config.json', `mm_projector_type ${quoted(type)} is not linear or mlpNx_gelu`);
  }
  return { layers };
}

async function readVisionConfig(
  clip: string | null,
  multimodal: v.InferOutput<typeof multimodalSchema>,
): Promise<VisionConfig> {
  const json =
    clip === null
      ? publishedTower(multimodal)
      : await readStrictJson(join(clip, 'config.json'), maxConfigBytes);
  const file = clip === null ? 'config.json' : `${basename(clip)}/config.json`;
  // A CLIPModel nests its tower; a CLIPVisionModel is one.
  const nested = (json as { vision_config?: unknown } | null)?.vision_config;
  const tower = parseSchema(towerSchema, nested ?? json, file);
  const { image_size: imageSize, patch_size: patchSize, hidden_size: hiddenSize } = tower;
  if (imageSize % patchSize !== 0) {
    throw invalidCheckpoint(file, `image_size ${imageSize} is not a multiple of patch_size ${patchSize}`);
  }
  if (hiddenSize % tower.num_attention_heads !== 0) {
    throw invalidCheckpoint(
      file,
      `hidden_size ${hiddenSize} is not a multiple of ${tower.num_attention_heads} heads`,
    );
  }
  const preprocessor = clip === null ? v.parse(preprocessorSchema, {}) : await readPreprocessor(clip);
  return {
    form: clipForm,
    hiddenSize,
    intermediateSize: tower.intermediate_size,
    layers: tower.num_hidden_layers,
    layersRun: layersRun(tower.num_hidden_layers, multimodal.mm_vision_select_layer),
    heads: tower.num_attention_heads,
    imageSize,
    patchSize,
    layerNormEps: tower.layer_norm_eps,
    activation: tower.hidden_act,
    mean: preprocessor.image_mean,
    std: preprocessor.image_std,
  };
}

/** Throws `wrong-usage` for a checkpoint whose tower is not one of those. */
function publishedTower({
  mm_vision_tower: name,
  mm_hidden_size: width,
}: v.InferOutput<typeof multimodalSchema>) {
  const tower = publishedTowers[basename(name)];
  if (tower?.hidden_size === width) return tower;
  throw new AppError(
    'wrong-usage',
    'The checkpoint does not describe its vision tower: pass --clip with a folder that holds the config.json of it (openai/clip-vit-large-patch14-336).',
    { reason: 'no-tower' },
  );
}

/** hidden_states has depth + 1 entries, the first being the embeddings; a negative index counts from its end. */
function layersRun(depth: number, select: number): number {
  const layers = layersUpTo(select, depth);
  if (layers === null) {
    throw invalidCheckpoint(
      'config.json',
      `mm_vision_select_layer ${select} does not exist in ${depth} layers`,
    );
  }
  return layers;
}

async function readPreprocessor(clip: string): Promise<v.InferOutput<typeof preprocessorSchema>> {
  const path = join(clip, 'preprocessor_config.json');
  const json = (await exists(path)) ? await readStrictJson(path, maxConfigBytes) : {};
  return parseSchema(preprocessorSchema, json, `${basename(clip)}/preprocessor_config.json`);
}
