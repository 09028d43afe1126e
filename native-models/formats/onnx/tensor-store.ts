import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { externalLocation, onnxTypes, type OnnxType } from './onnx-proto.ts';
import type { PlacedTensor } from './graph-writer.ts';

/** Where the weights of a graph go, tensor by tensor. */
export interface TensorStore {
  place(type: OnnxType, dims: readonly number[], data: Float32Array | Int8Array): Promise<PlacedTensor>;
}

/** Keeps the bytes inside the graph itself: for graphs that live only in memory. */
export const inlineStore: TensorStore = {
  place: (type, dims, data) =>
    Promise.resolve({ dims, dataType: onnxTypes[type].id, rawData: bytesOf(data) }),
};

/** Tensors start on cache lines; big ones on the allocation granularity of Windows, so that every system can map them. */
const smallAlignment = 64;
const bigAlignment = 65_536;
const bigTensorBytes = 1_048_576;

/** The external data file of one or more graphs, appended to as tensors come. */
export class ExternalDataFile implements TensorStore {
  readonly #file: FileHandle;
  readonly #location: string;
  #end = 0;

  private constructor(file: FileHandle, location: string) {
    this.#file = file;
    this.#location = location;
  }

  /** Creates or truncates `path`. Graphs refer to it by its base name, so they must lie beside it. */
  static async create(path: string): Promise<ExternalDataFile> {
    return new ExternalDataFile(await open(path, 'w'), basename(path));
  }

  async place(
    type: OnnxType,
    dims: readonly number[],
    data: Float32Array | Int8Array,
  ): Promise<PlacedTensor> {
    const bytes = bytesOf(data);
    const alignment = bytes.length < bigTensorBytes ? smallAlignment : bigAlignment;
    const offset = Math.ceil(this.#end / alignment) * alignment;
    await writeAll(this.#file, bytes, offset);
    this.#end = offset + bytes.length;
    const externalData = [
      { key: 'location', value: this.#location },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(bytes.length) },
    ];
    return { dims, dataType: onnxTypes[type].id, externalData, dataLocation: externalLocation };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function bytesOf(data: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
