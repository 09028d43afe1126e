/**
 * The desktop app itself, in the real Electron: what only its processes, sandbox and protocol can show. What a person
 * does in the window is tested in the browser (test/e2e).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appScript, build, isStale, projectRoot } from '../../main/build.ts';
import { findElectron } from '../../main/electron-binary.ts';
import { hasDisplay } from '../../main/web/open-browser.ts';
import type { Bridge } from '../../preload/contract/api.ts';

const executablePath = findElectron(projectRoot);
const canRun = executablePath !== null && (process.platform !== 'linux' || hasDisplay(process.env));
if (!canRun) {
  const reason = executablePath === null ? 'no Electron binary' : 'no display';
  process.stderr.write(`\nNOT TESTED IN ELECTRON: ${reason} on this machine. This is not a pass.\n`);
}

const photo = join(projectRoot, 'test', 'golden', 'tower-inside', 'photo.png');

declare global {
  interface Window {
    readonly infLlava?: Bridge;
  }
}

describe.skipIf(!canRun)('in Electron', () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;

  const launch = (...args: string[]) =>
    _electron.launch({
      executablePath: executablePath!,
      args: [appScript, `--user-data-dir=${join(folder, 'profile')}`, ...args],
      env: { ...process.env, INF_LLAVA_DATA: join(folder, 'data') } as Record<string, string>,
    });

  beforeAll(async () => {
    if (isStale('renderer')) await build('renderer');
    if (isStale('app')) await build('app');
    folder = await mkdtemp(join(tmpdir(), 'e2e-electron-'));
    app = await launch(photo);
    page = await app.firstWindow();
    await page.waitForLoadState('load');
  });

  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('the window is the page of the program, and knows that it runs here', async () => {
    expect(page.url()).toBe('app://inf-llava/');
    expect((await page.evaluate(() => window.infLlava!.describeApp())).host).toBe('electron');
  });

  test('the page has no Node, no Electron and no way to a channel', async () => {
    const found = await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter(
        (name) => name in globalThis,
      ),
    );
    expect(found).toEqual([]);
  });

  test('the file of the command line is open, upright and with its crops', async () => {
    await expect
      .poll(async () => (await page.evaluate(() => window.infLlava!.listRecentPhotos())).length)
      .toBe(1);
    const [opened] = await page.evaluate(() => window.infLlava!.listRecentPhotos());
    expect(opened).toMatchObject({ name: 'photo.png', state: 'ready' });
    const plan = await page.evaluate((photoId) => window.infLlava!.getCropPlan({ photoId }), opened!.id);
    expect(plan.locals).toHaveLength(plan.grid.columns * plan.grid.rows);
    const status = await page.evaluate(
      async (id) => (await fetch(`/photos/${id}/thumbnail`)).status,
      opened!.id,
    );
    expect(status).toBe(200);
  });

  test('a failure arrives as the contract states it', async () => {
    const error = await page.evaluate(() =>
      window.infLlava!.getPhoto({ photoId: 'unknown' }).catch((thrown: unknown) => thrown),
    );
    expect(error).toMatchObject({ code: 'file-missing', details: {} });
  });

  test('nothing leaves the page: no request, no window, no other page, no permission', async () => {
    const outcome = await page.evaluate(async () => ({
      request: await fetch('https://example.com/').then(
        () => 'sent',
        () => 'refused',
      ),
      window: window.open('https://example.com/'),
      permission: (await navigator.permissions.query({ name: 'geolocation' })).state,
    }));
    expect(outcome).toEqual({ request: 'refused', window: null, permission: 'denied' });
    await page.evaluate(() => void (location.href = 'https://example.com/'));
    await page.waitForTimeout(500);
    expect(page.url()).toBe('app://inf-llava/');
    expect(app.windows()).toHaveLength(1);
  });

  test('a crashed page is loaded again, and a killed child is started again by the next request', async () => {
    await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer(),
    );
    await expect
      .poll(() => page.evaluate(() => document.readyState).catch(() => ''), { timeout: 20_000 })
      .toBe('complete');

    const [opened] = await page.evaluate(() => window.infLlava!.listRecentPhotos());
    await app.evaluate(({ app }) => {
      const child = app.getAppMetrics().find(({ name }) => name === 'INF-LLaVA Images');
      if (child) process.kill(child.pid, 'SIGKILL');
    });
    const size = await page.evaluate(
      async (id) => (await (await fetch(`/photos/${id}/tiles/0/0_0`)).blob()).size,
      opened!.id,
    );
    expect(size).toBeGreaterThan(0);
  });

  test('a second instance hands its file over and ends', async () => {
    const second = await launch(join(projectRoot, 'test', 'golden', 'tower-apart', 'photo.png')).catch(
      () => null,
    );
    await second?.waitForEvent('close').catch(() => undefined);
    await expect
      .poll(async () => (await page.evaluate(() => window.infLlava!.listRecentPhotos())).length)
      .toBe(2);
  });
});
