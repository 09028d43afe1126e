import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppEvent } from '../../preload/contract/api.ts';
import { startWebServer } from '../../main/web/server.ts';
import type { WebServer } from '../../main/web/server.ts';
import { createFakeServices } from './fake-services.ts';
import type { FakeServices } from './fake-services.ts';
import { bearer, signIn } from './sign-in.ts';

let services: FakeServices;
let server: WebServer;
let headers: Record<string, string>;

beforeEach(async () => {
  services = createFakeServices();
  server = await startWebServer({ services, rendererRoot: '/nowhere', port: 0 });
  headers = bearer(await signIn(server));
});

afterEach(() => server.close());

/** Reads a stream frame by frame, as an EventSource does. */
async function connect(lastEventId?: string) {
  const gone = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.port}/events`, {
    headers: { ...headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
    signal: gone.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    type: response.headers.get('content-type'),
    leave: () => gone.abort(),
    next: async (): Promise<Record<string, string>> => {
      while (!text.includes('\n\n')) {
        const { value, done } = await reader.read();
        if (done) throw new Error('The stream ended.');
        text += value;
      }
      const end = text.indexOf('\n\n');
      const frame = text.slice(0, end);
      text = text.slice(end + 2);
      return Object.fromEntries(frame.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
    },
  };
}

const piece = (at: number): AppEvent => ({ type: 'text', messageId: 'm', at, text: '안녕\n' });

test('every tab gets every event, with line breaks and Hangul intact', async () => {
  const tabs = await Promise.all([connect(), connect()]);
  await Promise.all(tabs.map((tab) => tab.next()));
  services.events.publish(piece(0));
  for (const tab of tabs) {
    expect(tab.type).toBe('text/event-stream');
    expect(JSON.parse((await tab.next())['data']!)).toEqual(piece(0));
    tab.leave();
  }
});

test('a browser that comes back gets what it missed, in order and once', async () => {
  const first = await connect();
  await first.next();
  services.events.publish(piece(0));
  const { id } = await first.next();
  first.leave();
  for (let at = 1; at < 4; at++) services.events.publish(piece(at));
  const again = await connect(id);
  for (let at = 1; at < 4; at++) expect(JSON.parse((await again.next())['data']!)).toEqual(piece(at));
  services.events.publish(piece(4));
  await again.next();
  expect(JSON.parse((await again.next())['data']!)).toEqual(piece(4));
  again.leave();
});

test('a browser that was cut off before its first event misses none', async () => {
  const first = await connect();
  const { id } = await first.next();
  first.leave();
  services.events.publish(piece(0));
  const again = await connect(id);
  expect(JSON.parse((await again.next())['data']!)).toEqual(piece(0));
  again.leave();
});

test.each([['0123456789abcdef-0'], ['nonsense'], ['']])(
  'a browser that remembers "%s" of another run is told to read everything anew',
  async (lastEventId) => {
    const stream = await connect(lastEventId);
    expect((await stream.next())['event']).toBe('gap');
    stream.leave();
  },
);

test('so is one that comes back after more events than are kept', async () => {
  const first = await connect();
  const { id } = await first.next();
  first.leave();
  for (let at = 0; at < 20_000; at++) services.events.publish(piece(at));
  const again = await connect(id);
  expect((await again.next())['event']).toBe('gap');
  again.leave();
});

test('closing the server ends the streams', async () => {
  const stream = await connect();
  await stream.next();
  await server.close();
  await expect(stream.next()).rejects.toThrow('The stream ended.');
});
