import type {
  ApiMethod,
  AppDescription,
  AppEvent,
  Bridge,
  Outcome,
  Photo,
} from '../../preload/contract/api.ts';

/**
 * The bridge of the web host: methods are POSTs to `/api/<method>`, uploads POSTs of a file's bytes to `/api-upload`,
 * events one EventSource on `/events`, which the browser resumes with Last-Event-ID by itself.
 */

/** Waits between attempts to reach a program that has gone; the last one repeats. */
const reconnectDelays = [500, 1000, 2000, 5000];

export interface HttpBridgeOptions {
  readonly fetch: typeof fetch;
  readonly openEvents: (url: string) => EventSource;
  /** Called with false when the program stops answering and with true when it is back. */
  readonly onConnection: (connected: boolean) => void;
  /** What the person reads, the best first: the program may run on a machine that speaks another language. */
  readonly languages: readonly string[];
}

export function createHttpBridge(options: HttpBridgeOptions): Bridge {
  const own: Pick<Bridge, 'describeApp' | 'openFiles' | 'subscribe'> = {
    describeApp: async () => ({
      ...((await call(options, 'describeApp', null)) as AppDescription),
      languages: options.languages,
    }),
    openFiles: (files, privacy) => uploadAll(options, files, privacy?.isPrivate ?? false),
    subscribe: (listener, onGap) => subscribe(options, listener, onGap),
  };
  return new Proxy(own as Bridge, {
    get: (target, name) =>
      Reflect.has(target, name)
        ? (Reflect.get(target, name) as unknown)
        : (input?: unknown) => call(options, name as ApiMethod, input),
  });
}

async function call(options: HttpBridgeOptions, method: ApiMethod, input: unknown): Promise<unknown> {
  return post(options, `/api/${method}`, JSON.stringify(input ?? null), 'application/json');
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
  const outcome = await fetchOutcome(options, url, body, type);
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
    response = await options.fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
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

function subscribe(
  options: HttpBridgeOptions,
  listener: (event: AppEvent) => void,
  onGap: () => void,
): () => void {
  let source: EventSource;
  let attempts = 0;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (afterLoss: boolean) => {
    source = options.openEvents('/events');
    source.onopen = () => {
      attempts = 0;
      options.onConnection(true);
      // A new EventSource has no Last-Event-ID: whatever was sent meanwhile is lost.
      if (afterLoss) onGap();
      afterLoss = false;
    };
    source.onmessage = ({ data }: MessageEvent<string>) => listener(JSON.parse(data) as AppEvent);
    source.addEventListener('gap', onGap);
    source.onerror = () => {
      if (stopped) return;
      options.onConnection(false);
      if (source.readyState !== source.CLOSED) return;
      const delay = reconnectDelays[Math.min(attempts++, reconnectDelays.length - 1)]!;
      timer = setTimeout(() => open(true), delay);
    };
  };
  open(false);

  return () => {
    stopped = true;
    clearTimeout(timer);
    source.close();
  };
}
