/** Where everything starts: what the first screen shows, and in which order, before and after a photo has been opened. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './accessibility.ts';
import { demoModel, dropFiles, patience, startApp, type App } from './app.ts';
import { screenshot } from './screenshots.ts';

let app: App;
beforeAll(async () => {
  app = await startApp(demoModel);
});
afterAll(() => app?.close());

const headings = (page: Page) => page.getByRole('main').getByRole('heading', { level: 2 }).allInnerTexts();

test.each([390, 760, 1280])(
  'at %i pixels the first screen has the headline at its top, a picture, and one primary action',
  async (width) => {
    const page = await app.open({ viewport: { width, height: 800 } });
    const picture = page.locator('.demonstration img').first();
    await picture.waitFor();
    const box = (await picture.boundingBox())!;
    expect(box.y + box.height).toBeLessThan(800);
    expect((await page.getByRole('heading', { level: 1 }).boundingBox())!.y).toBeLessThan(160);
    await page.getByRole('button', { name: 'Get it… (SmolVLM 500M)' }).waitFor();
    expect(await page.locator('main .button.primary').allInnerTexts()).toEqual(['Open photos…']);
    await screenshot(page, `first-screen-${width}`);
    await page.context().close();
  },
);

test('the cards of real models state what they cost, and are free of accessibility violations', async () => {
  const page = await app.open({ bypassCSP: true });
  const card = page.getByRole('group', { name: 'SmolVLM 500M' });
  for (const fact of ['Download', 'Memory', 'A new photo'])
    await card.getByText(fact, { exact: true }).waitFor();
  await card.getByText(/^(Fits|Tight|Does not fit|Runs on the GPU)/).waitFor();
  expect(await violations(page)).toBe('');
  await page.context().close();
});

test('samples are seen before the program has decoded any of them', async () => {
  const page = await app.open();
  const context = page.context();
  await context.route('**/photos/**', () => undefined);
  await page.reload();
  const cards = page.locator('article button.picture[aria-label^="Open"] img[src*="previews/"]');
  await cards.first().scrollIntoViewIfNeeded();
  await expect
    .poll(() => cards.first().evaluate((image: HTMLImageElement) => image.naturalWidth), {
      timeout: patience,
    })
    .toBeGreaterThan(300);
  expect(await cards.count()).toBe(8);
  await context.close();
});

test('a photo that was opened stands before everything else; what takes it off the list shows when it is pointed at', async () => {
  const page = await app.open();
  expect((await headings(page)).includes('Recent')).toBe(false);
  const png = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#456' } })
    .png()
    .toBuffer();
  await dropFiles(page, [{ name: 'garden.png', bytes: png }]);
  await page.getByRole('application', { name: 'Photo garden.png' }).waitFor();
  await page.getByRole('button', { name: 'Gallery' }).first().click();
  await page.getByRole('heading', { name: 'Recent' }).waitFor();
  expect((await headings(page))[0]).toBe('Recent');
  const opacity = () => page.locator('.forget').evaluate((element) => getComputedStyle(element).opacity);
  await page.mouse.move(0, 0);
  await expect.poll(opacity).toBe('0');
  await page.getByText('garden.png').hover();
  await expect.poll(opacity).toBe('1');
  await page.getByRole('button', { name: 'Remove garden.png from recent' }).click();
  await page.getByRole('heading', { name: 'Recent' }).waitFor({ state: 'detached' });
  await page.context().close();
});

test('no page reported an error', () => {
  expect(app.pageErrors).toEqual([]);
});
