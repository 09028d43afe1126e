/**
 * Requests for pictures and files, and what they are answered with, in plain values: hosts make of them what their system
 * takes. Node's own `Request` and `Response` would bring its whole HTTP client with them, a third of the program's start.
 */

/** A GET or HEAD request. A `Request` is one. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** A response that is no more than a few words. */
export const inWords = (
  status: number,
  body: string,
  headers: HttpResponse['headers'] = {},
): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
});
