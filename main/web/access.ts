import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Names under which this machine reaches itself. Any other Host is a name an attacker has pointed at 127.0.0.1. */
const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A browser is handed its address on a command line that other people of the machine can list: it works once, soon. */
const launchTokenMilliseconds = 60_000;

/** Why a request is turned away; `status` is the HTTP status that says so. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/**
 * Who may talk to the web host: a browser that has once shown a token, from a page of this host itself.
 *
 * The token in the printed address holds as long as the program runs; showing it is answered with a session cookie
 * (HttpOnly, SameSite=Strict) and a redirect to an address without it.
 */
export class Access {
  /** For the address printed in the terminal. 256 random bits. */
  readonly token = randomBytes(32).toString('base64url');
  readonly #session = randomBytes(32).toString('base64url');
  readonly #launchTokens = new Map<string, number>();

  /** A token for one use within a minute. */
  issueLaunchToken(now = Date.now()): string {
    const token = randomBytes(32).toString('base64url');
    this.#launchTokens.set(token, now + launchTokenMilliseconds);
    return token;
  }

  /** Whether `token` opens a session; a launch token is used up by asking. */
  accepts(token: string, now = Date.now()): boolean {
    const until = this.#launchTokens.get(token);
    if (until !== undefined) {
      this.#launchTokens.delete(token);
      return now < until;
    }
    return sameSecret(token, this.token);
  }

  /** The Set-Cookie value. Browsers share cookies among the ports of a host, so the name carries the port. */
  cookie(port: number): string {
    return `${cookieName(port)}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Null when `request` comes from a browser with a session. */
  checkSession(request: IncomingMessage, port: number): Refusal | null {
    const prefix = `${cookieName(port)}=`;
    const cookie = (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(prefix));
    if (cookie !== undefined && sameSecret(cookie.slice(prefix.length), this.#session)) return null;
    return { status: 401, reason: 'Open the address that the terminal shows; it holds the key.' };
  }
}

/**
 * Null when `request` was made by a page of this host or by the person: not by another site (Origin, Sec-Fetch-Site),
 * nor through a name that is not this machine's own (Host; DNS rebinding). The port is not compared, because a tunnel
 * (ssh -L) may show this host under another one.
 */
export function checkOrigin(request: IncomingMessage): Refusal | null {
  const host = request.headers.host ?? '';
  if (!loopbackHosts.has(host.replace(/:\d{1,5}$/, ''))) return { status: 421, reason: 'Unknown host.' };
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const foreign = { status: 403, reason: 'Requests of other sites are refused.' };
  if (origin === undefined ? !reads : origin !== `http://${host}`) return foreign;
  // Following the printed address from a terminal or a chat window is a cross-site navigation; all else is not.
  const opensPage = request.headers['sec-fetch-mode'] === 'navigate' && reads;
  return site === undefined || site === 'same-origin' || site === 'none' || opensPage ? null : foreign;
}

function cookieName(port: number): string {
  return `inf-llava-${port}`;
}

/** Compares in a time that does not depend on where two secrets differ. */
function sameSecret(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
