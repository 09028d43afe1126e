/** The first photo is watched on its way into the model: it follows the model, is skipped at once, and keeps nothing waiting. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, dropFiles, startApp, type App } from './app.ts';
import { screenshot } from './screenshots.ts';

let app: App;
beforeAll(async () => {
  app = await startApp(demoModel);
});
afterAll(() => app?.close());

const watch = (page: Page) => page.getByRole('group', { name: 'The photo on its way into the model' });
const step = (page: Page) => watch(page).getAttribute('data-step');
const lit = (page: Page) => watch(page).locator('.piece.lit').count();
const replay = (page: Page) => page.getByRole('button', { name: 'Watch the photo go into the model' });
const ready = (page: Page) => page.getByText('Ready for questions').waitFor();

let opened = 0;
/** Opens a photo that the model has never seen: noise, or a sample in another size. */
async function openPhoto(page: Page, sample?: string): Promise<void> {
  const name = `photo-${++opened}.png`;
  const noise = { type: 'gaussian', mean: 128, sigma: 10 + 5 * opened } as const;
  const create = { width: 900, height: 600, channels: 3, background: '#000', noise } as const;
  const picture = sample
    ? sharp(join(projectRoot, 'native-models', 'samples', sample)).resize(1600)
    : sharp({ create });
  const bytes = await picture.png().toBuffer();
  await dropFiles(page, [{ name, bytes }]);
  await page.getByRole('application', { name: `Photo ${name}` }).waitFor();
}

/** Every step that is shown from now on, in turn. */
const recordSteps = (page: Page) =>
  page.evaluate(() => {
    const steps: string[] = [];
    Object.assign(window, { steps });
    new MutationObserver(() => {
      const now = document.querySelector('[data-step]')?.getAttribute('data-step');
      if (now && now !== steps.at(-1)) steps.push(now);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });

test('the first photo is padded, made smaller, cut and gathered, no faster than the model looks, and then handed over', async () => {
  const page = await app.open({ isNewcomer: true, bypassCSP: true });
  await recordSteps(page);
  app.answers.hold('crop');
  await openPhoto(page, 'harbour.webp');
  await watch(page).waitFor();
  await expect.poll(() => step(page)).toBe('gather');
  await watch(page).getByText('Looking at crop 2 of 10').waitFor();
  expect(await violations(page)).toBe('');
  // Nothing of the photo's own tools lies over it.
  await watch(page).getByRole('button', { name: 'Skip' }).click({ trial: true });
  // Longer than the step takes by itself.
  await page.waitForTimeout(4000);
  expect([await step(page), await lit(page)]).toEqual(['gather', 1]);
  await screenshot(page, 'watch', true);
  app.answers.release();
  await expect.poll(() => step(page)).toBe('join');
  expect(await lit(page)).toBe(10);
  await watch(page).waitFor({ state: 'detached' });
  const steps = await page.evaluate(() => (window as unknown as { steps: string[] }).steps);
  expect(steps).toEqual(['pad', 'reduce', 'part', 'gather', 'join']);

  // Once: the next photo is there as it is.
  await openPhoto(page);
  await ready(page);
  expect(await watch(page).count()).toBe(0);
  await page.context().close();
});

test('it is shown again by mouse and by keys, and ends with Skip, with Escape and with a hand on the photo', async () => {
  const page = await app.open();
  await openPhoto(page);
  await ready(page);
  await replay(page).click();
  await watch(page).getByText('First, the photo is padded to a square.').waitFor();
  await watch(page).getByRole('button', { name: 'Skip' }).press('Enter');
  await watch(page).waitFor({ state: 'detached' });
  // The keys of the photo work on.
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('role')))
    .toBe('application');

  // Neither the border of a comparison nor a lens lies over it.
  await page.keyboard.press('m');
  await page.getByRole('slider', { name: 'Border between photo and model' }).waitFor();
  await replay(page).click();
  await watch(page).waitFor();
  expect(await page.getByRole('slider', { name: 'Border between photo and model' }).count()).toBe(0);
  await watch(page).getByRole('button', { name: 'Skip' }).click();
  await page.getByRole('slider', { name: 'Border between photo and model' }).waitFor();

  await replay(page).focus();
  await page.keyboard.press('Enter');
  await watch(page).waitFor();
  await page.getByRole('button', { name: 'Show large' }).hover();
  await page.locator('.tip').waitFor();
  await page.keyboard.press('Escape');
  await watch(page).waitFor({ state: 'detached' });

  for (const end of [
    () => page.getByRole('application').click({ position: { x: 40, y: 40 } }),
    () => page.keyboard.press('+'),
    () => page.keyboard.press('m'),
  ]) {
    await replay(page).click();
    await watch(page).waitFor();
    await end();
    await watch(page).waitFor({ state: 'detached' });
  }
  // The click that ended it picked nothing out of the photo.
  expect(await page.getByRole('button', { name: /show all of the photo again$/ }).count()).toBe(0);
  await page.context().close();
});

test('without motion it is not shown by itself; asked for, it is a row of still pictures', async () => {
  const page = await app.open({ isNewcomer: true, reducedMotion: 'reduce' });
  await openPhoto(page);
  await ready(page);
  expect(await watch(page).count()).toBe(0);
  await replay(page).click();
  await expect.poll(() => step(page)).toBe('part');
  const moving = () => watch(page).evaluate((element) => element.getAnimations({ subtree: true }).length);
  await expect.poll(moving).toBe(0);
  await page.context().close();
});

test('an answer waits for none of it: it begins while the clock of the window stands still', async () => {
  const page = await app.open({ isNewcomer: true });
  await page.clock.install();
  await openPhoto(page);
  await watch(page).waitFor();
  // No timer and no frame of the window comes any more.
  await page.clock.pauseAt(Date.now() + 1000);
  app.answers.hold('text');
  const began = ask(page, 'Which shape is the largest?');
  await watch(page).waitFor({ state: 'detached' });
  await began;
  const answer = page.getByRole('log').getByRole('article', { name: 'Model' });
  expect((await answer.innerText()).length).toBeGreaterThan(1);
  app.answers.release();
  await page.context().close();
});

test('no page reported an error', () => {
  expect(app.pageErrors).toEqual([]);
});
