import * as v from 'valibot';

import { invalidCheckpoint } from '../../files/invalid.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import {
  checkedSeeing,
  dimension,
  epsilon,
  layerCount,
  nestedLanguage,
  only,
  preprocessorFile,
  rgb,
  side,
  type CheckpointFamily,
  type CheckpointFiles,
} from '../checkpoint-files.ts';
import { longestContextOfTiles } from '../tiles.ts';
import { idefics3Form, idefics3Pictures } from './model.ts';

/** Defaults are those of transformers' Idefics3VisionConfig: published files leave keys out. */
const visionSchema = v.object({
  hidden_size: v.optional(dimension, 1152),
  intermediate_size: v.optional(dimension, 3072),
  num_hidden_layers: v.optional(layerCount, 12),
  num_attention_heads: v.optional(dimension, 16),
  patch_size: v.optional(side, 32),
  image_size: v.optional(side, 224),
  layer_norm_eps: v.optional(epsilon, 1e-6),
  hidden_act: only('gelu_pytorch_tanh'),
});

const configSchema = v.looseObject({
  vision_config: visionSchema,
  text_config: v.looseObject({}),
  scale_factor: v.optional(dimension, 2),
});

const edge = v.object({ longest_edge: dimension });
const half: [number, number, number] = [0.5, 0.5, 0.5];
const preprocessorSchema = v.object({
  size: edge,
  max_image_size: edge,
  image_mean: v.optional(rgb, half),
  image_std: v.optional(rgb, half),
  do_image_splitting: only(true),
  /** Lanczos. */
  resample: only(1),
});

const prefix = 'model.vision_model.';

/** `model_type` `idefics3` or `smolvlm` (FAMILIES.md of this project, section 2.3). */
export function readIdefics3Checkpoint(files: CheckpointFiles): CheckpointFamily {
  const config = parseSchema(configSchema, files.config, 'config.json');
  const preprocessor = parseSchema(preprocessorSchema, files.preprocessor, preprocessorFile);
  const { vision_config: tower, scale_factor: shuffle } = config;
  const tile = preprocessor.max_image_size.longest_edge;
  if (tile !== tower.image_size) {
    const fault = `tiles are ${tile} pixels a side, but the tower of config.json sees ${tower.image_size}`;
    throw invalidCheckpoint(preprocessorFile, fault);
  }
  const vision = {
    form: idefics3Form,
    hiddenSize: tower.hidden_size,
    intermediateSize: tower.intermediate_size,
    layers: tower.num_hidden_layers,
    layersRun: tower.num_hidden_layers,
    heads: tower.num_attention_heads,
    imageSize: tile,
    patchSize: tower.patch_size,
    layerNormEps: tower.layer_norm_eps,
    activation: 'gelu_tanh',
    mean: preprocessor.image_mean,
    std: preprocessor.image_std,
  } as const;
  const views = { family: 'idefics3', tile, longestEdge: preprocessor.size.longest_edge, shuffle } as const;
  return {
    seeing: checkedSeeing(views, vision),
    vision,
    connector: { shuffle, normEps: null },
    pictures: idefics3Pictures,
    longestContext: longestContextOfTiles,
    tower: (name) => ({ name: prefix + name }),
    projector: (name) => ({ name: `model.connector.modality_projection.proj.${name}` }),
    language: {
      config: nestedLanguage(config, 'text_config', files.hasTensor('lm_head.weight')),
      prefixes: { body: 'model.text_model.', head: 'lm_head.' },
    },
  };
}
