import { invalidCheckpoint } from '../checkpoint/invalid.ts';
import type { TensorInfo, TensorType } from '../checkpoint/tensor-source.ts';
import {
  asUint16,
  asUint32,
  bfloat16Bits,
  bitsOf,
  elementBytes,
  float16Bits,
  toFloat32,
} from '../float-types.ts';

/** Types in which tensors are written here; the finer quantisations are llama.cpp's own work. */
export type WrittenType = 'f32' | 'f16' | 'bf16' | 'q8_0';

/**
 * Stored elements as the bytes of `type`: whole blocks of 32 for q8_0. Throws `checkpoint-invalid` when a number is
 * infinite or not a number, or does not fit float16: such a model would answer nonsense without a word.
 */
export function encodeElements(bytes: Uint8Array, info: TensorInfo, type: WrittenType): Uint8Array {
  if (type === info.type) {
    refuseNonFinite(bytes, info);
    return bytes;
  }
  if (type === 'f16' && info.type === 'bf16') return bfloat16ToFloat16(asUint16(bytes), info);
  const values = new Float32Array(bytes.length / elementBytes(info.type));
  toFloat32(bytes, info.type, values);
  const bits = bitsOf(values);
  refuseInfiniteBits(bits, 0x7f800000, info);
  if (type === 'f32') return bytesOf(values);
  if (type === 'q8_0') return quantizeQ8(values);
  const halves = new Uint16Array(bits.length);
  if (type === 'bf16') {
    for (let i = 0; i < bits.length; i++) halves[i] = bfloat16Bits(bits[i]!);
  } else {
    for (let i = 0; i < bits.length; i++) halves[i] = float16Bits(bits[i]!);
    refuseOverflow(halves, info);
  }
  return bytesOf(halves);
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Bits of the exponent, all set in infinities and NaN alone. */
const exponentMask: Readonly<Record<TensorType, number>> = { f32: 0x7f800000, f16: 0x7c00, bf16: 0x7f80 };

function refuseNonFinite(bytes: Uint8Array, info: TensorInfo): void {
  const units = info.type === 'f32' ? asUint32(bytes) : asUint16(bytes);
  refuseInfiniteBits(units, exponentMask[info.type], info);
}

function refuseInfiniteBits(units: Uint16Array | Uint32Array, mask: number, info: TensorInfo): void {
  let infinite = 0;
  for (let i = 0; i < units.length; i++) infinite |= Number((units[i]! & mask) === mask);
  if (infinite) throw invalidCheckpoint(info.file, `tensor ${info.name} holds a number that is not finite`);
}

function refuseOverflow(halves: Uint16Array, info: TensorInfo): void {
  let infinite = 0;
  for (let i = 0; i < halves.length; i++) infinite |= Number((halves[i]! & 0x7c00) === 0x7c00);
  if (infinite) {
    throw invalidCheckpoint(
      info.file,
      `tensor ${info.name} holds a number that is not finite in f16 (beyond 65504); choose bf16 or f32`,
    );
  }
}

let float16OfBfloat16: Uint16Array | null = null;

/** Both types have 65536 values: a look-up is several times faster than going through float32. */
function bfloat16ToFloat16(stored: Uint16Array, info: TensorInfo): Uint8Array {
  float16OfBfloat16 ??= Uint16Array.from({ length: 65536 }, (_, bits) => float16Bits(bits << 16));
  const table = float16OfBfloat16;
  const halves = new Uint16Array(stored.length);
  for (let i = 0; i < stored.length; i++) halves[i] = table[stored[i]!]!;
  refuseOverflow(halves, info);
  return bytesOf(halves);
}

const q8Elements = 32;
const q8Bytes = 34;

/**
 * Blocks of 32 numbers as a float16 scale and 32 signed bytes: bit for bit what ggml's `quantize_row_q8_0_ref` gives.
 * Done here because it streams from the checkpoint, where llama.cpp's quantiser would need a second whole file.
 */
function quantizeQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / q8Elements;
  const out = new Uint8Array(blocks * q8Bytes);
  const bytes = new Int8Array(out.buffer);
  const scale = new Float32Array(1);
  const scaleBits = bitsOf(scale);
  for (let block = 0; block < blocks; block++) {
    const from = block * q8Elements;
    let largest = 0;
    for (let i = from; i < from + q8Elements; i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > largest) largest = magnitude;
    }
    scale[0] = largest / 127;
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0]);
    const at = block * q8Bytes;
    const half = float16Bits(scaleBits[0]!);
    out[at] = half;
    out[at + 1] = half >>> 8;
    for (let i = 0; i < q8Elements; i++) {
      const scaled = Math.fround(values[from + i]! * inverse);
      // roundf: halves away from zero.
      bytes[at + 2 + i] = scaled < 0 ? Math.ceil(scaled - 0.5) : Math.floor(scaled + 0.5);
    }
  }
  return out;
}
