import type { CustomScheme } from 'electron';
import { securityHeaders } from '../host/content-security.ts';
import { inWords, type HttpRequest, type HttpResponse } from '../services/http-messages.ts';
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
  rendererFiles: (request: HttpRequest) => Promise<HttpResponse>,
): (request: Request) => Promise<Response> {
  const answer = async (request: Request): Promise<HttpResponse> => {
    if (!isOwnUrl(request.url)) return inWords(404, 'Not found');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return inWords(405, 'Only GET', { allow: 'GET' });
    }
    try {
      return (await services.respond(request)) ?? (await rendererFiles(request));
    } catch {
      return inWords(500, 'Something went wrong');
    }
  };
  return async (request) => {
    const { status, headers, body } = await answer(request);
    return new Response(body as BodyInit | null, { status, headers: { ...headers, ...securityHeaders } });
  };
}
