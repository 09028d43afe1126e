import type { HubAccess, PlannedRequest } from './access.ts';
import { AppError, throwIfCancelled } from '../../../preload/contract/errors.ts';
import { mayCarryToken } from './access.ts';
import { networkFailure, refusal, Transient } from './failures.ts';
import type { RetryPolicy } from './retry.ts';
import { mayRedirectTo, type LookUp } from './private-address.ts';

/**
 * Asks whether a request may be sent and lists it; the function it gives is told how the request ended.
 * Throws `cancelled` where the person has switched the network off.
 */
export type RequestGate = (planned: PlannedRequest) => Promise<(outcome: string) => void>;

export interface HubConnection {
  /** Asked before every request, so that a changed token or mirror takes effect at once. */
  readonly access: () => HubAccess;
  readonly gate: RequestGate;
  readonly patience: RetryPolicy;
  /** Instead of Node's own, in tests. */
  readonly fetch?: typeof fetch;
  readonly lookUp?: LookUp;
}

export interface RequestOptions {
  readonly purpose: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Hub to storage and on: two hops in practice. */
const maxRedirects = 8;

/** An answer of the hub, or of the storage it sent us to. */
export interface HubResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Names the content: the hub's X-Linked-Etag where there is one, since storage hosts have their own. */
  readonly etag: string | null;
  /** X-Linked-Size, or null. */
  readonly linkedSize: number | null;
  /** X-Repo-Commit, or null. */
  readonly commit: string | null;
  /** The body; throws `Transient` when it stalls or breaks off. To be read to its end or left by `cancel`. */
  chunks(): AsyncGenerator<Uint8Array>;
  cancel(): Promise<void>;
}

/**
 * GET with the token for the hub's own host only, redirects followed one by one (each is asked for and listed), and no
 * wait without an end. Gives answers of 200 and 206; throws `Transient` for what may be better in a moment, and
 * `hub-refused` or `network-failed` for what will not.
 */
export async function get(
  connection: HubConnection,
  address: string,
  options: RequestOptions,
): Promise<HubResponse> {
  const linked: { etag: string | null; size: string | null; commit: string | null } = {
    etag: null,
    size: null,
    commit: null,
  };
  let url = new URL(address);
  for (let hop = 0; hop <= maxRedirects; hop++) {
    throwIfCancelled(options.signal);
    const answer = await send(connection, url, options);
    const { headers, status } = answer.response;
    linked.etag ??= headers.get('x-linked-etag');
    linked.size ??= headers.get('x-linked-size');
    linked.commit ??= headers.get('x-repo-commit');
    const location = headers.get('location');
    if (status >= 300 && status < 400 && location !== null) {
      await answer.cancel();
      url = await redirected(connection, url, location);
      continue;
    }
    if (status !== 200 && status !== 206) {
      await answer.cancel();
      throw refusal(answer.response, url, url.host === new URL(address).host);
    }
    return {
      status,
      headers,
      etag: plainEtag(linked.etag ?? headers.get('etag')),
      linkedSize: linked.size === null ? null : Number(linked.size),
      commit: linked.commit,
      chunks: () => answer.chunks(),
      cancel: () => answer.cancel(),
    };
  }
  throw networkFailure(url.host, 'redirects', `redirects more than ${maxRedirects} times`);
}

async function redirected(connection: HubConnection, from: URL, location: string): Promise<URL> {
  const to = URL.canParse(location, from) ? new URL(location, from) : null;
  const isWeb = to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:');
  if (!isWeb) throw networkFailure(from.host, 'redirects', 'redirects to where nothing is fetched from');
  if (to.host !== from.host && !(await mayRedirectTo(to, connection.access(), connection.lookUp))) {
    throw networkFailure(from.host, 'redirects', `redirects to ${to.host}, inside this network`);
  }
  return to;
}

/** `W/"abc"` and `"abc"` name the same content here. */
function plainEtag(etag: string | null): string | null {
  return etag?.replace(/^W\//, '').replaceAll('"', '') ?? null;
}

async function send(connection: HubConnection, url: URL, options: RequestOptions): Promise<Answer> {
  const { gate, patience } = connection;
  const access = connection.access();
  // Queries of redirects hold signatures, which are nobody's business once they are in a file.
  const finished = await gate({ method: 'GET', url: url.origin + url.pathname, purpose: options.purpose });
  const watch = new Watch(options.signal);
  const headers = new Headers({ ...options.headers, 'accept-encoding': 'identity' });
  if (access.token !== null && mayCarryToken(url, access)) {
    headers.set('authorization', `Bearer ${access.token}`);
  }
  try {
    const fetchFrom = connection.fetch ?? fetch;
    const response = await watch.within(patience.connectMs, () =>
      fetchFrom(url, { headers, redirect: 'manual', signal: watch.signal }),
    );
    return new Answer(response, url.host, watch, patience.stallMs, finished);
  } catch (error) {
    const failure = watch.failure(error, url.host);
    finished(`failed: ${failure.message}`);
    throw failure;
  }
}

/** A response that is on its way in. */
class Answer {
  readonly response: Response;
  readonly #host: string;
  readonly #watch: Watch;
  readonly #stallMs: number;
  readonly #finished: (outcome: string) => void;
  #received = 0;
  #isOver = false;

  constructor(
    response: Response,
    host: string,
    watch: Watch,
    stallMs: number,
    finished: (outcome: string) => void,
  ) {
    this.response = response;
    this.#host = host;
    this.#watch = watch;
    this.#stallMs = stallMs;
    this.#finished = finished;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const reader = this.response.body?.getReader();
    try {
      while (reader) {
        const { done, value } = await this.#watch.within(this.#stallMs, () => reader.read());
        if (done) break;
        this.#received += value.length;
        yield value;
      }
      this.#end(this.#outcome());
    } catch (error) {
      const failure = this.#watch.failure(error, this.#host);
      this.#end(`failed: ${failure.message}`);
      throw failure;
    } finally {
      this.#watch.stop();
      this.#end(this.#outcome());
    }
  }

  /** Leaves the rest of the body where it is. */
  async cancel(): Promise<void> {
    this.#end(this.#outcome());
    this.#watch.stop();
    if (!this.response.bodyUsed) await this.response.body?.cancel().catch(() => undefined);
  }

  #outcome(): string {
    const { status } = this.response;
    return this.#received === 0 ? String(status) : `${status}, ${this.#received} bytes`;
  }

  #end(outcome: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finished(outcome);
  }
}

/** Ends a request when the person stops it, or when a server keeps it waiting. */
class Watch {
  readonly #stalled = new AbortController();
  readonly #cancelled: AbortSignal;
  readonly signal: AbortSignal;
  readonly #over = new AbortController();

  constructor(cancelled: AbortSignal) {
    this.#cancelled = cancelled;
    this.signal = AbortSignal.any([cancelled, this.#stalled.signal, this.#over.signal]);
  }

  async within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#stalled.abort(), milliseconds);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection if it is still open. */
  stop(): void {
    this.#over.abort();
  }

  /** What went wrong: never the error that closing the connection itself causes. */
  failure(error: unknown, host: string): AppError | Transient {
    if (error instanceof AppError || error instanceof Transient) return error;
    if (this.#cancelled.aborted) return new AppError('cancelled', 'Cancelled.');
    if (this.#stalled.signal.aborted) {
      return new Transient(networkFailure(host, 'stalled', 'sent nothing for too long'));
    }
    return Transient.of(error, host);
  }
}
