import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import type { TensorType } from '../../native-models/formats/weights/tensor-source.ts';

/** A tensor to be written: its bytes come in pieces. */
export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** `i64` for position ids and such, which published files also hold. */
  readonly type: TensorType | 'i64';
  readonly pieces: () => Iterable<Uint8Array>;
}

export function byteLength({ shape, type }: Pick<WrittenTensor, 'shape' | 'type'>): number {
  const size = { f32: 4, f16: 2, bf16: 2, i64: 8 }[type];
  return shape.reduce((product, dimension) => product * dimension, size);
}

const safetensorsType = { f32: 'F32', f16: 'F16', bf16: 'BF16', i64: 'I64' };

/** A safetensors file with these tensors in this order. */
export function writeSafetensorsFile(path: string, tensors: readonly WrittenTensor[]): void {
  let at = 0;
  const entries = tensors.map((tensor) => {
    const begin = at;
    at += byteLength(tensor);
    const entry = { dtype: safetensorsType[tensor.type], shape: tensor.shape, data_offsets: [begin, at] };
    return [tensor.name, entry] as const;
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8, ' '));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  try {
    writeSync(file, Buffer.concat([length, header]));
    for (const tensor of tensors) for (const piece of tensor.pieces()) writeSync(file, piece);
    // A hollow tensor has no pieces: what is missing at the end becomes a hole of zeros.
    ftruncateSync(file, length.length + header.length + at);
  } finally {
    closeSync(file);
  }
}

export interface TorchZipOptions {
  /** Sizes and offsets in zip64 fields, as files beyond 4 GB have them. */
  readonly zip64?: boolean;
  /** In place of the pickle of the tensors, for hostile cases. */
  readonly pickle?: Uint8Array;
}

/** A zip-format torch file with these tensors, as `torch.save` of an ordered state dict writes it. */
export function writeTorchZip(
  path: string,
  tensors: readonly WrittenTensor[],
  options: TorchZipOptions = {},
): void {
  const zip = new ZipWriter(path, options.zip64 ?? false);
  zip.add('archive/data.pkl', [options.pickle ?? stateDictPickle(tensors)]);
  zip.add('archive/byteorder', [Buffer.from('little')]);
  tensors.forEach((tensor, key) => zip.add(`archive/data/${key}`, tensor.pieces()));
  zip.add('archive/version', [Buffer.from('3\n')]);
  zip.finish();
}

const storageType = { f32: 'FloatStorage', f16: 'HalfStorage', bf16: 'BFloat16Storage', i64: 'LongStorage' };

/** Protocol 2; opcodes as in CPython's Lib/pickletools.py. */
export function stateDictPickle(tensors: readonly Omit<WrittenTensor, 'pieces'>[]): Buffer {
  const items = tensors.flatMap(({ name, shape, type }, key) => {
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, d) => product * d, 1));
    return [
      text(name),
      global('torch._utils', '_rebuild_tensor_v2'),
      '(',
      [
        '(',
        text('storage'),
        global('torch', storageType[type]),
        text(String(key)),
        text('cpu'),
        int(count),
        't',
        'Q',
      ],
      int(0),
      ['(', ...shape.map(int), 't'],
      ['(', ...strides.map(int), 't'],
      '\x89',
      [global('collections', 'OrderedDict'), ')', 'R'],
      'tR',
    ].flat();
  });
  const metadata = ['}', text('_metadata'), global('collections', 'OrderedDict'), ')R', 's', 'b'];
  return pickle(global('collections', 'OrderedDict'), ')R', '(', ...items, 'u', ...metadata);
}

/** Opcodes between PROTO 2 and STOP. */
export function pickle(...parts: readonly string[]): Buffer {
  return Buffer.from(`\x80\x02${parts.join('')}.`, 'latin1');
}

export function global(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

export function text(value: string): string {
  const utf8 = Buffer.from(value);
  return `X${uint32(utf8.length)}${utf8.toString('latin1')}`;
}

function int(value: number): string {
  if (value < 2 ** 31) return `J${uint32(value)}`;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return `\x8a\x08${bytes.toString('latin1')}`;
}

function uint32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('latin1');
}

/** Uncompressed entries; sizes are patched in once the bytes have been written. */
class ZipWriter {
  readonly #file: number;
  readonly #zip64: boolean;
  readonly #central: Buffer[] = [];
  #at = 0;

  constructor(path: string, zip64: boolean) {
    this.#file = openSync(path, 'w');
    this.#zip64 = zip64;
  }

  add(name: string, pieces: Iterable<Uint8Array>): void {
    const start = this.#at;
    const nameBytes = Buffer.from(name);
    this.#write(Buffer.alloc(30 + nameBytes.length));
    const dataStart = this.#at;
    let crc = 0;
    for (const piece of pieces) {
      crc = crc32(piece, crc);
      this.#write(piece);
    }
    const size = this.#at - dataStart;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    this.#describe(local, 6, crc, size, nameBytes.length);
    writeSync(this.#file, Buffer.concat([local, nameBytes]), 0, 30 + nameBytes.length, start);
    this.#central.push(this.#centralEntry(nameBytes, crc, size, start));
  }

  finish(): void {
    const start = this.#at;
    for (const entry of this.#central) this.#write(entry);
    const size = this.#at - start;
    const count = this.#central.length;
    if (this.#zip64) this.#write(zip64End(count, size, start, this.#at));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(this.#zip64 ? 0xffff : count, 8);
    end.writeUInt16LE(this.#zip64 ? 0xffff : count, 10);
    end.writeUInt32LE(this.#zip64 ? 0xffffffff : size, 12);
    end.writeUInt32LE(this.#zip64 ? 0xffffffff : start, 16);
    this.#write(end);
    closeSync(this.#file);
  }

  #centralEntry(name: Buffer, crc: number, size: number, start: number): Buffer {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 6);
    this.#describe(entry, 8, crc, size, name.length);
    const extra = Buffer.alloc(this.#zip64 ? 28 : 0);
    if (this.#zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
      extra.writeBigUInt64LE(BigInt(size), 12);
      extra.writeBigUInt64LE(BigInt(start), 20);
    }
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(this.#zip64 ? 0xffffffff : start, 42);
    return Buffer.concat([entry, name, extra]);
  }

  /** The fields that local and central headers share, from the flags on. */
  #describe(header: Buffer, at: number, crc: number, size: number, nameLength: number): void {
    const shown = this.#zip64 ? 0xffffffff : size;
    header.writeUInt32LE(crc, at + 8);
    header.writeUInt32LE(shown, at + 12);
    header.writeUInt32LE(shown, at + 16);
    header.writeUInt16LE(nameLength, at + 20);
  }

  #write(bytes: Uint8Array): void {
    writeSync(this.#file, bytes);
    this.#at += bytes.length;
  }
}

function zip64End(count: number, size: number, start: number, at: number): Buffer {
  const bytes = Buffer.alloc(56 + 20);
  bytes.writeUInt32LE(0x06064b50, 0);
  bytes.writeBigUInt64LE(44n, 4);
  bytes.writeUInt16LE(45, 12);
  bytes.writeUInt16LE(45, 14);
  bytes.writeBigUInt64LE(BigInt(count), 24);
  bytes.writeBigUInt64LE(BigInt(count), 32);
  bytes.writeBigUInt64LE(BigInt(size), 40);
  bytes.writeBigUInt64LE(BigInt(start), 48);
  bytes.writeUInt32LE(0x07064b50, 56);
  bytes.writeBigUInt64LE(BigInt(at), 64);
  bytes.writeUInt32LE(1, 72);
  return bytes;
}
