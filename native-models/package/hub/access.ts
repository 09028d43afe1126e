import { setGlobalProxyFromEnv } from 'node:http';

import type { HubAccess } from '../../engine/models-protocol.ts';
import { AppError } from '../../errors.ts';

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

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * Has every later request of this process go through the proxy, or through that of the environment for null; loopback
 * is always reached directly unless the environment says otherwise.
 */
export function useProxy(proxy: string | null): void {
  if (proxy === null) {
    setGlobalProxyFromEnv();
    return;
  }
  if (!/^https?:\/\//.test(proxy) || !URL.canParse(proxy)) {
    throw new AppError('wrong-usage', `${proxy}: is not the address of an HTTP proxy.`);
  }
  setGlobalProxyFromEnv({ http_proxy: proxy, https_proxy: proxy, no_proxy: 'localhost,127.0.0.1,::1' });
}
