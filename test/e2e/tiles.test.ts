/** A model that sees tiles and the whole (SmolVLM's way, golden weights): the same viewer shows its views, by mouse and by keys. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { familyGolden } from '../support/family-golden.ts';
import { violations } from './accessibility.ts';
import { ask, startApp, type App } from './app.ts';
import { pairModel } from './pair-model.ts';
import { screenshot } from './screenshots.ts';

const { folder, expected, tensors } = familyGolden('smolvlm-a');
const { tile } = expected.dims;
let app: App;
let page: Page;
beforeAll(async () => {
  app = await startApp({ model: await pairModel('smolvlm-a') });
  page = await app.open({ viewport: { width: 1280, height: 900 } });
  await app.services.openPaths([join(folder, 'photo.png')]);
  await stage().waitFor();
  await crop('local-6').locator('img').waitFor();
});
afterAll(() => app?.close());

const stage = () => page.getByRole('application', { name: 'Photo photo.png' });
const strip = () => page.getByRole('region', { name: 'What the model sees' });
const crop = (name: string) => strip().locator(`[data-crop="${name}"]`);
const [columns, rows] = [expected.plan.columns, expected.plan.rows];

/** A tile's middle on the screen: the photo lies in the middle of its stage, as large as it fits. */
async function middleOf(index: number): Promise<{ x: number; y: number }> {
  const box = (await stage().boundingBox())!;
  const [width, height] = expected.plan.photo;
  const zoom = Math.min((box.width - 28) / width, (box.height - 28) / height);
  const across = ((index % columns) + 0.5) / columns - 0.5;
  const down = (Math.floor(index / columns) + 0.5) / rows - 0.5;
  return {
    x: box.x + box.width / 2 + across * width * zoom,
    y: box.y + box.height / 2 + down * height * zoom,
  };
}

/** How much of the photo what is drawn over it covers at a place of the screen, 0..255. */
async function coverAt(place: { x: number; y: number }): Promise<number> {
  return stage()
    .locator('canvas')
    .last()
    .evaluate((canvas: HTMLCanvasElement, { x, y }) => {
      const box = canvas.getBoundingClientRect();
      const [left, top] = [x - box.left, y - box.top].map((at) => at * window.devicePixelRatio);
      return canvas.getContext('2d')!.getImageData(left!, top!, 1, 1).data[3]!;
    }, place);
}

async function pixelsOf(url: string): Promise<{ data: Buffer; width: number; height: number }> {
  const png = await page.evaluate(
    async (from) => [...new Uint8Array(await (await fetch(from)).arrayBuffer())],
    url,
  );
  const { data, info } = await sharp(Buffer.from(png))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

test('the strip holds the grid of tiles and the one view of the whole, and says what of the photo is left', async () => {
  expect([columns, rows]).toEqual([4, 2]);
  const local = strip().getByRole('group', { name: 'Local crops' });
  expect(await local.getByRole('button').count()).toBe(8);
  expect(await strip().getByRole('group', { name: 'Global crops' }).getByRole('button').count()).toBe(1);
  expect(await strip().textContent()).toContain('Local: 8 tiles, 16 tokens each; Global: 1 view, 16 tokens');
  const words = await strip().innerText();
  expect(words).toContain('Local: sharp');
  expect(words.replaceAll('\n', ' ')).toContain('Sent to the model 256 × 128 + 64 × 64');
  expect(words).not.toContain('Padded');
  expect(await strip().textContent()).toContain(
    '4 × 2 tiles, each 64 × 64, at 1/1.3 of your photo’s detail, stretched by 10% in height',
  );
});

test('only what this model does can be drawn: tiles, but neither a square nor a lattice', async () => {
  const tools = page.getByRole('toolbar', { name: 'Overlays' });
  const isEnabled = (name: string) => tools.getByRole('button', { name, exact: true }).isEnabled();
  expect([await isEnabled('Square'), await isEnabled('Local'), await isEnabled('Global')]).toEqual([
    false,
    true,
    false,
  ]);
});

test('photo and strip light each other up, and a click picks a tile out', async () => {
  const [there, elsewhere] = [await middleOf(6), await middleOf(0)];
  await page.mouse.move(there.x, there.y);
  await expect.poll(() => crop('local-6').getAttribute('class')).toContain('lit');
  expect(await crop('local-5').getAttribute('class')).not.toContain('lit');
  await crop('local-6').hover();
  await expect.poll(() => coverAt(there)).toBeGreaterThan(0);
  expect(await coverAt(elsewhere)).toBe(0);
  await crop('global-0').hover();
  await expect.poll(() => coverAt(elsewhere)).toBeGreaterThan(0);
  await page.mouse.click(there.x, there.y);
  await expect.poll(() => coverAt(elsewhere)).toBeGreaterThan(100);
  await page.mouse.click(elsewhere.x, elsewhere.y);
  await expect.poll(() => coverAt(there)).toBe(0);
});

test('keys go along the grid, and a tile is shown large as the encoder gets it, with its place in the prompt', async () => {
  await crop('local-0').focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  await expect.poll(() => crop('local-6').evaluate((node) => node === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('64 × 64 pixels, as the encoder gets them').waitFor();
  await dialog.getByText('Row 2, column 3 of the picture').waitFor();
  expect(await dialog.locator('code').innerText()).toBe('<fake_token_around_image><row_2_col_3>');
  const src = (await dialog.locator('img').first().getAttribute('src'))!;
  const shown = await pixelsOf(src);
  const golden = tensors.get('views')!.data as Uint8Array;
  const wanted = golden.subarray(6 * 3 * tile * tile, 7 * 3 * tile * tile);
  const off = shown.data.filter((value, at) => value !== wanted[at]).length;
  expect(shown.data).toHaveLength(wanted.length);
  expect(off / wanted.length).toBeLessThan(0.001);

  const whole = await pixelsOf(src.replace(/crops\/local-6/, 'whole'));
  expect(whole).toMatchObject({ width: columns * tile, height: rows * tile });
  const line = (y: number) => {
    const from = 3 * ((tile + y) * whole.width + 2 * tile);
    return whole.data.subarray(from, from + 3 * tile);
  };
  for (const y of [0, 31, 63]) {
    expect(line(y)).toEqual(shown.data.subarray(3 * tile * y, 3 * tile * (y + 1)));
  }
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await dialog.getByText('The whole picture').waitFor();
  await page.keyboard.press('Escape');
});

test('the large sheet shows the prompt: tags, line breaks and tokens in the order of the model', async () => {
  await strip().getByRole('button', { name: 'Show large' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('How the language model gets them').waitFor();
  const tags = await dialog.locator('code').allInnerTexts();
  expect(tags[4]).toBe('↵<fake_token_around_image><row_2_col_1>');
  expect(tags.slice(-2)).toEqual(['↵↵<fake_token_around_image><global-img>', '<fake_token_around_image>']);
  expect(await dialog.getByText('16 tokens', { exact: true }).count()).toBe(9);
  await page.keyboard.press('Escape');
});

test('less detail is a choice with its cost: fewer tiles, in the strip, in the photo and in the answer', async () => {
  const choice = strip().getByRole('combobox', { name: 'Detail' });
  const options = await choice.locator('option').allInnerTexts();
  expect(options.map((option) => option.split(', about')[0])).toEqual([
    '1 view, 16 tokens',
    '3 views, 48 tokens',
    '7 views, 112 tokens',
    '9 views, 144 tokens',
  ]);
  await choice.focus();
  await choice.selectOption({ index: 1 });
  await crop('local-2').waitFor({ state: 'detached' });
  expect(await strip().getByRole('group', { name: 'Local crops' }).getByRole('button').count()).toBe(2);
  expect(await choice.evaluate((node) => node === document.activeElement)).toBe(true);
  expect((await pixelsOf((await crop('local-1').locator('img').getAttribute('src'))!)).width).toBe(tile);
  await ask(page, expected.question);
  await page.getByRole('button', { name: 'How this answer was made' }).first().click();
  await page.getByRole('dialog').getByText('2 tiles and the whole picture').waitFor();
  await page.keyboard.press('Escape');
  expect(Object.values((await app.services.api.getSettings()).detail)).toEqual([4]);
  await choice.selectOption({ index: 3 });
  await crop('local-7').waitFor();
  expect((await app.services.api.getSettings()).detail).toEqual({});
});

test.each([
  ['light', 'en', 1280],
  ['dark', 'ko', 1280],
  ['dark', 'en', 390],
  ['light', 'ko', 390],
] as const)('%s, %s, %i pixels: nothing for axe to find in strip, sheet and large view', async (...view) => {
  const [theme, language, width] = view;
  await app.services.api.changeSettings({ theme, language });
  const looked = await app.open({
    ...{ bypassCSP: true, reducedMotion: 'reduce' },
    viewport: { width, height: 900 },
  });
  const name = `tiles-${view.join('-')}`;
  await app.services.openPaths([join(folder, 'photo.png')]);
  await looked.getByRole('application', { name: /photo\.png$/ }).waitFor();
  if (width < 900) await looked.locator('nav button').nth(1).click();
  const first = looked.locator('[data-crop="local-0"]:visible');
  await first.locator('img').waitFor();
  await screenshot(looked, name);
  expect(await violations(looked)).toBe('');
  await looked.getByRole('button', { name: /^(Show large|크게 보기)$/ }).click();
  await looked.getByRole('dialog').locator('code').first().waitFor();
  await screenshot(looked, `${name}-sheet`);
  expect(await violations(looked)).toBe('');
  await looked.keyboard.press('Escape');
  await looked.getByRole('dialog').waitFor({ state: 'detached' });
  await first.click();
  await looked.getByRole('dialog').locator('code').waitFor();
  await screenshot(looked, `${name}-large`);
  expect(await violations(looked)).toBe('');
  await looked.context().close();
});

test.each([
  ['en', 360],
  ['en', 1280],
  ['ko', 1280],
  ['en', 1700],
] as const)('%s, %i pixels: no words beside the views are cut', async (language, width) => {
  await app.services.api.changeSettings({ language });
  const looked = await app.open({ viewport: { width, height: 800 } });
  await app.services.openPaths([join(folder, 'photo.png')]);
  await looked.getByRole('application', { name: /photo\.png$/ }).waitFor();
  if (width < 900) await looked.locator('nav button').nth(1).click();
  await looked.locator('[data-crop="local-0"]:visible').waitFor();
  const words = looked.locator('.sees .words');
  expect(await words.locator('p:visible').count()).toBeGreaterThan(1);
  const [needed, given] = await words.evaluate((box) => [box.scrollHeight, box.clientHeight]);
  expect(needed).toBeLessThanOrEqual(given!);
  // Pictures leave the line of sizes below them free, however many lines it takes.
  const bottom = await looked
    .locator('.sees .crops')
    .evaluateAll((pictures) =>
      Math.max(...pictures.map((picture) => picture.getBoundingClientRect().bottom)),
    );
  expect(bottom).toBeLessThanOrEqual((await looked.locator('.sees .facts').boundingBox())!.y);
  await looked.context().close();
});

test('nothing left the page, and it reported no error', () => {
  expect(app.foreignRequests).toEqual([]);
  expect(app.pageErrors).toEqual([]);
});
