import { once } from 'node:events';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PortUnavailable, startWebServer } from '../../main/web/server.ts';
import type { WebServer } from '../../main/web/server.ts';
import { pictureRoot, type WebSession } from '../../preload/contract/web-session.ts';
import { aPhoto, createFakeServices } from './fake-services.ts';
import type { FakeServices } from './fake-services.ts';
import { bearer, postSecret, sessionIn, signIn } from './sign-in.ts';
import { waitFor } from '../support/wait-for.ts';

let folder: string;
let services: FakeServices;
let server: WebServer;
let session: WebSession;
/** How often the host was told of a pass that was used twice. */
let stolen: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-'));
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
  await writeFile(
    join(folder, 'renderer', 'index.html'),
    '<!doctype html><html><head><title>window</title></head></html>',
  );
  await writeFile(join(folder, 'renderer', 'assets', 'index-abc.js'), 'export {};');
  await writeFile(join(folder, 'secret.json'), '{}');
  await symlink(join(folder, 'secret.json'), join(folder, 'renderer', 'link.json'));
  services = createFakeServices();
  stolen = 0;
  server = await startWebServer({
    services,
    rendererRoot: join(folder, 'renderer'),
    port: 0,
    onStolenPass: () => (stolen += 1),
  });
  session = await signIn(server);
  // What the window asks first, answered in its page.
  services.calls.length = 0;
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string[]> & Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** One request exactly as written: unlike fetch, node:http sends any Host, Origin and path. */
function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: server.port, host: '127.0.0.1', method, path, headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text += piece));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers as Answer['headers'], text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Bytes on a socket, for what node:http would not send; the answer as it comes. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(bytes);
  return readAll(socket);
}

const get = (path: string, headers: Record<string, string> = {}) => send('GET', path, headers);
const own = () => ({ ...bearer(session), origin: `http://127.0.0.1:${server.port}` });
const call = (method: string, input?: unknown, headers: Record<string, string> = {}) =>
  send(
    'POST',
    `/api/${method}`,
    { ...own(), 'content-type': 'application/json', ...headers },
    JSON.stringify(input ?? null),
  );

const picture = (key = session.pictureKey) => `${pictureRoot(key)}/photos/p1/thumbnail`;

describe('who may come in', () => {
  test('the code of the terminal gives keys, as often as it is given, with or without its hyphens', async () => {
    const again = sessionIn(
      await (await postSecret(server.address, server.code.replaceAll('-', '').toUpperCase())).text(),
    );
    expect(again).not.toEqual(session);
    for (const each of [session, again!]) {
      expect((await call('getSettings', null, bearer(each))).status).toBe(200);
      expect((await get(picture(each.pictureKey))).status).toBe(200);
    }
  });

  test('nothing that a browser hands over by itself: no cookie, and no secret in an address', async () => {
    const page = await postSecret(server.address, server.code);
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(page.headers.get('location')).toBeNull();
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(new URL(server.address)).toMatchObject({ pathname: '/', search: '', hash: '' });
  });

  test('a pass gives keys once; a second use takes them back and is told', async () => {
    let uses = 0;
    const pass = server.issuePass(() => (uses += 1));
    const first = sessionIn(await (await postSecret(server.address, pass)).text())!;
    const events = await fetch(new URL('/events', server.address), { headers: bearer(first) });
    expect((await call('getSettings', null, bearer(first))).status).toBe(200);

    const second = await postSecret(server.address, pass);
    expect(second.status).toBe(401);
    expect(await second.text()).toContain('was used twice');
    expect([uses, stolen]).toEqual([1, 1]);
    expect((await call('getSettings', null, bearer(first))).status).toBe(401);
    expect((await get(picture(first.pictureKey))).status).toBe(401);
    await expect(events.text()).rejects.toThrow();
    // The one who has the terminal is not kept out.
    expect((await call('getSettings')).status).toBe(200);
  });

  test.each([['A'.repeat(43)], [''], ['aaaa-aaaa-aaaa-aaaa-aaaa']])('"%s" gives nothing', async (secret) => {
    const answer = await postSecret(server.address, secret);
    expect(answer.status).toBe(401);
    expect(sessionIn(await answer.text())).toBeNull();
    expect(stolen).toBe(0);
  });

  test('a form without an end is not read to its end', async () => {
    const answer = await send('POST', '/sign-in', {}, `secret=${'a'.repeat(100_000)}`);
    expect(answer.status).toBe(401);
  });

  test('the page that asks for the code speaks the language of the browser', async () => {
    const korean = await get('/sign-in', { 'accept-language': 'en;q=0.3, de, ko-KR;q=0.8' });
    expect(korean.text).toContain('<html lang="ko">');
    expect((await get('/sign-in')).text).toContain('<html lang="en">');
  });

  test.each([
    ['/api/getSettings', 'POST'],
    ['/api-upload?name=a', 'POST'],
    ['/events', 'GET'],
    ['/exports/x', 'GET'],
  ])('without the key %s is refused', async (path, method) => {
    const { origin } = own();
    const body = method === 'POST' ? 'null' : undefined;
    const type = { origin, 'content-type': 'application/json' };
    expect((await send(method, path, type, body)).status).toBe(401);
    for (const authorization of ['Bearer guess', `Bearer ${session.pictureKey}`, `Basic ${session.key}`]) {
      expect((await send(method, path, { ...type, authorization }, body)).status).toBe(401);
    }
    expect((await send(method, path, { ...type, cookie: `inf-llava=${session.key}` }, body)).status).toBe(
      401,
    );
    expect(services.calls).toEqual([]);
  });

  test('the key of pictures is of no use elsewhere, and that of the rest not in a path', async () => {
    expect((await get(picture(session.key))).status).toBe(401);
    expect((await get(picture('guess'))).status).toBe(401);
    expect((await get('/photos/p1/thumbnail', own())).status).toBe(404);
    expect((await get(`${pictureRoot(session.pictureKey)}/exports/x`)).status).toBe(404);
    expect((await get(`${pictureRoot(session.pictureKey)}/photos/../exports/x`)).status).toBe(404);
  });

  test.each([
    ['evil.example'],
    ['evil.example:80'],
    ['127.0.0.1.evil.example'],
    ['localhost@evil.example'],
    ['a.localhost:80'],
    ['127.0.0.1:99999'],
    ['127.0.0.1:65536'],
    ['127.0.0.1:'],
    ['127.0.0.1:8a'],
    ['127.0.0.1, 127.0.0.1'],
    ['[::1'],
    ['[::ffff:127.0.0.1]'],
    ['%31'],
  ])('a request for the host "%s" is misdirected (DNS rebinding, or no host at all)', async (host) => {
    for (const path of ['/', '/sign-in', picture(), '/events']) {
      expect((await get(path, { ...own(), host })).status).toBe(421);
    }
  });

  test.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n', 421],
    ['an empty host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 421],
    ['no host', 'GET / HTTP/1.0\r\n\r\n', 421],
    ['an address for a proxy', 'GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
    ['an address of no scheme', 'GET //evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
    ['the same with a backslash', 'GET /\\evil.example:99999/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ])('%s is refused, and never an error of the server', async (_, text, status) => {
    expect(await sendRaw(text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test.each([['127.0.0.1:9'], ['[::1]:8888'], ['127.0.0.1']])(
    'a tunnel that shows it as %s works',
    async (host) => {
      expect((await get('/', { host })).status).toBe(200);
      expect((await call('getSettings', null, { host, origin: `http://${host}` })).status).toBe(200);
    },
  );

  test('localhost leads to 127.0.0.1: of that name another person may have ::1', async () => {
    for (const path of ['/', '/sign-in']) {
      const { status, headers } = await get(path, { host: 'localhost:8888' });
      expect([status, headers['location']]).toEqual([307, `http://127.0.0.1:8888${path}`]);
    }
  });

  test('at the name localhost no secret gives keys, and no key opens anything', async () => {
    const host = `localhost:${server.port}`;
    const pass = server.issuePass(() => undefined);
    for (const secret of [server.code, pass]) {
      const answer = await send('POST', '/sign-in', { host, origin: `http://${host}` }, `secret=${secret}`);
      expect([answer.status, sessionIn(answer.text)]).toEqual([421, null]);
    }
    expect((await call('getSettings', null, { host, origin: `http://${host}` })).status).toBe(421);
    expect((await get(picture(), { host })).status).toBe(421);
    expect(services.calls).toEqual([]);
    // The pass was not used up.
    expect((await send('POST', '/sign-in', {}, `secret=${pass}`)).status).toBe(200);
  });

  test.each([['https://evil.example'], ['http://127.0.0.1:1'], ['null']])(
    'a call from a page of %s is refused',
    async (origin) => {
      expect((await call('getSettings', null, { origin })).status).toBe(403);
      expect(services.calls).toEqual([]);
    },
  );

  test('a call without an origin is refused, and so is a picture asked for by another site', async () => {
    const headers = { ...bearer(session), 'content-type': 'application/json' };
    expect((await send('POST', '/api/getSettings', headers, 'null')).status).toBe(403);
    expect((await get(picture(), { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await get(picture(), { 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  test('every answer, refusals included, forbids framing, sniffing and foreign sources, and allows no other site', async () => {
    for (const answer of [
      await get('/'),
      await get('/sign-in'),
      await send('POST', '/sign-in', {}, `secret=${server.code}`),
      await get('/events'),
      await call('getSettings'),
      await call('nothing'),
    ]) {
      const policy = answer.headers['content-security-policy'] as unknown as string;
      expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/);
      expect(policy.replaceAll(/'sha256-[^']+'/g, '')).not.toMatch(/unsafe|\*|http|data:/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      expect(answer.headers['x-dns-prefetch-control']).toBe('off');
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('cookies that servers on other ports have set do not keep the person out', async () => {
    const cookie = Array.from({ length: 180 }, (_, index) => `c${index}=${'x'.repeat(4000)}`).join('; ');
    expect((await get('/', { cookie })).status).toBe(200);
    expect((await get(picture(), { cookie })).status).toBe(200);
  });
});

describe('connections', () => {
  const idle = async (count: number) => {
    const sockets = Array.from({ length: count }, () => connect(server.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    await Promise.all(
      sockets.map((socket) => socket.connecting && once(socket, 'connect').catch(() => undefined)),
    );
    return sockets;
  };

  test('of strangers that say nothing do not keep the person out', async () => {
    const own = await fetch(new URL('/events', server.address), { headers: bearer(session) });
    const sockets = [...(await idle(300)), ...(await idle(300))];
    expect((await get('/')).status).toBe(200);
    expect((await call('getSettings')).status).toBe(200);
    // The oldest strangers have gone; the person's stream has not.
    await waitFor(() => expect(sockets.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(400));
    services.events.publish({ type: 'command', command: 'fit' });
    const reader = own.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('"fit"')) text += (await reader.read()).value;
    for (const socket of sockets) socket.destroy();
  });

  test('that never finish their headers are ended within seconds', async () => {
    const [socket] = await idle(1);
    socket!.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    const drip = setInterval(() => socket!.write('X-A: b\r\n'), 200);
    await new Promise((resolve) => socket!.on('close', resolve));
    clearInterval(drip);
  }, 30_000);
});

test('a port that is in use is told in one line, with what to do', async () => {
  const options = { services, rendererRoot: folder, port: server.port };
  await expect(startWebServer(options)).rejects.toThrow(
    new PortUnavailable(
      `Port ${server.port} is in use. Choose another one with --port, or leave --port out for a free one.`,
    ),
  );
});

describe('the window', () => {
  test('is served with its types; hashed files may be kept, the page is asked for again', async () => {
    const page = await get('/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect((await get('/', { 'if-none-match': page.headers['etag'] as unknown as string })).status).toBe(304);
    const script = await get('/assets/index-abc.js');
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
    const head = await send('HEAD', '/');
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test('an edited page gets a new tag', async () => {
    const before = (await get('/')).headers['etag'];
    await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><title>new window</title>');
    const after = await get('/');
    expect(after.headers['etag']).not.toBe(before);
    expect(after.text).toContain('new window');
  });

  test.each([
    ['/../secret.json'],
    ['/..%2fsecret.json'],
    ['/%2e%2e/secret.json'],
    ['/assets/..%5c..%5csecret.json'],
    ['/link.json'],
    ['/index.html%00.png'],
    ['/%ff'],
    ['/assets'],
    ['/index.html.map'],
  ])('nothing outside the build is served: %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test('pictures are answered by the services', async () => {
    const { text, headers } = await get(picture());
    expect(text).toBe('picture /photos/p1/thumbnail');
    expect(headers['content-type']).toBe('image/png');
  });

  test.each([
    ['POST', '/'],
    ['DELETE', '/pictures/x/photos/p1/thumbnail'],
    ['OPTIONS', '/api/getSettings'],
    ['GET', '/api/getSettings'],
    ['PUT', '/api-upload'],
    ['HEAD', '/events'],
  ])('%s %s is not a method of it', async (method, path) => {
    const { status, headers } = await send(method, path, own());
    expect(status).toBe(405);
    expect(headers['allow']).toMatch(/^(GET|POST)$/);
  });
});

describe('calls', () => {
  test('carry their argument to the service and its value back', async () => {
    const { status, text } = await call('getPhoto', { photoId: 'p1' });
    expect([status, JSON.parse(text)]).toEqual([200, { ok: true, value: aPhoto }]);
    expect(services.calls).toEqual([{ method: 'getPhoto', input: { photoId: 'p1' } }]);
  });

  test('that fail name the fault and no path of this machine', async () => {
    const { status, text } = await call('getPhoto', { photoId: 'p2' });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      ok: false,
      error: { code: 'file-missing', details: { file: 'map.png' } },
    });
    expect(text).not.toContain('/home');
  });

  test('with an argument that breaks the contract never reach a service', async () => {
    const { text } = await call('getPhoto', { photoId: '../../etc/passwd' });
    expect(JSON.parse(text)).toMatchObject({
      ok: false,
      error: { code: 'wrong-usage', details: { field: 'photoId' } },
    });
    expect(services.calls).toEqual([]);
  });

  test.each([
    ['unknown method', 'eval', 'null', 'application/json', 404],
    ['method of all objects', 'constructor', 'null', 'application/json', 404],
    ['form post', 'getSettings', 'null', 'text/plain', 415],
    ['broken JSON', 'getSettings', '{', 'application/json', 400],
    ['long body', 'getSettings', `"${'a'.repeat(2 ** 23)}"`, 'application/json', 413],
  ])('%s is refused as an outcome', async (_, method, body, type, status) => {
    const answer = await send('POST', `/api/${method}`, { ...own(), 'content-type': type }, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ ok: false, error: { code: 'wrong-usage' } });
    expect(services.calls).toEqual([]);
  });

  test('a body without a length is cut off at the cap as well', async () => {
    const headers = { ...own(), 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const answer = await send('POST', '/api/getSettings', headers, `"${'a'.repeat(2 ** 23)}"`);
    expect(answer.status).toBe(413);
  });

  test('uploads are handed on as they arrive, under their name', async () => {
    const bytes = Buffer.alloc(3_000_000, 7);
    const answer = await send('POST', `/api-upload?name=${encodeURIComponent('사진 1.png')}`, own(), bytes);
    expect(JSON.parse(answer.text)).toMatchObject({ ok: true, value: { name: '사진 1.png' } });
    expect(services.uploads).toEqual([{ name: '사진 1.png', bytes: 3_000_000, isPrivate: false }]);
  });

  test('an upload for a private conversation is marked so', async () => {
    const answer = await send('POST', '/api-upload?name=secret.png&private=1', own(), Buffer.alloc(8));
    expect(answer.status).toBe(200);
    expect(services.uploads.at(-1)).toEqual({ name: 'secret.png', bytes: 8, isPrivate: true });
  });

  test('uploads without a name are refused', async () => {
    expect((await send('POST', '/api-upload', own(), 'x')).status).toBe(400);
  });
});
