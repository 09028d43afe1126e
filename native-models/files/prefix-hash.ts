import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { throwIfCancelled } from '../../preload/contract/errors.ts';

/** Read back in pieces of this size. */
const rereadBytes = 4 * 2 ** 20;

/**
 * The hash of a file that is being written, in any order: what continues the part that is hashed already is hashed as
 * it is written, the rest is read back once what was missing before it is there.
 */
export class PrefixHash {
  readonly #handle: FileHandle;
  readonly #hash: Hash;
  #length = 0;

  /** `hash` may have been given what comes before the file. */
  constructor(handle: FileHandle, hash: Hash = createHash('sha256')) {
    this.#handle = handle;
    this.#hash = hash;
  }

  /** Bytes from the start of the file that are in the hash. */
  get length(): number {
    return this.#length;
  }

  /** `bytes` have been written at `position`. */
  follow(position: number, bytes: Uint8Array): void {
    if (position !== this.#length) return;
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Everything before `end` is in the file: takes what is not hashed yet from there. */
  async catchUp(end: number, signal?: AbortSignal): Promise<void> {
    if (this.#length >= end) return;
    const buffer = new Uint8Array(Math.min(rereadBytes, end - this.#length));
    while (this.#length < end) {
      throwIfCancelled(signal);
      const wanted = Math.min(buffer.length, end - this.#length);
      const { bytesRead } = await this.#handle.read(buffer, 0, wanted, this.#length);
      if (bytesRead === 0) throw new Error('the file has become shorter while it was being written');
      this.follow(this.#length, buffer.subarray(0, bytesRead));
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
