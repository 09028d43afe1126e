import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startWebServer } from '../../main/web/server.ts';
import type { WebServer } from '../../main/web/server.ts';
import { aPhoto, createFakeServices } from './fake-services.ts';
import type { FakeServices } from './fake-services.ts';

let folder: string;
let services: FakeServices;
let server: WebServer;
let cookie: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-'));
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
  await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><title>window</title>');
  await writeFile(join(folder, 'renderer', 'assets', 'index-abc.js'), 'export {};');
  await writeFile(join(folder, 'secret.json'), '{}');
  await symlink(join(folder, 'secret.json'), join(folder, 'renderer', 'link.json'));
  services = createFakeServices();
  server = await startWebServer({ services, rendererRoot: join(folder, 'renderer'), port: 0 });
  cookie = (await get(new URL(server.address).search.replace(/^/, '/'))).headers['set-cookie']![0]!.split(
    ';',
  )[0]!;
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

const get = (path: string, headers: Record<string, string> = {}) => send('GET', path, headers);
const own = () => ({ cookie, origin: `http://127.0.0.1:${server.port}` });
const call = (method: string, input?: unknown, headers: Record<string, string> = {}) =>
  send(
    'POST',
    `/api/${method}`,
    { ...own(), 'content-type': 'application/json', ...headers },
    JSON.stringify(input ?? null),
  );

describe('who may come in', () => {
  test('the printed address sets a cookie that scripts cannot read and leads to an address without the token', async () => {
    const { status, headers } = await get(`/${new URL(server.address).search}`);
    expect(status).toBe(303);
    expect(headers['location']).toBe('/');
    expect(headers['set-cookie']![0]).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(headers['set-cookie']![0]).not.toContain(new URL(server.address).searchParams.get('token'));
  });

  test('the address handed to a browser on its command line works once', async () => {
    const path = `/${new URL(server.launchAddress()).search}`;
    expect((await get(path)).status).toBe(303);
    expect((await get(path)).status).toBe(401);
  });

  test.each([['/'], ['/assets/index-abc.js'], ['/photos/p1/thumbnail'], ['/events']])(
    'without the cookie %s is refused',
    async (path) => {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, { cookie: cookie.replace(/=.*/, '=guess') })).status).toBe(401);
      expect((await get(`/?token=${'A'.repeat(43)}`)).status).toBe(401);
    },
  );

  test.each([['evil.example'], ['evil.example:80'], ['127.0.0.1.evil.example'], ['localhost@evil.example']])(
    'a page that reached this machine under the name "%s" is refused (DNS rebinding)',
    async (host) => {
      expect((await get('/', { cookie, host })).status).toBe(421);
    },
  );

  test.each([['localhost:8888'], ['127.0.0.1:9'], ['[::1]:8888']])(
    'a tunnel that shows it as %s works',
    async (host) => {
      expect((await get('/', { cookie, host })).status).toBe(200);
      expect((await call('getSettings', null, { host, origin: `http://${host}` })).status).toBe(200);
    },
  );

  test.each([['https://evil.example'], ['http://127.0.0.1:1'], ['null']])(
    'a call from a page of %s is refused',
    async (origin) => {
      expect((await call('getSettings', null, { origin })).status).toBe(403);
      expect(services.calls).toEqual([]);
    },
  );

  test('a call without an origin is refused, and so is a picture asked for by another site', async () => {
    const headers = { cookie, 'content-type': 'application/json' };
    expect((await send('POST', '/api/getSettings', headers, 'null')).status).toBe(403);
    expect((await get('/photos/p1/thumbnail', { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await get('/photos/p1/thumbnail', { cookie, 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  test('every answer, refusals included, forbids framing, sniffing and foreign sources, and allows no other site', async () => {
    for (const answer of [
      await get('/'),
      await get('/', { cookie }),
      await call('getSettings'),
      await call('nothing'),
    ]) {
      expect(answer.headers['content-security-policy']).toMatch(
        /^default-src 'none';.*frame-ancestors 'none'$/,
      );
      expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*|http|data:/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('the window', () => {
  test('is served with its types; hashed files may be kept, the page is asked for again', async () => {
    const page = await get('/', { cookie });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(
      (await get('/', { cookie, 'if-none-match': page.headers['etag'] as unknown as string })).status,
    ).toBe(304);
    const script = await get('/assets/index-abc.js', { cookie });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
    const head = await send('HEAD', '/', { cookie });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test('an edited page gets a new tag', async () => {
    const before = (await get('/', { cookie })).headers['etag'];
    await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><title>new window</title>');
    const after = await get('/', { cookie });
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
    expect((await get(path, { cookie })).status).toBe(404);
  });

  test('pictures are answered by the services', async () => {
    const { text, headers } = await get('/photos/p1/thumbnail', { cookie });
    expect(text).toBe('picture /photos/p1/thumbnail');
    expect(headers['content-type']).toBe('image/png');
  });

  test.each([
    ['POST', '/'],
    ['DELETE', '/photos/p1/thumbnail'],
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
    ['long body', 'getSettings', `"${'a'.repeat(2 ** 20)}"`, 'application/json', 413],
  ])('%s is refused as an outcome', async (_, method, body, type, status) => {
    const answer = await send('POST', `/api/${method}`, { ...own(), 'content-type': type }, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ ok: false, error: { code: 'wrong-usage' } });
    expect(services.calls).toEqual([]);
  });

  test('a body without a length is cut off at the cap as well', async () => {
    const headers = { ...own(), 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const answer = await send('POST', '/api/getSettings', headers, `"${'a'.repeat(2 ** 21)}"`);
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
