import type { TensorType } from './tensor-source.ts';

/** Bytes of one element. */
export function elementBytes(type: TensorType): number {
  return type === 'f32' ? 4 : 2;
}

/** IEEE 754 binary16 bits as a number. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest binary16 (ties to even, too large becomes infinite) of the float32 with these bits, as bits. */
export function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  // Subnormal in binary16, a multiple of 2^-24; half of that and less (2^-25) rounds to zero.
  if (magnitude <= 0x33000000) return sign;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundShift(fraction, 126 - (magnitude >>> 23));
}

/** `value` shifted right by `bits`, rounded to nearest, ties to even. */
function roundShift(value: number, bits: number): number {
  const half = 1 << (bits - 1);
  return (value + half - 1 + ((value >>> bits) & 1)) >>> bits;
}

/** The nearest bfloat16 (ties to even) of the float32 with these bits, as bits; the number must be finite. */
export function bfloat16Bits(bits: number): number {
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The float32 numbers as their bits, without a copy. */
export function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

let float16Table: Float32Array | null = null;

/** All 65536 binary16 values: a look-up is several times faster than the arithmetic. */
function float16Values(): Float32Array {
  float16Table ??= Float32Array.from({ length: 65536 }, (_, bits) => float16ToNumber(bits));
  return float16Table;
}

/**
 * Stored elements as float32 (exact for all three types), little-endian as every supported machine is.
 * `target` has one number an element.
 */
export function toFloat32(bytes: Uint8Array, type: TensorType, target: Float32Array): void {
  if (type === 'f32') {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    return;
  }
  const halves = asUint16(bytes);
  if (type === 'bf16') {
    const bits = bitsOf(target);
    for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
    return;
  }
  const values = float16Values();
  for (let i = 0; i < halves.length; i++) target[i] = values[halves[i]!]!;
}

/** The bytes as 16-bit units, copied only where their position in memory does not allow a view. */
export function asUint16(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

/** The bytes as 32-bit units, copied only where their position in memory does not allow a view. */
export function asUint32(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
