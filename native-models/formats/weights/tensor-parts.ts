import { invalidCheckpoint } from '../../files/invalid.ts';
import type { WeightSource } from './tensor-source.ts';

/** Where a checkpoint keeps a tensor: under another name, or as some rows of a larger one. */
export interface TensorPart {
  readonly name: string;
  /** Of the part; leading dimensions of 1 that the stored one has are left out. */
  readonly shape: readonly number[];
  /** Which of `of` equal parts along the first dimension; the whole tensor without. */
  readonly share?: { readonly index: number; readonly of: number };
}

/** Tensors under the names that a conversion asks for. */
export function tensorParts(source: WeightSource, parts: ReadonlyMap<string, TensorPart>): WeightSource {
  const find = (name: string): TensorPart => {
    const part = parts.get(name);
    if (part === undefined) throw invalidCheckpoint('The checkpoint', `has no tensor for ${name}`);
    return part;
  };
  const tensors = [...parts].map(([name, part]) => {
    const { type, file } = source.tensors.get(part.name)!;
    return [name, { name: part.name, type, shape: part.shape, file }] as const;
  });
  return {
    tensors: new Map(tensors),
    readFloat32: async (name) => {
      const { name: stored, share } = find(name);
      const values = await source.readFloat32(stored);
      if (share === undefined) return values;
      const size = values.length / share.of;
      return values.slice(share.index * size, (share.index + 1) * size);
    },
  };
}
