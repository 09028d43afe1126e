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
  pixelSteps,
  preprocessorFile,
  rgb,
  side,
  type CheckpointFamily,
  type CheckpointFiles,
} from '../checkpoint-files.ts';
import { longestContextOfTiles } from '../tiles.ts';
import { idefics3Form, idefics3Pictures, unstatedTiles } from './model.ts';

/** Defaults are those of transformers' Idefics3VisionConfig: published files leave keys out. */
const visionSchema = v.object({
  hidden_size: v.nullish(dimension, 1152),
  intermediate_size: v.nullish(dimension, 3072),
  num_hidden_layers: v.nullish(layerCount, 12),
  num_attention_heads: v.nullish(dimension, 16),
  patch_size: v.nullish(side, 32),
  image_size: v.nullish(side, 224),
  layer_norm_eps: v.nullish(epsilon, 1e-6),
  hidden_act: only('gelu_pytorch_tanh'),
});

const configSchema = v.looseObject({
  vision_config: visionSchema,
  text_config: v.looseObject({}),
  scale_factor: v.nullish(dimension, 2),
});

const edge = v.object({ longest_edge: dimension });
const half: [number, number, number] = [0.5, 0.5, 0.5];
const sizes = { size: v.nullish(edge), max_image_size: v.nullish(edge) };
/** config.json says them too. */
const towerSizes = v.object({ vision_config: v.object(sizes) });
const preprocessorSchema = v.object({
  ...pixelSteps,
  ...sizes,
  image_mean: v.nullish(rgb, half),
  image_std: v.nullish(rgb, half),
  do_image_splitting: v.nullish(v.boolean(), true),
  /** Lanczos. */
  resample: only(1),
});

const prefix = 'model.vision_model.';

/** `model_type` `idefics3` or `smolvlm` (FAMILIES.md of this project, section 2.3). */
export function readIdefics3Checkpoint(files: CheckpointFiles): CheckpointFamily {
  const config = parseSchema(configSchema, files.config, 'config.json');
  const preprocessor = parseSchema(preprocessorSchema, files.preprocessor, preprocessorFile);
  const { vision_config: tower, scale_factor: shuffle } = config;
  const { tile, longestEdge } = sizesOf(preprocessor, files.config, tower.image_size);
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
  const views = {
    ...({ family: 'idefics3', tile, longestEdge, shuffle } as const),
    ...(!preprocessor.do_image_splitting && { splits: false as const }),
  };
  return {
    seeing: checkedSeeing(views, vision),
    vision,
    connector: { shuffle, normEps: null },
    pictures: idefics3Pictures,
    longestContext: longestContextOfTiles,
    tower: (name) => ({ name: prefix + name }),
    projector: (name) => ({ name: `model.connector.modality_projection.proj.${name}` }),
    language: {
      config: nestedLanguage(config, 'text_config', {
        modelType: 'llama',
        hasHead: files.hasTensor('lm_head.weight'),
      }),
      prefixes: { body: 'model.text_model.', head: 'lm_head.' },
    },
  };
}

/** The side of a tile and the longest edge: of the preprocessor, else of config.json, else what all published models have. */
function sizesOf(
  { size, max_image_size: largest }: v.InferOutput<typeof preprocessorSchema>,
  config: unknown,
  seen: number,
): { readonly tile: number; readonly longestEdge: number } {
  const { vision_config: tower } =
    size && largest ? { vision_config: {} } : parseSchema(towerSizes, config, 'config.json');
  const tile = (largest ?? tower.max_image_size)?.longest_edge ?? seen;
  if (tile !== seen) {
    const fault = `tiles are ${tile} pixels a side, but the tower of config.json sees ${seen}`;
    throw invalidCheckpoint(largest ? preprocessorFile : 'config.json', fault);
  }
  return { tile, longestEdge: (size ?? tower.size)?.longest_edge ?? unstatedTiles * tile };
}
