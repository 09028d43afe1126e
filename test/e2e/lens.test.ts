/** Where the model looked: the lens on an answer, by mouse and by keyboard, with the bundled model. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LookFile } from '../../main/services/export/look-file.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, startApp, type App } from './app.ts';
import { screenshot } from './screenshots.ts';

let app: App;
beforeAll(async () => {
  app = await startApp(demoModel);
  await app.services.api.changeSettings({ sampling: { ...defaultSettings.sampling, temperature: 0 } });
});
afterAll(() => app?.close());

const lens = (page: Page) => page.getByRole('button', { name: 'Where it looked', exact: true });
const map = (page: Page) => page.locator('canvas[data-lens]');
/** What the map looks like, to tell one from another. */
const drawn = (page: Page) => map(page).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
const words = (page: Page) => page.getByRole('group', { name: /^Words of the answer/ }).getByRole('button');

/** Takes an item of the menu that keeps what the lens shows. */
async function keep(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'Keep what the lens shows' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function downloaded(page: Page, act: () => Promise<void>): Promise<Buffer> {
  const download = page.waitForEvent('download');
  await act();
  return readFile(await (await download).path());
}

/** Colours change at once, so that what axe sees is what stays. */
async function answered(): Promise<Page> {
  const page = await app.open({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'Open Scene 12', exact: true }).click();
  await ask(page, 'Describe the picture.');
  await lens(page).waitFor();
  return page;
}

test('the lens shows where the model looked, word by word, and what the answer hangs on', async () => {
  const page = await answered();
  await lens(page).click();
  await map(page).waitFor();
  await page.getByText(/^On drawn scenes \d+% of such a map/).waitFor();
  const whole = await drawn(page);
  const word = words(page).filter({
    hasText: /circle|square|triangle|star|diamond|hexagon|cross|heart|ring|sign/,
  });
  await word.first().hover();
  await expect.poll(() => drawn(page)).not.toBe(whole);
  const first = await drawn(page);
  await screenshot(page, 'lens', true);
  await word.last().hover();
  await expect.poll(() => drawn(page)).not.toBe(first);
  // What was taken from the crops is drawn over all that reach the answer, and the tiles that the lens is on say so.
  await page.getByText(/^Bright in the crops is what the model took/).waitFor();
  const crops = page.locator('canvas[data-lens-crop]');
  expect(await crops.count()).toBe(10);
  await page
    .getByRole('button', { name: /% of the lens/ })
    .first()
    .waitFor();

  await word.first().click();
  await page.getByRole('button', { name: 'Would it have said so without this?' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /likely/ })
    .waitFor();
  await screenshot(page, 'lens-covered');
  expect(await violations(page)).toBe('');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await violations(page)).toBe('');

  await keep(page, 'Picture to share…');
  const dialog = page.getByRole('dialog');
  const chosen = (await word.first().innerText()).trim();
  await dialog.getByRole('img', { name: new RegExp(`at “${chosen}”$`) }).waitFor();
  const png = await downloaded(page, () => dialog.getByRole('button', { name: 'Save PNG' }).click());
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([1600, 1000]);
  // The same photo twice, the right one under the lens: darker where the model did not look.
  const brightness = (left: number) => {
    let sum = 0;
    for (let y = 92; y < 652; y++)
      for (let x = left; x < left + 736; x++) sum += data[(y * info.width + x) * 3 + 1]!;
    return sum;
  };
  expect(brightness(48)).toBeGreaterThan(1.2 * brightness(816));
  await screenshot(page, 'lens-share');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const json = await downloaded(page, () => keep(page, 'Data as JSON…'));
  const file = JSON.parse(json.toString('utf8')) as LookFile;
  expect(file).toMatchObject({ format: 'inf-llava-look', question: 'Describe the picture.' });
  expect(file.maps).toHaveLength(file.tokens.length);
  expect(file.inViews?.maps).toHaveLength(file.tokens.length);

  await page.getByRole('button', { name: 'Take the lens off' }).click();
  await map(page).waitFor({ state: 'detached' });
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('the lens by keyboard: a key puts it on, arrows step through the words, Escape takes it off', async () => {
  const page = await answered();
  await page.getByRole('application').focus();
  await page.keyboard.press('e');
  await map(page).waitFor();
  await words(page).first().focus();
  await page.keyboard.press('Home');
  expect(await words(page).first().getAttribute('aria-pressed')).toBe('true');
  const pressed = () => words(page).and(page.locator('[aria-pressed=true]')).count();
  expect(await pressed()).toBe(1);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => words(page).nth(1).getAttribute('aria-pressed')).toBe('true');
  expect(await pressed()).toBe(1);
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(pressed).toBe(2);
  await page.keyboard.press('s');
  await expect.poll(pressed).toBe(await words(page).count());
  await page.keyboard.press('Escape');
  await map(page).waitFor({ state: 'detached' });
  await page.context().close();
});
