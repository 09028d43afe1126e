/** Settings and help, as a person uses them: each section does what it says, and lasts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { goldenCase } from '../support/golden.ts';
import { ask, dropFiles, startApp, type App } from './app.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());
afterEach(async () => {
  await app.services.api.resetSettings();
  await app.services.api.changeSettings({ threads: 1, device: 'cpu' });
});

/** Opens a section of the settings in a new window. */
async function openSection(name: string): Promise<{ page: Page; dialog: Locator }> {
  const page = await app.open();
  await page.keyboard.press('Control+,');
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await dialog.getByRole('tab', { name }).click();
  return { page, dialog };
}

test('theme and language change at once, in every window, and are there after a reload', async () => {
  const { page, dialog } = await openSection('Appearance');
  const other = await app.open();
  await dialog.getByRole('radio', { name: 'Dark' }).click();
  await dialog.getByRole('radio', { name: '한국어' }).click();
  for (const window of [page, other]) {
    await window.getByRole('dialog', { name: '설정' }).or(window.getByText('예제')).first().waitFor();
    await expect.poll(() => window.locator('html').getAttribute('lang')).toBe('ko');
    await expect.poll(() => window.locator('html').getAttribute('data-theme')).toBe('dark');
  }
  await page.reload();
  await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('ko');
  await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark');
  await page.context().close();
  await other.context().close();
});

test('the model section shows the package’s card and the device in use; device, threads and context are kept', async () => {
  const { page, dialog } = await openSection('Model');
  await dialog.getByText('Files you had').first().waitFor();
  await dialog
    .getByText(/ on disk · ./)
    .first()
    .waitFor();
  expect(await dialog.getByText('Context trained', { exact: true }).isVisible()).toBe(false);
  await dialog.getByText('Figures', { exact: true }).first().click();
  for (const term of ['Picture', 'Precision', 'Context trained']) {
    await dialog.getByText(term, { exact: true }).first().waitFor();
  }
  await dialog.getByRole('radio', { name: 'Automatic' }).click();
  const threads = dialog.getByRole('spinbutton', { name: 'Threads' });
  await threads.fill('2');
  await threads.blur();
  const context = dialog.getByRole('spinbutton', { name: 'Context (tokens)' });
  await context.fill('512');
  await context.blur();
  await expect
    .poll(async () => await app.services.api.getSettings())
    .toMatchObject({ device: 'auto', threads: 2, contextTokens: 512 });
  await page.context().close();
});

test.each([
  [1280, 800],
  [390, 844],
])(
  'at %i x %i the settings keep their place and size from section to section, and show every one',
  async (width, height) => {
    const page = await app.open({ viewport: { width, height } });
    await page.keyboard.press('Control+,');
    const dialog = page.getByRole('dialog', { name: 'Settings' });
    await dialog.getByRole('tab').first().waitFor();
    const tabs = await dialog.getByRole('tab').all();
    expect(tabs.length).toBe(5);
    const frames = [];
    for (const tab of tabs) {
      await tab.click();
      await dialog.getByRole('tabpanel').waitFor();
      await page.waitForFunction(() => document.getAnimations().length === 0);
      frames.push(await dialog.boundingBox());
      const box = (await tab.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
    }
    expect(new Set(frames.map((frame) => JSON.stringify(frame))).size).toBe(1);
    await page.context().close();
  },
);

test('the privacy section lists every request, of which there are none, and holds the network switch', async () => {
  const { page, dialog } = await openSection('Privacy');
  await dialog.getByText('None. This app has not contacted any other computer.').waitFor();
  await dialog.getByRole('switch', { name: 'Allow the network' }).click();
  await expect.poll(async () => (await app.services.api.getSettings()).networkAllowed).toBe(false);
  await page.context().close();
});

test('the storage section states what each area takes, and clears it when that is confirmed', async () => {
  const first = await app.open();
  const photo = readFileSync(join(goldenCase('tower-inside').folder, 'photo.png'));
  await dropFiles(first, [{ name: 'stored.png', bytes: photo }]);
  await first.getByText(/^Ready( for questions|, recognised from before)/).waitFor();
  await first.context().close();

  const { page, dialog } = await openSection('Storage');
  await dialog.getByText(join(app.folder, 'data')).waitFor();
  const clear = dialog.getByRole('button', { name: 'Clear Encoded photos' });
  await clear.click();
  await page
    .getByRole('alertdialog', { name: 'Clear “Encoded photos”?' })
    .getByRole('button', { name: 'Clear' })
    .click();
  await expect.poll(() => clear.isDisabled()).toBe(true);
  const { areas } = await app.services.api.getStorageUse();
  expect(areas.find(({ area }) => area === 'embeddings')).toMatchObject({ bytes: 0 });
  await page.context().close();
});

test('a reset brings the defaults back and leaves conversations', async () => {
  const before = await app.services.api.listConversations({ query: '', limit: 100 });
  const { page, dialog } = await openSection('Appearance');
  await dialog.getByRole('radio', { name: 'Dark' }).click();
  await dialog.getByRole('button', { name: 'Reset all settings' }).click();
  await page
    .getByRole('alertdialog', { name: 'Reset all settings?' })
    .getByRole('button', { name: 'Reset all settings' })
    .click();
  await page.getByText('Settings are back to their defaults.').waitFor();
  expect(await app.services.api.getSettings()).toMatchObject({ theme: 'system', threads: null });
  expect(await app.services.api.listConversations({ query: '', limit: 100 })).toEqual(before);
  await page.context().close();
});

test('about states versions and licences; the diagnostics hold nothing of photos, questions or paths', async () => {
  const page = await app.open();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const photo = readFileSync(join(goldenCase('tower-apart').folder, 'photo.png'));
  await dropFiles(page, [{ name: 'grandmother-1943.png', bytes: photo }]);
  await page.getByRole('application', { name: 'Photo grandmother-1943.png' }).waitFor();
  await ask(page, 'Is the zeppelin secret?');
  await page.getByRole('button', { name: 'How this answer was made' }).waitFor();
  await page.getByRole('application').focus();
  await page.keyboard.press('Shift+?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('This sheet').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Help', exact: true }).click();
  await page.getByRole('menuitem', { name: 'About' }).click();
  const dialog = page.getByRole('dialog', { name: 'About' });
  await dialog.getByText('onnxruntime-node').first().waitFor();
  await dialog.getByText(/\d+ components/).click();
  await dialog.getByText(/^svelte \d/).waitFor();
  await dialog.getByRole('button', { name: 'Copy diagnostics' }).click();
  await page.getByText('Diagnostics copied.').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/CPU/);
  for (const secret of ['grandmother', 'zeppelin', app.folder, 'stored.png']) {
    expect(text).not.toContain(secret);
  }
  await page.context().close();
});

test('no page reported an error, and nothing was asked of anyone else', () => {
  expect(app.pageErrors).toEqual([]);
  expect(app.foreignRequests).toEqual([]);
});
