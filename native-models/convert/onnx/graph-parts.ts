import {
  absent,
  float,
  type GraphWriter,
  type PlacedTensor,
  type Value,
} from '../../formats/onnx/graph-writer.ts';
import { quantizeColumns } from './quantize.ts';
import type { TensorStore } from '../../formats/onnx/tensor-store.ts';
import type { Linear, Norm } from './weight-reader.ts';

/** The pieces both graphs are made of: weights put into a store, then used as fused operators. */

export type Precision = 'f32' | 'int8';

export interface PlacedLinear {
  readonly weight: PlacedTensor;
  readonly bias: PlacedTensor;
  /** One scale per output when the weight is int8, null when it is float32. */
  readonly scale: PlacedTensor | null;
}

export interface PlacedNorm {
  readonly gain: PlacedTensor;
  readonly offset: PlacedTensor;
}

export async function placeLinear(
  store: TensorStore,
  linear: Linear,
  precision: Precision,
): Promise<PlacedLinear> {
  const { inputs, outputs } = linear;
  const bias = await store.place('float32', [outputs], linear.bias);
  if (precision === 'f32') {
    return { weight: await store.place('float32', [inputs, outputs], linear.weight), bias, scale: null };
  }
  const { values, scales } = quantizeColumns(linear.weight, inputs, outputs);
  return {
    weight: await store.place('int8', [inputs, outputs], values),
    bias,
    scale: await store.place('float32', [outputs], scales),
  };
}

export async function placeNorm(store: TensorStore, norm: Norm): Promise<PlacedNorm> {
  const width = norm.gain.length;
  return {
    gain: await store.place('float32', [width], norm.gain),
    offset: await store.place('float32', [width], norm.offset),
  };
}

/** y = x W + b. int8: activations become unsigned bytes with one scale for the whole input of a run. */
export function addLinear(graph: GraphWriter, x: Value, name: string, linear: PlacedLinear): Value {
  const weight = graph.constant(`${name}.weight`, linear.weight);
  const bias = graph.constant(`${name}.bias`, linear.bias);
  if (linear.scale === null) return graph.op('Add', [graph.op('MatMul', [x, weight]), bias]);
  const scale = graph.constant(`${name}.scale`, linear.scale);
  return graph.fused('DynamicQuantizeMatMul', [x, weight, scale, absent, bias])[0]!;
}

export function addNorm(
  graph: GraphWriter,
  x: Value,
  name: string,
  norm: PlacedNorm,
  epsilon: number,
): Value {
  const gain = graph.constant(`${name}.weight`, norm.gain);
  const offset = graph.constant(`${name}.bias`, norm.offset);
  return graph.op('LayerNormalization', [x, gain, offset], { axis: -1, epsilon: float(epsilon) });
}

/**
 * Layer normalisation of `x + branch`, and that sum. As two operators: ONNX Runtime's SkipLayerNormalization, which is both, goes
 * number by number on a CPU and takes several times as long.
 */
export function addSkipNorm(
  graph: GraphWriter,
  [x, branch]: readonly [Value, Value],
  name: string,
  norm: PlacedNorm,
  epsilon: number,
): { normed: Value; sum: Value } {
  const sum = graph.op('Add', [x, branch]);
  return { normed: addNorm(graph, sum, name, norm, epsilon), sum };
}

/** softmax(q k^T / sqrt(head width)) v over `heads` heads; all three are [batch, tokens, width]. */
export function addAttention(
  graph: GraphWriter,
  [q, k, v]: readonly [Value, Value, Value],
  heads: number,
): Value {
  return graph.fused('MultiHeadAttention', [q, k, v], { num_heads: heads })[0]!;
}
