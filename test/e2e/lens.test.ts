/** Where the model looked: the lens on an answer, by mouse and by keyboard, with the bundled model. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

/** Colours change at once, so that what axe sees is what stays. */
async function answered(): Promise<Page> {
  const page = await app.open({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'New scene' }).click();
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
  await screenshot(page, 'lens', true);
  const word = words(page).filter({
    hasText: /circle|square|triangle|star|diamond|hexagon|cross|heart|ring|sign/,
  });
  await word.first().hover();
  await expect.poll(() => drawn(page)).not.toBe(whole);
  const first = await drawn(page);
  await word.last().hover();
  await expect.poll(() => drawn(page)).not.toBe(first);
  // The crops that the lens is on say so.
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
