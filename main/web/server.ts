import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signInPath } from '../../preload/contract/web-session.ts';
import { createRendererFiles } from '../host/renderer-files.ts';
import type { HostedServices } from '../host/hosted.ts';
import { Access, isForeign, ownHost } from './access.ts';
import type { Session } from './access.ts';
import { Connections } from './connections.ts';
import { EventStream } from './event-stream.ts';
import { sendAnswer, sendText, setSecurityHeaders, toAsked } from './http.ts';
import { answerCall, answerSignIn, answerUpload } from './routes.ts';
import { signedInPage, signInPolicy } from './sign-in-page.ts';
import { windowPage } from './window-page.ts';

export interface WebServerOptions {
  readonly services: HostedServices;
  /** Folder of the built window; null where another server in front of this one serves it. */
  readonly rendererRoot: string | null;
  /** 0 takes a free one. */
  readonly port: number;
  /** Called whenever a window begins to listen to events. */
  readonly onListening?: () => void;
  /** A pass was used twice: somebody else may have been let in until now. */
  readonly onStolenPass?: () => void;
}

export interface WebServer {
  readonly port: number;
  /** Where a person goes; it holds no secret. */
  readonly address: string;
  /** What a person signs in with there, as long as the program runs. */
  readonly code: string;
  /** The same for one use within a minute, for a page that posts it (`launch-page.ts`). */
  issuePass(onUse: () => void): string;
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>;
}

/** The port cannot be had; the message says why and what to do, in one line. */
export class PortUnavailable extends Error {}

/** An `import` would read all that the module exports, Node's own HTTP client among it, which nothing here needs. */
const { createServer } = process.getBuiltinModule('node:http');

/** A client that has not sent the headers by then is no browser. Checked every second. */
const headersMilliseconds = 5_000;
/** The largest photo over a slow tunnel. */
const requestMilliseconds = 30 * 60_000;
/**
 * Servers on other ports of this machine can set cookies that the browser sends here too: 180 of 4 KiB in the browsers
 * known. They are read by nobody, but must not keep the person out.
 */
const mostHeaderBytes = 2 ** 20;

/** Serves the window and the contract on 127.0.0.1. Throws PortUnavailable. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { services, rendererRoot, port, onListening, onStolenPass } = options;
  const access = new Access();
  const events = new EventStream(services.events);
  const rendererFiles = rendererRoot === null ? null : createRendererFiles(rendererRoot);
  const server = createServer(
    { maxHeaderSize: mostHeaderBytes, connectionsCheckingInterval: 1000 },
    (request, response) => {
      connections.answer(request, response);
      setSecurityHeaders(response);
      answer(request, response).catch(() => {
        // The details would be of use to an attacker only: a service's own errors are Outcomes by now.
        if (response.headersSent) response.destroy();
        else sendText(response, 500, 'Something went wrong.');
      });
    },
  );
  const connections = new Connections(server);
  server.headersTimeout = headersMilliseconds;
  server.requestTimeout = requestMilliseconds;
  const boundPort = await listen(server, port);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = parseTarget(request.url);
    if (!url) return sendText(response, 400, 'Not an address of this program.');
    const host = ownHost(request);
    if (!host) return sendText(response, 421, 'Unknown host.');
    if (host.name === 'localhost') {
      if (isPage(url, request)) return redirect(response, host.port, url);
      return sendText(response, 421, `Only http://127.0.0.1:${host.port}/ has this.`);
    }
    if (url.pathname === signInPath) {
      return answerSignIn({ access, onStolenPass, welcome }, request, response);
    }
    if (isForeign(request)) return sendText(response, 403, 'Requests of other sites are refused.');
    const session = access.sessionOf(request);
    if (session) connections.know(request.socket);
    const [, first, method] = /^\/(api|api-upload|events|exports)(?:\/([\w-]+))?$/.exec(url.pathname) ?? [];
    if (first === undefined) return answerRead(url, request, response);
    if (!session) return sendText(response, 401, 'Sign in first.');
    const wanted = first.startsWith('api') ? 'POST' : 'GET';
    if (request.method !== wanted) return refuseMethod(response, wanted);
    if (first === 'api' && method !== undefined) return answerCall(services, method, request, response);
    if (first === 'api-upload' && method === undefined) return answerUpload(services, url, request, response);
    if (first === 'events' && method === undefined) return answerEvents(session, request, response);
    const exported = await services.respond(toAsked(url, request, response));
    if (exported) return sendAnswer(exported, response);
    return sendText(response, 404, 'Not found.');
  }

  /** The window, or a page that keeps the keys and goes to where the window is. */
  async function welcome(session: Session): Promise<{ page: string; policy?: string }> {
    const page =
      rendererRoot === null ? null : await windowPage(rendererRoot, session, services, events.latest);
    return page === null ? { page: signedInPage(session), policy: signInPolicy } : { page };
  }

  function answerEvents(session: Session, request: IncomingMessage, response: ServerResponse): void {
    events.connect(response, request.headers['last-event-id']?.toString());
    const end = () => response.destroy();
    session.ended.addEventListener('abort', end, { once: true });
    response.on('close', () => session.ended.removeEventListener('abort', end));
    onListening?.();
  }

  /** Pictures for those who know their key; the window, which is no secret, for everybody. */
  async function answerRead(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(response, 'GET');
    const [, key, path] = /^\/pictures\/([\w-]+)(\/photos\/.*)$/.exec(url.pathname) ?? [];
    if (key === undefined || path === undefined) {
      if (!rendererFiles) return sendText(response, 404, 'Not found.');
      return sendAnswer(await rendererFiles(toAsked(url, request, response)), response);
    }
    if (!access.opensPictures(key)) return sendText(response, 401, 'Sign in first.');
    connections.know(request.socket);
    const picture = new URL(path + url.search, url);
    const found = await services.respond(toAsked(picture, request, response));
    return found ? sendAnswer(found, response) : sendText(response, 404, 'Not found.');
  }

  return {
    port: boundPort,
    address: `http://127.0.0.1:${boundPort}/`,
    code: access.code,
    issuePass: (onUse) => access.issuePass(onUse),
    close: async () => {
      events.close();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function refuseMethod(response: ServerResponse, wanted: string): void {
  response.setHeader('allow', wanted);
  sendText(response, 405, `Only ${wanted}.`);
}

const isPage = ({ pathname }: URL, { method }: IncomingMessage) =>
  (method === 'GET' || method === 'HEAD') && (pathname === '/' || pathname === signInPath);

/**
 * `localhost` is also ::1, where another person's server may listen on this very port: a page of that name must never
 * hold keys, so that the window is always at 127.0.0.1, and nothing but the way there is answered at the other name.
 */
function redirect(response: ServerResponse, port: number, { pathname }: URL): void {
  response.writeHead(307, { location: `http://127.0.0.1:${port}${pathname}`, 'cache-control': 'no-store' });
  response.end();
}

/** The path and query of a request; null for absolute targets, which only proxies use. */
function parseTarget(target: string | undefined): URL | null {
  if (!target?.startsWith('/') || /^\/[/\\]/.test(target)) return null;
  return URL.parse(target, 'http://127.0.0.1');
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(unavailable(port, error));
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function unavailable(port: number, error: NodeJS.ErrnoException): Error {
  const advice = 'Choose another one with --port, or leave --port out for a free one.';
  if (error.code === 'EADDRINUSE') return new PortUnavailable(`Port ${port} is in use. ${advice}`);
  if (error.code === 'EACCES')
    return new PortUnavailable(`Port ${port} needs rights you do not have. ${advice}`);
  return error;
}
