/**
 * Who may talk to the web host.
 *
 * Other people of the machine can connect to this port, run servers on other ports of 127.0.0.1 and list everybody's
 * command lines; any site can send the browser here. So the browser must hold nothing that it hands over by itself:
 *
 * - No cookie. Browsers send the cookies of 127.0.0.1 to every port, which is to other people's servers. A name of its
 *   own (`RANDOM.localhost`) would keep them apart, but Safari and some resolvers do not know such names, or ask the
 *   network for them.
 * - A session is a pair of keys that the page's own script keeps in localStorage, which belongs to one scheme, host and
 *   port. It sends the first as a header, which no other page can have the browser send.
 * - Pictures cannot carry a header; the second key is a part of their path and opens pictures alone. It stands in no
 *   address bar and so in no history, and leaves with no Referer (see `securityHeaders`).
 * - Keys are had for a secret in the body of a POST, never in an address: browsers write addresses into their history,
 *   and terminals and `xdg-open` put them on command lines. The secret is the code that the terminal shows, or the pass
 *   on a page that only its owner can read (`launch-page.ts`). What a visited page was posted, Chromium writes into its
 *   files too: the code is sent by a script, the pass by a form with a password in it, of which nothing is written.
 *
 * The built window itself is served to everybody: it holds no secret.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSession } from '../../preload/contract/web-session.ts';

/** A browser that is opened by the program shows its pass soon. */
export const passMilliseconds = 60_000;

/** Letters and digits that are not taken for one another; 32 of them, so that each is five bits of a random byte. */
const codeAlphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
/** Of five bits: 100 bits cannot be guessed over a socket. */
const codeLength = 20;

/** A browser that has signed in. */
export interface Session extends WebSession {
  /** Aborted when the session is taken back. */
  readonly ended: AbortSignal;
}

interface Pass {
  readonly until: number;
  readonly onUse: () => void;
  /** Ends the session that it has opened. */
  session: AbortController | null;
}

export class Access {
  /** For the terminal, in groups of four; opens a session as often as it is given, as long as the program runs. */
  readonly code = makeCode();
  readonly #passes = new Map<string, Pass>();
  readonly #sessions = new Map<string, Session>();
  readonly #pictureKeys = new Set<string>();

  /** A secret for one use within a minute. */
  issuePass(onUse: () => void, now = Date.now()): string {
    const pass = makeKey();
    this.#passes.set(digest(pass), { until: now + passMilliseconds, onUse, session: null });
    return pass;
  }

  /**
   * The session for a code or a pass; null for anything else. A pass that comes a second time has been in a stranger's
   * hands, the first time or now: it gives nothing, and what it gave before is taken back (as RFC 6749, 4.1.2).
   */
  signIn(secret: string, now = Date.now()): Session | 'used-twice' | null {
    if (sameSecret(secret.toLowerCase().replace(/[\s-]/g, ''), this.code.replaceAll('-', ''))) {
      return this.#open(new AbortController());
    }
    const pass = this.#passes.get(digest(secret));
    if (!pass) return null;
    if (pass.session) {
      pass.session.abort();
      return 'used-twice';
    }
    if (now >= pass.until) return null;
    pass.session = new AbortController();
    pass.onUse();
    return this.#open(pass.session);
  }

  /** The session of a request by its `Authorization: Bearer KEY`, or null. */
  sessionOf({ headers }: IncomingMessage): Session | null {
    const key = /^Bearer ([\w-]+)$/.exec(headers.authorization ?? '')?.[1];
    return key === undefined ? null : (this.#sessions.get(digest(key)) ?? null);
  }

  opensPictures(key: string): boolean {
    return this.#pictureKeys.has(digest(key));
  }

  #open(end: AbortController): Session {
    const session = { key: makeKey(), pictureKey: makeKey(), ended: end.signal };
    this.#sessions.set(digest(session.key), session);
    this.#pictureKeys.add(digest(session.pictureKey));
    end.signal.addEventListener('abort', () => {
      this.#sessions.delete(digest(session.key));
      this.#pictureKeys.delete(digest(session.pictureKey));
    });
    return session;
  }
}

/** This machine as a browser names it, and the port it is reached by: a tunnel (ssh -L) may show another one. */
export interface OwnHost {
  readonly name: string;
  readonly port: number;
}

/** The Host of a request; null for a name that is not this machine's own (DNS rebinding), and for what is no host. */
export function ownHost({ headersDistinct }: IncomingMessage): OwnHost | null {
  const [host = '', ...more] = headersDistinct['host'] ?? [];
  const [, name, port = '80'] = /^(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?$/.exec(host) ?? [];
  return name === undefined || more.length > 0 || Number(port) > 65_535 ? null : { name, port: Number(port) };
}

/** Whether `request` was made by a page of another site or port (Origin, Sec-Fetch-Site), and not by the person. */
export function isForeign({ method, headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const reads = method === 'GET' || method === 'HEAD';
  if (origin === undefined ? !reads : origin !== `http://${host}`) return true;
  // Following the address from a terminal or a chat window is a cross-site navigation; all else is not.
  const opensPage = headers['sec-fetch-mode'] === 'navigate' && reads;
  return site !== undefined && site !== 'same-origin' && site !== 'none' && !opensPage;
}

/** 256 random bits. */
const makeKey = () => randomBytes(32).toString('base64url');

function makeCode(): string {
  const letters = [...randomBytes(codeLength)].map((byte) => codeAlphabet[byte % codeAlphabet.length]);
  return letters.join('').replace(/.{4}(?=.)/g, '$&-');
}

/** What is kept of a secret and looked up: how long a look-up takes says nothing about a digest's secret. */
const digest = (secret: string) => createHash('sha256').update(secret).digest('base64');

/** Compares in a time that does not depend on where two secrets differ. */
const sameSecret = (given: string, wanted: string) =>
  timingSafeEqual(Buffer.from(digest(given)), Buffer.from(digest(wanted)));
