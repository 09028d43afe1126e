import { invalidCheckpoint } from '../../files/invalid.ts';
import type { TensorSource } from './tensor-source.ts';

/**
 * One view of two sources: every tensor of `main`, and those of `extra` whose names begin with `prefix` and that `main`
 * does not have. Closing it closes neither: they belong to the caller.
 */
export function mergeSources(main: TensorSource, extra: TensorSource, prefix: string): TensorSource {
  const added = [...extra.tensors].filter(([name]) => name.startsWith(prefix) && !main.tensors.has(name));
  const tensors = new Map([...main.tensors, ...added]);
  const owner = (name: string): TensorSource => {
    const info = tensors.get(name);
    if (info === undefined) throw invalidCheckpoint('The checkpoint', `has no tensor ${name}`);
    return main.tensors.get(name) === info ? main : extra;
  };
  return {
    tensors,
    readFloat32: (name) => owner(name).readFloat32(name),
    pieces: (name, pieceBytes) => owner(name).pieces(name, pieceBytes),
    close: () => Promise.resolve(),
  };
}
