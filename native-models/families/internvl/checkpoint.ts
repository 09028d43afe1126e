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
  squareSide,
  type CheckpointFamily,
  type CheckpointFiles,
  type StoredName,
} from '../checkpoint-files.ts';
import { longestContextOfTiles } from '../tiles.ts';
import { internVlForm, internvlPictures, projectorNormEps } from './model.ts';

/** Both layouts; defaults are those of transformers' InternVLVisionConfig. */
const visionSchema = v.looseObject({
  hidden_size: v.nullish(dimension, 1024),
  intermediate_size: v.nullish(dimension, 4096),
  num_hidden_layers: v.nullish(layerCount, 24),
  num_attention_heads: v.nullish(dimension, 16),
  image_size: v.nullish(squareSide, 448),
  patch_size: v.nullish(squareSide, 14),
  layer_norm_eps: v.nullish(epsilon, 1e-6),
  hidden_act: only('gelu'),
  norm_type: only('layer_norm'),
  /** Of queries, keys and values, in either layout; where nothing is said, the weights tell. */
  attention_bias: v.nullish(v.boolean()),
  qkv_bias: v.nullish(v.boolean()),
  use_mean_pooling: only(true),
  use_absolute_position_embeddings: only(true),
});

/** Patches that become one row are 1 / ratio a side. */
const ratio = v.pipe(
  v.nullish(v.number(), 0.5),
  v.check((value) => value > 0 && Number.isInteger(1 / value), 'is not one over a whole number'),
);

const tileCount = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));

const hfSchema = v.looseObject({
  vision_config: visionSchema,
  text_config: v.looseObject({}),
  downsample_ratio: ratio,
  vision_feature_layer: v.nullish(selectedLayer, -1),
  vision_feature_select_strategy: only('default'),
  projector_hidden_act: only('gelu'),
});

const ownSchema = v.looseObject({
  vision_config: visionSchema,
  llm_config: v.looseObject({}),
  downsample_ratio: ratio,
  force_image_size: v.nullish(squareSide),
  min_dynamic_patch: v.nullish(tileCount, 1),
  max_dynamic_patch: v.nullish(tileCount, 12),
  select_layer: v.nullish(selectedLayer, -1),
  /** The shuffle of version 1, which no published model of 2.5 or later has, orders its rows another way. */
  ps_version: only('v2'),
  /** Without, every photo is stretched to one tile. */
  dynamic_image_size: v.nullish(v.boolean(), true),
  use_thumbnail: only(true),
  pad2square: only(false),
});

const imageNet = {
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
};
const preprocessorSchema = v.object({
  ...pixelSteps,
  image_mean: v.nullish(rgb, imageNet.mean),
  image_std: v.nullish(rgb, imageNet.std),
  min_patches: v.nullish(tileCount, 1),
  max_patches: v.nullish(tileCount, 12),
  /** Bicubic. */
  resample: only(3),
});

/** InternVL 2.5, 3 and 3.5 in both published layouts: `model_type` `internvl` (`*-HF`) and `internvl_chat` (OpenGVLab's own). */
export function readInternVlCheckpoint(files: CheckpointFiles): CheckpointFamily {
  refuseLargeTower(files.config);
  const preprocessor = parseSchema(preprocessorSchema, files.preprocessor, preprocessorFile);
  return isOwnLayout(files.config) ? readOwn(files, preprocessor) : readHf(files, preprocessor);
}

const typeSchema = v.object({ model_type: v.string() });
const isOwnLayout = (config: unknown) =>
  parseSchema(typeSchema, config, 'config.json').model_type === 'internvl_chat';

/** Keys with which either layout says that its tower is not the one of 300 million parameters. */
const largeTower = v.object({
  vision_config: v.union([
    v.looseObject({ qk_normalization: v.literal(true) }),
    v.looseObject({ use_qk_norm: v.literal(true) }),
    v.looseObject({ norm_type: v.literal('rms_norm') }),
  ]),
});

function refuseLargeTower(config: unknown): void {
  if (!v.is(largeTower, config)) return;
  const fault =
    'has the tower of 6 billion parameters (RMS normalisation of queries and keys), which this app cannot compute; InternVL3 of 1, 2 and 8 billion parameters have the small one';
  throw invalidCheckpoint('config.json', fault, { reason: 'unsupported-model' });
}

type Preprocessor = v.InferOutput<typeof preprocessorSchema>;

const prefixesBelow = { body: 'language_model.model.', head: 'language_model.lm_head.' } as const;

function readHf(files: CheckpointFiles, preprocessor: Preprocessor): CheckpointFamily {
  const config = parseSchema(hfSchema, files.config, 'config.json');
  // Newer versions of transformers put everything below `model.`, and the output matrix outside.
  const isNew = files.hasTensor('model.vision_tower.embeddings.cls_token');
  const root = isNew ? 'model.' : '';
  const prefixes = isNew ? { body: 'model.language_model.', head: 'lm_head.' } : prefixesBelow;
  const tower = (name: string) => ({ name: `${root}vision_tower.${renamed(name, hfNames)}` });
  return {
    ...numbersOf(config.vision_config, config.vision_feature_layer, preprocessor, {
      hasBias: files.hasTensor(tower(firstBias).name),
      shuffle: 1 / config.downsample_ratio,
      least: preprocessor.min_patches,
      most: preprocessor.max_patches,
    }),
    tower,
    projector: (name) => ({ name: `${root}multi_modal_projector.${renamed(name, hfProjectorNames)}` }),
    language: {
      config: nestedLanguage(config, 'text_config', {
        modelType: 'qwen2',
        hasHead: files.hasTensor(`${prefixes.head}weight`),
      }),
      prefixes,
    },
  };
}

function readOwn(files: CheckpointFiles, preprocessor: Preprocessor): CheckpointFamily {
  const config = parseSchema(ownSchema, files.config, 'config.json');
  const { vision_config: tower } = config;
  const image_size = config.force_image_size ?? tower.image_size;
  const tiles = config.dynamic_image_size
    ? { least: config.min_dynamic_patch, most: config.max_dynamic_patch }
    : { least: 1, most: 1 };
  return {
    ...numbersOf({ ...tower, image_size }, config.select_layer, preprocessor, {
      hasBias: files.hasTensor(ownTower(firstBias).name),
      shuffle: 1 / config.downsample_ratio,
      ...tiles,
    }),
    tower: ownTower,
    projector: (name) => ({ name: `mlp1.${renamed(name, ownProjectorNames)}` }),
    language: {
      config: nestedLanguage(config, 'llm_config', {
        modelType: typeOfClass(config.llm_config) ?? 'qwen2',
        hasHead: files.hasTensor(`${prefixesBelow.head}weight`),
      }),
      prefixes: prefixesBelow,
    },
  };
}

const classes = v.object({ architectures: v.tupleWithRest([v.string()], v.string()) });

/** The authors' own configuration goes by the class of the language model (`Qwen2ForCausalLM`); null where none is named. */
function typeOfClass(config: unknown): string | null {
  return v.is(classes, config) ? config.architectures[0].replace(/ForCausalLM$/, '').toLowerCase() : null;
}

const firstBias = 'encoder.layers.0.self_attn.q_proj.bias';

/** What the layouts say in different places. */
interface Read {
  /** Whether the file has a bias of queries, keys and values. */
  readonly hasBias: boolean;
  readonly shuffle: number;
  /** Tiles of a photo. */
  readonly least: number;
  readonly most: number;
}

function numbersOf(
  tower: v.InferOutput<typeof visionSchema>,
  select: number,
  { image_mean: mean, image_std: std }: Preprocessor,
  { hasBias, shuffle, least, most }: Read,
) {
  const vision = {
    form: { ...internVlForm, qkvBias: tower.attention_bias ?? tower.qkv_bias ?? hasBias },
    hiddenSize: tower.hidden_size,
    intermediateSize: tower.intermediate_size,
    layers: tower.num_hidden_layers,
    layersRun: layersRun(select, tower.num_hidden_layers),
    heads: tower.num_attention_heads,
    imageSize: tower.image_size,
    patchSize: tower.patch_size,
    layerNormEps: tower.layer_norm_eps,
    activation: 'gelu',
    ...{ mean, std },
  } as const;
  const views = {
    family: 'internvl',
    tile: tower.image_size,
    leastTiles: least,
    mostTiles: most,
    shuffle,
  } as const;
  return {
    seeing: checkedSeeing(views, vision),
    vision,
    connector: { shuffle, normEps: projectorNormEps },
    pictures: internvlPictures,
    longestContext: longestContextOfTiles,
  };
}

type Renaming = readonly (readonly [from: string, to: string])[];

/** The first name in the list that stands in `name` (whole parts between dots), replaced. */
function renamed(name: string, names: Renaming): string {
  return names.reduce(
    (changed, [from, to]) => `.${changed}.`.replace(`.${from}.`, `.${to}.`).slice(1, -1),
    name,
  );
}

const hfNames: Renaming = [
  ['embeddings.class_embedding', 'embeddings.cls_token'],
  ['embeddings.position_embedding.weight', 'embeddings.position_embeddings'],
  ['embeddings.patch_embedding', 'embeddings.patch_embeddings.projection'],
  ['encoder.layers', 'encoder.layer'],
  ['layer_norm1', 'layernorm_before'],
  ['layer_norm2', 'layernorm_after'],
  ['self_attn.out_proj', 'attention.projection_layer'],
  ['self_attn', 'attention'],
  ['layer_scale1', 'lambda_1'],
  ['layer_scale2', 'lambda_2'],
];

const hfProjectorNames: Renaming = [
  ['norm', 'layer_norm'],
  ['0', 'linear_1'],
  ['2', 'linear_2'],
];

const ownNames: Renaming = [
  ['embeddings.position_embedding.weight', 'embeddings.position_embedding'],
  ['layer_norm1', 'norm1'],
  ['layer_norm2', 'norm2'],
  ['self_attn.out_proj', 'attn.proj'],
  ['layer_scale1', 'ls1'],
  ['layer_scale2', 'ls2'],
];

const ownProjectorNames: Renaming = [
  ['0', '1'],
  ['norm', '0'],
  ['2', '3'],
];

/** One matrix holds q, then k, then v. */
const fused = ['q_proj', 'k_proj', 'v_proj'];

function ownTower(name: string): StoredName {
  const third = fused.findIndex((part) => name.includes(`.${part}.`)) as -1 | 0 | 1 | 2;
  const stored = `vision_model.${renamed(name, ownNames)}`;
  if (third === -1) return { name: stored };
  return { name: stored.replace(`self_attn.${fused[third]}`, 'attn.qkv'), third };
}
