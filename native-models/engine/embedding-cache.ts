import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface EmbeddingCacheOptions {
  /** Folder of the files, shared by all packages; null keeps embeddings in memory only. */
  readonly folder: string | null;
  /** sha256 of the package: embeddings of another are of no use. */
  readonly packageHash: string;
  /** Numbers of one picture: tokens * width. A file with another number is not ours. */
  readonly length: number;
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

/** With the published dimensions a picture takes 9.4 MB: a hundred photos in reach, some hundreds on disk. */
const defaultMemoryBytes = 2 ** 30;
const defaultDiskBytes = 4 * 2 ** 30;

/** Changes with the format of the files. */
const magic = Buffer.from('INFLEMB1', 'ascii');
const hashBytes = 32;
const suffix = '.embeddings';

/**
 * Projected embeddings of pictures by the hash of their pixels, in memory and on disk, the least recently used going
 * first. A file is `magic`, the sha256 of what follows, and little-endian float32 numbers; one that does not hold
 * exactly that is removed and counts as absent. The cache is a convenience: failing to write it is not an error.
 */
export class EmbeddingCache {
  readonly #options: EmbeddingCacheOptions;
  /** Least recently used first. */
  readonly #memory = new Map<string, Float32Array>();
  #memoryUsed = 0;

  constructor(options: EmbeddingCacheOptions) {
    this.#options = options;
  }

  /** The embeddings of a picture, or null. Not to be changed. */
  async get(key: string): Promise<Float32Array | null> {
    const held = this.#memory.get(key);
    if (held) {
      this.#memory.delete(key);
      this.#memory.set(key, held);
      return held;
    }
    const path = this.#path(key);
    const stored = path === null ? null : await readEmbeddings(path, this.#options.length);
    if (stored) this.#hold(key, stored);
    return stored;
  }

  /** @param keep also writes them to disk */
  async put(key: string, embeddings: Float32Array, keep: boolean): Promise<void> {
    this.#hold(key, embeddings);
    if (keep) await this.keep(key);
  }

  /** Writes what is in memory to disk, unless it is there. */
  async keep(key: string): Promise<void> {
    const path = this.#path(key);
    const embeddings = this.#memory.get(key);
    if (path === null || !embeddings || (await stat(path).catch(() => null))) return;
    try {
      await writeEmbeddings(path, embeddings);
      await this.#trimDisk();
    } catch {
      // A full or read-only disk costs the next run an encoding, nothing else.
    }
  }

  #hold(key: string, embeddings: Float32Array): void {
    const { memoryBytes = defaultMemoryBytes } = this.#options;
    const replaced = this.#memory.get(key);
    if (replaced) this.#memoryUsed -= replaced.byteLength;
    this.#memory.delete(key);
    this.#memory.set(key, embeddings);
    this.#memoryUsed += embeddings.byteLength;
    for (const [oldest, { byteLength }] of this.#memory) {
      if (this.#memoryUsed <= memoryBytes || oldest === key) break;
      this.#memory.delete(oldest);
      this.#memoryUsed -= byteLength;
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

async function readEmbeddings(path: string, length: number): Promise<Float32Array | null> {
  const file = await readFile(path).catch(() => null);
  if (file === null) return null;
  const payload = file.subarray(magic.length + hashBytes);
  const isOurs =
    file.subarray(0, magic.length).equals(magic) &&
    payload.length === length * Float32Array.BYTES_PER_ELEMENT &&
    sha256(payload).equals(file.subarray(magic.length, magic.length + hashBytes));
  if (!isOurs) {
    await rm(path, { force: true }).catch(() => undefined);
    return null;
  }
  // The time of the last use decides what goes first.
  await utimes(path, new Date(), new Date()).catch(() => undefined);
  // A copy, because typed arrays want aligned bytes.
  const embeddings = new Float32Array(length);
  new Uint8Array(embeddings.buffer).set(payload);
  return embeddings;
}

async function writeEmbeddings(path: string, embeddings: Float32Array): Promise<void> {
  const payload = Buffer.from(embeddings.buffer, embeddings.byteOffset, embeddings.byteLength);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(join(path, '..'), { recursive: true });
  try {
    await writeFile(temporary, Buffer.concat([magic, sha256(payload), payload]), { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
