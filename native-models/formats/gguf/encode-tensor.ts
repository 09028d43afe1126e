import { invalidCheckpoint } from '../../files/invalid.ts';
import type { TensorInfo, TensorType } from '../weights/tensor-source.ts';
import {
  asUint16,
  asUint32,
  bfloat16Bits,
  bitsOf,
  elementBytes,
  float16Bits,
  toFloat32,
} from '../weights/float-types.ts';

/** Types in which tensors are written here; the finer quantisations are llama.cpp's own work. */
export type WrittenType = 'f32' | 'f16' | 'bf16' | 'q8_0';

/**
 * Stored elements as the bytes of `type`: whole blocks of 32 for q8_0. Throws `checkpoint-invalid` when a number is
 * infinite or not a number, or does not fit float16: such a model would answer nonsense without a word.
 */
export function encodeElements(bytes: Uint8Array, info: TensorInfo, type: WrittenType): Uint8Array {
  if (type === info.type) {
    requireFinite(info.type === 'f32' ? asUint32(bytes) : asUint16(bytes), info.type, info);
    return bytes;
  }
  if (type === 'f16' && info.type === 'bf16') return bfloat16ToFloat16(asUint16(bytes), info);
  const values = new Float32Array(bytes.length / elementBytes(info.type));
  toFloat32(bytes, info.type, values);
  const bits = bitsOf(values);
  requireFinite(bits, 'f32', info);
  if (type === 'f32') return bytesOf(values);
  if (type === 'q8_0') return quantizeQ8(values);
  const halves = new Uint16Array(bits.length);
  if (type === 'bf16') {
    for (let i = 0; i < bits.length; i++) halves[i] = bfloat16Bits(bits[i]!);
  } else {
    for (let i = 0; i < bits.length; i++) halves[i] = float16Bits(bits[i]!);
    requireFloat16(halves, info);
  }
  return bytesOf(halves);
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** All bits but the sign, and the least of them that is infinite or not a number. */
const magnitudes: Readonly<Record<TensorType, { readonly mask: number; readonly infinite: number }>> = {
  f32: { mask: 0x7fffffff, infinite: 0x7f800000 },
  f16: { mask: 0x7fff, infinite: 0x7c00 },
  bf16: { mask: 0x7fff, infinite: 0x7f80 },
};

function allFinite(units: Uint16Array | Uint32Array, type: TensorType): boolean {
  const { mask, infinite } = magnitudes[type];
  let largest = 0;
  for (let i = 0; i < units.length; i++) largest = Math.max(largest, units[i]! & mask);
  return largest < infinite;
}

function requireFinite(units: Uint16Array | Uint32Array, type: TensorType, info: TensorInfo): void {
  if (allFinite(units, type)) return;
  throw invalidCheckpoint(info.file, `tensor ${info.name} holds a number that is not finite`);
}

function requireFloat16(halves: Uint16Array, info: TensorInfo): void {
  if (allFinite(halves, 'f16')) return;
  throw invalidCheckpoint(
    info.file,
    `tensor ${info.name} holds a number that is not finite in f16 (beyond 65504); choose bf16 or f32`,
  );
}

let float16OfBfloat16: Uint16Array | null = null;

/** Both types have 65536 values: a look-up is several times faster than going through float32. */
function bfloat16ToFloat16(stored: Uint16Array, info: TensorInfo): Uint8Array {
  float16OfBfloat16 ??= Uint16Array.from({ length: 65536 }, (_, bits) => float16Bits(bits << 16));
  const table = float16OfBfloat16;
  const halves = new Uint16Array(stored.length);
  for (let i = 0; i < stored.length; i++) halves[i] = table[stored[i]!]!;
  requireFloat16(halves, info);
  return bytesOf(halves);
}

const q8Elements = 32;
const q8Bytes = 34;

/**
 * `roundf` takes halves away from zero. Adding a half and cutting off takes them up, so a number is made larger first, by less
 * than two float32 numbers below 128 are apart. (Asking for the sign instead costs seven times as much: it is random.)
 */
const awayFromZero = 1 + 2 ** -40;

/**
 * Blocks of 32 numbers as a float16 scale and 32 signed bytes: bit for bit what ggml's `quantize_row_q8_0_ref` gives.
 * Done here because it streams from the checkpoint, where llama.cpp's quantiser would need a second whole file.
 */
function quantizeQ8(values: Float32Array): Uint8Array {
  const bits = bitsOf(values);
  const out = new Uint8Array((values.length / q8Elements) * q8Bytes);
  const bytes = new Int8Array(out.buffer);
  const number = new Float32Array(1);
  const numberBits = bitsOf(number);
  for (let from = 0, at = 0; from < values.length; from += q8Elements, at += q8Bytes) {
    // Without their sign, the bits of floats are in the order of their magnitudes.
    let largest = 0;
    for (let i = from; i < from + q8Elements; i++) largest = Math.max(largest, bits[i]! & 0x7fffffff);
    numberBits[0] = largest;
    number[0] = number[0]! / 127;
    const inverse = number[0] === 0 ? 0 : Math.fround(1 / number[0]!);
    const half = float16Bits(numberBits[0]!);
    out[at] = half;
    out[at + 1] = half >>> 8;
    for (let i = 0; i < q8Elements; i++) {
      const scaled = Math.fround(values[from + i]! * inverse);
      bytes[at + 2 + i] = ((scaled * awayFromZero + 128.5) | 0) - 128;
    }
  }
  return out;
}
