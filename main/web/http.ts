import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../../preload/contract/errors.ts';
import { securityHeaders } from '../host/content-security.ts';
import type { HttpRequest, HttpResponse } from '../services/http-messages.ts';

/** A body that is longer than what its route takes. */
export class BodyTooLarge extends AppError {
  constructor(limit: number) {
    super('wrong-usage', `More than ${limit} bytes.`, { most: limit });
  }
}

/** The bytes of a request as they arrive; throws BodyTooLarge as soon as there are more than `limit`. */
export async function* readBody(request: IncomingMessage, limit: number): AsyncGenerator<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyTooLarge(limit);
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).byteLength;
    if (bytes > limit) throw new BodyTooLarge(limit);
    yield piece as Buffer;
  }
}

/** The body of a request as text. Throws BodyTooLarge. */
export async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readBody(request, limit)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** The body of a request as JSON; undefined when there is none. Throws SyntaxError and BodyTooLarge. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const text = await readText(request, limit);
  return text === '' ? undefined : JSON.parse(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

/** @param policy what the page may do, where it is not the window */
export function sendPage(response: ServerResponse, status: number, page: string, policy?: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    ...(policy === undefined ? {} : { 'content-security-policy': policy }),
    'cache-control': 'no-store',
    ...(status === 200 ? {} : { connection: 'close' }),
  });
  response.end(page);
}

/** Puts the headers that every answer carries on `response`, before its own. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
}

/** A GET or HEAD request for `url` as the shared routes take it; its signal is aborted when the browser goes away. */
export function toAsked(
  url: URL,
  { method = 'GET', headers }: IncomingMessage,
  response: ServerResponse,
): HttpRequest {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const get = (name: string) => headers[name]?.toString() ?? null;
  return { url: url.href, method, headers: { get }, signal: gone.signal };
}

/** Sends what a shared route answered. */
export function sendAnswer({ status, headers, body }: HttpResponse, response: ServerResponse): void {
  response.writeHead(status, headers).end(body ?? undefined);
}
