import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readRegularFile } from '../../files/regular-file.ts';
import { AppError, toAppError } from '../../../preload/contract/errors.ts';
import {
  attributeTypes,
  decodeModel,
  encodeModel,
  externalLocation,
  onnxTypes,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-proto.ts';
import { Fault, quote } from './fault.ts';
import { operatorOf } from './operators.ts';
import { checkWorkingMemory } from './working-memory.ts';

/**
 * Reads ONNX files of unknown origin in JavaScript before native code sees them. Only what this app writes passes: known
 * operators in topological order that hold no more than a bounded amount of memory, no field we do not use (so no subgraphs, functions or custom code), weights inside the
 * files of the package.
 */

/** Shape by input or output name; null is a size that may vary. All are float32. */
export type ExpectedValues = Readonly<Record<string, readonly (number | null)[]>>;

export interface ExpectedGraph {
  readonly inputs: ExpectedValues;
  readonly outputs: ExpectedValues;
}

/** Weights lie outside, so that a graph takes kilobytes; more than this is not ours and would only cost memory. */
export const maxModelBytes = 16 * 2 ** 20;
/** Blocks times operators of the deepest tower, with room to spare. */
const maxNodes = 20_000;
/** Bound on every integer in the graph (shapes, slices, paddings): no map of ours has a side this long. */
const maxInteger = 2 ** 24;
/** Of a single tensor: far above the largest matrix of a model, far below what could overflow native arithmetic. */
const maxTensorBytes = 2 ** 36;

const knownVersions: Readonly<Record<string, number>> = { '': 20, 'com.microsoft': 1 };
const knownIrVersions = [8, 9, 10];
const knownTypes = new Map<number, number>(Object.values(onnxTypes).map(({ id, bytes }) => [id, bytes]));
const knownAttributeTypes: ReadonlySet<number> = new Set(Object.values(attributeTypes));

/**
 * Resolves when the model file at `path` holds the `expected` graph over weights in `packageFiles` (names in its folder).
 * Throws `package-invalid` naming the file and the fault otherwise, `file-missing` when there is no file.
 */
export async function checkOnnxFile(
  path: string,
  expected: ExpectedGraph,
  packageFiles: ReadonlySet<string>,
): Promise<void> {
  const bytes = await readModel(path);
  try {
    const model = decode(bytes);
    checkModel(model);
    checkNodes(model.graph);
    checkValues('input', model.graph.input, expected.inputs);
    checkValues('output', model.graph.output, expected.outputs);
    const sizes = await externalSizes(model.graph, dirname(path), packageFiles);
    for (const tensor of model.graph.initializer) checkTensor(tensor, sizes);
    checkShapes(model.graph, expected);
  } catch (error) {
    if (error instanceof Fault) throw packageInvalid(path, error.message);
    throw error;
  }
}

function packageInvalid(path: string, fault: string): AppError {
  const file = basename(path);
  return new AppError('package-invalid', `${file}: ${fault}.`, { file });
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(path, maxModelBytes, {
      tooLarge: () =>
        packageInvalid(path, `is larger than ${maxModelBytes} bytes, too large for a graph without weights`),
    });
  } catch (error) {
    throw toAppError(error);
  }
}

/** Decodes and insists on our own encoding: any field we do not know, or a number too large for us, changes the bytes. */
function decode(bytes: Uint8Array): OnnxModel {
  let model: OnnxModel;
  let again: Uint8Array;
  try {
    model = decodeModel(bytes);
    again = encodeModel(model);
  } catch {
    throw new Fault('is not an ONNX model');
  }
  if (Buffer.compare(bytes, again) !== 0) throw new Fault('holds fields that this app does not write');
  return model;
}

function checkModel(model: OnnxModel): void {
  if (!knownIrVersions.includes(model.irVersion)) throw new Fault(`has IR version ${model.irVersion}`);
  if (!model.graph) throw new Fault('holds no graph');
  for (const { domain, version } of model.opsetImport) {
    const known = knownVersions[domain ?? ''];
    if (known === undefined || !(version >= 1 && version <= known)) {
      throw new Fault(`needs version ${version} of the operator set ${quote(domain)}`);
    }
  }
}

/** Known operators whose inputs exist already: no cycle, no value written twice. */
function checkNodes(graph: OnnxGraph): void {
  if (graph.node.length > maxNodes) throw new Fault(`has ${graph.node.length} nodes`);
  const values = new Set<string>(['']);
  const define = (name: string | undefined) => {
    if (!name || values.has(name)) throw new Fault(`defines the value ${quote(name)} twice`);
    values.add(name);
  };
  for (const { name } of [...graph.input, ...graph.initializer]) define(name);
  for (const node of graph.node) {
    const { attributes, mostInputs } = operatorOf(node);
    const strange = node.attribute.find(({ name }) => !attributes.includes(name));
    if (strange) throw new Fault(`gives ${quote(node.opType)} the attribute ${quote(strange.name)}`);
    if (node.input.length > mostInputs)
      throw new Fault(`gives ${quote(node.opType)} ${node.input.length} inputs`);
    const missing = node.input.find((input) => !values.has(input));
    if (missing !== undefined) throw new Fault(`reads the value ${quote(missing)} before it is computed`);
    node.output.filter((output) => output !== '').forEach(define);
    checkAttributes(node);
  }
  const lost = graph.output.find(({ name }) => !values.has(name));
  if (lost) throw new Fault(`never computes its output ${quote(lost.name)}`);
}

function checkAttributes(node: OnnxNode): void {
  const names = node.attribute.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw new Fault(`gives ${quote(node.opType)} an attribute twice`);
  for (const { name, type, i = 0, ints = [] } of node.attribute) {
    if (!knownAttributeTypes.has(type)) throw new Fault(`has an attribute ${quote(name)} of type ${type}`);
    if ([i, ...ints].some((value) => Math.abs(value) > maxInteger)) {
      throw new Fault(`has an attribute ${quote(name)} that is out of range`);
    }
  }
}

function checkValues(kind: string, found: readonly OnnxValueInfo[], expected: ExpectedValues): void {
  const names = found.map(({ name }) => name).join(', ');
  const wanted = Object.keys(expected).join(', ');
  if (names !== wanted) throw new Fault(`has the ${kind}s ${quote(names)} instead of ${quote(wanted)}`);
  for (const { name, type } of found) {
    const dims = type?.tensorType?.shape?.dim.map(({ dimValue }) => dimValue ?? null) ?? [];
    const shape = expected[name]!;
    if (type?.tensorType?.elemType !== onnxTypes.float32.id)
      throw new Fault(`has a ${kind} ${name} that is not float32`);
    if (dims.length !== shape.length || dims.some((size, axis) => size !== shape[axis])) {
      throw new Fault(`has a ${kind} ${name} of shape [${dims.join(', ')}] instead of [${shape.join(', ')}]`);
    }
  }
}

/** What is computed on the way stays small, and the outputs come out as they are declared. Sizes that vary count as 1. */
function checkShapes(graph: OnnxGraph, { inputs, outputs }: ExpectedGraph): void {
  const one = (shape: readonly (number | null)[]) => shape.map((size) => size ?? 1);
  const given = Object.entries(inputs).map(([name, shape]) => [name, one(shape)] as const);
  const computed = checkWorkingMemory(graph, Object.fromEntries(given));
  for (const [name, shape] of Object.entries(outputs)) {
    const found = computed.get(name)!.join(', ');
    if (found !== one(shape).join(', ')) throw new Fault(`computes the output ${name} of shape [${found}]`);
  }
}

/** The bytes of every data file the graph refers to; each must be a plain file of the package. */
async function externalSizes(
  graph: OnnxGraph,
  folder: string,
  packageFiles: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const names = graph.initializer
    .map((tensor) => externalEntry(tensor, 'location'))
    .filter((name) => name !== null);
  for (const name of new Set(names)) {
    if (name !== basename(name) || !packageFiles.has(name)) {
      throw new Fault(`takes weights from ${quote(name)}, which is not a file of the package`);
    }
    const info = await lstat(join(folder, name)).catch(() => null);
    if (!info?.isFile()) throw new Fault(`takes weights from ${quote(name)}, which is not a plain file`);
    sizes.set(name, info.size);
  }
  return sizes;
}

function externalEntry(tensor: OnnxTensor, key: string): string | null {
  return tensor.externalData?.find((entry) => entry.key === key)?.value ?? null;
}

function checkTensor(tensor: OnnxTensor, sizes: ReadonlyMap<string, number>): void {
  const { name, dims, dataType, rawData, externalData = [] } = tensor;
  const elementBytes = knownTypes.get(dataType);
  if (elementBytes === undefined) throw new Fault(`has a tensor ${quote(name)} of type ${dataType}`);
  const bytes = dims.reduce((product, size) => (size >= 1 ? product * size : NaN), elementBytes);
  if (!(bytes <= maxTensorBytes))
    throw new Fault(`has a tensor ${quote(name)} of shape [${dims.join(', ')}]`);
  if (externalData.length === 0) checkInline(tensor, bytes);
  else if (rawData) throw new Fault(`holds the tensor ${quote(name)} twice`);
  else checkExternal(tensor, bytes, sizes);
}

function checkInline({ name, dataType, dataLocation, rawData }: OnnxTensor, bytes: number): void {
  if (dataLocation !== undefined || rawData?.length !== bytes) {
    throw new Fault(`has a tensor ${quote(name)} whose data do not match its shape`);
  }
  if (dataType !== onnxTypes.int64.id) return;
  const integers = new DataView(rawData.buffer, rawData.byteOffset, rawData.length);
  for (let at = 0; at < bytes; at += onnxTypes.int64.bytes) {
    if (Math.abs(Number(integers.getBigInt64(at, true))) > maxInteger) {
      throw new Fault(`has a constant ${quote(name)} that is out of range`);
    }
  }
}

function checkExternal(tensor: OnnxTensor, bytes: number, sizes: ReadonlyMap<string, number>): void {
  const { name, dataType, dataLocation, externalData = [] } = tensor;
  const keys = externalData.map(({ key }) => key).join(', ');
  const [offset, length] = ['offset', 'length'].map((key) => decimal(externalEntry(tensor, key)));
  const size = sizes.get(externalEntry(tensor, 'location') ?? '');
  if (dataLocation !== externalLocation || keys !== 'location, offset, length' || size === undefined) {
    throw new Fault(`does not say where the tensor ${quote(name)} lies`);
  }
  if (dataType === onnxTypes.int64.id) throw new Fault(`has a shape ${quote(name)} outside the graph`);
  if (length !== bytes || !(offset! + bytes <= size)) {
    throw new Fault(`takes the tensor ${quote(name)} from beyond the end of its file, or of another length`);
  }
}

function decimal(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : NaN;
}
