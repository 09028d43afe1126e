import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runApp } from '../../main/electron/run-app.ts';
import { appOrigin } from '../../main/electron/protocol.ts';
import { channels } from '../../preload/channels.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import { createFakeServices } from '../web/fake-services.ts';
import type { FakeServices } from '../web/fake-services.ts';
import { createFakeElectron } from './fake-electron.ts';
import type { FakeElectronOptions } from './fake-electron.ts';
import { waitFor } from '../support/wait-for.ts';

let folder: string;
let services: FakeServices;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'electron-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>window</title>');
  services = createFakeServices();
});

afterEach(() => rm(folder, { recursive: true }));

function run(options: FakeElectronOptions & { paths?: string[]; platform?: NodeJS.Platform } = {}) {
  const electron = createFakeElectron(options);
  const lines: string[] = [];
  const running = runApp({
    electron: electron.modules,
    platform: options.platform ?? 'linux',
    paths: options.paths ?? [],
    preload: '/app/preload.cjs',
    rendererRoot: folder,
    icon: '/app/icon.png',
    windowStatePath: join(folder, 'window.json'),
    createServices: async () => services,
    log: (line) => lines.push(line),
  });
  const listen = () => {
    const page = electron.windows.at(-1)!.webContents;
    electron.ipcMain.emit(channels.listening, { sender: page, senderFrame: page.mainFrame });
  };
  return { ...electron, running, lines, listen };
}

async function open(options: Parameters<typeof run>[0] = {}) {
  const host = run(options);
  host.becomeReady();
  await host.running;
  return host;
}

test('the scheme, the sandbox and the rules for pages are set before Electron is ready', () => {
  const { recorded, app } = run();
  expect(recorded.schemes).toMatchObject([{ scheme: 'app' }]);
  expect(recorded.sandboxed).toBe(true);
  expect(app.listenerCount('web-contents-created')).toBe(1);
});

test('the window shows the page of the program, once it is drawn', async () => {
  const { windows } = await open();
  const [window] = windows;
  expect(window!.loaded).toBe(`${appOrigin}/`);
  expect(window!.options.show).toBe(false);
  expect(window!.acts).toEqual([]);
  window!.emit('ready-to-show');
  expect(window!.acts).toEqual(['show']);
});

test('the page and its pictures are answered under the scheme', async () => {
  const { recorded } = await open();
  const page = await recorded.protocolHandler!(new Request(`${appOrigin}/`));
  expect(await page.text()).toContain('window');
  const picture = await recorded.protocolHandler!(new Request(`${appOrigin}/photos/p1/thumbnail`));
  expect(await picture.text()).toBe('picture /photos/p1/thumbnail');
});

describe('files', () => {
  test('of the command line wait until the page listens, and become recent documents', async () => {
    const { listen, recorded } = await open({ paths: ['/photos/a.png'] });
    expect(services.openedPaths).toEqual([]);
    listen();
    expect(services.openedPaths).toEqual([['/photos/a.png']]);
    expect(recorded.recent).toEqual(['/photos/a.png']);
  });

  test('that macOS hands over before the app is ready are opened with it', async () => {
    const host = run({ platform: 'darwin' });
    host.app.emit('open-file', { preventDefault: () => undefined }, '/photos/b.png');
    host.becomeReady();
    await host.running;
    host.listen();
    expect(services.openedPaths).toEqual([['/photos/b.png']]);
  });

  test('of a second instance go to the first, which comes to the front; the second ends', async () => {
    const second = run({ second: true, paths: ['/photos/c.png'] });
    await second.running;
    expect(second.recorded.quits).toBe(1);
    expect(second.windows).toEqual([]);

    const first = await open();
    first.listen();
    first.app.emit('second-instance', {}, [], '/', second.recorded.handed);
    expect(services.openedPaths).toEqual([['/photos/c.png']]);
    expect(first.windows[0]!.acts).toContain('focus');
  });

  test('that the system hands to a private window are private, and no recent documents; a new page is not private', async () => {
    const { app, listen, ipcMain, recorded, windows } = await open();
    listen();
    const page = windows[0]!.webContents;
    ipcMain.emit(channels.privacy, { sender: page, senderFrame: page.mainFrame }, true);
    const hand = (path: string) => app.emit('open-file', { preventDefault: () => undefined }, path);
    hand('/photos/secret.png');
    page.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    listen();
    hand('/photos/d.png');
    expect(services.openedPaths).toEqual([['/photos/secret.png'], ['/photos/d.png']]);
    expect(services.openedPrivately).toEqual([true, false]);
    expect(recorded.recent).toEqual(['/photos/d.png']);
  });

  test('that something else than this program hands over are ignored', async () => {
    const { app, listen } = await open();
    listen();
    for (const data of [null, 'x', { paths: 'x' }, { paths: [1] }, { paths: ['relative.png'] }]) {
      app.emit('second-instance', {}, [], '/', data);
    }
    expect(services.openedPaths).toEqual([]);
  });

  test('dragged out of the window are the photo itself under a small picture of it', async () => {
    const { ipcMain, windows } = await open();
    const page = windows[0]!.webContents;
    const own = { sender: page, senderFrame: page.mainFrame };
    ipcMain.emit(channels.dragPhoto, own, 'unknown');
    ipcMain.emit(channels.dragPhoto, own, 'p1');
    await waitFor(() => expect(page.drags).toHaveLength(1));
    expect(page.drags).toEqual([{ file: '/photos/map.png', icon: 'icon of picture /photos/p1/thumbnail' }]);
  });
});

describe('events', () => {
  test('reach the page while it listens, and not the one that it is about to be', async () => {
    const { windows, listen } = await open();
    const page = windows[0]!.webContents;
    const event = { type: 'command', command: 'fit' } as const;
    services.events.publish(event);
    expect(page.sent).toEqual([]);
    listen();
    services.events.publish(event);
    expect(page.sent).toEqual([{ channel: channels.event, event }]);
    page.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    services.events.publish(event);
    expect(page.sent).toHaveLength(1);
  });

  test('of the menu are sent as commands', async () => {
    const { recorded, windows, listen } = await open();
    listen();
    const file = recorded.menus[0]!.find(({ label }) => label === 'File')!;
    const item = (file.submenu as Electron.MenuItemConstructorOptions[]).find(({ id }) => id === 'open')!;
    (item.click as () => void)();
    expect(windows[0]!.webContents.sent).toEqual([
      { channel: channels.event, event: { type: 'command', command: 'open' } },
    ]);
  });

  test('of the settings change the theme and the language of the menu at once', async () => {
    const { recorded, nativeTheme } = await open();
    services.events.publish({
      type: 'settings',
      settings: { ...defaultSettings, theme: 'dark', language: 'ko' },
    });
    expect(nativeTheme.themeSource).toBe('dark');
    expect(recorded.menus.at(-1)!.map(({ label }) => label)).toContain('파일');
  });
});

test('the menu is in the language of the system until the person chooses another', async () => {
  const { recorded } = await open({ locale: 'ko-KR' });
  expect(recorded.menus[0]!.map(({ label }) => label)).toContain('파일');
});

describe('the end', () => {
  test('closing the window remembers its place and quits, except on macOS', async () => {
    const { windows, app, recorded } = await open();
    windows[0]!.emit('close');
    windows[0]!.emit('closed');
    app.emit('window-all-closed');
    expect(recorded.quits).toBe(1);
    await waitFor(async () =>
      expect(JSON.parse(await readFile(join(folder, 'window.json'), 'utf8'))).toEqual({
        bounds: { x: 10, y: 20, width: 900, height: 700 },
        maximised: true,
        fullScreen: false,
      }),
    );

    const mac = await open({ platform: 'darwin' });
    mac.windows[0]!.emit('closed');
    mac.app.emit('window-all-closed');
    expect(mac.recorded.quits).toBe(0);
    mac.app.emit('activate');
    expect(mac.windows).toHaveLength(2);
    mac.windows[1]!.emit('ready-to-show');
    expect(mac.windows[1]!.acts).toContain('maximize');
  });

  test('waits for the children and the store, once', async () => {
    const { app, recorded } = await open();
    let prevented = 0;
    for (let time = 0; time < 2; time++) app.emit('will-quit', { preventDefault: () => (prevented += 1) });
    expect([prevented, services.disposals]).toEqual([2, 1]);
    await waitFor(() => expect(recorded.exits).toEqual([0]));
  });
});

test('a child process that dies is noted by its name, one that ends as it should is not', async () => {
  const { app, lines } = await open();
  app.emit(
    'child-process-gone',
    {},
    { type: 'Utility', name: 'INF-LLaVA Inference', reason: 'oom', exitCode: 9 },
  );
  app.emit('child-process-gone', {}, { type: 'GPU', reason: 'clean-exit', exitCode: 0 });
  await setTimeout();
  expect(lines).toEqual(['INF-LLaVA Inference ended: oom (9).']);
});
