import { hiddenTokens, type VisionConfig } from '../../families/tower.ts';
import { placeLinear, placeNorm, type PlacedNorm, type Precision } from './graph-parts.ts';
import { type BlockLinear, type PlacedBlock, type PlacedEmbedding } from './vision-graph.ts';
import type { TensorStore } from '../../formats/onnx/tensor-store.ts';
import type { Linear, Norm, WeightReader } from './weight-reader.ts';

/** The weights of one block in memory, by the roles they play in the graph; a layer scale is part of `out` and `fc2`. */
export interface Block extends Readonly<Record<BlockLinear, Linear>> {
  readonly norm1: Norm;
  readonly norm2: Norm;
  readonly fc2Gain: Float32Array | null;
}

/** Where a block's linear maps lie in a CLIP checkpoint, below `encoder.layers.N.`. */
const linearNames: Readonly<Record<BlockLinear, string>> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  out: 'self_attn.out_proj',
  fc1: 'mlp.fc1',
  fc2: 'mlp.fc2',
};

export function linearName(layer: number, linear: BlockLinear): string {
  return `layers.${layer}.${linearNames[linear]}`;
}

export async function readBlock(reader: WeightReader, layer: number, config: VisionConfig): Promise<Block> {
  const { hiddenSize: width, intermediateSize: wide, form } = config;
  const name = `encoder.layers.${layer}`;
  const linear = (role: BlockLinear, inputs: number, outputs: number, isBiasFree = false) =>
    reader.linear(`${name}.${linearNames[role]}.`, inputs, outputs, isBiasFree);
  const projected = (role: BlockLinear) => linear(role, width, width, !form.qkvBias);
  const scaled = async (scale: string, map: Linear) =>
    form.layerScale ? scaleOutputs(map, await reader.tensor(`${name}.${scale}`, [width])) : map;
  return {
    norm1: await reader.norm(`${name}.layer_norm1`, width),
    q: await projected('q'),
    k: await projected('k'),
    v: await projected('v'),
    out: await scaled('layer_scale1', await linear('out', width, width)),
    norm2: await reader.norm(`${name}.layer_norm2`, width),
    fc1: await linear('fc1', width, wide),
    fc2: await scaled('layer_scale2', await linear('fc2', wide, width)),
    fc2Gain: null,
  };
}

/** scale * (x W + b) as a linear map. */
function scaleOutputs({ weight, bias, ...sizes }: Linear, scale: Float32Array): Linear {
  return {
    ...sizes,
    weight: weight.map((value, at) => value * scale[at % scale.length]!),
    bias: bias.map((value, output) => value * scale[output]!),
  };
}

export async function placeBlock(
  store: TensorStore,
  block: Block,
  precision: (linear: BlockLinear) => Precision,
): Promise<PlacedBlock> {
  const linear = (role: BlockLinear) => placeLinear(store, block[role], precision(role));
  return {
    norm1: await placeNorm(store, block.norm1),
    q: await linear('q'),
    k: await linear('k'),
    v: await linear('v'),
    out: await linear('out'),
    norm2: await placeNorm(store, block.norm2),
    fc1: await linear('fc1'),
    fc2Gain: block.fc2Gain && (await store.place('float32', [block.fc2Gain.length], block.fc2Gain)),
    fc2: await linear('fc2'),
  };
}

/** Puts everything before the first block into `store`. */
export async function placeEmbedding(
  store: TensorStore,
  reader: WeightReader,
  config: VisionConfig,
): Promise<PlacedEmbedding> {
  const { hiddenSize: width, patchSize: patch, form } = config;
  const tokens = hiddenTokens(config);
  const patchShape = [width, 3, patch, patch];
  const patches = await reader.tensor('embeddings.patch_embedding.weight', patchShape);
  const positions = await reader.tensor('embeddings.position_embedding.weight', [tokens, width]);
  if (form.classToken) {
    const classToken = await reader.tensor('embeddings.class_embedding', [width]);
    classToken.forEach((value, channel) => (positions[channel]! += value));
  }
  const bias = form.patchBias ? await reader.tensor('embeddings.patch_embedding.bias', [width]) : null;
  return {
    patches: await store.place('float32', patchShape, patches),
    patchBias: bias && (await store.place('float32', [width], bias)),
    positions: await store.place('float32', [tokens, width], positions),
    norm: form.preNorm ? await placeNorm(store, await reader.norm('pre_layrnorm', width)) : null,
  };
}

/** Puts the normalisation after the last block into `store`, where there is one. */
export async function placePostNorm(
  store: TensorStore,
  reader: WeightReader,
  { hiddenSize, form }: VisionConfig,
): Promise<PlacedNorm | null> {
  return form.postNorm ? placeNorm(store, await reader.norm('post_layernorm', hiddenSize)) : null;
}
