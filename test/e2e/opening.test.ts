/** Opening photos: the picture is seen before the program has it, and what could not be opened is said once and not for long. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropFiles, patience, startApp, type App } from './app.ts';

/** How long what is polled may take. */
const soon = { timeout: patience };

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

const png = (width = 90, height = 60, background = '#1a5a9a') =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

/** Keeps uploads from being answered until they are let go. */
async function holdUploads(page: Page): Promise<() => void> {
  let letGo!: () => void;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/api-upload*', async (route) => {
    await held;
    await route.continue();
  });
  return letGo;
}

test('a photo of a kind that the browser knows is painted before it has reached the program', async () => {
  const page = await app.open();
  const letGo = await holdUploads(page);
  await dropFiles(page, [{ name: 'holiday.png', bytes: await png() }]);
  const own = page.getByRole('status', { name: 'Opening holiday.png' }).locator('img');
  await own.waitFor();
  await expect.poll(() => own.evaluate((image: HTMLImageElement) => image.naturalWidth), soon).toBe(90);
  expect(await page.getByRole('application').count()).toBe(0);
  // It is still there, and nothing grey, until the photo itself is drawn.
  letGo();
  await page.getByRole('application', { name: 'Photo holiday.png' }).waitFor();
  await page.locator('[data-stage] .preview').waitFor({ state: 'detached' });
  await own.waitFor({ state: 'detached' });
  await page.context().close();
});

test('what is on its way ends when the person goes elsewhere, and when it cannot be opened', async () => {
  const page = await app.open();
  const letGo = await holdUploads(page);
  const own = page.getByRole('status', { name: /^Opening / });
  await dropFiles(page, [{ name: 'torn.png', bytes: Buffer.from('no picture') }]);
  await own.waitFor();
  letGo();
  await page
    .getByText(/torn\.png/)
    .first()
    .waitFor();
  await own.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Open photos…' }).waitFor();
  await page.context().close();
});

test('files that cannot be opened are named in one notice, clear of the panel, which the next success ends', async () => {
  const page = await app.open();
  const notices = page.getByRole('status').locator('.notice');
  const bad = ['one.png', 'two.png', 'three.png', 'four.png'].map((name) => ({
    name,
    bytes: Buffer.from(`no picture: ${name}`),
  }));
  await dropFiles(page, [{ name: 'good.png', bytes: await png(60, 90) }, ...bad]);
  await page.getByRole('application', { name: 'Photo good.png' }).waitFor();
  await page.getByText('Not opened: one.png, two.png, three.png and 1 more file.').waitFor();
  expect(await notices.count()).toBe(1);
  const notice = (await notices.boundingBox())!;
  const panel = (await page.getByRole('region', { name: 'What the model sees' }).boundingBox())!;
  expect(notice.y + notice.height).toBeLessThanOrEqual(panel.y);

  await dropFiles(page, [{ name: 'better.png', bytes: await png(70, 70) }]);
  await page.getByRole('application', { name: 'Photo better.png' }).waitFor();
  await expect.poll(() => notices.count(), soon).toBe(0);
  await page.context().close();
});

test('a notice about one photo is not left over the next one', async () => {
  const page = await app.open();
  const bytes = Buffer.from('no picture');
  await dropFiles(page, [{ name: 'left.png', bytes }]);
  await page
    .getByText(/left\.png/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Open City map' }).click();
  await page.getByRole('application').waitFor();
  expect(await page.getByText(/left\.png/).count()).toBe(0);
  await page.context().close();
});

test('no page reported an error', () => {
  expect(app.pageErrors).toEqual([]);
});
