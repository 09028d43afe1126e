import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { readRegularFile } from '../../files/regular-file.ts';
import { ByteFile, fileFault, type ByteSource } from '../../files/byte-file.ts';
import type { WeightFolder } from '../../formats/weights/weight-files.ts';
import { exists } from '../../files/exists.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { AppError } from '../../../preload/contract/errors.ts';
import { networkFailure, Transient } from '../hub/failures.ts';
import { retry } from '../hub/retry.ts';
import { get, type HubConnection, type RequestOptions } from '../hub/requests.ts';
import type { HubFile } from '../hub/listing.ts';

/** Holds the header of a shard of a published model, so that one request is enough. */
const firstRead = 256 * 2 ** 10;
/** As much as the reader of safetensors accepts. */
const maxHeaderBytes = 17 * 2 ** 20;
const lengthBytes = 8;

/** Reads the header of a safetensors file at `url`, and keeps it at `path` so that it is asked for once. */
export async function fetchHeader(
  connection: HubConnection,
  url: string,
  file: HubFile,
  path: string,
  options: RequestOptions,
): Promise<void> {
  if (await exists(path)) return;
  let header = await fetchStart(connection, url, Math.min(file.bytes, firstRead), options);
  const length = header.length < lengthBytes ? 0 : Number(new DataView(header.buffer).getBigUint64(0, true));
  const wanted = Math.min(file.bytes, lengthBytes + length, maxHeaderBytes);
  if (wanted > header.length) header = await fetchStart(connection, url, wanted, options);
  await replaceFile(path, header.subarray(0, wanted));
}

/** Deletes the headers that were kept in a folder, so that they are asked for anew. */
export async function forgetHeaders(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.endsWith('.header')) await rm(join(folder, name), { force: true });
  }
}

/** The first `bytes` bytes, whether or not the server knows ranges. */
function fetchStart(
  connection: HubConnection,
  url: string,
  bytes: number,
  options: RequestOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { range: `bytes=0-${bytes - 1}` };
  return retry(connection.patience, options.signal, async () => {
    const response = await get(connection, url, { ...options, headers });
    const start = new Uint8Array(bytes);
    let at = 0;
    for await (const chunk of response.chunks()) {
      const part = chunk.subarray(0, bytes - at);
      start.set(part, at);
      at += part.length;
      if (at === bytes) return start;
    }
    throw new Transient(
      networkFailure(new URL(url).host, 'connection', `ended after ${at} of ${bytes} bytes`),
    );
  });
}

/** The weight files of one part of a model: the headers of those to come, and those that are here whole. */
export class WeightHeaders implements WeightFolder {
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, HubFile>;

  /** `files`: those whose header or content has been fetched into the folder. */
  constructor(folder: string, files: readonly HubFile[]) {
    this.#folder = folder;
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  /** Indices of shards are in the folder like other small files. */
  async has(name: string): Promise<boolean> {
    return this.#files.has(name) || (name.endsWith('.json') && exists(join(this.#folder, name)));
  }

  async open(name: string): Promise<ByteSource> {
    const path = join(this.#folder, name);
    if (isReadWhole(name)) return new Timeless(await ByteFile.open(path));
    return new HeaderSource(
      name,
      this.#files.get(name)!.bytes,
      await readRegularFile(`${path}.header`, maxHeaderBytes),
    );
  }
}

/** The directory of a zip file is at its end, and its entries are found one by one: it is fetched before it is read. */
export function isReadWhole(name: string): boolean {
  return !name.endsWith('.safetensors');
}

/** A file of which only the beginning is here. */
class HeaderSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly modifiedMs = 0;
  readonly #header: Uint8Array;

  constructor(name: string, size: number, header: Uint8Array) {
    this.name = name;
    this.size = size;
    this.#header = header;
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + length > this.#header.length) {
      return Promise.reject(this.fault(`states a header that is longer than ${this.#header.length} bytes`));
    }
    return Promise.resolve(new Uint8Array(this.#header.subarray(offset, offset + length)));
  }

  fault(what: string, options?: ErrorOptions): AppError {
    return fileFault('checkpoint-invalid', this.name, what, options);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A downloaded file: its hash says what it is, and the time at which it came says nothing. */
class Timeless implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly modifiedMs = 0;
  readonly #file: ByteFile;

  constructor(file: ByteFile) {
    this.name = file.name;
    this.size = file.size;
    this.#file = file;
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#file.read(offset, length);
  }

  fault(what: string, options?: ErrorOptions): AppError {
    return this.#file.fault(what, options);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
