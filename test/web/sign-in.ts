/** Signing in to the web host as a browser does, without one. */
import { parseWebSession, signInPath, type WebSession } from '../../preload/contract/web-session.ts';
import type { WebServer } from '../../main/web/server.ts';

/** Posts a secret as the sign-in page does. */
export function postSecret(address: string, secret: string): Promise<Response> {
  return fetch(new URL(signInPath, address), { method: 'POST', body: new URLSearchParams({ secret }) });
}

/** The keys in an answer to `postSecret`; null in a refusal. */
export function sessionIn(page: string): WebSession | null {
  return parseWebSession(/data-session="([^"]*)"/.exec(page)?.[1] ?? null);
}

/** Signs in with the code of the terminal. */
export async function signIn({ address, code }: Pick<WebServer, 'address' | 'code'>): Promise<WebSession> {
  const session = sessionIn(await (await postSecret(address, code)).text());
  if (!session) throw new Error('The code was refused.');
  return session;
}

/** The header that a signed-in page sends. */
export const bearer = ({ key }: WebSession) => ({ authorization: `Bearer ${key}` });
