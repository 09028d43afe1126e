import { replaceFile } from '../../files/replace-file.ts';
import { elementBytes } from './float-types.ts';
import type { TensorInfo } from './tensor-source.ts';

/** A tensor on its way into a file. `pieces`: its numbers, row-major and little-endian. */
export interface OutgoingTensor {
  readonly name: string;
  readonly type: 'f32' | 'f16' | 'bf16' | 'i32';
  /** Outermost dimension first. */
  readonly shape: readonly number[];
  readonly pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Writes tensors as a safetensors file (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON header
 * padded with spaces to a multiple of 8, then the numbers. The file appears whole or not at all.
 */
export async function writeSafetensors(path: string, tensors: readonly OutgoingTensor[]): Promise<void> {
  await replaceFile(path, contentOf(tensors));
}

export function tensorByteLength({ type, shape }: Pick<TensorInfo, 'type' | 'shape'>): number {
  return shape.reduce((product, dimension) => product * dimension, elementBytes(type));
}

async function* contentOf(tensors: readonly OutgoingTensor[]): AsyncGenerator<Uint8Array> {
  yield header(tensors);
  for (const { pieces } of tensors) yield* pieces();
}

function header(tensors: readonly OutgoingTensor[]): Uint8Array {
  let at = 0;
  const entries = tensors.map(({ name, type, shape }) => {
    const begin = at;
    at += tensorByteLength({ type: type === 'i32' ? 'f32' : type, shape });
    return [name, { dtype: type.toUpperCase(), shape, data_offsets: [begin, at] }] as const;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Padded, so that the tensors begin at a multiple of eight.
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}
