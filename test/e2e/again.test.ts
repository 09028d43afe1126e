/** The same question in other ways: less of the photo, closer, side by side, by mouse and by keyboard; the bundled model and one of tiles. */
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSettings } from '../../preload/contract/api.ts';
import { familyGolden } from '../support/family-golden.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, startApp, type App } from './app.ts';
import { pairModel } from './pair-model.ts';
import { screenshot } from './screenshots.ts';

const golden = familyGolden('smolvlm-a');
let app: App;
let tiles: App;
beforeAll(async () => {
  app = await startApp(demoModel);
  await app.services.api.changeSettings({ sampling: { ...defaultSettings.sampling, temperature: 0 } });
  tiles = await startApp({ model: await pairModel('smolvlm-a') });
});
afterAll(async () => {
  await app?.close();
  await tiles?.close();
});

const dialog = (page: Page) => page.getByRole('dialog');
const column = (page: Page, name: string) => dialog(page).getByRole('region', { name, exact: true });
const again = (page: Page) =>
  page.getByRole('button', { name: /^(Ask again in another way|다른 방식으로 다시 묻기)…$/ });

/** Opens a card of the gallery that says that detail decides, asks its question, and waits for the answer. */
async function answered(page: Page): Promise<void> {
  const card = page
    .getByRole('article')
    .filter({ hasText: /detail decides|세부가 답을 가릅니다/ })
    .first();
  await card.getByRole('button', { name: /What does the .*sign say/ }).click();
  await again(page).waitFor();
}

test('a gallery picture: one click shows what the detail buys, the words that differ and which is right', async () => {
  const page = await app.open({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await page.getByText('detail decides').first().waitFor();
  expect(await page.getByText('detail decides').count()).toBe(2);
  await answered(page);
  await page.getByRole('button', { name: 'The same without detail' }).click();
  await column(page, 'The overview alone').getByText('Wrong', { exact: true }).waitFor();
  await column(page, 'The answer as it was given').getByText('Right', { exact: true }).waitFor();
  expect(await column(page, 'The overview alone').locator('mark').count()).toBe(1);
  await column(page, 'The overview alone')
    .getByText(/Photo in .* Answer in .* 64 picture tokens, \d+ written/)
    .waitFor();
  await screenshot(page, 'again');
  expect(await violations(page)).toBe('');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('by keys: tiles are covered and all is asked again, three answers stand side by side', async () => {
  const page = await app.open({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await answered(page);
  await again(page).focus();
  await page.keyboard.press('Enter');
  const choice = (name: string) => dialog(page).getByRole('checkbox', { name });
  await choice('The overview alone').focus();
  await page.keyboard.press('Space');
  await choice('All that the model sees').focus();
  await page.keyboard.press('Space');
  await choice('Some tiles covered').focus();
  await page.keyboard.press('Space');
  const grid = dialog(page).getByRole('group', { name: 'Tiles to cover' });
  await grid.getByRole('button', { name: 'Cover tile 1', exact: true }).focus();
  // All nine: then nothing of the scene is left.
  for (const step of [
    '',
    'ArrowRight',
    'ArrowRight',
    'ArrowDown',
    'ArrowLeft',
    'ArrowLeft',
    'ArrowDown',
    'ArrowRight',
    'ArrowRight',
  ]) {
    if (step !== '') await page.keyboard.press(step);
    await page.keyboard.press('Space');
  }
  expect(await grid.locator('[aria-pressed="true"]').count()).toBe(9);
  await screenshot(page, 'again-tiles');
  expect(await violations(page)).toBe('');
  await dialog(page).getByRole('button', { name: 'Ask', exact: true }).focus();
  await page.keyboard.press('Enter');
  await column(page, 'All that the model sees').getByText('The same words as the first answer.').waitFor();
  await column(page, 'Some tiles covered').getByText('Wrong', { exact: true }).waitFor();
  await page.context().close();
});

test('what is under the lens is read again closer, beside the first answer', async () => {
  const page = await app.open({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await answered(page);
  await page.getByRole('button', { name: 'Where it looked', exact: true }).click();
  await page.getByRole('button', { name: 'Read it again, closer' }).click();
  await column(page, 'A part, closer')
    .getByText(/^(Right|Wrong)$/)
    .waitFor();
  await column(page, 'A part, closer')
    .getByText(/^Part \d+ × \d+ at /)
    .waitFor();
  // The bundled model has not learnt parts of scenes, and the window says so.
  await column(page, 'A part, closer')
    .getByText(/has learnt whole scenes/)
    .waitFor();
  const tops = await dialog(page)
    .locator('section .text')
    .evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().top)));
  expect(new Set(tops).size).toBe(1);
  await screenshot(page, 'again-closer');
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('the overview of a model of tiles costs a part of its tokens', async () => {
  const page = await tiles.open({ viewport: { width: 1280, height: 900 } });
  await tiles.services.openPaths([join(golden.folder, 'photo.png')]);
  await page.getByRole('application').waitFor();
  await ask(page, golden.expected.question);
  await again(page).click();
  await dialog(page).getByRole('button', { name: 'Ask', exact: true }).click();
  await column(page, 'The answer as it was given')
    .getByText(/144 picture tokens/)
    .waitFor();
  await column(page, 'The overview alone')
    .getByText(/16 picture tokens/)
    .waitFor();
  expect(tiles.pageErrors).toEqual([]);
  await page.context().close();
});

test.each(['mouse', 'keys'] as const)('tiles of a model of tiles are covered by %s', async (by) => {
  const page = await tiles.open({ viewport: { width: 1280, height: 900 } });
  await tiles.services.openPaths([join(golden.folder, 'photo.png')]);
  await page.getByRole('application').waitFor();
  await ask(page, golden.expected.question2);
  await again(page).last().click();
  const use = async (control: Locator) => {
    if (by === 'mouse') return control.click();
    await control.focus();
    await page.keyboard.press('Space');
  };
  await use(dialog(page).getByRole('checkbox', { name: 'The overview alone' }));
  await use(dialog(page).getByRole('checkbox', { name: 'Some tiles covered' }));
  const grid = dialog(page).getByRole('group', { name: 'Tiles to cover' });
  for (const number of [1, 6])
    await use(grid.getByRole('button', { name: `Cover tile ${number}`, exact: true }));
  expect(await grid.locator('[aria-pressed="true"]').count()).toBe(2);
  await use(dialog(page).getByRole('button', { name: 'Ask', exact: true }));
  const covered = column(page, 'Some tiles covered');
  await covered.getByText(/144 picture tokens/).waitFor();
  // The words that the first answer does not have are marked, or it is said that there are none.
  const isSame = await covered.getByText('The same words as the first answer.').count();
  expect((await covered.locator('mark').count()) > 0).toBe(isSame === 0);
  expect(tiles.pageErrors).toEqual([]);
  await page.context().close();
});

test.each([
  ['dark', 'ko', 360],
  ['dark', 'en', 2560],
] as const)('%s, %s, %i pixels: nothing for axe to find', async (theme, language, width) => {
  await app.services.api.changeSettings({ theme, language });
  const page = await app.open({
    ...{ viewport: { width, height: 900 }, reducedMotion: 'reduce', bypassCSP: true },
  });
  await answered(page);
  await again(page).click();
  await dialog(page).getByRole('checkbox').nth(2).check();
  await screenshot(page, `again-${theme}-${language}-${width}`);
  expect(await violations(page)).toBe('');
  await page.context().close();
});
