import { afterEach, expect, test, vi } from 'vitest';
import type { AppEvent, Bridge } from '../../../preload/contract/api.ts';
import { createHttpBridge } from '../../../renderer/api/http-bridge.ts';

/** The browser's EventSource, driven by hand. */
class FakeEvents {
  readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  onGap: (() => void) | null = null;
  isClosed = false;

  addEventListener(_type: 'gap', listener: () => void): void {
    this.onGap = listener;
  }

  close(): void {
    this.isClosed = true;
  }
}

interface Request {
  readonly url: string;
  readonly body: unknown;
}

function connect(answer: (request: Request) => Response | Promise<Response>) {
  const requests: Request[] = [];
  const sources: FakeEvents[] = [];
  const connected: boolean[] = [];
  const bridge: Bridge = createHttpBridge({
    fetch: async (url, init) => {
      const request = { url: String(url), body: init?.body };
      requests.push(request);
      return answer(request);
    },
    openEvents: () => {
      const source = new FakeEvents();
      sources.push(source);
      return source as unknown as EventSource;
    },
    onConnection: (isConnected) => connected.push(isConnected),
    languages: ['ko-KR', 'en'],
  });
  return { bridge, requests, sources, connected };
}

const value = (given: unknown) => Response.json({ ok: true, value: given });

afterEach(() => void vi.useRealTimers());

test('a method is a POST of its argument, and gives the value', async () => {
  const { bridge, requests } = connect(() => value([]));
  expect(await bridge.listConversations({ query: 'sign', limit: 5 })).toEqual([]);
  expect(await bridge.listSamples()).toEqual([]);
  expect(requests).toEqual([
    { url: '/api/listConversations', body: '{"query":"sign","limit":5}' },
    { url: '/api/listSamples', body: 'null' },
  ]);
});

test("the languages are the browser's, whatever the machine of the program speaks", async () => {
  const { bridge } = connect(() => value({ version: '1.0.0', languages: ['de-DE'] }));
  expect(await bridge.describeApp()).toEqual({ version: '1.0.0', languages: ['ko-KR', 'en'] });
});

test('a failure of the program rejects with its code and details', async () => {
  const error = { code: 'photo-changed', details: { file: 'sky.jpg' } };
  const { bridge } = connect(() => Response.json({ ok: false, error }));
  await expect(bridge.getPhoto({ photoId: 'p1' })).rejects.toEqual(error);
});

test('a program that does not answer is unreachable, one that no longer knows the page has signed it off', async () => {
  const gone = connect(() => Promise.reject(new TypeError('Failed to fetch')));
  await expect(gone.bridge.getSettings()).rejects.toMatchObject({ code: 'unreachable' });
  const signedOff = connect(() => new Response('No.', { status: 401 }));
  await expect(signedOff.bridge.getSettings()).rejects.toMatchObject({ code: 'not-signed-in' });
  const broken = connect(() => new Response('Something went wrong.', { status: 500 }));
  await expect(broken.bridge.getSettings()).rejects.toMatchObject({ code: 'internal' });
});

test('photos are uploaded one after the other under their names, Hangul and spaces included', async () => {
  const { bridge, requests } = connect(({ url }) => value({ id: url }));
  const files = [new File(['a'], '하늘 1.jpg'), new File(['b'], 'b&c.png')];
  expect(await bridge.openFiles(files, { isPrivate: true })).toHaveLength(2);
  const uploads = requests.map(({ url }) => new URL(url, 'http://127.0.0.1').searchParams);
  expect(uploads.map((parameters) => parameters.get('name'))).toEqual(['하늘 1.jpg', 'b&c.png']);
  expect(uploads.map((parameters) => parameters.get('private'))).toEqual(['1', '1']);
  expect(requests.map(({ body }) => body)).toEqual(files);
});

test('events arrive in order until the listener stops', () => {
  const { bridge, sources } = connect(() => value(null));
  const seen: AppEvent[] = [];
  const stop = bridge.subscribe((event) => seen.push(event), vi.fn());
  sources[0]!.onmessage!({ data: '{"type":"text","messageId":"m","at":0,"text":"A"}' });
  expect(seen).toEqual([{ type: 'text', messageId: 'm', at: 0, text: 'A' }]);
  stop();
  expect(sources[0]!.isClosed).toBe(true);
});

test('a gap that the program reports is passed on', () => {
  const { bridge, sources } = connect(() => value(null));
  const onGap = vi.fn();
  bridge.subscribe(vi.fn(), onGap);
  sources[0]!.onopen!();
  expect(onGap).not.toHaveBeenCalled();
  sources[0]!.onGap!();
  expect(onGap).toHaveBeenCalledOnce();
});

test('while the browser reconnects by itself the page only says so', () => {
  const { bridge, sources, connected } = connect(() => value(null));
  bridge.subscribe(vi.fn(), vi.fn());
  sources[0]!.readyState = 0;
  sources[0]!.onerror!();
  sources[0]!.onopen!();
  expect(connected).toEqual([false, true]);
  expect(sources).toHaveLength(1);
});

test('after the browser has given up, a new connection is made and everything is read anew', () => {
  vi.useFakeTimers();
  const { bridge, sources } = connect(() => value(null));
  const onGap = vi.fn();
  bridge.subscribe(vi.fn(), onGap);
  sources[0]!.readyState = 2;
  sources[0]!.onerror!();
  vi.advanceTimersByTime(1000);
  expect(sources).toHaveLength(2);
  sources[1]!.onopen!();
  expect(onGap).toHaveBeenCalledOnce();
});

test('a page that has stopped listening does not reconnect', () => {
  vi.useFakeTimers();
  const { bridge, sources } = connect(() => value(null));
  const stop = bridge.subscribe(vi.fn(), vi.fn());
  sources[0]!.readyState = 2;
  sources[0]!.onerror!();
  stop();
  vi.advanceTimersByTime(60_000);
  expect(sources).toHaveLength(1);
});
