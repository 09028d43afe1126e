import { Fault, quote } from './fault.ts';
import { operatorOf, type Shape } from './operators.ts';
import { onnxTypes, type OnnxGraph, type OnnxNode, type OnnxTensor } from './onnx-proto.ts';

/**
 * How much a graph may hold at once besides its weights. The largest of ours, the full form of DEM over 3 x 3 crops of
 * ViT-L/336, takes about a quarter.
 */
const maxWorkingBytes = 2 * 2 ** 30;

/** Of any value: more than ours need, and few enough that working a shape out costs nothing. */
const maxRank = 8;

/** Every computed value is float32. */
const elementBytes = onnxTypes.float32.bytes;

/**
 * Works out the shape of every value of a graph whose operators and constants have been checked, from `inputs` on (shapes
 * without sizes that vary), and throws a Fault when one cannot be told or when too much would be held at once. Values are
 * counted from the node that computes them to the last that reads them, with what an operator takes while it runs.
 * Returns the shapes of the graph's outputs.
 */
export function checkWorkingMemory(
  graph: OnnxGraph,
  inputs: Readonly<Record<string, Shape>>,
  maxBytes = maxWorkingBytes,
): Map<string, Shape> {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const shapes = new Map<string, Shape>(Object.entries(inputs));
  for (const { name, dims } of graph.initializer) shapes.set(name, dims);
  const lastReader = new Map<string, number>();
  graph.node.forEach(({ input }, index) => input.forEach((name) => lastReader.set(name, index)));
  for (const { name } of graph.output) lastReader.set(name, Infinity);

  let held = Object.values(inputs).reduce((bytes, shape) => bytes + bytesOf(shape), 0);
  graph.node.forEach((node, index) => {
    const { shape, scratch } = work(node, shapes, constants);
    const outputs = node.output.filter((name) => name !== '');
    for (const name of outputs) shapes.set(name, shape);
    held += bytesOf(shape) * outputs.length;
    const peak = held + scratch * elementBytes;
    if (!(peak <= maxBytes)) {
      throw new Fault(`would hold ${Math.ceil(peak / 2 ** 20)} MiB at the node ${quote(node.name)}`);
    }
    for (const name of new Set([...node.input, ...outputs])) {
      const isDone = (lastReader.get(name) ?? index) === index;
      if (isDone && name !== '' && !constants.has(name)) held -= bytesOf(shapes.get(name)!);
    }
  });
  return new Map(graph.output.map(({ name }) => [name, shapes.get(name)!]));
}

function work(
  node: OnnxNode,
  shapes: ReadonlyMap<string, Shape>,
  constants: ReadonlyMap<string, OnnxTensor>,
): { shape: Shape; scratch: number } {
  const { shape, scratch = 0 } = operatorOf(node).work({
    input: (index) => {
      const shape = shapes.get(node.input[index] ?? '') ?? refuse(node, `has no input ${index}`);
      return shape.length <= maxRank ? shape : refuse(node, `reads ${shape.length} dimensions`);
    },
    has: (index) => (node.input[index] ?? '') !== '',
    integers: (index) =>
      integersOf(constants.get(node.input[index] ?? '')) ??
      refuse(node, 'takes a shape that is computed, or too long'),
    integer: (name) => node.attribute.find((attribute) => attribute.name === name)?.i,
    list: (name) => node.attribute.find((attribute) => attribute.name === name)?.ints,
    refuse: (fault) => refuse(node, fault),
  });
  if (shape.length > maxRank || !shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    refuse(node, `gives the shape [${shape.join(', ')}]`);
  }
  return { shape, scratch };
}

function refuse(node: OnnxNode, fault: string): never {
  throw new Fault(`${fault} at the node ${quote(node.name)} (${node.opType})`);
}

function integersOf(tensor: OnnxTensor | undefined): number[] | null {
  if (tensor?.dataType !== onnxTypes.int64.id || !tensor.rawData) return null;
  // Paddings are two a dimension.
  if (tensor.rawData.length > 2 * maxRank * onnxTypes.int64.bytes) return null;
  const { buffer, byteOffset, byteLength } = tensor.rawData;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: byteLength / onnxTypes.int64.bytes }, (_, at) =>
    Number(view.getBigInt64(at * onnxTypes.int64.bytes, true)),
  );
}

const bytesOf = (shape: Shape) => shape.reduce((product, size) => product * size, elementBytes);
