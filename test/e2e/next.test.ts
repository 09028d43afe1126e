/** LLaVA-1.6's way to see in the window: the whole first, then tiles on a padded canvas, by mouse and by keys, with golden weights. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { familyGolden } from '../support/family-golden.ts';
import { greedy } from '../support/greedy.ts';
import { violations } from './accessibility.ts';
import { ask, startApp, type App } from './app.ts';
import { pairModel } from './pair-model.ts';
import { onScreen } from './part-actions.ts';
import { screenshot } from './screenshots.ts';

const { folder, expected, tensors } = familyGolden('next-a');
const { columns, rows } = expected.plan;
const [width, height] = expected.plan.photo;
/** The tiles lie on a square around the photo, which is padded above and below. */
const canvas = { width, height: width };
let app: App;
let page: Page;
beforeAll(async () => {
  app = await startApp({ model: await pairModel('next-a'), settings: { sampling: greedy(8) } });
  page = await app.open({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  await app.services.openPaths([join(folder, 'photo.png')]);
  await stage().waitFor();
  await crop('local-3').locator('img').waitFor();
});
afterAll(() => app?.close());

const stage = () => page.getByRole('application', { name: 'Photo photo.png' });
const strip = () => page.getByRole('region', { name: 'What the model sees' });
const crop = (name: string) => strip().locator(`[data-crop="${name}"]`);
const lit = (name: string) => crop(name).getAttribute('class');

const middleOf = (index: number) => {
  const x = ((index % columns) + 0.5) / columns;
  const y = (Math.floor(index / columns) + 0.5) / rows;
  return onScreen(page, { x: x * canvas.width, y: y * canvas.height }, canvas);
};

async function pixelsOf(url: string): Promise<Buffer> {
  const png = await page.evaluate(
    async (from) => [...new Uint8Array(await (await fetch(from)).arrayBuffer())],
    url,
  );
  return sharp(Buffer.from(png)).removeAlpha().raw().toBuffer();
}

test('the strip holds the whole and the tiles of the padded canvas, in the order of the model, each told as it is', async () => {
  expect([columns, rows]).toEqual([2, 2]);
  const group = (name: string) => strip().getByRole('group', { name }).getByRole('button');
  expect([await group('Local crops').count(), await group('Global crops').count()]).toEqual([4, 1]);
  const words = (await strip().textContent())!;
  expect(words).toContain('2 × 2 tiles, each 32 × 32, at 1/2.3 of your photo’s detail.');
  // The whole is squeezed into one tile.
  expect(words).toContain('32 × 32, at 1/4.7 of your photo’s detail, stretched by 50% in height.');
  // Of the lines of a tile those of padding alone are left out: 3 of 4 are read.
  expect(words).toContain('Local: 4 tiles, 12 tokens each; Global: 1 view, 16 tokens');
  // With a mark at the end of each of the six lines.
  expect(words).toMatch(/Padded 150 × 149.*64 × 64 \+ 32 × 32.*Tokens 70/);
  await strip().getByTitle('The language model reads the whole picture first').waitFor();
  const shown = await Promise.all(
    ['global-0', 'local-0', 'local-1', 'local-2', 'local-3'].map(async (name) => {
      const url = (await crop(name).locator('img').getAttribute('src'))!;
      return pixelsOf(url);
    }),
  );
  const golden = tensors.get('views')!.data as Uint8Array;
  const all = Buffer.concat(shown);
  expect(all).toHaveLength(golden.length);
  const off = all.reduce((count, value, at) => count + (Math.abs(value - golden[at]!) > 1 ? 1 : 0), 0);
  expect(off / all.length).toBeLessThan(0.001);
});

test('photo and strip light each other up; a tile is picked out by a click and shown large by a key', async () => {
  const there = await middleOf(3);
  await page.mouse.move(there.x, there.y);
  await expect.poll(() => lit('local-3')).toContain('lit');
  expect(await lit('local-2')).not.toContain('lit');
  await page.mouse.click(there.x, there.y);
  await page.getByRole('button', { name: /^Local 4: show all of the photo again$/ }).click();
  await crop('local-0').focus();
  for (const key of ['ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  await expect.poll(() => crop('local-3').evaluate((node) => node === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Row 2, column 2 of the picture').waitFor();
  await dialog.getByText('32 × 32 pixels, as the encoder gets them').waitFor();
  await dialog.getByText('12 tokens', { exact: true }).waitFor();
  await page.keyboard.press('ArrowRight');
  await dialog.getByText('The whole picture').waitFor();
  await dialog.getByText('16 tokens', { exact: true }).waitFor();
  await screenshot(page, 'next-large');
  expect(await violations(page)).toBe('');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('the photo is watched on its way: padded, made smaller, cut, and the whole is read first', async () => {
  await page.getByRole('button', { name: 'Watch the photo go into the model' }).click();
  const watch = page.getByRole('group', { name: 'The photo on its way into the model' });
  await watch.waitFor();
  await screenshot(page, 'next-watch');
  await page.keyboard.press('Escape');
  await watch.waitFor({ state: 'detached' });
});

test('it is asked and answers, with fewer tiles too, and the lens tells tiles from the whole', async () => {
  await ask(page, expected.question);
  const provenance = page.getByRole('button', { name: 'How this answer was made' });
  await provenance.first().click();
  await page.getByRole('dialog').getByText('4 tiles and the whole picture').waitFor();
  await page.getByRole('dialog').getByText('25 text + 70 picture, 8 written').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Where it looked', exact: true }).click();
  await page.locator('canvas[data-lens]').waitFor();
  await page.getByText(/^Local \d+%, global \d+%$/).waitFor();
  // What is dark is the photo alone: there is nothing to look at in its padding.
  const [map, box] = [await page.locator('[data-lens]').boundingBox(), await stage().boundingBox()];
  expect(Math.abs(map!.width / map!.height - width / height)).toBeLessThan(0.01);
  expect(map!.height).toBeLessThan(box!.height * 0.8);
  await screenshot(page, 'next-lens');
  expect(await violations(page)).toBe('');
  await page.getByRole('button', { name: 'Would it have said so without this?' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /likely/ })
    .waitFor();
  await page.keyboard.press('Escape');

  await strip().getByRole('combobox', { name: 'Detail' }).selectOption({ index: 0 });
  await crop('local-2').waitFor({ state: 'detached' });
  expect(await strip().getByRole('group', { name: 'Local crops' }).getByRole('button').count()).toBe(2);
  await ask(page, expected.question2);
  await provenance.nth(1).click();
  await page.getByRole('dialog').getByText('2 tiles and the whole picture').waitFor();
  await page.keyboard.press('Escape');
  await strip().getByRole('combobox', { name: 'Detail' }).selectOption({ index: 1 });
  await crop('local-3').waitFor();
});

test.each([
  ['light', 'en', 1280],
  ['dark', 'ko', 768],
  ['dark', 'en', 360],
  ['light', 'ko', 2560],
] as const)('%s, %s, %i pixels: nothing for axe to find in strip and sheet', async (...view) => {
  const [theme, language, across] = view;
  await app.services.api.changeSettings({ theme, language });
  const looked = await app.open({
    ...{ bypassCSP: true, reducedMotion: 'reduce' },
    viewport: { width: across, height: across === 2560 ? 1400 : 900 },
  });
  await app.services.openPaths([join(folder, 'photo.png')]);
  await looked.getByRole('application', { name: /photo\.png$/ }).waitFor();
  if (across < 900) await looked.locator('nav button').nth(1).click();
  await looked.locator('[data-crop="local-3"]:visible').locator('img').waitFor();
  const [local, global] = await Promise.all(
    ['local-0', 'global-0'].map((name) => looked.locator(`[data-crop="${name}"]:visible`).boundingBox()),
  );
  // Side by side, and one below the other on a phone.
  expect([global!.x > local!.x + local!.width, global!.y > local!.y + local!.height]).toEqual(
    across < 600 ? [false, true] : [true, false],
  );
  const name = `next-${view.join('-')}`;
  await screenshot(looked, name);
  expect(await violations(looked)).toBe('');
  await looked.getByRole('button', { name: /^(Show large|크게 보기)$/ }).click();
  await looked.getByRole('dialog').locator('img').last().waitFor();
  await screenshot(looked, `${name}-sheet`);
  expect(await violations(looked)).toBe('');
  await looked.context().close();
});

test('nothing left the page, and it reported no error', () => {
  expect(app.foreignRequests).toEqual([]);
  expect(app.pageErrors).toEqual([]);
});
