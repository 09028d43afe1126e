import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appOrigin, createProtocolHandler, schemePrivileges } from '../../main/electron/protocol.ts';
import { createRendererFiles } from '../../main/host/renderer-files.ts';
import { createFakeServices } from '../web/fake-services.ts';

let folder: string;
let handle: (request: Request) => Promise<Response>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'protocol-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>window</title>');
  await symlink('/etc/hostname', join(folder, 'link.json'));
  handle = createProtocolHandler(createFakeServices(), createRendererFiles(folder));
});

afterAll(() => rm(folder, { recursive: true }));

const get = (path: string, init?: RequestInit) => handle(new Request(appOrigin + path, init));

test('the scheme has an origin of its own and the rights of https, and bypasses no policy', () => {
  expect(schemePrivileges.privileges).toMatchObject({ standard: true, secure: true, supportFetchAPI: true });
  expect(schemePrivileges.privileges?.bypassCSP).toBeUndefined();
  expect(schemePrivileges.privileges?.corsEnabled).toBeUndefined();
});

test('the page comes with a policy that lets it use its own origin only', async () => {
  const response = await get('/');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy');
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toMatch(/unsafe|http|\*|data:/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('pictures are answered by the services, with the same policy', async () => {
  const response = await get('/photos/p1/tiles/0/0_0');
  expect(await response.text()).toBe('picture /photos/p1/tiles/0/0_0');
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(response.headers.has('content-security-policy')).toBe(true);
});

test.each([
  ['/../etc/passwd'],
  ['/%2e%2e%2fetc%2fpasswd'],
  ['/link.json'],
  ['/..%5c..%5cboot.ini'],
  ['/index.html%00'],
])('%s leads nowhere', async (path) => {
  expect((await get(path)).status).toBe(404);
});

test('another host of the scheme is not served, and nothing but reading is understood', async () => {
  expect((await handle(new Request('app://other/index.html'))).status).toBe(404);
  expect((await get('/', { method: 'POST', body: 'x' })).status).toBe(405);
});

test('a service that fails is a server error without its words', async () => {
  const failing = createProtocolHandler(
    { respond: async () => Promise.reject(new Error('/home/someone/secret')) },
    createRendererFiles(folder),
  );
  const response = await failing(new Request(`${appOrigin}/photos/p1/thumbnail`));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
});
