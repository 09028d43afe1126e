import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  enhanceTensors,
  languageTensors,
  projectorTensors,
  towerTensors,
  type ExpectedTensor,
} from '../../native-models/convert/checkpoint/expected-tensors.ts';
import { type ModelConfig } from '../../native-models/convert/checkpoint/model-config.ts';
import { clipForm } from '../../native-models/families/tower.ts';
import type { TensorType } from '../../native-models/formats/weights/tensor-source.ts';
import { RandomBlock, uniform, type RandomTensor } from './random-tensors.ts';
import { byteLength, writeSafetensorsFile, writeTorchZip, type WrittenTensor } from './weight-writers.ts';

/** Every dimension of a random checkpoint; small by default, so that a conversion takes a moment. */
export interface RandomCheckpointOptions {
  readonly seed?: number;
  /** Crops a side. Written to config.json unless 3, as the published one does not state it. */
  readonly n?: number;
  /** Tile side S and patch side in pixels. */
  readonly imageSize?: number;
  readonly patchSize?: number;
  readonly visionWidth?: number;
  readonly visionHeads?: number;
  readonly visionLayers?: number;
  readonly visionIntermediate?: number;
  /** mm_vision_select_layer. */
  readonly selectLayer?: number;
  /** `linear` or `mlpNx_gelu`. */
  readonly projector?: string;
  readonly languageWidth?: number;
  readonly languageHeads?: number;
  readonly keyValueHeads?: number;
  readonly languageLayers?: number;
  readonly languageIntermediate?: number;
  /** Rows of the embeddings, at least the 458 tokens of the tokenizer; the rest are unused. */
  readonly vocabulary?: number;
  readonly contextLength?: number;
  readonly tiedEmbeddings?: boolean;
  readonly dtype?: TensorType;
  /** Of the main weights; `sharded` splits them into `shards` files. */
  readonly layout?: 'safetensors' | 'sharded-safetensors' | 'bin' | 'sharded-bin';
  readonly shards?: number;
  /** `inside`: among the main weights; otherwise in the clip folder, as that file. */
  readonly tower?: 'inside' | 'safetensors' | 'bin';
  /**
   * Imitates CLIP's outlier channels: the gains of a few channels of every LayerNorm of the tower are multiplied by
   * this, and the weights that read them divided by half of it, so that those channels tower over the others
   * without deciding everything.
   */
  readonly outliers?: number;
  /** Leaves every number zero, in files with holes: a large checkpoint in no time, where only its size matters. */
  readonly hollow?: boolean;
}

type Dimensions = Required<RandomCheckpointOptions>;

const defaults: Dimensions = {
  seed: 1,
  n: 3,
  imageSize: 56,
  patchSize: 14,
  visionWidth: 32,
  visionHeads: 2,
  visionLayers: 3,
  visionIntermediate: 80,
  selectLayer: -2,
  projector: 'mlp2x_gelu',
  languageWidth: 64,
  languageHeads: 4,
  keyValueHeads: 2,
  languageLayers: 2,
  languageIntermediate: 96,
  vocabulary: 458,
  contextLength: 8192,
  tiedEmbeddings: false,
  dtype: 'bf16',
  layout: 'sharded-safetensors',
  shards: 2,
  tower: 'inside',
  outliers: 1,
  hollow: false,
};

/** The published dimensions: CLIP ViT-L/14-336 and Llama-3-8B (docs/inference.md), to be shortened with `languageLayers`. */
export const publishedDimensions = {
  imageSize: 336,
  patchSize: 14,
  visionWidth: 1024,
  visionHeads: 16,
  visionLayers: 24,
  visionIntermediate: 4096,
  languageWidth: 4096,
  languageHeads: 32,
  keyValueHeads: 8,
  languageLayers: 32,
  languageIntermediate: 14336,
  vocabulary: 128257,
  shards: 4,
} as const satisfies RandomCheckpointOptions;

/** Tokenizer and special ids of every random checkpoint: those of the golden cases, in Llama 3's format. */
const tokenizerFolder = fileURLToPath(new URL('../golden/tower-inside/checkpoint/', import.meta.url));

export interface RandomCheckpoint {
  readonly checkpoint: string;
  readonly clip: string;
}

/**
 * Writes a checkpoint of random weights in the published layout into `directory/checkpoint` and `directory/clip`, which it
 * replaces.
 * The same options give the same bytes. Takes little memory whatever the size.
 */
export function makeRandomCheckpoint(
  directory: string,
  options: RandomCheckpointOptions = {},
): RandomCheckpoint {
  const d: Dimensions = { ...defaults, ...options };
  const folders = { checkpoint: join(directory, 'checkpoint'), clip: join(directory, 'clip') };
  for (const folder of Object.values(folders)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  writeConfigs(folders, d);
  const block = new RandomBlock(d.seed);
  const written = (tensor: RandomTensor): WrittenTensor => ({
    name: tensor.name,
    shape: tensor.shape,
    type: d.dtype,
    pieces: () => (d.hollow ? [] : block.pieces(tensor, d.dtype)),
  });
  const main = mainTensors(d).map(written);
  if (d.tower === 'inside') {
    writeWeights(
      folders.checkpoint,
      [...tower(d, 'model.vision_tower.vision_tower.').map(written), ...main],
      d,
    );
    return folders;
  }
  writeWeights(folders.checkpoint, main, d);
  const apart = [positionIds(d), ...tower(d, '').map(written)];
  if (d.tower === 'bin') writeTorchZip(join(folders.clip, 'pytorch_model.bin'), apart);
  else writeSafetensorsFile(join(folders.clip, 'model.safetensors'), apart);
  return folders;
}

function writeWeights(folder: string, tensors: readonly WrittenTensor[], d: Dimensions): void {
  const bin = d.layout === 'bin' || d.layout === 'sharded-bin';
  const write = bin ? writeTorchZip : writeSafetensorsFile;
  const [stem, extension] = bin ? ['pytorch_model', 'bin'] : ['model', 'safetensors'];
  if (d.layout === 'bin' || d.layout === 'safetensors') {
    write(join(folder, `${stem}.${extension}`), tensors);
    return;
  }
  const total = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  const shards: WrittenTensor[][] = Array.from({ length: d.shards }, () => []);
  let at = 0;
  for (const tensor of tensors) {
    shards[Math.min(d.shards - 1, Math.floor((at / total) * d.shards))]!.push(tensor);
    at += byteLength(tensor);
  }
  const weightMap: Record<string, string> = {};
  shards.forEach((shard, i) => {
    const name = `${stem}-${pad(i + 1)}-of-${pad(d.shards)}.${extension}`;
    write(join(folder, name), shard);
    for (const tensor of shard) weightMap[tensor.name] = name;
  });
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  writeJson(join(folder, `${stem}.${extension}.index.json`), index);
}

function pad(number: number): string {
  return String(number).padStart(5, '0');
}

function modelConfig(d: Dimensions): Pick<ModelConfig, 'vision' | 'projector' | 'language'> {
  return {
    vision: {
      hiddenSize: d.visionWidth,
      intermediateSize: d.visionIntermediate,
      layers: d.visionLayers,
      layersRun: d.visionLayers,
      heads: d.visionHeads,
      imageSize: d.imageSize,
      patchSize: d.patchSize,
      layerNormEps: 1e-5,
      form: clipForm,
      activation: 'quick_gelu',
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
    projector: { layers: d.projector === 'linear' ? 1 : Number(d.projector.slice(3, 4)) },
    language: {
      architecture: 'llama',
      prefixes: { body: 'model.', head: 'lm_head.' },
      hiddenSize: d.languageWidth,
      intermediateSize: d.languageIntermediate,
      layers: d.languageLayers,
      heads: d.languageHeads,
      keyValueHeads: d.keyValueHeads,
      headSize: d.languageWidth / d.languageHeads,
      vocabularySize: d.vocabulary,
      rmsNormEps: 1e-5,
      ropeTheta: 500000,
      ropeScaling: null,
      contextLength: d.contextLength,
      slidingWindow: null,
      tiedEmbeddings: d.tiedEmbeddings,
    },
  };
}

/** The whole tower with its last layers and post_layernorm, which the model does not use but the files hold. */
function tower(d: Dimensions, prefix: string): RandomTensor[] {
  const outliers = outlierChannels(d);
  const half = new Map([...outliers].map(([channel, factor]) => [channel, 2 / factor]));
  const tensors = [
    ...towerTensors(modelConfig(d).vision),
    ['post_layernorm.weight', [d.visionWidth]] as ExpectedTensor,
    ['post_layernorm.bias', [d.visionWidth]] as ExpectedTensor,
  ];
  return tensors.map(([name, shape]) => {
    const tensor = random(`${prefix}vision_model.${name}`, shape);
    if (outliers.size === 0) return tensor;
    if (/layer_norm[12]\.weight$/.test(name)) return { ...tensor, rows: outliers };
    if (/(q_proj|k_proj|v_proj|fc1)\.weight$/.test(name)) return { ...tensor, columns: half };
    return tensor;
  });
}

/** Three channels, as CLIP ViT-L has a handful. */
function outlierChannels(d: Dimensions): Map<number, number> {
  if (d.outliers === 1) return new Map();
  const next = uniform(d.seed + 1);
  return new Map([1, 2, 3].map(() => [Math.floor(next() * d.visionWidth), d.outliers]));
}

function mainTensors(d: Dimensions): RandomTensor[] {
  const config = { ...modelConfig(d), crops: { n: d.n } };
  const named = (prefix: string, expected: readonly ExpectedTensor[]) =>
    expected.map(([name, shape]) => random(prefix + name, shape));
  return [
    ...named('model.spatial_embed.', enhanceTensors(d.visionWidth)),
    ...named('model.mm_projector.', projectorTensors(config, d.projector !== 'linear')),
    ...named('', languageTensors(config.language)),
  ];
}

/** Gains near one, biases near zero, embeddings of deviation one, and weights that keep the size of what they map. */
function random(name: string, shape: readonly number[]): RandomTensor {
  if (/(norm|norm1|norm2|layernorm|layrnorm|ln|ln_fuse)\.weight$/.test(name)) {
    return { name, shape, mean: 1, scale: 0.1 };
  }
  if (name.endsWith('.bias')) return { name, shape, mean: 0, scale: 0.1 };
  if (/embedding\.weight$|class_embedding$|embed_tokens/.test(name) && !name.includes('patch')) {
    return { name, shape, mean: 0, scale: 1 };
  }
  const inputs = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
  return { name, shape, mean: 0, scale: 1 / Math.sqrt(inputs) };
}

/** An int64 buffer that older transformers saved among the weights. */
function positionIds(d: Dimensions): WrittenTensor {
  const count = (d.imageSize / d.patchSize) ** 2 + 1;
  const ids = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  const bytes = new Uint8Array(ids.buffer);
  return {
    name: 'vision_model.embeddings.position_ids',
    shape: [1, count],
    type: 'i64',
    pieces: () => [bytes],
  };
}

function writeConfigs(folders: RandomCheckpoint, d: Dimensions): void {
  const golden = JSON.parse(readFileSync(join(tokenizerFolder, 'config.json'), 'utf8')) as object;
  writeJson(join(folders.checkpoint, 'config.json'), {
    ...golden,
    ...(d.n === 3 ? {} : { dual_crop_n: d.n }),
    mm_hidden_size: d.visionWidth,
    mm_projector_type: d.projector,
    mm_vision_select_layer: d.selectLayer,
    hidden_size: d.languageWidth,
    intermediate_size: d.languageIntermediate,
    num_hidden_layers: d.languageLayers,
    num_attention_heads: d.languageHeads,
    num_key_value_heads: d.keyValueHeads,
    vocab_size: d.vocabulary,
    max_position_embeddings: d.contextLength,
    tie_word_embeddings: d.tiedEmbeddings,
    torch_dtype: { f32: 'float32', f16: 'float16', bf16: 'bfloat16' }[d.dtype],
  });
  writeJson(join(folders.clip, 'config.json'), {
    model_type: 'clip',
    vision_config: {
      hidden_size: d.visionWidth,
      intermediate_size: d.visionIntermediate,
      num_hidden_layers: d.visionLayers,
      num_attention_heads: d.visionHeads,
      image_size: d.imageSize,
      patch_size: d.patchSize,
      layer_norm_eps: 1e-5,
      hidden_act: 'quick_gelu',
    },
  });
  for (const name of [
    'tokenizer.json',
    'tokenizer_config.json',
    'special_tokens_map.json',
    'generation_config.json',
  ]) {
    copyFileSync(join(tokenizerFolder, name), join(folders.checkpoint, name));
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
