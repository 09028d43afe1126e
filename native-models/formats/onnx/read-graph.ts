import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../../preload/contract/errors.ts';
import { openRegularFile, readRegularFile } from '../../files/regular-file.ts';
import { maxModelBytes } from './check-onnx.ts';
import { decodeModel, onnxTypes, type OnnxGraph } from './onnx-proto.ts';

/** A constant of a graph, with its bytes. */
export interface GraphTensor {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/** The graph in a file of a package that was opened, and with it checked (`checkOnnxFile`). */
export async function readGraph(path: string): Promise<OnnxGraph> {
  return decodeModel(await readRegularFile(path, maxModelBytes)).graph;
}

/** Float32 constants of the graph at `path` whose bytes lie in a file beside it. Throws `package-invalid` for one that is not there. */
export async function readConstants<Name extends string>(
  path: string,
  graph: OnnxGraph,
  names: readonly Name[],
): Promise<Readonly<Record<Name, GraphTensor>>> {
  const found: [Name, GraphTensor][] = [];
  for (const name of names) {
    const tensor = graph.initializer.find((each) => each.name === name);
    const entry = (key: string) => tensor?.externalData?.find((each) => each.key === key)?.value;
    const location = entry('location');
    if (!tensor || location === undefined || tensor.dataType !== onnxTypes.float32.id)
      throw new AppError('package-invalid', `${path}: has no weights "${name}".`, { file: path });
    const { handle: file } = await openRegularFile(join(dirname(path), location));
    try {
      const rawData = await readRange(file, Number(entry('offset')), Number(entry('length')));
      found.push([name, { dims: tensor.dims, dataType: tensor.dataType, rawData }]);
    } finally {
      await file.close();
    }
  }
  return Object.fromEntries(found) as Record<Name, GraphTensor>;
}

async function readRange(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  if (bytesRead === length) return bytes;
  throw new AppError('package-invalid', 'A file of weights is shorter than its graph says.');
}
