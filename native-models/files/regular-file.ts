import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';

/**
 * The one way in which files are opened whose names come from outside: opening waits for nobody (a pipe has another
 * end), what was opened is asked for its kind (a path may lead somewhere else a moment after it was looked at), and no
 * more is read than it had then (a device and some files of /proc never end).
 */

/** Windows has neither of these, nor pipes and devices among its paths of files. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Read in pieces of this size, so that cancelling is noticed and no single read is larger than a system allows. */
const pieceBytes = 2 ** 20;

/** The records that the program keeps of its own work are kilobytes, or a few megabytes. */
const mostStateBytes = 64 * 2 ** 20;

export interface RegularFile {
  /** The caller closes it. */
  readonly handle: FileHandle;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Throws `file-unreadable` for what is no regular file, and what the system says. */
export async function openRegularFile(path: string | Buffer): Promise<RegularFile> {
  const handle = await open(path, openFlags);
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw unreadable(path, 'not a regular file');
    return { handle, size: info.size, modifiedMs: info.mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether this is the system's error for a path where nothing is. */
export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** The error for a file of more than `mostBytes`; `file-unreadable` without. */
  readonly tooLarge?: (bytes: number) => AppError;
}

/** The bytes of a regular file. Throws as `openRegularFile`, and `cancelled`. */
export async function readRegularFile(
  path: string | Buffer,
  mostBytes: number,
  { signal, tooLarge }: ReadOptions = {},
): Promise<Buffer> {
  const { handle, size } = await openRegularFile(path);
  try {
    if (size > mostBytes) {
      throw tooLarge?.(size) ?? unreadable(path, `has ${size} bytes; at most ${mostBytes} are read`);
    }
    const bytes = Buffer.allocUnsafeSlow(size);
    let done = 0;
    while (done < size) {
      throwIfCancelled(signal);
      const { bytesRead } = await handle.read(bytes, done, Math.min(pieceBytes, size - done), done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}

/** The text of a regular file of UTF-8; of a file that is not there, cannot be read or is larger, the empty text. */
export async function readTextIfThere(path: string, mostBytes = mostStateBytes): Promise<string> {
  return readRegularFile(path, mostBytes).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
}

/** The last `mostBytes` of a regular file of UTF-8 as text; the empty text where there is none. Throws what the system says. */
export async function readEndOfFile(path: string, mostBytes: number): Promise<string> {
  const opened = await openRegularFile(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (opened === null) return '';
  const { handle, size } = opened;
  try {
    const bytes = Buffer.alloc(Math.min(size, mostBytes));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The bytes of a regular file in pieces, each to be used before the next is asked for. Throws as `readRegularFile`. */
export async function* piecesOfFile(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { handle, size } = await openRegularFile(path);
  try {
    const piece = new Uint8Array(Math.min(pieceBytes, size));
    let done = 0;
    while (done < size) {
      throwIfCancelled(signal);
      const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, size - done), done);
      if (bytesRead === 0) return;
      done += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function unreadable(path: string | Buffer, fault: string): AppError {
  const file = basename(path.toString());
  return new AppError('file-unreadable', `${file}: ${fault}.`, { file });
}
