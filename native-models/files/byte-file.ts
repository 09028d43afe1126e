import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import { AppError, toAppError, type FaultReason } from '../../preload/contract/errors.ts';
import { openRegularFile } from './regular-file.ts';

/** What a fault in a file means depends on why it is read: as the source of a conversion, or as part of a package. */
export type FaultCode = 'checkpoint-invalid' | 'package-invalid';

export interface FaultOptions extends ErrorOptions {
  readonly reason?: FaultReason;
}

/** Ranged reading of the bytes of one file of a checkpoint or package, wherever they lie. */
export interface ByteSource {
  /** Base name, for messages. */
  readonly name: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** Exactly `length` bytes from `offset`. Throws the file's fault when it has fewer. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The error for something wrong in this file: one line with its name. */
  fault(what: string, options?: FaultOptions): AppError;
  close(): Promise<void>;
}

/** What `git clone` without Git LFS leaves in place of a large file begins so, and is no longer than that. */
const lfsPointer = { start: 'version https://git-lfs.github.com/spec/', mostBytes: 1024 };

/**
 * Ranged reading of one regular file. Symbolic links are followed: the folders of the Hugging Face cache are made of
 * links to its blobs, and links do not travel in a downloaded checkpoint, so one that is here was made by the person
 * or their tools. What it leads to must be a regular file (never a pipe or a device, which would block or never end).
 */
export class ByteFile implements ByteSource {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly #code: FaultCode;
  #handle: FileHandle | null;

  private constructor(path: string, code: FaultCode, size: number, modifiedMs: number, handle: FileHandle) {
    this.path = path;
    this.name = basename(path);
    this.size = size;
    this.modifiedMs = modifiedMs;
    this.#code = code;
    this.#handle = handle;
  }

  static async open(path: string, code: FaultCode = 'checkpoint-invalid'): Promise<ByteFile> {
    const file = await ByteFile.#open(path, code);
    if (await file.#isLfsPointer()) {
      await file.close();
      const fault = 'is a Git LFS pointer, not the file it stands for; "git lfs pull" downloads that';
      throw file.fault(fault, { reason: 'lfs-pointer' });
    }
    return file;
  }

  static async #open(path: string, code: FaultCode): Promise<ByteFile> {
    try {
      const { handle, size, modifiedMs } = await openRegularFile(path);
      return new ByteFile(path, code, size, modifiedMs, handle);
    } catch (error) {
      if (error instanceof AppError) throw fileFault(code, basename(path), 'is not a regular file');
      throw toAppError(error);
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#handle === null) throw new Error(`${this.name} is closed`);
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) {
        throw this.fault(`ends at byte ${offset + done}; ${length} bytes from ${offset} are needed`);
      }
      done += bytesRead;
    }
    return bytes;
  }

  async #isLfsPointer(): Promise<boolean> {
    const { start, mostBytes } = lfsPointer;
    if (this.size < start.length || this.size > mostBytes) return false;
    return Buffer.from(await this.read(0, start.length)).toString('latin1') === start;
  }

  fault(what: string, options?: FaultOptions): AppError {
    return fileFault(this.#code, this.name, what, options);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }
}

/** One line with the file's base name and what is wrong in it. */
export function fileFault(code: FaultCode, file: string, fault: string, options?: FaultOptions): AppError {
  const failure = { code, details: { file, fault, reason: options?.reason } };
  return AppError.again(failure, `${file}: ${fault}.`, options);
}
