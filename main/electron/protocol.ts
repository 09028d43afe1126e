import type { CustomScheme } from 'electron';
import { securityHeaders } from '../host/content-security.ts';
import type { HostedServices } from '../host/hosted.ts';

/** The window's own scheme and origin: pages and pictures come from the program, never from a file: or http: URL. */
export const appScheme = 'app';
export const appOrigin = `${appScheme}://inf-llava`;

/** To be registered before Electron is ready. `standard` and `secure` give the page an origin of its own. */
export const schemePrivileges: CustomScheme = {
  scheme: appScheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
};

/** Whether `url` is a page or picture of this program. */
export function isOwnUrl(url: string): boolean {
  const { protocol, host } = URL.parse(url) ?? {};
  return `${protocol}//${host}` === appOrigin;
}

/**
 * Answers every request of the window: pictures and exports by the services, which resolve ids; the rest from the
 * folder of the built window, which resolves real paths.
 */
export function createProtocolHandler(
  services: Pick<HostedServices, 'respond'>,
  rendererFiles: (request: Request) => Promise<Response>,
): (request: Request) => Promise<Response> {
  const answer = async (request: Request): Promise<Response> => {
    if (!isOwnUrl(request.url)) return new Response('Not found', { status: 404 });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('Only GET', { status: 405, headers: { allow: 'GET' } });
    }
    try {
      return (await services.respond(request)) ?? (await rendererFiles(request));
    } catch {
      return new Response('Something went wrong', { status: 500 });
    }
  };
  return async (request) => {
    const response = await answer(request);
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value);
    return new Response(response.body, { status: response.status, headers });
  };
}
