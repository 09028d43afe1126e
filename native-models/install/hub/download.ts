import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import { atPath } from '../../files/at-path.ts';
import { PrefixHash } from '../../files/prefix-hash.ts';
import { AppError, throwIfCancelled, toAppError } from '../../../preload/contract/errors.ts';
import { networkFailure, Transient, type NetworkReason } from './failures.ts';
import { Journal, type Found } from './journal.ts';
import type { FileHash } from './listing.ts';
import { Attempts } from './retry.ts';
import { Pieces, type ByteRange } from './pieces.ts';
import { get, type HubConnection, type HubResponse } from './requests.ts';
import type { Throttle } from './throttle.ts';

/** How a file is cut up; smaller in tests. */
export interface Cutting {
  /** Requests at a time for one file. */
  readonly connections: number;
  /** What is fetched again at most after a connection broke. */
  readonly pieceBytes: number;
  /** Most bytes asked for in one request. */
  readonly requestBytes: number;
  /** Most bytes that have arrived and are not yet known to be on the disk. */
  readonly durableBytes: number;
}

export const defaultCutting: Cutting = {
  connections: 4,
  pieceBytes: 4 * 2 ** 20,
  requestBytes: 256 * 2 ** 20,
  durableBytes: 64 * 2 ** 20,
};

export interface DownloadOptions {
  /** Asked for before every request, since it depends on the mirror. */
  readonly url: () => string;
  readonly purpose: string;
  /** Where the file is to be; meanwhile it grows beside it. */
  readonly path: string;
  readonly bytes: number;
  readonly hash: FileHash;
  /** The commit it is pinned to. */
  readonly commit: string;
  readonly connection: HubConnection;
  readonly throttle: Throttle;
  readonly cutting: Cutting;
  readonly signal: AbortSignal;
  /** Bytes of the file that are here. */
  readonly onReceived: (bytes: number) => void;
  /** All bytes are here; their hash is being compared. */
  readonly onChecking: () => void;
}

/** A file that turns out to be damaged or to have changed is fetched anew this often. */
const freshStarts = 2;

/**
 * Downloads one file by ranges, several at a time, and puts it at `path` once its hash is the hub's. What has arrived is kept
 * when the download ends for any reason, and the next call resumes it, unless the content has another ETag by then.
 * Throws `network-failed`, `hub-refused`, `download-damaged`, `source-changed`, `disk-full`, `cancelled`.
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  if (await isThere(options)) return;
  for (let start = 0; ; start++) {
    const download = await Download.open(options);
    try {
      return await download.run();
    } catch (error) {
      const failure = toAppError(atPath(error, options.path));
      const isStale = failure.code === 'download-damaged' || failure.code === 'source-changed';
      if (!isStale) throw failure;
      await download.discard();
      if (start >= freshStarts) throw failure;
    } finally {
      await download.close();
    }
  }
}

/** Its hash was compared before it got this name. */
async function isThere({ path, bytes, onReceived }: DownloadOptions): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (info?.size !== bytes) return false;
  onReceived(bytes);
  return true;
}

class Download {
  readonly #options: DownloadOptions;
  readonly #handle: FileHandle;
  readonly #journal: Journal;
  readonly #pieces: Pieces;
  readonly #hash: PrefixHash;
  /** Ends every request once one has failed for good. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #etag: string | null;
  /** Null until the server has answered a request for a range. */
  #givesRanges: boolean | null = null;
  readonly #firstAnswer = Promise.withResolvers<undefined>();
  /** Bytes of pieces that are not done, by the range they came with. */
  readonly #loose = new Map<ByteRange, number>();
  #undurable = 0;
  #hashing: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(options: DownloadOptions, handle: FileHandle, journal: Journal, found: Found) {
    this.#options = options;
    this.#handle = handle;
    this.#journal = journal;
    this.#pieces = found.pieces;
    this.#etag = found.etag;
    this.#hash = new PrefixHash(handle, hashOf(options));
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  static async open(options: DownloadOptions): Promise<Download> {
    const { path, bytes, cutting } = options;
    const data = `${path}.part`;
    const journal = new Journal(`${path}.pieces`, data);
    const found = await journal.read(bytes, cutting.pieceBytes);
    const handle = await open(data, found ? 'r+' : 'w+');
    const nothing = { etag: null, pieces: new Pieces(bytes, cutting.pieceBytes) };
    return new Download(options, handle, journal, found ?? nothing);
  }

  async run(): Promise<void> {
    this.#report();
    this.#hashWhatIsThere();
    let failure: unknown = null;
    const worker = () =>
      this.#fetchRanges().catch((error: unknown) => {
        // The first failure ends the others, whose own ends say nothing.
        failure ??= error;
        this.#stop.abort();
      });
    // One request finds out whether the server gives ranges at all.
    const first = worker();
    await Promise.race([first, this.#firstAnswer.promise]);
    const others = this.#givesRanges === true ? this.#options.cutting.connections - 1 : 0;
    await Promise.all([first, ...Array.from({ length: others }, worker)]);
    if (failure !== null) {
      // A full disk may have no room for the journal either: then the last one holds.
      await this.#makeDurable().catch(() => undefined);
      throw failure;
    }
    await this.#finish();
  }

  async discard(): Promise<void> {
    await this.close();
    await this.#journal.remove();
    await rm(`${this.#options.path}.part`, { force: true });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled([this.#hashing, this.#saving]);
    await this.#handle.close();
  }

  /** Fetches one missing range after the other until none is left. */
  async #fetchRanges(): Promise<void> {
    const { connection, cutting } = this.#options;
    const attempts = new Attempts(connection.patience);
    for (;;) {
      const share = (this.#pieces.bytes - this.#pieces.doneBytes) / cutting.connections;
      const range = this.#pieces.take(Math.min(cutting.requestBytes, share));
      if (range === null) return;
      const before = this.#pieces.doneBytes;
      try {
        await this.#fetch(range);
      } catch (error) {
        if (this.#pieces.doneBytes > before) attempts.succeed();
        await attempts.fail(error, this.#signal);
      } finally {
        this.#loose.delete(range);
        this.#pieces.giveBack(range);
      }
    }
  }

  async #fetch(range: ByteRange): Promise<void> {
    const { connection, purpose, url } = this.#options;
    const headers = this.#givesRanges === false ? {} : { range: `bytes=${range.begin}-${range.end - 1}` };
    const response = await get(connection, url(), { purpose, headers, signal: this.#signal });
    try {
      this.#checkIdentity(response);
      const isRange = response.status === 206;
      if (isRange) this.#checkRange(response, range);
      this.#givesRanges ??= isRange;
      this.#firstAnswer.resolve(undefined);
      await this.#receive(response, range, isRange ? range.begin : 0);
    } finally {
      await response.cancel();
    }
  }

  /** The content must be that of the pieces that are here, of the pinned commit, and of the listed size. */
  #checkIdentity({ etag, linkedSize, commit, status, headers }: HubResponse): void {
    const { bytes, commit: pinned } = this.#options;
    const length = status === 200 ? headers.get('content-length') : null;
    const stated = linkedSize ?? (length === null ? bytes : Number(length));
    if (commit !== null && commit !== pinned) throw this.#changed(`comes from commit ${commit.slice(0, 12)}`);
    if (stated !== bytes) throw this.#changed(`has ${stated} bytes instead of ${bytes}`);
    if (etag !== null && this.#etag !== null && etag !== this.#etag)
      throw this.#changed('has another ETag now');
    this.#etag ??= etag;
  }

  #checkRange({ headers }: HubResponse, { begin, end }: ByteRange): void {
    const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    const total = found?.[3] ?? '*';
    if (total !== '*' && Number(total) !== this.#pieces.bytes) {
      throw this.#changed(`has ${total} bytes instead of ${this.#pieces.bytes}`);
    }
    if (Number(found?.[1]) !== begin || !(Number(found?.[2]) < end)) {
      throw this.#broken('answer', 'sends another range than it was asked for');
    }
  }

  /**
   * Writes the body, which begins at byte `at` of the file, to its place as far as it is missing: up to the end of the range,
   * or of the file where the server knows no ranges. Pieces become done as they fill.
   */
  async #receive(response: HubResponse, range: ByteRange, begin: number): Promise<void> {
    const { pieceBytes, bytes } = this.#pieces;
    const end = response.status === 206 ? range.end : bytes;
    let at = begin;
    for await (const chunk of response.chunks()) {
      await this.#options.throttle.take(chunk.length, this.#signal);
      throwIfCancelled(this.#signal);
      for (let from = 0; from < chunk.length && at < end;) {
        const pieceBegin = at - (at % pieceBytes);
        const pieceEnd = Math.min(end, pieceBegin + pieceBytes);
        const part = chunk.subarray(from, from + pieceEnd - at);
        const isMissing = !this.#pieces.isDone(at);
        if (isMissing) await this.#put(part, at);
        from += part.length;
        at += part.length;
        this.#loose.set(range, isMissing && at < pieceEnd ? at - pieceBegin : 0);
        if (isMissing && at === pieceEnd) await this.#finishPiece(pieceBegin, pieceEnd);
      }
      this.#report();
      if (at === end) return;
    }
    throw this.#broken('connection', `ended after ${at - begin} of ${end - begin} bytes`);
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  async #finishPiece(begin: number, end: number): Promise<void> {
    this.#pieces.finish(begin);
    this.#hashWhatIsThere();
    this.#undurable += end - begin;
    if (this.#undurable >= this.#options.cutting.durableBytes) await this.#makeDurable();
  }

  #hashWhatIsThere(): void {
    const { prefixBytes } = this.#pieces;
    this.#hashing = this.#hashing.then(() => this.#hash.catchUp(prefixBytes, this.#signal));
    // What went wrong is thrown where the hash is awaited.
    this.#hashing.catch(() => undefined);
  }

  #makeDurable(): Promise<void> {
    const pieces = this.#pieces.done();
    this.#undurable = 0;
    this.#saving = this.#saving.then(async () => {
      await this.#handle.datasync();
      await this.#journal.write(this.#pieces, this.#etag, pieces);
    });
    return this.#saving;
  }

  async #finish(): Promise<void> {
    const { path, hash, onChecking } = this.#options;
    onChecking();
    // Kept, should the program end while the hash is taken.
    await this.#makeDurable();
    await this.#hashing;
    if (this.#hash.digest() !== hash.value) {
      const fault = `its ${hash.algorithm} is not that of the hub`;
      throw new AppError('download-damaged', `${basename(path)}: ${fault}.`, { file: basename(path), fault });
    }
    await this.close();
    await rename(`${path}.part`, path);
    await this.#journal.remove();
  }

  #report(): void {
    const loose = [...this.#loose.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#options.onReceived(Math.min(this.#pieces.bytes, this.#pieces.doneBytes + loose));
  }

  #changed(fault: string): AppError {
    const file = basename(this.#options.path);
    return new AppError('source-changed', `${file}: ${fault}.`, { file, fault });
  }

  #broken(reason: NetworkReason, fault: string): Transient {
    return new Transient(networkFailure(new URL(this.#options.url()).host, reason, fault));
  }
}

/** Git hashes a length before the content. */
function hashOf({ hash, bytes }: Pick<DownloadOptions, 'hash' | 'bytes'>): Hash {
  if (hash.algorithm === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${bytes}\0`);
}
