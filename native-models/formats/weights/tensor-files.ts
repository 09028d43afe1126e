import { elementBytes, toFloat32 } from './float-types.ts';
import type { ByteSource } from '../../files/byte-file.ts';
import { invalidCheckpoint } from '../../files/invalid.ts';
import type { TensorInfo, TensorSource } from './tensor-source.ts';

/** A tensor whose bytes lie uncompressed and contiguous in a file: so do those of safetensors and of torch's zip. */
export interface StoredTensor {
  readonly info: TensorInfo;
  readonly file: ByteSource;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** What one checkpoint file holds. */
export interface StoredTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Tensors of other element types (position ids and such), by name, with the type: nothing needs them. */
  readonly others: ReadonlyMap<string, string>;
}

/** No tensor of a model has more dimensions (a convolution has four). */
export const maxDimensions = 8;

const defaultPieceBytes = 16 * 2 ** 20;

/**
 * Elements of a shape from an untrusted file, or null when a dimension is not a whole number of 0 or more, there are
 * too many, or the product cannot be represented exactly.
 */
export function elementCount(shape: readonly number[]): number | null {
  if (shape.length > maxDimensions) return null;
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return null;
    count *= dimension;
    if (!Number.isSafeInteger(count)) return null;
  }
  return count;
}

/** Reads tensors by ranges of their files; owns the files. */
export class TensorFiles implements TensorSource {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Tensors of element types that are not floats, with the type. */
  readonly others: ReadonlyMap<string, string>;
  readonly files: readonly ByteSource[];
  /** What to name when a tensor is missing: the index, or the only file. */
  readonly label: string;
  readonly #stored: ReadonlyMap<string, StoredTensor>;

  constructor(label: string, stored: StoredTensors, files: readonly ByteSource[]) {
    this.label = label;
    this.files = files;
    this.others = stored.others;
    this.#stored = stored.tensors;
    this.tensors = new Map([...stored.tensors].map(([name, { info }]) => [name, info]));
  }

  async readFloat32(name: string): Promise<Float32Array> {
    const { info, bytes } = this.#find(name);
    const size = elementBytes(info.type);
    const values = new Float32Array(bytes / size);
    let at = 0;
    for await (const piece of this.pieces(name)) {
      const count = piece.length / size;
      toFloat32(piece, info.type, values.subarray(at, at + count));
      at += count;
    }
    return values;
  }

  async *pieces(name: string, pieceBytes = defaultPieceBytes): AsyncIterable<Uint8Array> {
    const { info, file, offset, bytes } = this.#find(name);
    const size = elementBytes(info.type);
    const step = Math.max(size, pieceBytes - (pieceBytes % size));
    for (let at = 0; at < bytes; at += step) {
      yield await file.read(offset + at, Math.min(step, bytes - at));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }

  #find(name: string): StoredTensor {
    const stored = this.#stored.get(name);
    if (stored === undefined) throw invalidCheckpoint(this.label, `has no tensor ${name}`);
    return stored;
  }
}
