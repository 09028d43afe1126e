import type { App, Session } from 'electron';
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { appOrigin } from '../../main/electron/protocol.ts';
import { lockDownPages, lockDownSession } from '../../main/electron/security.ts';
import { browserWindowOptions } from '../../main/electron/window.ts';
import { createFakeSession, FakeContents } from './fake-electron.ts';

describe('a session', () => {
  const session = createFakeSession();
  lockDownSession(session as unknown as Session);

  test.each([
    ['media'],
    ['geolocation'],
    ['notifications'],
    ['openExternal'],
    ['fileSystem'],
    ['clipboard-read'],
  ])('grants no page %s', (permission) => {
    expect(session.asks(permission, `${appOrigin}/`)).toBe(false);
    expect(session.checks(permission, appOrigin)).toBe(false);
  });

  test('lets its own page copy text, and no other page', () => {
    expect(session.asks('clipboard-sanitized-write', `${appOrigin}/`)).toBe(true);
    expect(session.asks('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
    expect(session.checks('clipboard-sanitized-write', 'app://other')).toBe(false);
  });

  test('gives no device, no screen and no dictionary from the network', () => {
    expect(session.givesDevice()).toBe(false);
    expect(session.givesDisplay()).toBeNull();
    expect(session.spelling()).toBe(false);
  });

  test.each([
    ['https://example.com/a.png', true],
    [`${appOrigin}/photos/p1/thumbnail`, true],
    ['blob:https://example.com/5b7d', true],
    [`blob:${appOrigin}.evil.example/5b7d`, true],
    [`blob:${appOrigin}/5b7d`, false],
  ])('saving %s is prevented: %s', (url, prevented) => {
    expect(isPrevented(session, 'will-download', {}, { getURL: () => url })).toBe(prevented);
  });

  test('cancels every request to the network and the disk', () => {
    expect(session.blocks()).toBe(true);
    for (const scheme of ['http', 'https', 'ws', 'wss', 'file']) {
      expect(session.blockedUrls()).toContain(`${scheme}://*/*`);
    }
  });
});

describe('a page', () => {
  const app = new EventEmitter();
  lockDownPages(app as unknown as App);
  const contents = new FakeContents();
  app.emit('web-contents-created', {}, contents);

  test.each([
    ['https://example.com/', true],
    ['file:///etc/passwd', true],
    ['app://other/', true],
    [`${appOrigin}.evil.example/`, true],
    ['javascript:alert(1)', true],
    [`${appOrigin}/`, false],
  ])('on its way to %s is stopped: %s', (url, stopped) => {
    expect(isPrevented(contents, 'will-frame-navigate', { url, isMainFrame: true })).toBe(stopped);
  });

  test('has no frames, redirects, embedded pages or further windows', () => {
    expect(isPrevented(contents, 'will-frame-navigate', { url: `${appOrigin}/`, isMainFrame: false })).toBe(
      true,
    );
    expect(isPrevented(contents, 'will-redirect', { url: `${appOrigin}/` })).toBe(true);
    expect(isPrevented(contents, 'will-attach-webview')).toBe(true);
    expect(contents.windowOpenHandler!({ url: `${appOrigin}/` })).toEqual({ action: 'deny' });
  });
});

test('the window runs its page in the sandbox, apart from the preload script and without Node', () => {
  const { webPreferences } = browserWindowOptions({
    title: 'INF-LLaVA Desktop',
    preload: '/app/preload.cjs',
    bounds: null,
    dark: true,
    icon: '/app/icon.png',
    developerTools: false,
  });
  expect(webPreferences).toMatchObject({
    preload: '/app/preload.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
    devTools: false,
  });
});

/** Whether the handlers of `name` prevent what the event announces. */
function isPrevented(emitter: EventEmitter, name: string, details: object = {}, ...rest: object[]): boolean {
  let prevented = false;
  emitter.emit(name, { ...details, preventDefault: () => (prevented = true) }, ...rest);
  return prevented;
}
