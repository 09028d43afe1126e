import type { VisionConfig } from '../checkpoint/model-config.ts';
import { quoted } from '../../files/invalid.ts';
import { GgufFacts } from '../../formats/gguf/gguf-facts.ts';
import type { GgufTensor } from '../../formats/gguf/gguf-format.ts';
import type { GgufHeader } from '../../formats/gguf/read-gguf.ts';

/**
 * The vision half of a LLaVA model as llama.cpp's tools write it (`tools/mtmd/clip-impl.h`, `clip.cpp` and
 * `legacy-models/convert_image_encoder_to_gguf.py` there): a CLIP tower under `v.*` and the projector under `mm.*`.
 */
export interface Mmproj {
  readonly vision: VisionConfig;
  /** Its tensors by their names in a CLIP checkpoint, and the projector's as `0.weight`, `0.bias`, `2.weight`, ... */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Numbers of an embedding that the projector gives: the width of the language model it was trained with. */
  readonly languageWidth: number;
}

/**
 * Reads what an mmproj file says of itself. Throws `checkpoint-invalid` naming `file` for anything but one CLIP tower with
 * an `mlp` projector that sees a photo as one square: other models would be computed wrongly, not just less well.
 */
export function readMmproj(header: GgufHeader, file: string): Mmproj {
  const facts = new GgufFacts(header, file, 'checkpoint-invalid');
  checkKind(facts);
  const stored = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
  const vision = readVision(facts, stored);
  const projector = projectorTensors(facts, stored);
  const last = projector
    .filter(([name]) => name.endsWith('.weight'))
    .sort(([one], [other]) => parseInt(one) - parseInt(other))
    .at(-1);
  if (last === undefined) throw facts.fault('has no tensor mm.0.weight: it holds no projector');
  const tensors = new Map([...projector, ...towerTensors(facts, stored, vision)]);
  return { vision, tensors, languageWidth: last[1].shape[0]! };
}

function checkKind(facts: GgufFacts): void {
  const architecture = facts.text('general.architecture');
  if (architecture !== 'clip') {
    throw facts.fault(
      `general.architecture is ${quoted(architecture)}, not clip: this is not the mmproj half of a pair`,
      'not-vision-half',
    );
  }
  if (facts.optionalBool('clip.has_vision_encoder') === false) throw facts.fault('holds no vision tower');
  if (facts.optionalBool('clip.has_audio_encoder')) throw facts.fault('holds an audio encoder too');
  // The oldest files state no type; there was only this one.
  const type =
    facts.optionalText('clip.vision.projector_type') ?? facts.optionalText('clip.projector_type') ?? 'mlp';
  if (type !== 'mlp') throw facts.fault(`has a projector of the type ${quoted(type)}; mlp is known`);
  if (facts.optionalBool('clip.use_silu'))
    throw facts.fault('computes its tower with SiLU, which no CLIP does');
  const merge = facts.optionalText('clip.vision.mm_patch_merge_type') ?? 'flat';
  const pinpoints = 'clip.vision.image_grid_pinpoints';
  if (merge !== 'flat' || (facts.has(pinpoints) && facts.array(pinpoints, 'i32').length > 0)) {
    throw facts.fault(
      'belongs to a model that cuts each photo into views of its own choosing (LLaVA-1.6), which this app cannot do',
    );
  }
}

/** Limits: beyond any tower, and small enough that products of three stay exact. */
const maxDimension = 2 ** 17;
const maxImage = 4096;
const maxLayers = 1000;

function readVision(facts: GgufFacts, stored: ReadonlyMap<string, GgufTensor>): VisionConfig {
  const number = (key: string, most: number): number => {
    const value = facts.u32(`clip.vision.${key}`);
    if (value < 1 || value > most) throw facts.fault(`clip.vision.${key} is ${value}`);
    return value;
  };
  const layers = number('block_count', maxLayers);
  const hiddenSize = number('embedding_length', maxDimension);
  const heads = number('attention.head_count', maxDimension);
  const imageSize = number('image_size', maxImage);
  const patchSize = number('patch_size', maxImage);
  if (imageSize % patchSize !== 0)
    throw facts.fault(`an image of ${imageSize} pixels does not divide into patches of ${patchSize}`);
  if (hiddenSize % heads !== 0)
    throw facts.fault(`the tower's width ${hiddenSize} does not divide by ${heads} heads`);
  const layerNormEps = facts.f32('clip.vision.attention.layer_norm_epsilon');
  if (!(layerNormEps > 0 && layerNormEps < 1))
    throw facts.fault(`clip.vision.attention.layer_norm_epsilon is ${layerNormEps}`);
  const std = rgb(facts, 'clip.vision.image_std');
  if (std.some((deviation) => !(deviation > 0))) throw facts.fault('clip.vision.image_std is not positive');
  return {
    ...{ layers, hiddenSize, heads, imageSize, patchSize, layerNormEps, std },
    // Some files state none, and the tensors say it anyway.
    intermediateSize: feedForward(facts, stored).find(([name]) => name.endsWith('fc1.bias'))![1].shape[0]!,
    layersRun: layersRun(facts, layers),
    activation: facts.optionalBool('clip.use_gelu') ? 'gelu' : 'quick_gelu',
    mean: rgb(facts, 'clip.vision.image_mean'),
  };
}

/**
 * LLaVA takes hidden_states[-2]: all layers but the last. A file says so by `feature_layer`; others hold either the whole
 * tower, or one whose last layer the converter took away. Every CLIP has an even number of layers, so that an odd number
 * tells the second kind. (llama.cpp leaves out the last layer of those as well, one too many: the models were trained with it.)
 */
function layersRun(facts: GgufFacts, layers: number): number {
  const key = 'clip.vision.feature_layer';
  if (!facts.has(key)) return layers % 2 === 1 ? layers : layers - 1;
  const value = facts.header.metadata.get(key)!;
  const chosen = value.type === 'array' ? value.values : [value.value];
  const [layer] = chosen;
  if (chosen.length !== 1)
    throw facts.fault('joins the features of several layers, which this app cannot do');
  if (typeof layer !== 'number' || !Number.isInteger(layer) || layer < 1 || layer > layers)
    throw facts.fault(`${key} is ${JSON.stringify(layer)} of ${layers} layers`);
  return layer;
}

function rgb(facts: GgufFacts, key: string): [number, number, number] {
  const values = facts.array(key, 'f32');
  const isRight = values.length >= 3 && values.every((value) => Number.isFinite(value));
  if (!isRight) throw facts.fault(`${key} is not three numbers`);
  const [red, green, blue] = values as readonly number[];
  return [red!, green!, blue!];
}

type Named = readonly [name: string, tensor: GgufTensor];

/** CLIP's names of everything outside the blocks. */
const plainNames: Readonly<Record<string, string>> = {
  'v.class_embd': 'embeddings.class_embedding',
  'v.patch_embd.weight': 'embeddings.patch_embedding.weight',
  'v.position_embd.weight': 'embeddings.position_embedding.weight',
  'v.pre_ln.weight': 'pre_layrnorm.weight',
  'v.pre_ln.bias': 'pre_layrnorm.bias',
};

/** CLIP's names of a block's parts. The feed-forward pair is found by its shapes. */
const blockNames: Readonly<Record<string, string>> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_out: 'self_attn.out_proj',
  ln1: 'layer_norm1',
  ln2: 'layer_norm2',
};

function towerTensors(
  facts: GgufFacts,
  stored: ReadonlyMap<string, GgufTensor>,
  { layersRun: layers }: VisionConfig,
): Named[] {
  if (stored.has('v.patch_embd.bias'))
    throw facts.fault('has a tower of another kind than CLIP (v.patch_embd.bias)');
  const take = takeFrom(facts, stored);
  const tensors = Object.entries(plainNames).map(([name, clip]): Named => [clip, take(name)]);
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, clip] of Object.entries(blockNames)) {
      for (const part of ['weight', 'bias']) {
        tensors.push([`encoder.layers.${layer}.${clip}.${part}`, take(`v.blk.${layer}.${name}.${part}`)]);
      }
    }
    tensors.push(...feedForward(facts, stored, layer));
  }
  return tensors;
}

/**
 * fc1 widens and fc2 narrows. Older converters wrote them as `ffn_down` and `ffn_up`, newer ones the other way round; the
 * shapes tell which: the rows of fc1 are as long as the tower is wide.
 */
function feedForward(facts: GgufFacts, stored: ReadonlyMap<string, GgufTensor>, layer = 0): Named[] {
  const take = takeFrom(facts, stored);
  const at = `v.blk.${layer}.`;
  const width = facts.u32('clip.vision.embedding_length');
  const isSwapped = take(`${at}ffn_down.weight`).shape.at(-1) === width;
  const [fc1, fc2] = isSwapped ? ['ffn_down', 'ffn_up'] : ['ffn_up', 'ffn_down'];
  return ['weight', 'bias'].flatMap((part): Named[] => [
    [`encoder.layers.${layer}.mlp.fc1.${part}`, take(`${at}${fc1}.${part}`)],
    [`encoder.layers.${layer}.mlp.fc2.${part}`, take(`${at}${fc2}.${part}`)],
  ]);
}

/** `mm.0`, `mm.2`, ...: linear maps with a GELU between each two. */
function projectorTensors(facts: GgufFacts, stored: ReadonlyMap<string, GgufTensor>): Named[] {
  const parts = [...stored.keys()].filter((name) => name.startsWith('mm.'));
  const strange = parts.find((name) => !/^mm\.\d*[02468]\.(weight|bias)$/.test(name));
  if (strange !== undefined)
    throw facts.fault(`has a projector of another kind than mlp (it holds ${quoted(strange)})`);
  return parts.map((name) => [name.slice('mm.'.length), stored.get(name)!]);
}

const takeFrom =
  (facts: GgufFacts, stored: ReadonlyMap<string, GgufTensor>) =>
  (name: string): GgufTensor => {
    const tensor = stored.get(name);
    if (tensor === undefined) throw facts.fault(`has no tensor ${name}`);
    return tensor;
  };
