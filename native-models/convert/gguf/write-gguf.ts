import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

import { throwIfCancelled, toAppError } from '../../errors.ts';
import { atPath } from '../at-path.ts';
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
  /** Tensors that an earlier, interrupted call has left in the file; they are kept. */
  readonly done?: number;
  /** Called whenever the first `done` tensors are safely on the disk. */
  readonly onDurable?: (done: number) => Promise<void>;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How much may have to be written again after an interruption. A sync to the disk waits for the device, so one after
 * each of the hundreds of small tensors would cost more than it saves.
 */
const durableEvery = 64 * 2 ** 20;

/** Read back in pieces of this size when a file is continued. */
const rereadBytes = 8 * 2 ** 20;

/** Writes the file, or continues it, and returns its sha256. */
export async function writeGguf(options: WriteGgufOptions): Promise<string> {
  const { path, layout, done = 0 } = options;
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, done > 0 ? 'r+' : 'w');
    const output = new HashedFile(handle);
    if (done > 0) await output.keep(endOf(layout, done));
    else await output.write(layout.header);
    await writeTensors(output, options);
    return output.digest();
  } catch (error) {
    throw toAppError(atPath(error, path));
  } finally {
    await handle?.close();
  }
}

/** Where the first `done` tensors end, padding included. */
function endOf({ header, tensors, fileBytes }: GgufLayout, done: number): number {
  return done === 0 ? header.length : (tensors[done]?.offset ?? fileBytes);
}

async function writeTensors(output: HashedFile, options: WriteGgufOptions): Promise<void> {
  const { layout, data, done = 0, onDurable, onProgress, signal } = options;
  let durable = output.length;
  for (const [index, tensor] of layout.tensors.entries()) {
    if (index < done) continue;
    for await (const piece of data(tensor)) {
      throwIfCancelled(signal);
      await output.write(piece);
      onProgress?.(output.length);
    }
    if (output.length !== tensor.offset + tensor.bytes) {
      throw new Error(`${tensor.name} came to ${output.length - tensor.offset} bytes, not ${tensor.bytes}`);
    }
    await output.write(new Uint8Array(endOf(layout, index + 1) - output.length));
    if (output.length - durable >= durableEvery || index === layout.tensors.length - 1) {
      await output.sync();
      durable = output.length;
      await onDurable?.(index + 1);
    }
  }
}

/** An append-only file that knows the hash of what it holds. */
class HashedFile {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  length = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Takes over the first `bytes` bytes of the file and drops the rest. */
  async keep(bytes: number): Promise<void> {
    if ((await this.#handle.stat()).size < bytes) throw new Error('the file to be continued is too short');
    await this.#handle.truncate(bytes);
    const buffer = new Uint8Array(rereadBytes);
    while (this.length < bytes) {
      const wanted = Math.min(rereadBytes, bytes - this.length);
      const { bytesRead } = await this.#handle.read(buffer, 0, wanted, this.length);
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.length += bytesRead;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    let written = 0;
    while (written < bytes.length) {
      written += (await this.#handle.write(bytes, written, bytes.length - written, this.length + written))
        .bytesWritten;
    }
    this.length += bytes.length;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
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
