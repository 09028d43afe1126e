import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, toAppError } from '../../../preload/contract/errors.ts';
import type { Photo, PhotoId } from '../../../preload/contract/api.ts';
import { displayName } from './paths.ts';
import type { FilePath } from './paths.ts';
import type { PhotoRegistry } from './registry.ts';

/** A photo that has no file on this machine: pasted, or sent by a browser. */
export interface Upload {
  /** File name for display. */
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** A private upload is never written to disk. */
  readonly isPrivate?: boolean | undefined;
}

/** The file that an upload becomes. */
interface Target {
  readonly folder: string;
  readonly fileName: string;
}

/** Bytes of a private upload, which stays in memory; larger than any photo of a camera. */
const largestInMemory = 512 * 2 ** 20;

/** Stores uploaded photos as files in a folder of their own, which belong to the program. */
export class Uploads {
  readonly #folder: string | null;
  readonly #photos: PhotoRegistry;
  /** Names of files that are being written, or that no photo names yet. */
  readonly #arriving = new Set<string>();

  /** @param folder null keeps uploads in memory, where nothing can be written */
  constructor(folder: string | null, photos: PhotoRegistry) {
    this.#folder = folder;
    this.#photos = photos;
  }

  /** Throws what is wrong with the photo; then nothing of it is kept. */
  async open({ name: given, body, signal, isPrivate = false }: Upload): Promise<Photo> {
    const name = displayName(given);
    const opening = { origin: 'upload', name } as const;
    if (isPrivate || this.#folder === null) {
      return this.#photos.openBytes(await collect(body, name), { ...opening, isPrivate: true });
    }
    return this.#arrive(this.#folder, name, async (target) => {
      const { path, sha256 } = await store(target, body, signal);
      try {
        const known = await this.#photos.reopenUpload(sha256, name);
        if (known) await rm(path, { force: true });
        return known ?? (await this.#photos.openReadable(path, { ...opening, isPrivate: false }));
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    });
  }

  /** Keeps a picture that the program drew, under the id of what it shows. */
  async keepDrawn(bytes: Uint8Array, id: PhotoId, name: string, isPrivate: boolean): Promise<Photo> {
    const opening = { origin: 'scene', id, name } as const;
    if (isPrivate || this.#folder === null) {
      return this.#photos.openBytes(bytes, { ...opening, isPrivate: true });
    }
    return this.#arrive(this.#folder, name, async (target) => {
      const { path } = await store(target, oneByOne([bytes]), undefined);
      return this.#photos.openReadable(path, { ...opening, isPrivate: false });
    });
  }

  /** Deletes what the last run was receiving when it was ended without warning. */
  async sweep(): Promise<void> {
    await this.#removeAll((name) => name.endsWith(partEnding));
  }

  /** Deletes every file of the folder but those of `photos` and those that are arriving. */
  async keepOnly(photos: readonly { readonly path: FilePath }[]): Promise<void> {
    const kept = new Set(photos.map(({ path }) => displayName(path)));
    await this.#removeAll((name) => !kept.has(name));
  }

  /** Forgets the photos that conversations have left behind, with the files of those that are the program's own. */
  async forgetUnused(isUsed: (id: PhotoId) => boolean): Promise<void> {
    for (const { path } of this.#photos.forgetUnused(isUsed)) {
      if (!this.#photos.needsUpload(path)) await this.remove(path);
    }
  }

  async #arrive(folder: string, name: string, work: (target: Target) => Promise<Photo>): Promise<Photo> {
    const fileName = randomUUID() + safeExtension(name);
    const names = [fileName, fileName + partEnding];
    for (const each of names) this.#arriving.add(each);
    try {
      return await work({ folder, fileName });
    } finally {
      for (const each of names) this.#arriving.delete(each);
    }
  }

  async #removeAll(isGone: (name: string) => boolean): Promise<void> {
    const folder = this.#folder;
    if (folder === null) return;
    const names = (await readdir(folder).catch(() => [])).filter(
      (name) => isGone(name) && !this.#arriving.has(name),
    );
    await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  }

  /** Deletes an uploaded file; a file that lies elsewhere stays. */
  async remove(path: FilePath): Promise<void> {
    if (this.#folder === null || typeof path !== 'string') return;
    const folder = await realpath(this.#folder).catch(() => null);
    if (folder !== null && path.startsWith(folder + sep)) await rm(path, { force: true });
  }
}

const partEnding = '.part';

/** Writes a body to a new file that has its name only once it is whole. */
async function store(
  { folder, fileName }: Target,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ path: string; sha256: string }> {
  await mkdir(folder, { recursive: true });
  const path = join(await realpath(folder), fileName);
  const temporary = path + partEnding;
  const hash = createHash('sha256');
  const hashed = async function* () {
    for await (const piece of body) {
      hash.update(piece);
      yield piece;
    }
  };
  try {
    const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
    await (signal ? pipeline(hashed, file, { signal }) : pipeline(hashed, file));
    await rename(temporary, path);
    return { path, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(temporary, { force: true });
    throw toAppError(error);
  }
}

async function collect(body: AsyncIterable<Uint8Array>, file: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > largestInMemory) {
      throw new AppError('photo-too-large', `${file}: more than ${largestInMemory} bytes.`, {
        file,
        limit: largestInMemory,
      });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function* oneByOne(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** The ending of a name, where it is one that a file on any system may have. */
function safeExtension(name: string): string {
  const extension = extname(name).toLowerCase();
  return /^\.[a-z0-9]{1,8}$/.test(extension) ? extension : '';
}
