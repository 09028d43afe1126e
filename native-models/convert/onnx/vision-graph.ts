import { hiddenTokens, type VisionConfig } from '../../families/tower.ts';
import {
  addAttention,
  addLinear,
  addNorm,
  addSkipNorm,
  type PlacedLinear,
  type PlacedNorm,
} from './graph-parts.ts';
import { float, type GraphWriter, type PlacedTensor, type Value } from '../../formats/onnx/graph-writer.ts';

/** A ViT as a graph: embedding, `layersRun` pre-LN blocks, class token dropped (docs/inference.md, Vision tower). */

export interface PlacedEmbedding {
  /** [D, 3, patch, patch]. */
  readonly patches: PlacedTensor;
  /** [D], where the convolution has one. */
  readonly patchBias: PlacedTensor | null;
  /** [1 + T, D]: the learned positions, the class embedding added to the first; [T, D] without a class token. */
  readonly positions: PlacedTensor;
  readonly norm: PlacedNorm | null;
}

/** The linear maps of a block that a precision is chosen for. */
export const blockLinears = ['q', 'k', 'v', 'out', 'fc1', 'fc2'] as const;
export type BlockLinear = (typeof blockLinears)[number];

export interface PlacedBlock extends Readonly<Record<BlockLinear, PlacedLinear>> {
  readonly norm1: PlacedNorm;
  readonly norm2: PlacedNorm;
  /** Multiplied into the input of fc2 (smoothing.ts); null where nothing is. */
  readonly fc2Gain: PlacedTensor | null;
}

/** The residual stream, with the last branch not yet added: the next normalisation adds it in the same pass. */
export interface Stream {
  readonly sum: Value;
  readonly branch: Value | null;
}

/** The inputs of the linear maps of a block, for calibration; q, k and v share the first. */
export const blockTaps = ['attentionInput', 'outInput', 'fc1Input', 'fc2Input'] as const;
export type BlockTap = (typeof blockTaps)[number];

/** Pixels [batch, 3, S, S] to the first hidden state [batch, 1 + T, D], or [batch, T, D] without a class token. */
export function addEmbedding(
  graph: GraphWriter,
  pixels: Value,
  embedding: PlacedEmbedding,
  config: VisionConfig,
): Stream {
  const { patchSize, hiddenSize, layerNormEps, form } = config;
  const { patchBias, norm } = embedding;
  const patches = graph.constant('embeddings.patch_embedding.weight', embedding.patches);
  const bias = patchBias === null ? [] : [graph.constant('embeddings.patch_embedding.bias', patchBias)];
  const grid = graph.op('Conv', [pixels, patches, ...bias], {
    kernel_shape: [patchSize, patchSize],
    strides: [patchSize, patchSize],
  });
  const rows = graph.op('Transpose', [graph.op('Reshape', [grid, graph.ints(0, hiddenSize, -1)])], {
    perm: [0, 2, 1],
  });
  // A zero row in front, so that adding the positions puts the class token there.
  const tokens = form.classToken ? graph.op('Pad', [rows, graph.ints(0, 1, 0, 0, 0, 0)]) : rows;
  const placed = graph.op('Add', [tokens, graph.constant('embeddings.positions', embedding.positions)]);
  const sum = norm === null ? placed : addNorm(graph, placed, 'pre_layrnorm', norm, layerNormEps);
  return { sum, branch: null };
}

/** One pre-LN transformer block. */
export function addBlock(
  graph: GraphWriter,
  stream: Stream,
  name: string,
  block: PlacedBlock,
  config: VisionConfig,
): { stream: Stream; taps: Readonly<Record<BlockTap, Value>> } {
  const { heads, layerNormEps } = config;
  const first = normStream(graph, stream, `${name}.layer_norm1`, block.norm1, layerNormEps);
  const attentionInput = first.normed;
  const attention = `${name}.self_attn`;
  const q = addLinear(graph, attentionInput, `${attention}.q_proj`, block.q);
  const k = addLinear(graph, attentionInput, `${attention}.k_proj`, block.k);
  const v = addLinear(graph, attentionInput, `${attention}.v_proj`, block.v);
  const outInput = addAttention(graph, [q, k, v], heads);
  const attended = addLinear(graph, outInput, `${attention}.out_proj`, block.out);

  const second = addSkipNorm(graph, [first.sum, attended], `${name}.layer_norm2`, block.norm2, layerNormEps);
  const fc1Input = second.normed;
  const activated = addActivation(
    graph,
    addLinear(graph, fc1Input, `${name}.mlp.fc1`, block.fc1),
    config.activation,
  );
  const fc2Input = block.fc2Gain
    ? graph.op('Mul', [activated, graph.constant(`${name}.mlp.fc2.gain`, block.fc2Gain)])
    : activated;
  const branch = addLinear(graph, fc2Input, `${name}.mlp.fc2`, block.fc2);
  return {
    stream: { sum: second.sum, branch },
    taps: { attentionInput, outInput, fc1Input, fc2Input: activated },
  };
}

/** The hidden state itself. */
export function addStreamEnd(graph: GraphWriter, { sum, branch }: Stream): Value {
  return branch === null ? sum : graph.op('Add', [sum, branch]);
}

/** Features [batch, T, D]: all tokens but the class token; `norm` is post_layernorm, where the features go through it. */
export function addFeatures(
  graph: GraphWriter,
  stream: Stream,
  norm: PlacedNorm | null,
  config: VisionConfig,
): Value {
  const { form, layerNormEps } = config;
  const hidden =
    norm === null
      ? addStreamEnd(graph, stream)
      : normStream(graph, stream, 'post_layernorm', norm, layerNormEps).normed;
  if (!form.classToken) return hidden;
  return graph.op('Slice', [hidden, graph.ints(1), graph.ints(hiddenTokens(config)), graph.ints(1)]);
}

function normStream(graph: GraphWriter, stream: Stream, name: string, norm: PlacedNorm, epsilon: number) {
  const { sum, branch } = stream;
  if (branch !== null) return addSkipNorm(graph, [sum, branch], name, norm, epsilon);
  return { normed: addNorm(graph, sum, name, norm, epsilon), sum };
}

/** 1.702 is the constant of CLIP's quick_gelu: x * sigmoid(1.702 x). */
const quickGeluSlope = 1.702;

function addActivation(graph: GraphWriter, x: Value, activation: VisionConfig['activation']): Value {
  if (activation === 'gelu') return graph.op('Gelu', [x]);
  if (activation === 'gelu_tanh') return graph.op('Gelu', [x], { approximate: 'tanh' });
  return graph.fused('QuickGelu', [x], { alpha: float(quickGeluSlope) })[0]!;
}
