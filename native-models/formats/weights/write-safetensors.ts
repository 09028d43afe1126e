import { open, rename } from 'node:fs/promises';

import { elementBytes } from './float-types.ts';
import type { TensorInfo, TensorSource, TensorType } from './tensor-source.ts';

const typeNames: Readonly<Record<TensorType, string>> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };

/**
 * Copies tensors of `source`, in the order of `names`, into a safetensors file of their own, which is at `path` whole and
 * on the disk, or not at all. `check` is called between pieces and may throw.
 */
export async function writeSafetensors(
  path: string,
  source: TensorSource,
  names: readonly string[],
  check: () => void,
): Promise<void> {
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(header(names.map((name) => source.tensors.get(name)!)));
    for (const name of names) {
      for await (const piece of source.pieces(name)) {
        check();
        await file.writeFile(piece);
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

export function tensorByteLength({ type, shape }: Pick<TensorInfo, 'type' | 'shape'>): number {
  return shape.reduce((product, dimension) => product * dimension, elementBytes(type));
}

function header(tensors: readonly TensorInfo[]): Uint8Array {
  let at = 0;
  const entries = tensors.map((tensor) => {
    const begin = at;
    at += tensorByteLength(tensor);
    const { name, type, shape } = tensor;
    return [name, { dtype: typeNames[type], shape, data_offsets: [begin, at] }] as const;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Padded, so that the tensors begin at a multiple of eight.
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}
