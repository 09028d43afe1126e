/** Getting a real model as a person does it in the window: from an empty data folder, against a hub on this machine. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import type { PublishedModel } from '../install/support/installs.ts';
import { offerModel, publishSmallModel } from '../support/published-model.ts';
import { violations } from './accessibility.ts';
import { ask, startApp, type App } from './app.ts';
import {
  act,
  answeredBy,
  choose,
  closeSettings,
  get,
  progressOf,
  ready,
  remove,
  settingsDialog,
  settingsFor,
} from './model-actions.ts';

const shots = join(projectRoot, 'build', 'screenshots');
const folder = mkdtempSync(join(tmpdir(), 'inf-llava-models-'));
let model: PublishedModel;
let app: App | undefined;

beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  model = await publishSmallModel(folder);
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  model.hub.fault = () => null;
  model.hub.release();
});
afterAll(async () => {
  await model.hub.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The app with the small model in its catalogue, and a demo model or none. */
async function start(options: { withModel?: boolean; language?: 'en' | 'ko' } = {}): Promise<App> {
  const { withModel = true, language = 'en' } = options;
  app = await startApp({
    withModel,
    settings: settingsFor(model.hub, language),
    prepare: offerModel,
  });
  return app;
}

test('a person without any model accepts the licence, gets one, asks meanwhile, and the new model answers', async () => {
  const { open, services } = await start({ withModel: false });
  const page = await open({ bypassCSP: true });
  // The published model is offered with its numbers; nobody has been asked anything.
  const offer = page.getByRole('region', { name: 'Get the real model' });
  await offer.getByText(/about 17 GB/).waitFor();
  await offer
    .getByText(/(Fits|Tight|Does not fit|Runs on the GPU): /)
    .first()
    .waitFor();
  expect(await services.api.listNetworkRequests()).toEqual([]);
  expect(await violations(page)).toBe('');

  const dialog = await choose(page);
  const download = dialog.getByRole('button', { name: 'Download', exact: true });
  expect(await download.isDisabled()).toBe(true);
  await dialog.getByText(/about .* for a new photo|On the GPU/).waitFor();
  await dialog.getByRole('button', { name: 'Check exact size' }).click();
  await dialog.getByText(/exactly .*kB/).waitFor();
  expect(await violations(page)).toBe('');
  await page.screenshot({ path: join(shots, 'get-model.png') });
  await dialog.getByRole('checkbox', { name: /I have read and agree/ }).check();
  model.hub.hold(50_000);
  await download.click();
  await progressOf(page).getByRole('progressbar').waitFor();
  await closeSettings(page);

  await page.getByRole('button', { name: /^Open City map/ }).click();
  await page.getByText('Your question waits for it.').waitFor();
  await ask(page, 'What is this?');
  await page.getByText('Waits for Tiny').waitFor();
  expect(await violations(page)).toBe('');
  await page.screenshot({ path: join(shots, 'question-waits.png') });

  // A reload and another window show the same.
  await page.reload();
  await page.getByText('Waits for Tiny').waitFor();
  model.hub.release();
  await answeredBy(page, 'Tiny');
  expect((await services.api.listNetworkRequests()).length).toBeGreaterThan(5);
});

test('a wrong hash and a file that is gone, in the middle, are told with Resume, which works; then the model is removed', async () => {
  const { open, services } = await start();
  const page = await open({ bypassCSP: true });
  model.hub.fault = ({ kind, file }) =>
    kind === 'storage' && file.includes('00002') ? { kind: 'corrupt', at: 40_000 } : null;
  await get(page);
  const progress = progressOf(page);
  await progress.getByText(/00002.* did not arrive as it was published/).waitFor();
  await page.screenshot({ path: join(shots, 'install-failed.png') });
  model.hub.fault = ({ kind }) => (kind === 'storage' ? { kind: 'status', status: 404 } : null);
  await progress.getByRole('button', { name: 'Resume' }).click();
  await progress.getByText('The model is not there, or no longer.').waitFor();
  model.hub.fault = () => null;
  await progress.getByRole('button', { name: 'Resume' }).click();
  await ready(page).waitFor();

  const settings = settingsDialog(page);
  await settings.getByRole('radio', { name: 'Tiny', checked: true }).waitFor();
  await act(page, 'Tiny', 'Verify files');
  await settings.getByText('Every file is as it was made.').waitFor();
  await page.screenshot({ path: join(shots, 'manage-models.png') });
  expect(await violations(page)).toBe('');
  await remove(page, 'Tiny');
  expect((await services.api.listPackages()).every(({ isInstalled }) => !isInstalled)).toBe(true);
});

test('paused, switched off and cancelled: each says so, and nothing is left of what was cancelled', async () => {
  const { open, services } = await start();
  const page = await open({ bypassCSP: true });
  model.hub.hold(50_000);
  await get(page);
  const progress = progressOf(page);
  await progress.getByRole('button', { name: 'Pause' }).click();
  await progress.getByText('Paused', { exact: true }).waitFor();
  await progress.getByRole('button', { name: 'Resume' }).click();
  await progress.getByText('Downloading and converting').waitFor();

  const settings = settingsDialog(page);
  await settings.getByRole('tab', { name: 'Privacy' }).click();
  await settings.getByRole('switch', { name: 'Allow the network' }).click();
  await settings.getByRole('tab', { name: 'Model' }).click();
  await progress.getByText('Paused: the network is switched off').waitFor();
  const before = model.hub.requests.length;
  await progress.getByRole('button', { name: 'Allow the network and resume' }).click();
  await progress.getByText('Downloading and converting').waitFor();
  await expect.poll(() => model.hub.requests.length).toBeGreaterThan(before);

  await progress.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop and delete' }).click();
  await progress.waitFor({ state: 'hidden' });
  expect((await services.api.getModelActivity()).installs).toEqual([]);
});

test('two models answer the same question side by side, each with its time', async () => {
  const { open } = await start();
  const page = await open({ bypassCSP: true });
  await get(page);
  await ready(page).waitFor();
  await closeSettings(page);
  await page.getByRole('button', { name: /^Open City map/ }).click();
  await ask(page, 'What is this?');
  await page.getByRole('button', { name: 'Ask again in another way…' }).click();
  const dialog = page.getByRole('dialog', { name: 'The same question, seen otherwise' });
  await dialog.getByRole('checkbox', { name: 'All that the model sees' }).check();
  await dialog.getByRole('checkbox', { name: 'The overview alone' }).uncheck();
  await dialog.getByRole('checkbox', { name: 'Another model' }).check();
  await dialog.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect.poll(() => dialog.getByText(/Loaded in .* Photo in .* Answer in /).count()).toBe(2);
  expect(await violations(page)).toBe('');
  await page.screenshot({ path: join(shots, 'compare.png') });
});

test('in Korean, in the dark, from 360 to 2560 pixels: the offer, the dialog and the progress are whole', async () => {
  const { open } = await start({ language: 'ko', withModel: false });
  model.hub.hold(50_000);
  for (const width of [360, 768, 1280, 2560]) {
    const page = await open({
      viewport: { width, height: 900 },
      colorScheme: 'dark',
      locale: 'ko-KR',
      bypassCSP: true,
    });
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const first = width === 360;
    if (first) {
      await page
        .getByRole('region', { name: '실제 모델 받기' })
        .getByRole('button', { name: '받기… (SmolVLM 500M)' })
        .waitFor();
      await page.screenshot({ path: join(shots, 'offer-ko-360.png') });
    }
    await page.keyboard.press('Control+,');
    await page.getByRole('tab', { name: '모델' }).click();
    const settings = page.getByRole('tabpanel');
    await settings.getByRole('button', { name: '받기… (Tiny)' }).click();
    const dialog = page.getByRole('dialog', { name: 'Tiny 받기' });
    await dialog.getByText(/새 사진 한 장에 약|GPU에서 실행/).waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(shots, `get-model-ko-${width}.png`) });
    expect(await violations(page)).toBe('');
    if (first) {
      await dialog.getByRole('checkbox').check();
      await dialog.getByRole('button', { name: '내려받기', exact: true }).click();
    } else await dialog.getByRole('button', { name: '취소' }).click();
    await settings.getByRole('progressbar').waitFor();
    await page.screenshot({ path: join(shots, `settings-models-ko-${width}.png`) });
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(await violations(page)).toBe('');
    await page.context().close();
  }
});
