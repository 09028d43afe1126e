/** Installed models in the window: a download that breaks off, and what can be done with what is there. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import type { PublishedModel } from '../install/support/installs.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { offerModel, publishSmallModel } from '../support/published-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { violations } from './accessibility.ts';
import { ask, startApp, type App } from './app.ts';
import {
  act,
  answeredBy,
  closeSettings,
  get,
  openModelSettings,
  progressOf,
  ready,
  remove,
  settingsDialog,
  settingsFor,
} from './model-actions.ts';

const shots = join(projectRoot, 'build', 'screenshots');
const folder = temporaryFolder();
let model: PublishedModel;
let app: App;

beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  model = await publishSmallModel(folder);
});
afterEach(async () => {
  await app.close();
  model.hub.fault = () => null;
});
afterAll(() => model.hub.close());

/** The app with the golden case's model (all of it in float32) as one that the person has installed. */
async function startWithInstalled(): Promise<Page> {
  const source = await goldenPackage();
  app = await startApp({
    withModel: false,
    settings: settingsFor(model.hub),
    prepare: (dataFolder) => cpSync(source, join(dataFolder, 'packages', 'golden'), { recursive: true }),
  });
  return app.open({ bypassCSP: true });
}

/** Names of the folders of installed packages, without what is hidden or being made. */
const onDisk = () => readdirSync(join(app.folder, 'data', 'packages')).sort();

/** Names of the models in the list of the settings. */
const listed = async (page: Page) => {
  const names = await settingsDialog(page).getByRole('radio').locator('.name').allTextContents();
  return names.sort();
};

/** Weight files of which the download was begun, by the app's own list of requests. */
async function begun(): Promise<string[]> {
  const purposes = (await app.services.api.listNetworkRequests()).map(({ purpose }) => purpose);
  return [...new Set(purposes.flatMap((purpose) => /^Download Tiny: (model-.+)$/.exec(purpose)?.[1] ?? []))];
}

test(
  'a connection that breaks in the middle of a file is told once trying again does not help; Resume fetches the rest',
  { timeout: 300_000 },
  async () => {
    app = await startApp({ settings: settingsFor(model.hub), prepare: offerModel });
    const page = await app.open({ bypassCSP: true });
    const broken = 'model-00003-of-00004.safetensors';
    // The first request for it reads its header, before anything is downloaded.
    let asked = 0;
    model.hub.fault = ({ kind, file }) =>
      kind === 'storage' && file === broken && asked++ > 0 ? { kind: 'reset', after: 20_000 } : null;
    await get(page);
    // The program tries again by itself for a minute.
    const told = progressOf(page).getByRole('alert');
    await told.waitFor({ timeout: 200_000 });
    await told.getByText(`localhost:${model.hub.port} cannot be reached.`).waitFor();
    await told.getByText('Check the connection and choose “Resume”: what has arrived is kept.').waitFor();
    expect(await violations(page)).toBe('');
    await page.screenshot({ path: join(shots, 'connection-lost.png') });
    const arrived = (await begun()).filter((name) => name !== broken);
    expect(arrived).not.toEqual([]);

    model.hub.fault = () => null;
    model.hub.requests.length = 0;
    await progressOf(page).getByRole('button', { name: 'Resume' }).click();
    await ready(page).waitFor();
    const fetched = new Set(model.hub.requests.map(({ file }) => file));
    expect(fetched).toContain(broken);
    for (const name of arrived) expect(fetched).not.toContain(name);
    await settingsDialog(page).getByText('Released weights', { exact: true }).waitFor();
    await act(page, 'Tiny', 'Verify files');
    await settingsDialog(page).getByText('Every file is as it was made.').waitFor();
  },
);

test('a model gets another name: the list, the gallery and its answers show it', async () => {
  const page = await startWithInstalled();
  const settings = await openModelSettings(page);
  await settings.getByText('Files you had', { exact: true }).waitFor();
  await act(page, 'Golden case', 'Rename…');
  const dialog = page.getByRole('dialog', { name: 'Rename the model' });
  await dialog.getByRole('textbox', { name: 'Name of the model' }).fill('내 모델 🙂');
  expect(await violations(page)).toBe('');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await settings.getByRole('radio', { name: '내 모델 🙂', checked: true }).waitFor();
  expect(await listed(page)).toEqual(['내 모델 🙂']);
  expect(onDisk()).toEqual(['내 모델 🙂']);
  await closeSettings(page);
  await page.getByRole('region', { name: 'Model', exact: true }).getByText('내 모델 🙂').waitFor();
  await page.getByRole('button', { name: /^Open City map/ }).click();
  await ask(page, 'What is this?');
  await answeredBy(page, '내 모델 🙂');
});

test('a smaller copy is made with progress, and answers', async () => {
  const page = await startWithInstalled();
  const settings = await openModelSettings(page);
  await act(page, 'Golden case', 'Make a smaller copy…');
  const dialog = page.getByRole('dialog', { name: 'Smaller copy of Golden case' });
  await dialog.getByRole('combobox').selectOption('q8_0');
  expect(await violations(page)).toBe('');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await settings.getByRole('progressbar', { name: 'Making the smaller copy' }).waitFor();
  await settings.getByText('The smaller copy is in the list.').waitFor();
  const copy = settings.getByRole('radio', { name: 'Golden case q8_0' });
  await copy.click();
  expect(await listed(page)).toEqual(['Golden case', 'Golden case q8_0']);
  expect(onDisk()).toEqual(['Golden case q8_0', 'golden']);
  await page.screenshot({ path: join(shots, 'smaller-copy.png') });
  await closeSettings(page);
  await page.getByRole('button', { name: /^Open City map/ }).click();
  await ask(page, 'What is this?');
  await answeredBy(page, 'Golden case q8_0');
  const [original, made] = (await app.services.api.listPackages()).toSorted((a, b) => b.bytes - a.bytes);
  expect(original).toMatchObject({ visionPrecision: 'f32', languagePrecision: 'f32' });
  expect(made).toMatchObject({ visionPrecision: 'f32', languagePrecision: 'q8_0' });
});

test('a model that is removed is gone from the list and from the disk; others stay', async () => {
  const page = await startWithInstalled();
  cpSync(join(projectRoot, 'test', 'golden', 'gguf-pair'), join(app.folder, 'data', 'packages', 'notes'), {
    recursive: true,
  });
  const settings = await openModelSettings(page);
  expect(await listed(page)).toEqual(['Golden case']);
  await remove(page, 'Golden case');
  await settings.getByRole('radio', { name: 'Golden case' }).waitFor({ state: 'detached' });
  expect(await app.services.api.listPackages()).toEqual([]);
  // A folder that holds no package is nobody's to delete.
  expect(onDisk()).toEqual(['notes']);
});
