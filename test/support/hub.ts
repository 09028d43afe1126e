import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable, Transform } from 'node:stream';

/** What the hub is asked: its list of a repository, a file of one, or the storage it sends large files to. */
export interface HubRequest {
  readonly kind: 'list' | 'resolve' | 'storage';
  /** `owner/name`. */
  readonly repo: string;
  /** Empty for a list. */
  readonly file: string;
  /** First byte that was asked for, and the one after the last; null without a Range header. */
  readonly range: { readonly begin: number; readonly end: number } | null;
  /** Host name it was asked under. */
  readonly host: string;
  readonly authorization: string | null;
}

/** What goes wrong with one request. */
export type HubFault =
  /** Closes the connection after so many bytes of the body. */
  | { readonly kind: 'reset'; readonly after: number }
  /** Sends so many bytes and then nothing more. */
  | { readonly kind: 'stall'; readonly after: number }
  /** Ends the body after so many bytes, as if that were all. */
  | { readonly kind: 'short'; readonly after: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'ignore-range' }
  /** States that the file has another size. */
  | { readonly kind: 'size'; readonly bytes: number }
  /** Flips a bit of the byte at this position of the file. */
  | { readonly kind: 'corrupt'; readonly at: number }
  | { readonly kind: 'etag'; readonly etag: string }
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Answers another range than was asked for. */
  | { readonly kind: 'shift'; readonly by: number };

/** What the hub says of a file. */
interface ListedFile {
  readonly bytes: number;
  readonly sha256: string;
  readonly blobId: string;
  /** Large files lie in the storage, small ones in the repository itself. */
  readonly isLarge: boolean;
}

interface StoredFile extends ListedFile {
  readonly path: string;
}

interface Repo {
  readonly commit: string;
  readonly files: ReadonlyMap<string, StoredFile>;
  readonly token: string | null;
}

export interface RepoOptions {
  /** Only requests with this token are let in. */
  readonly token?: string;
  /** Files from this size on lie in the storage. */
  readonly largeFrom?: number;
}

/**
 * A server that behaves like the hub: it lists repositories with sizes and hashes, and sends requests for a large
 * file to a storage under another host name, which knows ranges. `fault` lets any request go wrong; `hold` makes a
 * download last as long as a test wants.
 */
export class TestHub {
  readonly #server: Server;
  readonly #repos = new Map<string, Repo>();
  readonly requests: HubRequest[] = [];
  fault: (request: HubRequest) => HubFault | null = () => null;
  readonly #headersRead = new Set<string>();
  /** Bytes that the storage may still send. */
  #allowance = Infinity;
  #released = Promise.withResolvers<null>();
  /** Called with every piece of a body that is about to be sent. */
  onSend: (bytes: number) => void = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<TestHub> {
    const hub = new TestHub();
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where large files are: another host name of the same machine. */
  get storage(): string {
    return `http://localhost:${this.port}`;
  }

  /** Publishes the files of a folder, in place of what the repository held before, as a new commit. */
  async publish(
    repo: string,
    folder: string,
    { token, largeFrom = 4096 }: RepoOptions = {},
  ): Promise<string> {
    const files = new Map<string, StoredFile>();
    const commit = createHash('sha1').update(repo);
    for (const name of readdirSync(folder).sort()) {
      const file = await describe(join(folder, name), largeFrom);
      files.set(name, file);
      commit.update(`${name} ${file.sha256}\n`);
    }
    const sha = commit.digest('hex');
    this.#repos.set(repo, { commit: sha, files, token: token ?? null });
    return sha;
  }

  /**
   * The storage stands still once it has sent so many bytes in all, until `release`. The first request for a file, by which
   * its header is read, is not held up.
   */
  hold(bytes: number): void {
    this.#allowance = bytes;
    this.#headersRead.clear();
  }

  release(): void {
    this.#allowance = Infinity;
    this.#released.resolve(null);
    this.#released = Promise.withResolvers();
  }

  /** Breaks every connection and stops. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.endpoint);
    const host = (request.headers.host ?? '').split(':')[0]!;
    const list = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(url.pathname);
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^/]+)$/.exec(url.pathname);
    const stored = /^\/storage\/([^/]+\/[^/]+)\/([^/]+)$/.exec(url.pathname);
    const [, repoName = '', second = '', third = ''] = list ?? resolve ?? stored ?? [];
    const repo = this.#repos.get(repoName);
    const file = decodeURIComponent(resolve ? third : stored ? second : '');
    const asked: HubRequest = {
      kind: list ? 'list' : resolve ? 'resolve' : 'storage',
      repo: repoName,
      file,
      range: rangeOf(request.headers.range),
      host,
      authorization: request.headers.authorization ?? null,
    };
    this.requests.push(asked);
    const fault = this.fault(asked);
    if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end();
    if (fault?.kind === 'redirect') return void response.writeHead(302, { location: fault.to }).end();
    if (!repo) return void response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    const isAllowed = repo.token === null || asked.authorization === `Bearer ${repo.token}`;
    if (asked.kind !== 'storage' && !isAllowed) {
      const code = asked.authorization === null ? 401 : 403;
      return void response.writeHead(code, { 'x-error-code': 'GatedRepo' }).end();
    }
    if (list) return void response.end(JSON.stringify(listing(repoName, repo.commit, repo.files)));
    const found = repo.files.get(file);
    if (!found) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    if (asked.kind === 'resolve') {
      if (second !== repo.commit)
        return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      response.setHeader('x-repo-commit', fault?.kind === 'commit' ? fault.commit : repo.commit);
      if (found.isLarge) return this.#redirect(response, repoName, file, found, fault);
    }
    await this.#send(response, found, asked, fault);
  }

  /** With a signature, as storage addresses have one. */
  #redirect(
    response: ServerResponse,
    repo: string,
    file: string,
    found: StoredFile,
    fault: HubFault | null,
  ): void {
    const location = `${this.storage}/storage/${repo}/${encodeURIComponent(file)}?X-Amz-Signature=secret`;
    const etag = fault?.kind === 'etag' ? fault.etag : found.sha256;
    const bytes = fault?.kind === 'size' ? fault.bytes : found.bytes;
    response.writeHead(302, sentOn(location, etag, bytes)).end();
  }

  async #send(
    response: ServerResponse,
    file: StoredFile,
    { range, kind }: HubRequest,
    fault: HubFault | null,
  ): Promise<void> {
    const isHeld = kind === 'storage' && this.#headersRead.has(file.path);
    if (kind === 'storage') this.#headersRead.add(file.path);
    const etag =
      fault?.kind === 'etag'
        ? fault.etag
        : kind === 'resolve'
          ? file.blobId
          : `s3-${file.sha256.slice(0, 32)}`;
    response.setHeader('etag', `"${etag}"`);
    const isRange = range !== null && fault?.kind !== 'ignore-range';
    const begin = isRange ? range.begin : 0;
    const end = isRange ? Math.min(range.end, file.bytes) : file.bytes;
    if (begin >= file.bytes) return void response.writeHead(416).end();
    const stated = fault?.kind === 'size' ? fault.bytes : file.bytes;
    const shift = fault?.kind === 'shift' ? fault.by : 0;
    if (isRange) response.setHeader('content-range', `bytes ${begin + shift}-${end - 1 + shift}/${stated}`);
    response.setHeader('accept-ranges', 'bytes');
    if (fault?.kind !== 'short')
      response.setHeader('content-length', stated === file.bytes ? end - begin : stated);
    response.writeHead(isRange ? 206 : 200);
    await this.#sendBody(response, file, { isHeld, begin, end }, fault);
  }

  async #sendBody(
    response: ServerResponse,
    file: StoredFile,
    { isHeld, begin, end }: { isHeld: boolean; begin: number; end: number },
    fault: HubFault | null,
  ): Promise<void> {
    const cut =
      fault?.kind === 'reset' || fault?.kind === 'stall' || fault?.kind === 'short' ? fault.after : Infinity;
    let at = begin;
    const source =
      cut === 0
        ? Readable.from([])
        : createReadStream(file.path, {
            start: begin,
            end: Math.min(end, begin + cut) - 1,
            ...(this.#allowance < Infinity && { highWaterMark: 4096 }),
          });
    const pieces = new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        if (fault?.kind === 'corrupt' && fault.at >= at && fault.at < at + piece.length)
          piece[fault.at - at]! ^= 1;
        at += piece.length;
        this.onSend(piece.length);
        if (isHeld) this.#allowance -= piece.length;
        if (!isHeld || this.#allowance >= 0) done(null, piece);
        else void this.#released.promise.then(() => done(null, piece));
      },
    });
    await pipeline(source, pieces, response, { end: false });
    if (fault?.kind === 'reset') response.destroy();
    // A stalled connection stays open until the hub is closed.
    else if (fault?.kind !== 'stall') response.end();
  }
}

async function describe(path: string, largeFrom: number): Promise<StoredFile> {
  const bytes = statSync(path).size;
  const sha256 = createHash('sha256');
  const blob = createHash('sha1').update(`blob ${bytes}\0`);
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    sha256.update(piece as Buffer);
    blob.update(piece as Buffer);
  }
  return {
    path,
    bytes,
    sha256: sha256.digest('hex'),
    blobId: blob.digest('hex'),
    isLarge: bytes >= largeFrom,
  };
}

/** As `GET /api/models/REPO/revision/REVISION?blobs=true` answers. */
export function listing(
  repo: string,
  commit: string,
  files: Iterable<readonly [string, ListedFile]>,
): object {
  return {
    id: repo,
    sha: commit,
    gated: false,
    siblings: [...files].map(([name, { bytes, sha256, blobId, isLarge }]) => ({
      rfilename: name,
      size: bytes,
      blobId,
      ...(isLarge && { lfs: { sha256, size: bytes, pointerSize: 134 } }),
    })),
  };
}

/** Headers of the answer that names the storage, where a large file lies. */
export function sentOn(location: string, etag: string, bytes: number): Record<string, string> {
  return { location, 'x-linked-etag': `"${etag}"`, 'x-linked-size': String(bytes) };
}

function rangeOf(header: string | undefined): HubRequest['range'] {
  const found = /^bytes=(\d+)-(\d+)$/.exec(header ?? '');
  return found ? { begin: Number(found[1]), end: Number(found[2]) + 1 } : null;
}
