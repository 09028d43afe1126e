/** The first ten minutes: from an empty data folder to an answer about a photo, against a hub on this machine. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { builtInEntries } from '../../native-models/install/catalogue/built-in.ts';
import { TestHub } from '../support/hub.ts';
import { publishPair } from '../support/published-pair.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, startApp, type App } from './app.ts';
import { answeredBy, settingsFor } from './model-actions.ts';

const shots = join(projectRoot, 'build', 'screenshots');
const folder = mkdtempSync(join(tmpdir(), 'inf-llava-quick-'));
const entry = builtInEntries.find(({ first }) => first === 'quick')!;
let hub: TestHub;
let app: App;

beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  hub = await TestHub.start();
  await publishPair(hub, join(folder, 'published'), entry, 'smolvlm-a');
  app = await startApp({ ...demoModel, settings: settingsFor(hub) });
});
afterAll(async () => {
  await app.close();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

test('asked about a photo all the same, the model that comes with the app is said to be what it is', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: /^Open Festival poster/ }).click();
  await page.getByText('does not know photographs').waitFor();
  await ask(page, 'What is this?');
  await page.getByRole('button', { name: 'How this answer was made' }).waitFor();
  await page.getByRole('article', { name: 'Model' }).getByText('It knows drawn scenes, not').waitFor();
  // An answer about a scene needs no such word.
  await page.getByRole('button', { name: 'Gallery' }).first().click();
  await page.getByRole('button', { name: 'New scene' }).click();
  await ask(page, 'What is this?');
  await page.getByRole('button', { name: 'How this answer was made' }).waitFor();
  expect(await page.getByText('This is said by the model').count()).toBe(0);
  await page.context().close();
});

test('a photo leads to a model that knows photos; the quick one is downloaded, and answers about it', async () => {
  const page = await app.open({ bypassCSP: true });
  await page.getByRole('button', { name: /^Open City map/ }).click();
  await page.getByText('does not know photographs').waitFor();
  expect(await page.getByRole('list', { name: 'Suggested questions' }).count()).toBe(0);
  expect(await violations(page)).toBe('');
  await page.screenshot({ path: join(shots, 'photo-of-the-demo-model.png') });

  await page.getByRole('button', { name: 'Get the real model' }).click();
  await page.getByRole('button', { name: 'Get it… (SmolVLM 500M)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Get SmolVLM 500M' });
  await dialog.getByText(/about .* for a new photo|On the GPU/).waitFor();
  await dialog.getByRole('button', { name: 'Check exact size' }).click();
  await dialog.getByText('SmolVLM-500M-Instruct-Q8_0.gguf').waitFor();
  await dialog.getByRole('button', { name: 'Download', exact: true }).click();
  await page.getByText('SmolVLM 500M is ready and answers from now on.').first().waitFor();
  await page.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name: 'Close' }).click();

  await ask(page, 'What is this?');
  await answeredBy(page, 'SmolVLM 500M');
  expect(app.pageErrors).toEqual([]);
});
