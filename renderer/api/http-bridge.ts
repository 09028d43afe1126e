import type {
  ApiMethod,
  AppDescription,
  AppEvent,
  Bridge,
  Exported,
  Outcome,
  Photo,
} from '../../preload/contract/api.ts';
import { callKey, firstCalls, type FirstAnswers } from '../../preload/contract/first-answers.ts';
import { readEvents } from './event-stream.ts';

/**
 * The bridge of the web host: methods are POSTs to `/api/<method>`, uploads POSTs of a file's bytes to `/api-upload`,
 * events one stream on `/events`, resumed with Last-Event-ID.
 */

/** Waits between attempts to reach a program that has gone; the last one repeats. */
const reconnectDelays = [500, 1000, 2000, 5000];

export interface HttpBridgeOptions {
  readonly fetch: typeof fetch;
  /** What signing in has given; goes with every request. */
  readonly key: string;
  /** Called with false when the program stops answering and with true when it is back. */
  readonly onConnection: (connected: boolean) => void;
  /** The program does not know the key, or no longer. */
  readonly onSignedOut: () => void;
  /** What the person reads, the best first: the program may run on a machine that speaks another language. */
  readonly languages: readonly string[];
  /** Came with the page; used by the calls of the task that creates the bridge. */
  readonly first: FirstAnswers | null;
}

export function createHttpBridge(options: HttpBridgeOptions): Bridge {
  const call = callsOf(options);
  const exported = async (method: ApiMethod, input: unknown) =>
    fetchExport(options, (await call(method, input)) as Exported | null);
  const own: Partial<Bridge> = {
    describeApp: async () => ({
      ...((await call('describeApp', null)) as AppDescription),
      languages: options.languages,
    }),
    exportConversation: (input) => exported('exportConversation', input),
    exportLook: (input) => exported('exportLook', input),
    openFiles: (files, privacy) => uploadAll(options, files, privacy?.isPrivate ?? false),
    // No system hands files to a page: those of the command line are opened with the first one.
    setPrivacy: () => undefined,
    subscribe: (listener, onGap) => subscribe(options, listener, onGap),
  };
  return new Proxy(own as Bridge, {
    get: (target, name) =>
      Reflect.has(target, name)
        ? (Reflect.get(target, name) as unknown)
        : (input?: unknown) => call(name as ApiMethod, input),
  });
}

type Call = (method: ApiMethod, input: unknown) => Promise<unknown>;

function callsOf(options: HttpBridgeOptions): Call {
  const { outcomes = [] } = options.first ?? {};
  const known = new Map(outcomes.map((outcome, index) => [callKey(...firstCalls[index]!), outcome]));
  // What is asked later may have another answer by then.
  setTimeout(() => known.clear());
  return async (method, input) => {
    const outcome = known.get(callKey(method, input));
    if (outcome) return valueOf(outcome);
    return post(options, `/api/${method}`, JSON.stringify(input ?? null), 'application/json');
  };
}

async function uploadAll(
  options: HttpBridgeOptions,
  files: readonly File[],
  isPrivate: boolean,
): Promise<readonly Photo[]> {
  const photos: Photo[] = [];
  // One after the other: a folder of large photos would otherwise be held in memory at once.
  for (const file of files) {
    const url = `/api-upload?name=${encodeURIComponent(file.name)}${isPrivate ? '&private=1' : ''}`;
    photos.push((await post(options, url, file, 'application/octet-stream')) as Photo);
  }
  return photos;
}

async function post(options: HttpBridgeOptions, url: string, body: BodyInit, type: string): Promise<unknown> {
  return valueOf(await fetchOutcome(options, url, body, type));
}

function valueOf(outcome: Outcome<unknown>): unknown {
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

async function fetchOutcome(
  options: HttpBridgeOptions,
  url: string,
  body: BodyInit,
  type: string,
): Promise<Outcome<unknown>> {
  let response: Response;
  try {
    response = await send(options, url, { method: 'POST', body, headers: { 'content-type': type } });
  } catch {
    return failed('unreachable');
  }
  if (response.status === 401 || response.status === 403) return failed('not-signed-in');
  try {
    return (await response.json()) as Outcome<unknown>;
  } catch {
    return failed(response.ok ? 'unreachable' : 'internal');
  }
}

type BridgeFault = 'unreachable' | 'not-signed-in' | 'internal';

const failed = (code: BridgeFault) => ({ ok: false, error: { code, details: {} } }) as const;

/** Every request carries the key, and no cookie: those of 127.0.0.1 are other programs'. */
async function send(
  options: HttpBridgeOptions,
  url: string,
  { headers, ...init }: RequestInit & { readonly headers?: Record<string, string> },
): Promise<Response> {
  const response = await options.fetch(url, {
    ...init,
    headers: { ...headers, authorization: `Bearer ${options.key}` },
    credentials: 'omit',
  });
  if (response.status === 401) options.onSignedOut();
  return response;
}

/** A download is a navigation, which carries no key: the file is fetched, and handed over as a blob. */
async function fetchExport(options: HttpBridgeOptions, outcome: unknown): Promise<Exported | null> {
  const exported = outcome as Exported | null;
  if (!exported?.url) return exported;
  const response = await send(options, exported.url, {}).catch(() => null);
  if (!response?.ok) throw failed('unreachable').error;
  return { ...exported, url: URL.createObjectURL(await response.blob()) };
}

function subscribe(
  options: HttpBridgeOptions,
  listener: (event: AppEvent) => void,
  onGap: () => void,
): () => void {
  const stop = new AbortController();
  void follow(options, listener, onGap, stop.signal);
  return () => stop.abort();
}

/** Listens until `signal` is aborted or the program no longer knows the key, and connects anew whenever it has to. */
async function follow(
  options: HttpBridgeOptions,
  listener: (event: AppEvent) => void,
  onGap: () => void,
  signal: AbortSignal,
): Promise<void> {
  let seen = options.first?.lastEvent ?? null;
  let attempts = 0;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = seen === null ? {} : { 'last-event-id': seen };
      const response = await send(options, '/events', { headers, signal, cache: 'no-store' });
      if (response.status === 401) return options.onConnection(false);
      if (!response.ok || !response.body) throw new Error(`The program answers ${response.status}.`);
      options.onConnection(true);
      // Before the first event there is nothing to resume from: what was sent meanwhile is lost.
      if (attempts > 0 && seen === null) onGap();
      attempts = 0;
      for await (const { id, type, data } of readEvents(response.body)) {
        seen = id ?? seen;
        if (type === 'gap') onGap();
        // A fault of the listener is not one of the connection.
        else if (data !== null) queueMicrotask(() => listener(JSON.parse(data) as AppEvent));
      }
    } catch {
      // A connection that broke is made anew.
    }
    if (signal.aborted) return;
    options.onConnection(false);
    const delay = reconnectDelays[Math.min(attempts++, reconnectDelays.length - 1)]!;
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}
