/**
 * Who may come in, with a real browser: another person's server on another port of this machine, which the browser can
 * be sent to and which can send it back, and what the browser writes down of a visit.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLaunchPage } from '../../main/web/launch-page.ts';
import { webSessionItem } from '../../preload/contract/web-session.ts';
import { launchProfile } from '../support/browser.ts';
import { signInPage } from '../support/sign-in-page.ts';
import { dropFiles, questionField, startApp, type App } from './app.ts';

/** Chromium writes the places of its tabs this long after they have changed, and a little. */
const sessionMilliseconds = 3500;

let app: App;
/** What the other server was sent. */
const seen: IncomingMessage[] = [];
/** As many and as large as a browser keeps for one host, a few with each answer. */
const cookies = { all: 180, each: 30, bytes: 3900 };

const other = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
  seen.push(request);
  if (request.url === '/back') response.writeHead(302, { location: app.server.address });
  const first = Number(/^\/cookies\/(\d+)/.exec(request.url!)?.[1] ?? NaN);
  if (!Number.isNaN(first)) {
    const values = Array.from(
      { length: cookies.each },
      (_, index) => `c${first + index}=${'x'.repeat(cookies.bytes)}`,
    );
    response.setHeader(
      'set-cookie',
      values.map((value) => `${value}; Path=/`),
    );
  }
  response.end('other');
});
let otherAddress: string;

beforeAll(async () => {
  app = await startApp();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  otherAddress = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
});

afterAll(async () => {
  other.close();
  await app?.close();
});

async function openPhoto(page: Page, name: string): Promise<void> {
  // Another colour for another name: the same content would be the photo of before.
  const background = `#${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
  const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background } })
    .png()
    .toBuffer();
  await dropFiles(page, [{ name, bytes }]);
  await page.getByRole('application', { name: `Photo ${name}` }).waitFor();
  await page.waitForFunction(() =>
    [...document.querySelectorAll('img')].some(
      (image) => image.src.includes('/photos/') && image.naturalWidth > 0,
    ),
  );
}

const keysOf = (page: Page) =>
  page.evaluate((item) => localStorage.getItem(item)!.split(' '), webSessionItem);

/** Everything of a request that its server can read. */
const textOf = ({ url, rawHeaders }: IncomingMessage) => [url, ...rawHeaders].join('\n');

test('a server on another port is told nothing, whichever way the browser comes to it', async () => {
  const page = await app.open();
  await openPhoto(page, 'map.png');
  const keys = await keysOf(page);
  await page.evaluate((address) => window.open(address, '_blank'), `${otherAddress}/opened`);
  await page.goto(`${otherAddress}/visited`);
  await page.goto(`${otherAddress}/back`);
  await page.getByRole('heading').first().waitFor();
  await page.goto(`${otherAddress.replace('127.0.0.1', 'localhost')}/named`);
  await expect.poll(() => seen.map(({ url }) => url)).toEqual(expect.arrayContaining(['/opened', '/named']));
  for (const request of seen) {
    expect(request.headers.cookie).toBeUndefined();
    expect(request.headers.referer ?? '').not.toContain(app.server.address);
    for (const key of keys) expect(textOf(request)).not.toContain(key);
  }
  await page.context().close();
});

test('a page of another port reads nothing and changes nothing, although the browser is signed in', async () => {
  const page = await app.open();
  await openPhoto(page, 'map.png');
  const [before, picture] = await page.evaluate(() => [
    document.title,
    [...document.querySelectorAll('img')].find(({ src }) => src.includes('/photos/'))!.src,
  ]);
  const conversations = await app.services.api.listConversations({ query: '', limit: 100 });
  await page.goto(`${otherAddress}/attack`);
  const got = await page.evaluate(
    async ({ address, picture }) => {
      const reach = (path: string, init: RequestInit) =>
        fetch(new URL(path, address), init).then(
          (response) => response.type,
          () => 'refused',
        );
      const loads = (src: string) =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve('loaded');
          image.onerror = () => resolve('refused');
          image.src = src;
        });
      const frame = document.createElement('iframe');
      frame.src = address;
      document.body.append(frame);
      const opened = window.open(address);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const tried = {
        read: await reach('/api/listConversations', { method: 'POST', body: '{"query":"","limit":9}' }),
        header: await reach('/api/resetSettings', { method: 'POST', headers: { authorization: 'Bearer x' } }),
        picture: await loads(picture.replace(/pictures\/[^/]+/, 'pictures/x')),
        // Even an address that has leaked is no picture for another site.
        leaked: await loads(picture),
        window: opened === null || opened.closed,
      };
      // Sent, but answered to nobody, and without a key.
      await reach('/api/resetSettings', { method: 'POST', mode: 'no-cors', body: 'null' });
      return tried;
    },
    { address: app.server.address, picture: picture! },
  );
  expect(got).toEqual({
    read: 'refused',
    header: 'refused',
    picture: 'refused',
    leaked: 'refused',
    window: true,
  });
  expect(page.frames().at(-1)!.url()).not.toBe(app.server.address);
  await page.goto(app.server.address);
  await page.getByRole('heading').first().waitFor();
  expect(before).toContain('map.png');
  expect(await app.services.api.listConversations({ query: '', limit: 100 })).toEqual(conversations);
  expect((await app.services.api.getSettings()).threads).toBe(1);
  await page.context().close();
});

test('cookies of other ports, as many as a browser keeps, break nothing', async () => {
  const page = await app.open();
  for (let first = 0; first < cookies.all; first += cookies.each) {
    await page.goto(`${otherAddress}/cookies/${first}`);
  }
  const kept = await page.context().cookies(app.server.address);
  expect(kept.length).toBeGreaterThan(100);
  await page.goto(app.server.address);
  await page.getByRole('heading').first().waitFor();
  await openPhoto(page, 'map.png');
  await page.context().close();
});

test('signing in holds for a reload and for further tabs, and not for another origin', async () => {
  const page = await app.open();
  await page.reload();
  await page.getByRole('heading').first().waitFor();
  const tab = await page.context().newPage();
  await tab.goto(app.server.address);
  await tab.getByRole('heading').first().waitFor();
  expect(tab.url()).toBe(app.server.address);
  // Of that name another person may have ::1.
  await tab.goto(app.server.address.replace('127.0.0.1', 'localhost'));
  expect(new URL(tab.url()).hostname).toBe('127.0.0.1');
  const stranger = await app.browser.newPage();
  await stranger.goto(app.server.address);
  await stranger.getByRole('textbox').waitFor();
  expect(new URL(stranger.url()).pathname).toBe('/sign-in');
  await stranger.close();
  await page.context().close();
});

test('a wrong code is told on the page, which takes the right one then', async () => {
  const page = await app.browser.newPage();
  await page.goto(new URL('/sign-in', app.server.address).href);
  const field = page.getByRole('textbox');
  for (const code of ['wrong', 'wrong again']) {
    await field.fill(code);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await expect.poll(() => field.inputValue()).toBe('');
    expect(await field.evaluate((node) => node === document.activeElement)).toBe(true);
  }
  await page.keyboard.type(app.server.code.toUpperCase());
  await page.getByRole('button').click();
  await page.waitForURL(app.server.address);
  await page.getByRole('heading').first().waitFor();
  await page.close();
});

test('a page with the keys of an earlier run is led to where it signs in', async () => {
  const page = await app.open();
  await page.evaluate(
    (item) => localStorage.setItem(item, `${'A'.repeat(43)} ${'B'.repeat(43)}`),
    webSessionItem,
  );
  await page.reload();
  await page.getByRole('textbox').waitFor();
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await page.context().close();
});

test('the history of the browser holds no secret, and nothing of what is private', async () => {
  const profile = join(app.folder, 'profile');
  const context = await launchProfile(profile);
  // The window comes late, so that the browser writes down where it is while the answer to what was posted is the page.
  await context.route(/\.js$/, async (route) => {
    await pause(sessionMilliseconds);
    await route.continue();
  });
  const page = await context.newPage();
  const launch = await writeLaunchPage(
    app.server.address,
    app.server.issuePass(() => void launch.remove()),
  );
  const pass = /value="([\w-]{43})"/.exec(readFileSync(launch.path, 'utf8'))![1]!;
  await page.goto(pathToFileURL(launch.path).href);
  await page.waitForURL(app.server.address);
  await page.getByRole('heading').first().waitFor();
  await expect.poll(() => existsSync(launch.path)).toBe(false);
  const keys = await keysOf(page);
  await openPhoto(page, 'public-4b1d.png');
  // Chromium takes the titles of the first seconds after a page was loaded.
  await page.reload();
  await page.getByRole('application', { name: 'Photo public-4b1d.png' }).waitFor();

  await page.keyboard.press('Escape');
  await page.getByRole('application').focus();
  await page.keyboard.press('Shift+N');
  await page.getByText('Private', { exact: true }).first().waitFor();
  await openPhoto(page, 'secret-8a7f.png');
  expect(await page.title()).not.toContain('secret-8a7f');
  await questionField(page).fill('secret-question-5c1e');
  const addresses = page.url();
  const privateId = (await app.services.api.listRecentPhotos()).map(({ id }) => id);
  // The address is still that of what was in front before.
  expect(privateId.some((id) => addresses.includes(id))).toBe(true);
  const tab = await context.newPage();
  await signInPage(tab, app.server);
  await tab.getByRole('heading').first().waitFor();
  await pause(3 * sessionMilliseconds);
  await context.close();

  // Where Chromium writes down what was visited, in whatever file it keeps it at present; not the storage of pages.
  const history = readdirSync(join(profile, 'Default'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !/Storage|Cache|IndexedDB|blob/i.test(file.parentPath))
    .map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }));
  const holding = (text: string) =>
    history
      .filter(({ bytes }) => bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le')))
      .map(({ name }) => name);
  expect(holding('public-4b1d')).not.toEqual([]);
  const secrets = {
    pass,
    code: app.server.code,
    key: keys[0]!,
    pictureKey: keys[1]!,
    photo: 'secret-8a7f',
    question: 'secret-question-5c1e',
  };
  const found = Object.entries(secrets).map(([secret, text]) => [secret, holding(text)] as const);
  expect(found.filter(([, files]) => files.length > 0)).toEqual([]);
});
