import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { startDev, type DevServer } from '../../main/dev.ts';
import { createFakeServices } from './fake-services.ts';
import { bearer, postSecret, signIn } from './sign-in.ts';

let dev: DevServer;
beforeAll(async () => {
  dev = await startDev(createFakeServices(), 0);
});
afterAll(() => dev.close());

const call = (headers: Record<string, string>) =>
  fetch(new URL('/api/getSettings', dev.address), {
    method: 'POST',
    headers: { origin: new URL(dev.address).origin, 'content-type': 'application/json', ...headers },
  });

test('the sources of the window come from Vite, those in its own folder `api` among them', async () => {
  const page = await (await fetch(dev.address)).text();
  expect(page).toContain('/@vite/client');
  const module = await fetch(new URL('/api/bridge.ts', dev.address));
  expect(module.headers.get('content-type')).toMatch(/javascript/);
});

test('calls reach the web host, with its keys as in the product', async () => {
  expect((await call({})).status).toBe(401);
  expect((await postSecret(dev.address, 'aaaa-aaaa-aaaa-aaaa-aaaa')).status).toBe(401);
  const session = await signIn(dev);
  expect(await (await call(bearer(session))).json()).toMatchObject({ ok: true });
  expect((await call({ ...bearer(session), origin: 'https://evil.example' })).status).toBe(403);
  const picture = new URL(`/pictures/${'A'.repeat(43)}/photos/x/thumbnail`, dev.address);
  expect((await fetch(picture)).status).toBe(401);
});

test('files outside the window are not served', async () => {
  const outside = await fetch(new URL(`/@fs${projectRoot}/package.json`, dev.address));
  expect(outside.status).toBe(403);
});
