import { AppError } from '../../../preload/contract/errors.ts';

/** What a request to another machine is for; queries are left out of `url`, since those of redirects carry signatures. */
export interface PlannedRequest {
  readonly method: string;
  readonly url: string;
  /** "Download INF-LLaVA: model-00001-of-00004.safetensors". */
  readonly purpose: string;
}

/** How this process reaches the hub. Held in memory only. */
export interface HubAccess {
  /** `https://huggingface.co`, or a mirror with the same layout. */
  readonly endpoint: string;
  /** For gated repositories; sent to the endpoint's own host and to no other. */
  readonly token: string | null;
  /** Most bytes a second over all downloads; null for no limit. */
  readonly bytesPerSecond: number | null;
  /** Address of an HTTP proxy; null takes what the environment says (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly proxy: string | null;
}

export const publicHub = 'https://huggingface.co';

/** As a person gives an address, with or without a slash at its end. Throws `wrong-usage`. */
export function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!isWeb || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new AppError('wrong-usage', `${endpoint}: is not the address of a hub (https://huggingface.co).`);
  }
  return url.href.replace(/\/+$/, '');
}

/** Whether the token may be sent there: to the endpoint's own host, and never in the clear over a network. */
export function mayCarryToken(url: URL, { endpoint }: Pick<HubAccess, 'endpoint'>): boolean {
  const own = new URL(endpoint);
  const isPrivate = url.protocol === 'https:' || isLoopback(url.hostname);
  return url.host === own.host && url.protocol === own.protocol && isPrivate;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * Has every later request of this process go through the proxy, or through that of the environment for null; loopback
 * is always reached directly unless the environment says otherwise.
 */
export function useProxy(proxy: string | null): void {
  // Not imported: other processes have use for the rest of this file, and none for Node's HTTP client.
  const { setGlobalProxyFromEnv } = process.getBuiltinModule('node:http');
  if (proxy === null) {
    setGlobalProxyFromEnv();
    return;
  }
  if (!/^https?:\/\//.test(proxy) || !URL.canParse(proxy)) {
    throw new AppError('wrong-usage', `${proxy}: is not the address of an HTTP proxy.`);
  }
  setGlobalProxyFromEnv({ http_proxy: proxy, https_proxy: proxy, no_proxy: 'localhost,127.0.0.1,::1' });
}
