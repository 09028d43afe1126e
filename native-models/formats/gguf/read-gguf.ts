import { basename } from 'node:path';

import type { AppError } from '../../../preload/contract/errors.ts';
import { ByteFile, fileFault, type FaultCode, type FaultOptions } from '../../files/byte-file.ts';
import { quoted } from '../../files/invalid.ts';
import {
  alignUp,
  arrayType,
  defaultAlignment,
  magic,
  scalarBytes,
  scalarTypes,
  tensorBytes,
  tensorTypes,
  type GgufMetadata,
  type GgufScalar,
  type GgufTensor,
  type GgufTensorType,
  type GgufValue,
  type ScalarType,
} from './gguf-format.ts';

/** Everything of a GGUF file but the tensors' bytes. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  /** In the order of the file. */
  readonly tensors: readonly GgufTensor[];
  readonly fileBytes: number;
}

// Limits: what a hostile file may cost before it is refused, each well above any published model.

/** Llama 3's header, with 128,256 tokens and 280,147 merges, takes 8 MB. */
const maxHeaderBytes = 64 * 2 ** 20;
/** Bytes read first; most small headers end within. */
const firstHeaderBytes = 2 ** 20;
const maxPairs = 4096;
/** The largest mixtures of experts have some ten thousand. */
const maxTensors = 2 ** 16;
/** The specification's own limit for keys. */
const maxKeyBytes = 2 ** 16 - 1;
/** The largest vocabularies have 262,144 tokens and twice as many merges. */
const maxArrayElements = 2 ** 21;
/** GGML_MAX_NAME, with its terminating zero, and GGML_MAX_DIMS. */
const maxTensorName = 63;
const maxTensorDimensions = 4;
const maxAlignment = 2 ** 16;

/**
 * Reads and checks the header of a GGUF file (versions 2 and 3) as strictly as llama.cpp does and more: llama.cpp ends
 * the process over some malformed files, so one must be refused here first. The tensors lie in order, without gaps or
 * overlaps, within the file. Throws `code`, naming the file and what is wrong in it.
 */
export async function readGguf(path: string, code: FaultCode = 'package-invalid'): Promise<GgufHeader> {
  const header = await readGgufPart(path, code);
  const split = splitOf(header.metadata);
  if (split === null) return header;
  throw fileFault(
    code,
    basename(path),
    `is part ${split.part} of a model in ${split.parts} files; llama-gguf-split --merge makes one file of them`,
    { reason: 'split-part' },
  );
}

/** `readGguf`, which takes a part of a model in several files as well. */
export async function readGgufPart(path: string, code: FaultCode): Promise<GgufHeader> {
  const file = await ByteFile.open(path, code);
  try {
    for (let window = firstHeaderBytes; ; window = Math.min(4 * window, maxHeaderBytes)) {
      const bytes = await file.read(0, Math.min(window, file.size));
      try {
        return parseHeader(new Cursor(bytes, file));
      } catch (error) {
        if (!(error instanceof EndOfWindow)) throw error;
        if (bytes.length === file.size) throw file.fault('ends within its header (truncated)');
        if (window === maxHeaderBytes) throw file.fault(`has a header of more than ${maxHeaderBytes} bytes`);
      }
    }
  } finally {
    await file.close();
  }
}

/** The known versions with their bytes the other way round. */
const bigEndianVersions = [0x02000000, 0x03000000];

function parseHeader(cursor: Cursor): GgufHeader {
  if (cursor.u32() !== magic) throw cursor.fault('is not a GGUF file', { reason: 'not-gguf' });
  const version = cursor.u32();
  if (bigEndianVersions.includes(version)) {
    throw cursor.fault(
      'is written for big-endian computers; gguf_convert_endian.py of llama.cpp makes a little-endian file of it',
      { reason: 'big-endian' },
    );
  }
  if (version !== 2 && version !== 3)
    throw cursor.fault(`is of the GGUF version ${version}; 2 and 3 are known`);
  const tensorCount = cursor.count('tensors', maxTensors);
  const pairCount = cursor.count('metadata values', maxPairs);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) {
    const key = cursor.name(maxKeyBytes);
    if (metadata.has(key)) throw cursor.fault(`states ${quoted(key)} twice`);
    metadata.set(key, readValue(cursor, key));
  }
  const alignment = readAlignment(metadata, cursor);
  const listed = Array.from({ length: tensorCount }, () => readTensor(cursor));
  const tensors = placeTensors(listed, alignUp(cursor.at, alignment), alignment, cursor);
  return { version, metadata, tensors, fileBytes: cursor.file.size };
}

/**
 * Which part of how many a file is, the first being 1, by llama.cpp's keys (`gguf-split`); null for a model in one file. Llama.cpp
 * counts parts from 0.
 */
export function splitOf(metadata: GgufMetadata): { readonly part: number; readonly parts: number } | null {
  const numberOf = (key: string) => {
    const stated = metadata.get(key);
    return stated && 'value' in stated ? Number(stated.value) : NaN;
  };
  const parts = numberOf('split.count');
  return parts > 1 ? { part: numberOf('split.no') + 1, parts } : null;
}

const scalarNames = new Map<number, ScalarType>(
  Object.entries(scalarTypes).map(([name, id]) => [id, name as ScalarType]),
);

function readValue(cursor: Cursor, key: string): GgufValue {
  const id = cursor.u32();
  if (id !== arrayType) {
    const type = scalarType(cursor, id, key);
    return { type, value: cursor.scalar(type, key) };
  }
  const of = scalarType(cursor, cursor.u32(), key);
  const length = cursor.count(`elements of ${quoted(key)}`, maxArrayElements);
  // An element takes at least a byte (a string eight), so a length beyond the window is known before anything is made.
  cursor.need(length * (of === 'string' ? 8 : scalarBytes[of]));
  const values = new Array<GgufScalar>(length);
  for (let i = 0; i < length; i++) values[i] = cursor.scalar(of, key);
  return { type: 'array', of, values };
}

function scalarType(cursor: Cursor, id: number, key: string): ScalarType {
  const type = scalarNames.get(id);
  if (type !== undefined) return type;
  throw cursor.fault(
    `${quoted(key)} is ${id === arrayType ? 'an array of arrays' : `of the unknown type ${id}`}`,
  );
}

function readAlignment(metadata: GgufMetadata, cursor: Cursor): number {
  const stated = metadata.get('general.alignment');
  if (stated === undefined) return defaultAlignment;
  const value = stated.type === 'u32' ? Number(stated.value) : 0;
  if (value < 1 || value > maxAlignment || (value & (value - 1)) !== 0) {
    throw cursor.fault('general.alignment is not a power of two of the type u32');
  }
  return value;
}

const typeNames = new Map<number, GgufTensorType>(
  Object.entries(tensorTypes).map(([name, { id }]) => [id, name as GgufTensorType]),
);

/** A tensor as listed: its offset is from the start of the data. */
function readTensor(cursor: Cursor): GgufTensor {
  const name = cursor.name(maxTensorName);
  const dimensions = cursor.u32();
  if (dimensions < 1 || dimensions > maxTensorDimensions) {
    throw cursor.fault(`tensor ${quoted(name)} has ${dimensions} dimensions`);
  }
  const shape: number[] = [];
  let elements = 1;
  for (let i = 0; i < dimensions; i++) {
    const dimension = cursor.u64(`a dimension of ${quoted(name)}`);
    elements *= dimension;
    // Times eight: no type takes more bytes an element.
    if (dimension < 1 || !Number.isSafeInteger(elements * 8)) {
      throw cursor.fault(`tensor ${quoted(name)} has an impossible dimension of ${dimension}`);
    }
    shape.unshift(dimension);
  }
  const id = cursor.u32();
  const type = typeNames.get(id);
  if (type === undefined) throw cursor.fault(`tensor ${quoted(name)} is of the unknown type ${id}`);
  if (shape.at(-1)! % tensorTypes[type].elements !== 0) {
    throw cursor.fault(
      `tensor ${quoted(name)} has rows of ${shape.at(-1)}, which do not divide into blocks of ${type}`,
    );
  }
  const offset = cursor.u64(`the offset of ${quoted(name)}`);
  return { name, type, shape, offset, bytes: tensorBytes(type, shape) };
}

function placeTensors(
  listed: readonly GgufTensor[],
  dataStart: number,
  alignment: number,
  cursor: Cursor,
): GgufTensor[] {
  const names = new Set<string>();
  let next = 0;
  return listed.map((tensor) => {
    const { name, offset, bytes } = tensor;
    if (names.has(name)) throw cursor.fault(`lists tensor ${quoted(name)} twice`);
    names.add(name);
    if (offset !== next) {
      throw cursor.fault(
        `tensor ${quoted(name)} begins at ${offset} instead of ${next} (a gap or an overlap)`,
      );
    }
    next = alignUp(offset + bytes, alignment);
    const end = dataStart + offset + bytes;
    if (end > cursor.file.size) {
      throw cursor.fault(`tensor ${quoted(name)} ends at byte ${end} of ${cursor.file.size} (truncated)`);
    }
    return { ...tensor, offset: dataStart + offset };
  });
}

/** Thrown when the header goes on beyond the bytes read so far. */
class EndOfWindow extends Error {}

/** Reads forward through the first bytes of a file. */
class Cursor {
  readonly file: ByteFile;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, file: ByteFile) {
    this.file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  need(bytes: number): void {
    if (this.at + bytes > this.file.size) throw this.fault(`ends before byte ${this.at + bytes} (truncated)`);
    if (this.at + bytes > this.#bytes.length) throw new EndOfWindow();
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(what: string): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.fault(`states ${value} for ${what}`);
    return Number(value);
  }

  count(what: string, most: number): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(most)) throw this.fault(`states ${value} ${what}; at most ${most} are accepted`);
    return Number(value);
  }

  /** A key or a tensor's name: not empty, and nothing that a C string or a line of a log would show otherwise. */
  name(most: number): string {
    const text = this.string('a name');
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (text === '' || Buffer.byteLength(text) > most || /[\u0000-\u001f\u007f]/.test(text)) {
      throw this.fault(`has the impossible name ${quoted(text)}`);
    }
    return text;
  }

  scalar(type: ScalarType, key: string): GgufScalar {
    if (type === 'string') return this.string(quoted(key));
    const at = this.#take(scalarBytes[type]);
    const view = this.#view;
    if (type === 'u8') return view.getUint8(at);
    if (type === 'i8') return view.getInt8(at);
    if (type === 'u16') return view.getUint16(at, true);
    if (type === 'i16') return view.getInt16(at, true);
    if (type === 'u32') return view.getUint32(at, true);
    if (type === 'i32') return view.getInt32(at, true);
    if (type === 'f32') return view.getFloat32(at, true);
    if (type === 'f64') return view.getFloat64(at, true);
    if (type === 'bool') return view.getUint8(at) !== 0;
    const value = type === 'u64' ? view.getBigUint64(at, true) : view.getBigInt64(at, true);
    if (!Number.isSafeInteger(Number(value))) throw this.fault(`states ${value} for ${quoted(key)}`);
    return Number(value);
  }

  string(what: string): string {
    const length = this.u64(`the length of ${what}`);
    this.need(length);
    const bytes = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw this.fault(`has a text that is not UTF-8 in ${what}`);
    }
  }

  fault(what: string, options?: FaultOptions): AppError {
    return this.file.fault(what, options);
  }

  #take(bytes: number): number {
    this.need(bytes);
    const start = this.at;
    this.at += bytes;
    return start;
  }
}
