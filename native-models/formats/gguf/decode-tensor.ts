import { elementBytes, float16ToNumber, toFloat32 } from '../weights/float-types.ts';
import { tensorTypes, type GgufTensorType } from './gguf-format.ts';

/** Turns one block, whose bytes begin at `at`, into the numbers of `out`, a view of 32. */
type DecodeBlock = (bytes: DataView, at: number, out: Float32Array) => void;

const half = (bytes: DataView, at: number) => float16ToNumber(bytes.getUint16(at, true));

/** Blocks of 32 numbers in 4 bits each: the lower halves of 16 bytes, then the upper ones. */
function nibbles(bytes: DataView, at: number, out: Float32Array, scale: number, offset: number): void {
  for (let i = 0; i < 16; i++) {
    const byte = bytes.getUint8(at + i);
    out[i] = (byte & 15) * scale + offset;
    out[i + 16] = (byte >> 4) * scale + offset;
  }
}

/** The same with a fifth bit of each number, from a 32-bit word. */
function fiveBits(bytes: DataView, at: number, out: Float32Array, scale: number, offset: number): void {
  const fifth = bytes.getUint32(at, true);
  for (let i = 0; i < 16; i++) {
    const byte = bytes.getUint8(at + 4 + i);
    out[i] = ((byte & 15) | (((fifth >>> i) & 1) << 4)) * scale + offset;
    out[i + 16] = ((byte >> 4) | (((fifth >>> (i + 16)) & 1) << 4)) * scale + offset;
  }
}

/** The layouts of ggml-common.h: a float16 scale (and for the `_1` types a float16 minimum), then the quants. */
const blocks = {
  q4_0: (bytes, at, out) => nibbles(bytes, at + 2, out, half(bytes, at), -8 * half(bytes, at)),
  q4_1: (bytes, at, out) => nibbles(bytes, at + 4, out, half(bytes, at), half(bytes, at + 2)),
  q5_0: (bytes, at, out) => fiveBits(bytes, at + 2, out, half(bytes, at), -16 * half(bytes, at)),
  q5_1: (bytes, at, out) => fiveBits(bytes, at + 4, out, half(bytes, at), half(bytes, at + 2)),
  q8_0: (bytes, at, out) => {
    const scale = half(bytes, at);
    for (let i = 0; i < out.length; i++) out[i] = bytes.getInt8(at + 2 + i) * scale;
  },
} as const satisfies Partial<Record<GgufTensorType, DecodeBlock>>;

/** Types whose numbers can be read here: those in which llama.cpp's tools write vision towers. */
export const decodedTypes = [
  'f32',
  'f16',
  'bf16',
  ...(Object.keys(blocks) as (keyof typeof blocks)[]),
] as const;
export type DecodedType = (typeof decodedTypes)[number];

export function isDecoded(type: GgufTensorType): type is DecodedType {
  return (decodedTypes as readonly GgufTensorType[]).includes(type);
}

/** Stored elements, whole blocks of them, as float32. */
export function decodeElements(bytes: Uint8Array, type: DecodedType): Float32Array {
  if (type === 'f32' || type === 'f16' || type === 'bf16') {
    const values = new Float32Array(bytes.length / elementBytes(type));
    toFloat32(bytes, type, values);
    return values;
  }
  const block = tensorTypes[type];
  const count = bytes.length / block.bytes;
  const values = new Float32Array(count * block.elements);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decode: DecodeBlock = blocks[type];
  for (let i = 0; i < count; i++) {
    decode(view, i * block.bytes, values.subarray(i * block.elements, (i + 1) * block.elements));
  }
  return values;
}
