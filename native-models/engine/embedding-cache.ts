import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceFile } from '../files/replace-file.ts';

import type { PicturePiece } from '../families/picture-piece.ts';
import { RecentValues } from './recent-values.ts';

export interface EmbeddingCacheOptions {
  /** Folder of the files, shared by all packages; null keeps embeddings in memory only. */
  readonly folder: string | null;
  /** sha256 of the package: embeddings of another are of no use. */
  readonly packageHash: string;
  /** Numbers of one row of embeddings. */
  readonly width: number;
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

/** What a picture has become: rows of embeddings, and how they stand in the prompt. Not to be changed. */
export interface EmbeddedPicture {
  readonly rows: Float32Array;
  readonly pieces: readonly PicturePiece[];
}

/** With the published dimensions a picture takes 9.4 MB: a hundred photos in reach, some hundreds on disk. */
const defaultMemoryBytes = 2 ** 30;
const defaultDiskBytes = 4 * 2 ** 30;

/** Changes with the format of the files. */
const magic = Buffer.from('INFLEMB2', 'ascii');
const hashBytes = 32;
const suffix = '.embeddings';

/**
 * Projected embeddings of pictures by the hash of their pixels, in memory and on disk, the least recently used going
 * first. A file is `magic`, the sha256 of what follows, the pieces of the prompt as JSON with their length in front, and
 * little-endian float32 numbers; one that does not hold exactly that is removed and counts as absent. The cache is a convenience: failing to write it is not an error.
 */
export class EmbeddingCache {
  readonly #options: EmbeddingCacheOptions;
  readonly #memory: RecentValues<EmbeddedPicture>;

  constructor(options: EmbeddingCacheOptions) {
    const { memoryBytes = defaultMemoryBytes } = options;
    this.#options = options;
    this.#memory = new RecentValues(memoryBytes, ({ rows }) => rows.byteLength);
  }

  /** What a picture has become, or null. */
  async get(key: string): Promise<EmbeddedPicture | null> {
    const held = this.#memory.find(key);
    if (held) return held;
    const path = this.#path(key);
    const stored = path === null ? null : await readEmbeddings(path, this.#options.width);
    if (stored) await this.#memory.put(key, Promise.resolve(stored));
    return stored;
  }

  /** @param keep also writes them to disk */
  async put(key: string, picture: EmbeddedPicture, keep: boolean): Promise<void> {
    await this.#memory.put(key, Promise.resolve(picture));
    if (keep) await this.keep(key);
  }

  /** Writes what is in memory to disk, unless it is there. */
  async keep(key: string): Promise<void> {
    const path = this.#path(key);
    const picture = await this.#memory.find(key);
    if (path === null || !picture || (await stat(path).catch(() => null))) return;
    try {
      await writeEmbeddings(path, picture);
      await this.#trimDisk();
    } catch {
      // A full or read-only disk costs the next run an encoding, nothing else.
    }
  }

  async #trimDisk(): Promise<void> {
    const { folder, diskBytes = defaultDiskBytes } = this.#options;
    if (folder === null) return;
    const names = await readdir(folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(folder, name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, size, mtimeMs };
      }),
    );
    let used = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (used <= diskBytes) break;
      await rm(path, { force: true });
      used -= size;
    }
  }

  #path(key: string): string | null {
    const { folder, packageHash } = this.#options;
    // Both are hashes in hexadecimal; a key of another form names no file.
    return folder === null || !/^[0-9a-f]{64}$/.test(key)
      ? null
      : join(folder, `${packageHash.slice(0, 32)}-${key}${suffix}`);
  }
}

async function readEmbeddings(path: string, width: number): Promise<EmbeddedPicture | null> {
  const file = await readRegularFile(path, defaultDiskBytes).catch(() => null);
  if (file === null) return null;
  const payload = file.subarray(magic.length + hashBytes);
  const isOurs =
    file.subarray(0, magic.length).equals(magic) &&
    sha256(payload).equals(file.subarray(magic.length, magic.length + hashBytes));
  const picture = isOurs ? decode(payload) : null;
  if (picture === null || picture.rows.length !== width * rowsIn(picture.pieces)) {
    await rm(path, { force: true }).catch(() => undefined);
    return null;
  }
  // The time of the last use decides what goes first.
  await utimes(path, new Date(), new Date()).catch(() => undefined);
  return picture;
}

function encode({ rows, pieces }: EmbeddedPicture): Buffer {
  const text = Buffer.from(JSON.stringify(pieces));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)]);
}

/** The inverse of `encode`, of bytes whose hash is right. */
function decode(payload: Buffer): EmbeddedPicture {
  const start = 4 + payload.readUInt32LE(0);
  // A copy, because typed arrays want aligned bytes.
  const numbers = new Uint8Array(payload.subarray(start));
  return {
    rows: new Float32Array(numbers.buffer),
    pieces: JSON.parse(payload.toString('utf8', 4, start)) as PicturePiece[],
  };
}

const rowsIn = (pieces: readonly PicturePiece[]) =>
  pieces.reduce((sum, piece) => sum + ('rows' in piece ? piece.rows : 0), 0);

async function writeEmbeddings(path: string, picture: EmbeddedPicture): Promise<void> {
  const payload = encode(picture);
  await replaceFile(path, [magic, sha256(payload), payload]);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
