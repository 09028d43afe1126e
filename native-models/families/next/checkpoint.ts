import * as v from 'valibot';

import { invalidCheckpoint } from '../../files/invalid.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import {
  checkedSeeing,
  dimension,
  epsilon,
  layerCount,
  layersRun,
  nestedLanguage,
  only,
  pixelSteps,
  preprocessorFile,
  rgb,
  selectedLayer,
  side,
  type CheckpointFamily,
  type CheckpointFiles,
} from '../checkpoint-files.ts';
import { onLineOfItsOwn } from '../recognised.ts';
import { longestContextOfTiles } from '../tiles.ts';
import { clipForm, clipNormalisation, type VisionConfig } from '../tower.ts';
import { gridsOf } from './pinpoints.ts';

/** Defaults are those of transformers' CLIPVisionConfig. */
const towerSchema = v.object({
  model_type: only('clip_vision_model'),
  hidden_size: v.nullish(dimension, 768),
  intermediate_size: v.nullish(dimension, 3072),
  num_hidden_layers: v.nullish(layerCount, 12),
  num_attention_heads: v.nullish(dimension, 12),
  image_size: v.nullish(side, 224),
  patch_size: v.nullish(side, 32),
  layer_norm_eps: v.nullish(epsilon, 1e-5),
  hidden_act: v.nullish(v.picklist(['quick_gelu', 'gelu']), 'quick_gelu'),
});

/** The tower of LlavaNextConfig where nothing of it is said, and the only one of the authors' own checkpoints. */
const publishedTower = {
  ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, num_attention_heads: 16 },
  ...{ image_size: 336, patch_size: 14 },
};

const pinpoints = v.pipe(v.array(v.tuple([dimension, dimension])), v.minLength(1), v.maxLength(256));
const published: [number, number][] = [
  [336, 672],
  [672, 336],
  [672, 672],
  [1008, 336],
  [336, 1008],
];

const hfSchema = v.looseObject({
  vision_config: v.nullish(towerSchema, publishedTower),
  text_config: v.looseObject({}),
  image_grid_pinpoints: v.nullish(pinpoints, published),
  vision_feature_layer: v.nullish(selectedLayer, -2),
  vision_feature_select_strategy: only('default'),
  projector_hidden_act: only('gelu'),
  multimodal_projector_bias: v.nullish(v.boolean(), true),
});

/** The authors' own (`llava_arch.py`): the language model's configuration with additions. */
const ownSchema = v.looseObject({
  model_type: v.string(),
  image_grid_pinpoints: v.nullish(pinpoints, published),
  image_aspect_ratio: v.literal('anyres'),
  mm_patch_merge_type: v.literal('spatial_unpad'),
  mm_projector_type: v.literal('mlp2x_gelu'),
  mm_vision_select_layer: v.nullish(selectedLayer, -2),
  mm_vision_select_feature: only('patch'),
  mm_vision_tower: v.pipe(
    v.string(),
    v.regex(/clip-vit-large-patch14-336/, 'is not openai/clip-vit-large-patch14-336'),
  ),
});

const preprocessorSchema = v.object({
  ...pixelSteps,
  image_mean: v.nullish(rgb, [...clipNormalisation.mean]),
  image_std: v.nullish(rgb, [...clipNormalisation.std]),
  /** Bicubic. */
  resample: only(3),
});

const mergesViews = v.object({ mm_patch_merge_type: v.literal('spatial_unpad') });

/** Whether a configuration in the authors' own layout is LLaVA-NeXT's: such files also are those of INF-LLaVA. */
export const isNext = (config: unknown): boolean => v.is(mergesViews, config);

/** `model_type` `llava_next`, with the names of published checkpoints and of newer versions of transformers. */
export function readNextCheckpoint(files: CheckpointFiles): CheckpointFamily {
  const config = parseSchema(hfSchema, files.config, 'config.json');
  const isNew = files.hasTensor('model.image_newline');
  const root = isNew ? 'model.' : '';
  const prefixes = isNew
    ? { body: 'model.language_model.', head: 'lm_head.' }
    : { body: 'language_model.model.', head: 'language_model.lm_head.' };
  const nested = `${root}vision_tower.vision_model.`;
  const tower = files.hasTensor(`${nested}embeddings.class_embedding`) ? nested : `${root}vision_tower.`;
  const { vision_config: seen, vision_feature_layer: layer, image_grid_pinpoints: points } = config;
  const numbers = numbersOf(files, seen, layer, points);
  return {
    ...numbers,
    connector: { ...numbers.connector, hasBias: config.multimodal_projector_bias },
    tower: (name) => ({ name: tower + name }),
    projector: (name) => ({ name: root + projectorName(name) }),
    language: {
      config: nestedLanguage(config, 'text_config', {
        modelType: 'llama',
        hasHead: files.hasTensor(`${prefixes.head}weight`),
      }),
      prefixes,
    },
  };
}

/** The authors' own layout, which holds its tower. */
export function readOwnNextCheckpoint(files: CheckpointFiles): CheckpointFamily {
  const config = parseSchema(ownSchema, files.config, 'config.json');
  const tower = v.parse(towerSchema, publishedTower);
  const numbers = numbersOf(files, tower, config.mm_vision_select_layer, config.image_grid_pinpoints);
  return {
    ...numbers,
    tower: (name) => ({ name: `model.vision_tower.vision_tower.vision_model.${name}` }),
    projector: (name) => ({
      name: name === 'newline' ? 'model.image_newline' : `model.mm_projector.${name}`,
    }),
    language: {
      // `llava_mistral` is a Mistral with additions, and so on.
      config: { ...config, model_type: config.model_type.replace(/^llava_/, '').replace(/^qwen$/, 'qwen2') },
      prefixes: { body: 'model.', head: 'lm_head.' },
    },
  };
}

function numbersOf(
  files: CheckpointFiles,
  tower: v.InferOutput<typeof towerSchema>,
  select: number,
  points: readonly (readonly [number, number])[],
) {
  const preprocessor = parseSchema(preprocessorSchema, files.preprocessor, preprocessorFile);
  const vision: VisionConfig = {
    form: clipForm,
    hiddenSize: tower.hidden_size,
    intermediateSize: tower.intermediate_size,
    layers: tower.num_hidden_layers,
    layersRun: layersRun(select, tower.num_hidden_layers),
    heads: tower.num_attention_heads,
    imageSize: tower.image_size,
    patchSize: tower.patch_size,
    layerNormEps: tower.layer_norm_eps,
    activation: tower.hidden_act,
    mean: preprocessor.image_mean,
    std: preprocessor.image_std,
  };
  const grids = gridsOf(points, tower.image_size);
  if (typeof grids === 'string') throw invalidCheckpoint('config.json', `image_grid_pinpoints: ${grids}`);
  return {
    seeing: checkedSeeing({ family: 'next', tile: tower.image_size, grids }, vision),
    vision,
    connector: { shuffle: 1, normEps: null, endsLines: true },
    pictures: onLineOfItsOwn,
    longestContext: longestContextOfTiles,
  };
}

const projectorNames: Readonly<Record<string, string>> = { '0': 'linear_1', '2': 'linear_2' };

function projectorName(name: string): string {
  if (name === 'newline') return 'image_newline';
  const [map, part] = name.split('.');
  return `multi_modal_projector.${projectorNames[map!]!}.${part!}`;
}
