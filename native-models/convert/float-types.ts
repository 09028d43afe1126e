import type { TensorType } from './checkpoint/tensor-source.ts';

/** Bytes of one element. */
export function elementBytes(type: TensorType): number {
  return type === 'f32' ? 4 : 2;
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 binary16 bits as a number. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest binary16 (ties to even, too large becomes infinite) of a float32, as bits. */
export function numberToFloat16(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal in binary16: a multiple of 2^-24, which this division makes exact before rounding.
    return sign | roundHalfToEven(Math.abs(value) * 2 ** 24);
  }
  const rebiased = magnitude - 0x38000000;
  const rounded = rebiased + 0xfff + ((rebiased >>> 13) & 1);
  return sign | (rounded >>> 13);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
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
    const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
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
