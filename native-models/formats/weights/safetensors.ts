import type { ByteSource } from '../../files/byte-file.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { parseStrictJson } from '../../files/strict-json.ts';
import { elementCount, maxDimensions, type StoredTensor, type StoredTensors } from './tensor-files.ts';
import type { TensorType } from './tensor-source.ts';

/**
 * The header of an 8B model is 0.1 MB; this leaves room for a hundred thousand tensors and keeps a hostile length
 * from allocating gigabytes. (The reference reader stops at 100 MB.)
 */
const maxHeaderBytes = 16 * 2 ** 20;

const lengthBytes = 8;

/** Element sizes of the types of the safetensors format, in bytes. */
const typeBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

const floatTypes: Readonly<Record<string, TensorType>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the start of the data section. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads and checks the header of a safetensors file (https://github.com/huggingface/safetensors, "Format"): an 8-byte
 * little-endian length, a JSON object of that length, then the tensors without holes or overlaps to the end of the
 * file. Throws `checkpoint-invalid` on anything else, before any allocation a hostile number asks for.
 */
export async function readSafetensors(file: ByteSource): Promise<StoredTensors> {
  const header = await readHeader(file);
  const entries = parseEntries(header.json, file.name);
  const dataStart = lengthBytes + header.length;
  checkCoverage(entries, file.size - dataStart, file.name);

  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const type = floatTypes[dtype];
    if (type === undefined || begin === end) {
      others.set(name, begin === end ? `${dtype} without elements` : dtype);
      continue;
    }
    const info = { name, type, shape, file: file.name };
    tensors.set(name, { info, file, offset: dataStart + begin, bytes: end - begin });
  }
  return { tensors, others };
}

async function readHeader(file: ByteSource): Promise<{ length: number; json: unknown }> {
  if (file.size < lengthBytes) {
    throw file.fault(`has ${file.size} bytes, too few for a safetensors file`);
  }
  const prefix = await file.read(0, lengthBytes);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(file.size - lengthBytes)) {
    throw file.fault(
      `states a header of ${length} bytes, but only ${file.size - lengthBytes} follow (truncated, or not safetensors)`,
    );
  }
  if (length > BigInt(maxHeaderBytes)) {
    throw file.fault(`states a header of ${length} bytes; at most ${maxHeaderBytes} are accepted`);
  }
  const json = parseStrictJson(await file.read(lengthBytes, Number(length)), file.name);
  return { length: Number(length), json };
}

function parseEntries(json: unknown, file: string): Entry[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalidCheckpoint(file, 'the header is not an object');
  }
  return Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value, file));
}

function parseEntry(name: string, value: unknown, file: string): Entry {
  const fault = (what: string) => invalidCheckpoint(file, `tensor ${quoted(name)}: ${what}`);
  if (typeof value !== 'object' || value === null) throw fault('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string') throw fault('has no dtype');
  const size = Object.hasOwn(typeBytes, dtype) ? typeBytes[dtype] : undefined;
  if (size === undefined) throw fault(`has the unknown dtype ${quoted(dtype)}`);
  if (!isNumbers(shape)) throw fault('has no shape');
  const count = elementCount(shape);
  if (count === null || !Number.isSafeInteger(count * size)) {
    throw fault(
      `has the impossible shape [${shape.slice(0, maxDimensions + 1).join(', ')}] (at most ${maxDimensions} whole dimensions)`,
    );
  }
  if (!isNumbers(offsets) || offsets.length !== 2) throw fault('has no pair of data_offsets');
  const [begin, end] = offsets as [number, number];
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end < begin) {
    throw fault(`has the impossible data_offsets [${begin}, ${end}]`);
  }
  if (end - begin !== count * size) {
    throw fault(`takes ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] needs ${count * size}`);
  }
  return { name, dtype, shape, begin, end };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

/** The tensors, in the order of their bytes, must fill the data section exactly. */
function checkCoverage(entries: readonly Entry[], dataBytes: number, file: string): void {
  let at = 0;
  let previous = '';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) {
      throw invalidCheckpoint(
        file,
        `tensors ${quoted(previous)} and ${quoted(name)} overlap at byte ${begin}`,
      );
    }
    if (begin > at) {
      throw invalidCheckpoint(file, `has a hole of ${begin - at} bytes before tensor ${quoted(name)}`);
    }
    if (end > dataBytes) {
      throw invalidCheckpoint(
        file,
        `tensor ${quoted(name)} ends at byte ${end}, but the data has only ${dataBytes} (truncated)`,
      );
    }
    at = end;
    previous = name;
  }
  if (at !== dataBytes) {
    throw invalidCheckpoint(file, `holds ${dataBytes - at} bytes after the last tensor`);
  }
}
