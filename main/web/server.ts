import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRendererFiles } from '../host/renderer-files.ts';
import type { HostedServices } from '../host/hosted.ts';
import { Access, checkOrigin } from './access.ts';
import { EventStream } from './event-stream.ts';
import { sendFetchResponse, sendText, setSecurityHeaders, toFetchRequest } from './http.ts';
import { answerCall, answerUpload } from './routes.ts';

export interface WebServerOptions {
  readonly services: HostedServices;
  /** Folder of the built window. */
  readonly rendererRoot: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface WebServer {
  readonly port: number;
  /** Where a person goes: holds a key, and works as long as the program runs. */
  readonly address: string;
  /** The same with a key for one use, to be handed to a browser on its command line. */
  launchAddress(): string;
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>;
}

/** A browser that has not sent its headers by then is not one. */
const headersMilliseconds = 10_000;
/** The largest photo over a slow tunnel. */
const requestMilliseconds = 30 * 60_000;
/** A person has a few tabs, each with a handful of connections. */
const mostConnections = 256;

/** Serves the window and the contract on 127.0.0.1. Throws the error of `listen` when the port is taken. */
export async function startWebServer({ services, rendererRoot, port }: WebServerOptions): Promise<WebServer> {
  const access = new Access();
  const events = new EventStream(services.events);
  const rendererFiles = createRendererFiles(rendererRoot);
  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
    setSecurityHeaders(response);
    answer(request, response).catch(() => {
      // The details would be of use to an attacker only: a service's own errors are Outcomes by now.
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'Something went wrong.');
    });
  });
  server.headersTimeout = headersMilliseconds;
  server.requestTimeout = requestMilliseconds;
  server.maxConnections = mostConnections;
  const boundPort = await listen(server, port);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const foreign = checkOrigin(request);
    if (foreign) return sendText(response, foreign.status, foreign.reason);
    const url = parseTarget(request.url);
    if (!url) return sendText(response, 400, 'Not an address of this program.');
    const token = request.method === 'GET' && url.pathname === '/' ? url.searchParams.get('token') : null;
    if (token !== null && access.accepts(token)) {
      response.writeHead(303, {
        location: '/',
        'set-cookie': access.cookie(boundPort),
        'cache-control': 'no-store',
      });
      response.end();
      return;
    }
    const stranger = access.checkSession(request, boundPort);
    if (stranger) return sendText(response, stranger.status, stranger.reason);
    return route(url, request, response);
  }

  async function route(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, first, method] = /^\/(api|api-upload|events)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    const wanted = first?.startsWith('api') ? 'POST' : 'GET';
    const readsHead = request.method === 'HEAD' && first === undefined;
    if (request.method !== wanted && !readsHead) {
      response.setHeader('allow', wanted);
      return sendText(response, 405, `Only ${wanted}.`);
    }
    if (first === 'api' && method !== undefined) return answerCall(services, method, request, response);
    if (first === 'api-upload' && method === undefined) return answerUpload(services, url, request, response);
    if (first === 'events' && method === undefined) {
      return events.connect(response, request.headers['last-event-id']?.toString());
    }
    const fetched = toFetchRequest(request, response);
    await sendFetchResponse((await services.respond(fetched)) ?? (await rendererFiles(fetched)), response);
  }

  const base = `http://127.0.0.1:${boundPort}/`;
  return {
    port: boundPort,
    address: `${base}?token=${access.token}`,
    launchAddress: () => `${base}?token=${access.issueLaunchToken()}`,
    close: async () => {
      events.close();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The path and query of a request; null for absolute targets, which only proxies use. */
function parseTarget(target: string | undefined): URL | null {
  if (!target?.startsWith('/') || target.startsWith('//')) return null;
  return URL.parse(target, 'http://127.0.0.1');
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
