import { afterEach, expect, test, vi } from 'vitest';
import type { Bridge } from '../../../preload/contract/api.ts';
import { firstCalls, type FirstAnswers } from '../../../preload/contract/first-answers.ts';
import { createHttpBridge } from '../../../renderer/api/http-bridge.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Request {
  readonly url: string;
  readonly init: RequestInit;
  readonly body: unknown;
}

/** What the program writes into a stream of events, by hand. */
class FakeEvents {
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  readonly response = new Response(
    new ReadableStream<Uint8Array>({ start: (controller) => void (this.#controller = controller) }),
  );
  write(text: string): void {
    this.#controller.enqueue(new TextEncoder().encode(text));
  }
  end(): void {
    this.#controller.close();
  }
  break(): void {
    this.#controller.error(new TypeError('network error'));
  }
}

/** A bridge to a program that answers calls as told; `/events` gives the streams one after the other. */
function connect(
  answer: (request: Request) => Response | Promise<Response>,
  streams: FakeEvents[] = [],
  first: FirstAnswers | null = null,
) {
  const requests: Request[] = [];
  const connected: boolean[] = [];
  const signedOut = vi.fn();
  const bridge: Bridge = createHttpBridge({
    fetch: async (url, init = {}) => {
      const request = { url: String(url), init, body: init.body };
      requests.push(request);
      if (request.url !== '/events') return answer(request);
      const stream = streams.shift();
      if (!stream) throw new TypeError('Failed to fetch');
      return stream.response;
    },
    key: 'the-key',
    onConnection: (isConnected) => connected.push(isConnected),
    onSignedOut: signedOut,
    languages: ['ko-KR', 'en'],
    first,
  });
  return { bridge, requests, connected, signedOut };
}

const value = (given: unknown) => Response.json({ ok: true, value: given });

afterEach(() => void vi.useRealTimers());

test('a method is a POST of its argument, and gives the value', async () => {
  const { bridge, requests } = connect(() => value([]));
  expect(await bridge.listConversations({ query: 'sign', limit: 5 })).toEqual([]);
  expect(await bridge.listSamples()).toEqual([]);
  expect(requests).toMatchObject([
    { url: '/api/listConversations', body: '{"query":"sign","limit":5}' },
    { url: '/api/listSamples', body: 'null' },
  ]);
});

test("the languages are the browser's, whatever the machine of the program speaks", async () => {
  const { bridge } = connect(() => value({ version: '1.0.0', languages: ['de-DE'] }));
  expect(await bridge.describeApp()).toEqual({ version: '1.0.0', languages: ['ko-KR', 'en'] });
});

test('answers that came with the page are used by the task that opens it, and events after them are heard', async () => {
  const failure = { code: 'disk-full', details: {} };
  const outcomes = firstCalls.map(([method]) =>
    method === 'listDrafts' ? { ok: false, error: failure } : { ok: true, value: `first ${method}` },
  );
  const { bridge, requests } = connect(() => value('asked'), [new FakeEvents()], {
    lastEvent: 'e-7',
    outcomes,
  } as FirstAnswers);
  bridge.subscribe(vi.fn(), vi.fn());
  const [, { limit }] = firstCalls.find(([method]) => method === 'listConversations') as [
    string,
    { limit: number },
  ];
  const answers = [
    bridge.getSettings(),
    bridge.listConversations({ query: '', limit }),
    bridge.listConversations({ query: 'sign', limit }),
    bridge.listScenes(),
  ];
  await expect(bridge.listDrafts()).rejects.toEqual(failure);
  expect(await Promise.all(answers)).toEqual([
    'first getSettings',
    'first listConversations',
    'asked',
    'asked',
  ]);
  await new Promise((resolve) => setTimeout(resolve));
  expect(await bridge.getSettings()).toBe('asked');
  const asked = ['/events', '/api/listConversations', '/api/listScenes', '/api/getSettings'];
  expect(requests.map(({ url }) => url)).toEqual(asked);
  expect(new Headers(requests[0]!.init.headers).get('last-event-id')).toBe('e-7');
});

test('every request carries the key, and none the cookies of other programs', async () => {
  const { bridge, requests } = connect(
    () => value({ url: '/exports/1', fileName: 'a.md' }),
    [new FakeEvents()],
  );
  bridge.subscribe(vi.fn(), vi.fn());
  await bridge.listSamples();
  await bridge.openFiles([new File(['a'], 'a.png')]);
  await bridge.exportConversation({ conversationId: 'c', format: 'markdown', language: 'en' });
  expect(requests.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([
    '/events',
    '/api/listSamples',
    '/api-upload',
    '/api/exportConversation',
    '/exports/1',
  ]);
  for (const { init } of requests) {
    expect(new Headers(init.headers).get('authorization')).toBe('Bearer the-key');
    expect(init.credentials).toBe('omit');
  }
});

test('an export is fetched with the key and handed over as a blob', async () => {
  const { bridge } = connect(({ url }) =>
    url === '/exports/1' ? new Response('# Words') : value({ url: '/exports/1', fileName: 'a.md' }),
  );
  const exported = await bridge.exportConversation({
    conversationId: 'c',
    format: 'markdown',
    language: 'en',
  });
  expect(exported).toEqual({ url: expect.stringMatching(/^blob:/), fileName: 'a.md' });
  expect(await (await fetch(exported!.url!)).text()).toBe('# Words');
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
  expect(signedOff.signedOut).toHaveBeenCalledOnce();
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

const text = (at: number) => `data: {"type":"text","messageId":"m","at":${at},"text":"가"}\n\n`;

test('events arrive in order, however the stream is cut up, until the listener stops', async () => {
  const stream = new FakeEvents();
  const { bridge, requests, connected } = connect(() => value(null), [stream]);
  const seen: number[] = [];
  const stop = bridge.subscribe((event) => seen.push((event as { at: number }).at), vi.fn());
  stream.write(`: \n\nretry: 1000\nid: e-0\n\nid: e-1\n${text(0)}id: e-2\nda`);
  stream.write(`${text(1).slice(2)}`);
  await waitFor(() => expect(seen).toEqual([0, 1]));
  expect(connected).toEqual([true]);
  stop();
  expect(requests.at(-1)!.init.signal!.aborted).toBe(true);
});

test('a gap that the program reports is passed on', async () => {
  const stream = new FakeEvents();
  const { bridge } = connect(() => value(null), [stream]);
  const onGap = vi.fn();
  bridge.subscribe(vi.fn(), onGap);
  stream.write('event: gap\ndata: {}\n\n');
  await waitFor(() => expect(onGap).toHaveBeenCalledOnce());
});

test.each([
  ['ends', 'end'],
  ['breaks', 'break'],
] as const)('a stream that %s is resumed where it was, and the page says so meanwhile', async (_, how) => {
  const streams = [new FakeEvents(), new FakeEvents()];
  const [first, second] = streams as [FakeEvents, FakeEvents];
  const { bridge, requests, connected } = connect(() => value(null), streams);
  const seen: number[] = [];
  const onGap = vi.fn();
  const stop = bridge.subscribe((event) => seen.push((event as { at: number }).at), onGap);
  first.write(`id: e-7\n${text(0)}`);
  await waitFor(() => expect(seen).toEqual([0]));
  first[how]();
  second.write(text(1));
  await waitFor(() => expect(seen).toEqual([0, 1]));
  expect(connected).toEqual([true, false, true]);
  expect(new Headers(requests.at(-1)!.init.headers).get('last-event-id')).toBe('e-7');
  expect(onGap).not.toHaveBeenCalled();
  stop();
});

test('when the program was not there at first, everything is read anew once it is', async () => {
  vi.useFakeTimers();
  const streams: FakeEvents[] = [];
  const { bridge, connected } = connect(() => value(null), streams);
  const onGap = vi.fn();
  const stop = bridge.subscribe(vi.fn(), onGap);
  await vi.advanceTimersByTimeAsync(1);
  expect(connected).toEqual([false]);
  streams.push(new FakeEvents());
  await vi.advanceTimersByTimeAsync(1000);
  expect(connected).toEqual([false, true]);
  expect(onGap).toHaveBeenCalledOnce();
  stop();
});

test('a page that has stopped listening, or is signed out, does not reconnect', async () => {
  vi.useFakeTimers();
  const stopped = connect(() => value(null));
  const stop = stopped.bridge.subscribe(vi.fn(), vi.fn());
  await vi.advanceTimersByTimeAsync(1);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stopped.requests).toHaveLength(1);

  const refused = new FakeEvents();
  Object.assign(refused, { response: new Response('No.', { status: 401 }) });
  const out = connect(() => value(null), [refused]);
  out.bridge.subscribe(vi.fn(), vi.fn());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(out.requests).toHaveLength(1);
  expect([out.signedOut.mock.calls.length, out.connected]).toEqual([1, [false]]);
});
