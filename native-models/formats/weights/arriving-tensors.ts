import { invalidCheckpoint } from '../../files/invalid.ts';
import type { TensorInfo, TensorSource } from './tensor-source.ts';

/**
 * The tensors of a checkpoint whose weight files come and go: all are known by name and shape, and those of an attached
 * file can be read.
 */
export class ArrivingTensors implements TensorSource {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #here = new Map<string, TensorSource>();

  /** `tensors`: from the headers of the files. */
  constructor(tensors: ReadonlyMap<string, TensorInfo>) {
    this.tensors = tensors;
  }

  /**
   * Lets the tensors of `source` that are among the known ones be read. Throws `checkpoint-invalid` when one of `names`
   * is not in it as the header said.
   */
  attach(source: TensorSource, names: readonly string[]): void {
    for (const name of names) {
      const known = this.tensors.get(name)!;
      const found = source.tensors.get(name);
      if (found?.type !== known.type || found.shape.join() !== known.shape.join()) {
        throw invalidCheckpoint(known.file, `tensor ${name} is not what the header of the file said`);
      }
      this.#here.set(name, source);
    }
  }

  /** The tensors of `source` can no longer be read. */
  detach(source: TensorSource): void {
    for (const [name, owner] of this.#here) if (owner === source) this.#here.delete(name);
  }

  readFloat32(name: string): Promise<Float32Array> {
    return this.#owner(name).readFloat32(name);
  }

  pieces(name: string, pieceBytes?: number): AsyncIterable<Uint8Array> {
    return this.#owner(name).pieces(name, pieceBytes);
  }

  /** The caller closes the sources that it attached. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #owner(name: string): TensorSource {
    const owner = this.#here.get(name);
    if (owner === undefined) throw new Error(`${name} has not arrived`);
    return owner;
  }
}
