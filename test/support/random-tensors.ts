import type { TensorType } from '../../native-models/formats/weights/tensor-source.ts';
import { bfloat16Bits, bitsOf, float16Bits } from '../../native-models/formats/weights/float-types.ts';

/** Uniform numbers in [0, 1), the same for the same seed on every machine (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A prime, so that no row length divides it and the repeated block never lines up with itself. */
const blockLength = 1_048_573;

/** A tensor of the maker: normal numbers of deviation `scale` around `mean`, some rows or columns multiplied. */
export interface RandomTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly mean: number;
  /** Multiplies the numbers of that index along the first axis. */
  readonly rows?: ReadonlyMap<number, number>;
  /** Multiplies the numbers of that index along the last axis. */
  readonly columns?: ReadonlyMap<number, number>;
}

/**
 * Normal numbers for tensors of any size with little memory: one block is drawn, and every tensor is read out of it
 * in a circle from a place of its own. A tensor longer than the block repeats it.
 */
export class RandomBlock {
  readonly #values: Float32Array;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    const random = uniform(seed);
    this.#values = Float32Array.from({ length: blockLength }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      return radius * Math.cos(2 * Math.PI * random());
    });
  }

  /** The bytes of the tensor in pieces. */
  *pieces(tensor: RandomTensor, type: TensorType): Generator<Uint8Array> {
    const count = tensor.shape.reduce((product, dimension) => product * dimension, 1);
    const start = hash(`${this.#seed} ${tensor.name}`) % blockLength;
    const multiplied = (tensor.rows?.size ?? 0) + (tensor.columns?.size ?? 0) > 0;
    let circle: Uint8Array | null = null;
    for (let at = 0; at < count; at += blockLength) {
      const length = Math.min(blockLength, count - at);
      if (multiplied) {
        yield encode(this.#draw(tensor, start, length, at), type);
        continue;
      }
      circle ??= encode(this.#draw(tensor, start, length, 0), type);
      yield circle.subarray(0, (circle.length / Math.min(count, blockLength)) * length);
    }
  }

  #draw(tensor: RandomTensor, start: number, length: number, first: number): Float32Array {
    const { scale, mean, shape, rows, columns } = tensor;
    const width = shape.at(-1) ?? 1;
    const rowLength = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    return Float32Array.from({ length }, (_, i) => {
      const value = mean + scale * this.#values[(start + i) % blockLength]!;
      const row = rows?.get(Math.floor((first + i) / rowLength)) ?? 1;
      return value * row * (columns?.get((first + i) % width) ?? 1);
    });
  }
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619) >>> 0;
  return value;
}

/** float32 numbers as stored elements, rounded to nearest even. */
export function encode(values: Float32Array, type: TensorType): Uint8Array {
  if (type === 'f32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const round = type === 'f16' ? float16Bits : bfloat16Bits;
  return new Uint8Array(Uint16Array.from(bitsOf(values), round).buffer);
}
