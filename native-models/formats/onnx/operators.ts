/**
 * The operators this app writes, each with the attributes it gives them and the shape of what they compute: one entry an
 * operator, so that none can be allowed whose size cannot be told. Shapes follow docs/Operators.md of onnx/onnx and
 * docs/ContribOperators.md of microsoft/onnxruntime.
 */

import { Fault, quote } from './fault.ts';
import type { OnnxNode } from './onnx-proto.ts';

/** Sizes, outermost dimension first. */
export type Shape = readonly number[];

/** A node as a rule sees it. */
export interface Operands {
  /** Shape of an input. */
  input(index: number): Shape;
  has(index: number): boolean;
  /** The numbers of an input that must be a constant of integers: a shape, axes, bounds. */
  integers(index: number): readonly number[];
  /** An attribute that is one integer. */
  integer(name: string): number | undefined;
  /** An attribute that is a list of integers. */
  list(name: string): readonly number[] | undefined;
  refuse(fault: string): never;
}

export interface OperatorWork {
  /** Of each output; those that are smaller count as much. */
  readonly shape: Shape;
  /** Elements held besides while the operator runs. */
  readonly scratch?: number;
}

interface Operator {
  readonly attributes: readonly string[];
  /** Inputs beyond these would change the rule. */
  readonly mostInputs: number;
  readonly work: (node: Operands) => OperatorWork;
}

const same = ({ input }: Operands): OperatorWork => ({ shape: input(0) });

/** Sizes of two shapes side by side from the last dimension on, 1 where one has none. */
function broadcast(one: Shape, other: Shape, node: Operands): Shape {
  const rank = Math.max(one.length, other.length);
  const size = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [a, b] = [size(one, axis), size(other, axis)];
    return a === b || b === 1 ? a : a === 1 ? b : node.refuse(`joins the shapes [${one}] and [${other}]`);
  });
}

function axisOf(axis: number, rank: number, node: Operands): number {
  const positive = axis < 0 ? axis + rank : axis;
  return positive >= 0 && positive < rank ? positive : node.refuse(`names the axis ${axis} of ${rank}`);
}

const elementwise = (node: Operands): OperatorWork => ({
  shape: broadcast(node.input(0), node.input(1), node),
});

/** [..., m, k] x [..., k, n]. */
function product(node: Operands): OperatorWork {
  const [left, right] = [node.input(0), node.input(1)];
  const [rows, inner] = left.slice(-2) as [number, number];
  const [depth, columns] = right.slice(-2) as [number, number];
  if (left.length < 2 || right.length < 2 || inner !== depth) {
    return node.refuse(`multiplies the shapes [${left}] and [${right}]`);
  }
  return { shape: [...broadcast(left.slice(0, -2), right.slice(0, -2), node), rows, columns] };
}

function convolution(node: Operands): OperatorWork {
  const [image, kernel] = [node.input(0), node.input(1)];
  const [batch = NaN, channels = NaN, ...sides] = image;
  const [filters = NaN, depth = NaN, ...window] = kernel;
  if (image.length !== kernel.length || channels !== depth) {
    return node.refuse(`convolves the shapes [${image}] and [${kernel}]`);
  }
  const strides = node.list('strides') ?? window.map(() => 1);
  const out = sides.map((side, axis) => Math.floor((side - window[axis]!) / strides[axis]!) + 1);
  // The pixels under every window, laid out for one product of matrices.
  const scratch = [depth, ...window, ...out].reduce((all, size) => all * size, 1);
  return { shape: [batch, filters, ...out], scratch };
}

function concatenation(node: Operands): OperatorWork {
  const shape = [...node.input(0)];
  const axis = axisOf(node.integer('axis') ?? NaN, shape.length, node);
  for (let index = 1; node.has(index); index++) {
    const next = node.input(index);
    const fits = next.length === shape.length && next.every((size, at) => at === axis || size === shape[at]);
    if (!fits) return node.refuse(`joins the shapes [${shape}] and [${next}]`);
    shape[axis]! += next[axis]!;
  }
  return { shape };
}

function padding(node: Operands): OperatorWork {
  const shape = node.input(0);
  const pads = node.integers(1);
  if (pads.length !== 2 * shape.length) return node.refuse(`pads [${shape}] by [${pads}]`);
  return { shape: shape.map((size, axis) => size + pads[axis]! + pads[axis + shape.length]!) };
}

function reduction(node: Operands): OperatorWork {
  const shape = node.input(0);
  const axes = new Set(node.integers(1).map((axis) => axisOf(axis, shape.length, node)));
  const keep = (node.integer('keepdims') ?? 1) !== 0;
  return { shape: shape.flatMap((size, axis) => (!axes.has(axis) ? [size] : keep ? [1] : [])) };
}

/** 0 keeps a size, one -1 takes what is left. */
function reshaping(node: Operands): OperatorWork {
  const shape = node.input(0);
  const wanted = node.integers(1).map((size, axis) => (size === 0 ? (shape[axis] ?? NaN) : size));
  const elements = shape.reduce((all, size) => all * size, 1);
  const known = wanted.filter((size) => size !== -1).reduce((all, size) => all * size, 1);
  const result = wanted.map((size) => (size === -1 ? elements / known : size));
  if (result.reduce((all, size) => all * size, 1) !== elements) {
    return node.refuse(`makes [${wanted}] of the shape [${shape}]`);
  }
  return { shape: result };
}

/** Inputs 2 to 5 are starts, ends, axes and steps. */
function slicing(node: Operands): OperatorWork {
  const shape = [...node.input(0)];
  const [starts, ends] = [node.integers(1), node.integers(2)];
  const axes = node.has(3) ? node.integers(3) : starts.map((_, axis) => axis);
  const steps = node.has(4) ? node.integers(4) : starts.map(() => 1);
  if (new Set([starts, ends, axes, steps].map(({ length }) => length)).size !== 1) {
    return node.refuse('slices between bounds of unequal number');
  }
  axes.forEach((named, at) => {
    const axis = axisOf(named, shape.length, node);
    const size = shape[axis]!;
    const place = (bound: number) => Math.min(size, Math.max(0, bound < 0 ? bound + size : bound));
    const step = steps[at]!;
    if (step < 1) node.refuse(`slices by steps of ${step}`);
    shape[axis] = Math.ceil((place(ends[at]!) - place(starts[at]!)) / step);
  });
  return { shape };
}

function transposition(node: Operands): OperatorWork {
  const shape = node.input(0);
  const order = node.list('perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
  const isOrder = order.length === shape.length && new Set(order).size === shape.length;
  const result = order.map((axis) => shape[axis] ?? NaN);
  return isOrder ? { shape: result } : node.refuse(`orders [${shape}] by [${order}]`);
}

/** Input 3 is the size of every dimension; scales are not written. */
function resizing(node: Operands): OperatorWork {
  const sizes = node.integers(3);
  if (sizes.length !== node.input(0).length) return node.refuse(`resizes [${node.input(0)}] to [${sizes}]`);
  return { shape: sizes };
}

/** Queries [batch, S, D], keys [batch, L, D] and values [batch, L, V]; the weights of the attention are held besides. */
function attention(node: Operands): OperatorWork {
  const [queries, keys, values] = [node.input(0), node.input(1), node.input(2)];
  const [batch = NaN, asked = NaN] = queries;
  const [, answering = NaN] = keys;
  if ([queries, keys, values].some((shape) => shape.length !== 3)) {
    return node.refuse(`attends over the shapes [${queries}], [${keys}] and [${values}]`);
  }
  const heads = node.integer('num_heads') ?? NaN;
  const scratch = batch * heads * asked * answering;
  if (!(heads >= 1 && scratch > 0)) return node.refuse(`attends with ${heads} heads`);
  return { shape: [batch, asked, values[2]!], scratch };
}

/** By domain and name; the standard domain has none. */
const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['Add', { attributes: [], mostInputs: 2, work: elementwise }],
  ['Concat', { attributes: ['axis'], mostInputs: Infinity, work: concatenation }],
  ['Conv', { attributes: ['kernel_shape', 'strides'], mostInputs: 3, work: convolution }],
  ['Gelu', { attributes: ['approximate'], mostInputs: 1, work: same }],
  ['Identity', { attributes: [], mostInputs: 1, work: same }],
  ['LayerNormalization', { attributes: ['axis', 'epsilon'], mostInputs: 3, work: same }],
  ['MatMul', { attributes: [], mostInputs: 2, work: product }],
  ['Mul', { attributes: [], mostInputs: 2, work: elementwise }],
  ['Pad', { attributes: [], mostInputs: 2, work: padding }],
  ['ReduceMean', { attributes: ['keepdims'], mostInputs: 2, work: reduction }],
  ['Reshape', { attributes: [], mostInputs: 2, work: reshaping }],
  ['Resize', { attributes: ['mode', 'coordinate_transformation_mode'], mostInputs: 4, work: resizing }],
  ['Slice', { attributes: [], mostInputs: 5, work: slicing }],
  ['Transpose', { attributes: ['perm'], mostInputs: 1, work: transposition }],
  ['com.microsoft.DynamicQuantizeMatMul', { attributes: [], mostInputs: 5, work: product }],
  ['com.microsoft.MultiHeadAttention', { attributes: ['num_heads'], mostInputs: 3, work: attention }],
  ['com.microsoft.QuickGelu', { attributes: ['alpha'], mostInputs: 1, work: same }],
  ['com.microsoft.SkipLayerNormalization', { attributes: ['epsilon'], mostInputs: 5, work: same }],
]);

/** Throws a Fault when this app writes no such operator. */
export function operatorOf({ domain, opType }: Pick<OnnxNode, 'domain' | 'opType'>): Operator {
  const name = domain ? `${domain}.${opType}` : opType;
  const found = operators.get(name);
  if (!found) throw new Fault(`uses the operator ${quote(name)}`);
  return found;
}
