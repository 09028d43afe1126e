import { open, type FileHandle } from 'node:fs/promises';

import { throwIfCancelled, toAppError } from '../../../preload/contract/errors.ts';
import { atPath } from '../../files/at-path.ts';
import { PrefixHash } from '../../files/prefix-hash.ts';
import {
  alignUp,
  arrayType,
  defaultAlignment,
  magic,
  scalarBytes,
  scalarTypes,
  tensorBytes,
  tensorTypes,
  version,
  type GgufMetadata,
  type GgufScalar,
  type GgufTensor,
  type GgufValue,
  type ScalarType,
} from './gguf-format.ts';

/** Where everything of a GGUF file lies, known before any tensor is read. */
export interface GgufLayout {
  /** Metadata and tensor list, padded to where the first tensor begins. */
  readonly header: Uint8Array;
  /** In the order of the file, without gaps but the padding. */
  readonly tensors: readonly GgufTensor[];
  readonly fileBytes: number;
}

/** Lays out a file with these metadata and tensors, in these orders. */
export function layoutGguf(
  metadata: GgufMetadata,
  tensors: readonly Pick<GgufTensor, 'name' | 'type' | 'shape'>[],
): GgufLayout {
  const out = new ByteWriter();
  out.u32(magic);
  out.u32(version);
  out.u64(tensors.length);
  out.u64(metadata.size);
  for (const [key, value] of metadata) {
    out.string(key);
    writeValue(out, value);
  }
  let at = 0;
  const relative = tensors.map(({ name, type, shape }) => {
    const tensor = { name, type, shape, offset: at, bytes: tensorBytes(type, shape) };
    at = alignUp(at + tensor.bytes, defaultAlignment);
    out.string(name);
    out.u32(shape.length);
    for (const dimension of shape.toReversed()) out.u64(dimension);
    out.u32(tensorTypes[type].id);
    out.u64(tensor.offset);
    return tensor;
  });
  const header = out.finish(defaultAlignment);
  return {
    header,
    tensors: relative.map((tensor) => ({ ...tensor, offset: header.length + tensor.offset })),
    fileBytes: header.length + at,
  };
}

export interface WriteGgufOptions {
  readonly path: string;
  readonly layout: GgufLayout;
  /** The bytes of a tensor in its type, in order, in pieces of any size. */
  readonly data: (tensor: GgufTensor) => AsyncIterable<Uint8Array>;
  /** Names of tensors that an earlier, interrupted call has left in the file; they are kept. */
  readonly done?: ReadonlySet<string>;
  /** Called whenever the tensors with these names are safely on the disk. */
  readonly onDurable?: (done: readonly string[]) => Promise<void>;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How much may have to be written again after an interruption. A sync to the disk waits for the device, so one after
 * each of the hundreds of small tensors would cost more than it saves.
 */
const durableEvery = 64 * 2 ** 20;

/** Writes the file, or continues it, and returns its sha256. */
export async function writeGguf(options: WriteGgufOptions): Promise<string> {
  const file = await GgufFile.open(options);
  try {
    await file.write(options.layout.tensors);
    return await file.finish();
  } finally {
    await file.close();
  }
}

/**
 * A GGUF file whose tensors come in any order, each to its place; opened anew it keeps what it has. Its hash is
 * taken while writing as long as the tensors come in the order of the file, and from the disk for what did not.
 */
export class GgufFile {
  readonly #options: WriteGgufOptions;
  readonly #handle: FileHandle;
  readonly #hash: PrefixHash;
  readonly #done: Set<string>;
  #undurable = 0;
  #bytes: number;

  private constructor(options: WriteGgufOptions, handle: FileHandle) {
    const { layout, done = new Set() } = options;
    this.#options = options;
    this.#handle = handle;
    this.#hash = new PrefixHash(handle);
    this.#done = new Set(done);
    this.#bytes = layout.header.length + doneBytes(layout, this.#done);
  }

  static async open(options: WriteGgufOptions): Promise<GgufFile> {
    const { path, layout, done } = options;
    try {
      const handle = await open(path, done === undefined || done.size === 0 ? 'w+' : 'r+');
      const file = new GgufFile(options, handle);
      await file.#put(0, layout.header);
      return file;
    } catch (error) {
      throw toAppError(atPath(error, path));
    }
  }

  /** Writes those of `tensors` that are not in the file yet. */
  async write(tensors: readonly GgufTensor[]): Promise<void> {
    try {
      for (const tensor of tensors) {
        if (this.#done.has(tensor.name)) continue;
        await this.#writeTensor(tensor);
        if (this.#undurable >= durableEvery) await this.#makeDurable();
      }
      await this.#makeDurable();
    } catch (error) {
      throw toAppError(atPath(error, this.#options.path));
    }
  }

  /** Once every tensor has been written: the sha256 of the file. */
  async finish(): Promise<string> {
    const { layout, path, signal } = this.#options;
    try {
      const missing = layout.tensors.find(({ name }) => !this.#done.has(name));
      if (missing) throw new Error(`${missing.name} was never written`);
      await this.#hash.catchUp(layout.fileBytes, signal);
      return this.#hash.digest();
    } catch (error) {
      throw toAppError(atPath(error, path));
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #writeTensor(tensor: GgufTensor): Promise<void> {
    const { data, onProgress, signal, layout } = this.#options;
    await this.#catchUp(tensor.offset);
    let at = tensor.offset;
    for await (const piece of data(tensor)) {
      throwIfCancelled(signal);
      await this.#put(at, piece);
      at += piece.length;
      onProgress?.(this.#bytes + at - tensor.offset);
    }
    if (at !== tensor.offset + tensor.bytes) {
      throw new Error(`${tensor.name} came to ${at - tensor.offset} bytes, not ${tensor.bytes}`);
    }
    const end = endOf(layout, tensor);
    await this.#put(at, new Uint8Array(end - at));
    this.#bytes += end - tensor.offset;
    this.#undurable += end - tensor.offset;
    this.#done.add(tensor.name);
  }

  /** Hashes from the disk what lies before `offset`, if all of it is there, so that hashing continues with what is written. */
  async #catchUp(offset: number): Promise<void> {
    const { tensors } = this.#options.layout;
    const between = tensors.filter((tensor) => tensor.offset >= this.#hash.length && tensor.offset < offset);
    if (between.every(({ name }) => this.#done.has(name))) {
      await this.#hash.catchUp(offset, this.#options.signal);
    }
  }

  async #put(position: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
    this.#hash.follow(position, bytes);
  }

  async #makeDurable(): Promise<void> {
    if (this.#undurable === 0) return;
    await this.#handle.datasync();
    this.#undurable = 0;
    await this.#options.onDurable?.([...this.#done]);
  }
}

/** Where a tensor ends, the padding after it included. */
function endOf({ tensors, fileBytes }: GgufLayout, tensor: GgufTensor): number {
  return tensors[tensors.indexOf(tensor) + 1]?.offset ?? fileBytes;
}

/** Bytes of the tensors in `done`, their padding included. */
export function doneBytes(layout: GgufLayout, done: ReadonlySet<string>): number {
  return layout.tensors
    .filter(({ name }) => done.has(name))
    .reduce((sum, tensor) => sum + endOf(layout, tensor) - tensor.offset, 0);
}

function writeValue(out: ByteWriter, value: GgufValue): void {
  if (value.type !== 'array') {
    out.u32(scalarTypes[value.type]);
    out.scalar(value.type, value.value);
    return;
  }
  out.u32(arrayType);
  out.u32(scalarTypes[value.of]);
  out.u64(value.values.length);
  for (const element of value.values) out.scalar(value.of, element);
}

/** Little-endian bytes that grow as needed. */
class ByteWriter {
  #bytes = new Uint8Array(2 ** 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  scalar(type: ScalarType, value: GgufScalar): void {
    if (type === 'string') this.string(String(value));
    else this.#number(type, Number(value));
  }

  string(text: string): void {
    const utf8 = new TextEncoder().encode(text);
    this.u64(utf8.length);
    const at = this.#grow(utf8.length);
    this.#bytes.set(utf8, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: number): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  /** Everything written, padded with zeros to a multiple of `alignment`. */
  finish(alignment: number): Uint8Array {
    this.#grow(alignUp(this.#length, alignment) - this.#length);
    return this.#bytes.slice(0, this.#length);
  }

  #number(type: Exclude<ScalarType, 'string'>, value: number): void {
    const at = this.#grow(scalarBytes[type]);
    const view = this.#view;
    if (type === 'u8' || type === 'bool') view.setUint8(at, value);
    else if (type === 'i8') view.setInt8(at, value);
    else if (type === 'u16') view.setUint16(at, value, true);
    else if (type === 'i16') view.setInt16(at, value, true);
    else if (type === 'u32') view.setUint32(at, value, true);
    else if (type === 'i32') view.setInt32(at, value, true);
    else if (type === 'f32') view.setFloat32(at, value, true);
    else if (type === 'f64') view.setFloat64(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
  }

  /** Makes room for `count` more bytes and returns where they begin. */
  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
