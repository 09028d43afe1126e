import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { readRegularFile } from '../files/regular-file.ts';
import { AppError, throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';

/** Where a photo's bytes are: in a file (its path as bytes where the name is not valid UTF-8), or here. */
export type PhotoSource = string | { readonly path: string | Uint8Array } | Uint8Array;

export interface PhotoFile {
  /** Base name for messages; "the photo" when only bytes were given. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of the bytes, in lower case hexadecimal. */
  readonly sha256: string;
}

/** The largest photo file read: room for 16-bit TIFF scans of 170 megapixels, and far from filling the memory. */
export const maxPhotoBytes = 2 ** 30;

/**
 * Reads a photo once: what is hashed is what is decoded, also when the file changes meanwhile. Throws `file-missing`,
 * `file-unreadable` and `photo-too-large`.
 */
export async function readPhotoFile(source: PhotoSource, signal?: AbortSignal): Promise<PhotoFile> {
  throwIfCancelled(signal);
  const bytes = source instanceof Uint8Array ? source : await readBytes(source, signal);
  const name = photoName(source);
  if (bytes.length > maxPhotoBytes) throw tooLarge(bytes.length, name);
  return { name, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function photoName(source: PhotoSource): string {
  if (source instanceof Uint8Array) return 'the photo';
  return basename(pathOf(source).toString());
}

type FileSource = Exclude<PhotoSource, Uint8Array>;

function pathOf(source: FileSource): string | Buffer {
  const path = typeof source === 'string' ? source : source.path;
  return typeof path === 'string' ? path : Buffer.from(path);
}

async function readBytes(source: FileSource, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const path = pathOf(source);
  const name = photoName(source);
  try {
    return await readRegularFile(path, maxPhotoBytes, { signal, tooLarge: (bytes) => tooLarge(bytes, name) });
  } catch (error) {
    throw readError(error, name);
  }
}

function tooLarge(bytes: number, name: string): AppError {
  return new AppError(
    'photo-too-large',
    `${name}: the file has ${bytes} bytes, more than the limit of ${maxPhotoBytes}.`,
    { file: name, bytes, limit: maxPhotoBytes },
  );
}

function readError(error: unknown, file: string): AppError {
  const known = toAppError(error);
  if (error instanceof AppError || known.code === 'cancelled') return known;
  if (known.code === 'file-missing') {
    return new AppError('file-missing', `${file}: no such file.`, { file }, { cause: error });
  }
  const reason = (error as NodeJS.ErrnoException).code ?? known.message;
  return new AppError('file-unreadable', `${file}: cannot be read (${reason}).`, { file }, { cause: error });
}
