/** Looking closer: a part of the photo as a picture of its own, by mouse and by keyboard, with the bundled model and one that sees tiles. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSettings } from '../../preload/contract/api.ts';
import { familyGolden } from '../support/family-golden.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, questionField, startApp, type App } from './app.ts';
import { drag, onScreen } from './part-actions.ts';
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

const stage = (page: Page) => page.getByRole('application');
const frame = (page: Page) => page.locator('[data-part]');
const part = (page: Page) => frame(page).getAttribute('aria-label');
const strip = (page: Page) => page.getByRole('region', { name: /^(What the model sees|모델이 보는 것)$/ });
const firstCrop = (page: Page) => strip(page).locator('[data-crop="local-0"] img').getAttribute('src');
const attached = (page: Page) => page.getByText(/^a part of .* goes with the next question$/);
const provenance = (page: Page) => page.getByRole('button', { name: 'How this answer was made' });
const closer = (page: Page) =>
  page
    .getByRole('toolbar', { name: /^(Overlays|겹쳐 보기)$/ })
    .getByRole('button', { name: /^(Look closer|자세히 보기)$/ });

/** A scene of 1344 x 1344 pixels, in three by three tiles of 448. */
async function scene(options: Parameters<App['open']>[0] = {}): Promise<Page> {
  const page = await app.open({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  await page.getByRole('button', { name: /^(New scene|새 장면)$/ }).click();
  await stage(page).waitFor();
  return page;
}

test('a part is drawn, moved and resized by mouse, keeps to tiles, and is asked about at its own resolution', async () => {
  const page = await scene();
  await page.getByText('1.8 megapixels; the model sees 0.1').waitFor();
  // What can be done with the photo has its name where there is room.
  await closer(page).getByText('Look closer').waitFor();
  await closer(page).click();
  // It begins in the middle of what is shown.
  await expect.poll(() => part(page)).toBe('Part 672 × 672 at 336, 336');
  await drag(page, await onScreen(page, { x: 20, y: 460 }), await onScreen(page, { x: 890, y: 890 }));
  await expect.poll(() => part(page)).toMatch(/^Part \d+ × 448 at \d+, 448$/);
  const drawn = (await part(page))!;
  // The strip is that of the part.
  await expect.poll(() => firstCrop(page)).toMatch(/&part=\d+,448,\d+,448$/);
  await attached(page).waitFor();
  await screenshot(page, 'closer');
  expect(await violations(page)).toBe('');

  const box = (await frame(page).boundingBox())!;
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await drag(page, middle, { x: middle.x + 60, y: middle.y });
  await expect.poll(() => part(page)).not.toBe(drawn);
  const corner = (await page.locator('[data-grip="1,1"]').boundingBox())!;
  const grip = { x: corner.x + corner.width / 2, y: corner.y + corner.height / 2 };
  await drag(page, grip, await onScreen(page, { x: 1340, y: 1340 }));
  await expect.poll(() => part(page)).toMatch(/^Part [\d,]+ × 896 at \d+, 448$/);
  await page.getByRole('button', { name: 'Tile', exact: true }).click();
  await expect.poll(() => part(page)).toMatch(/^Part 448 × 448 at (0|448|896), (0|448|896)$/);
  const marked = (await part(page))!;

  await ask(page, 'Describe the picture.');
  await provenance(page).waitFor();
  const bubble = page.getByRole('article', { name: 'You' });
  await bubble.getByText(marked).waitFor();
  expect(await page.locator('[data-grip]').count()).toBe(0);
  await provenance(page).click();
  await page.getByRole('dialog').getByText(marked).waitFor();
  await page.keyboard.press('Escape');
  // All of the photo, and from the bubble the part again.
  await page.getByRole('button', { name: 'All of the photo' }).click();
  await frame(page).waitFor({ state: 'detached' });
  await page.getByText(/^scene-\d+\.png goes with the next question$/).waitFor();
  await bubble.getByRole('button', { name: /^Show a part of scene-/ }).click();
  await expect.poll(() => part(page)).toBe(marked);
  await screenshot(page, 'closer-asked');
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('a part is marked, moved and resized by keys, and Enter goes on to the question', async () => {
  const page = await scene();
  // Until the photo is open its zoom is not told, and there is nothing to mark.
  await page
    .getByText(/^[\d.]+ ?%$/)
    .first()
    .waitFor();
  await stage(page).focus();
  await page.keyboard.press('r');
  await expect.poll(() => frame(page).evaluate((node) => node === document.activeElement)).toBe(true);
  await page.keyboard.press('t');
  await expect.poll(() => part(page)).toBe('Part 448 × 448 at 448, 448');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  const [, side, step] = /^Part 448 × (\d+) at (\d+), 448$/.exec((await part(page))!)!;
  expect(Number(step) - 448).toBe(448 - Number(side));
  expect(Number(step)).toBeGreaterThan(448);
  await page.keyboard.press('Enter');
  await expect.poll(() => questionField(page).evaluate((node) => node === document.activeElement)).toBe(true);
  await page.keyboard.type('Describe the picture.');
  await page.keyboard.press('Enter');
  await provenance(page).waitFor();

  // A view of the strip by the same key; it goes deeper each time, and Escape ends it.
  await page.getByRole('button', { name: 'All of the photo' }).click();
  await strip(page).locator('[data-crop="local-2"] img').waitFor();
  await strip(page).locator('[data-crop="local-2"]').focus();
  await page.keyboard.press('r');
  await expect.poll(() => part(page)).toBe('Part 448 × 448 at 896, 0');
  await expect.poll(() => firstCrop(page)).toContain('&part=896,0,448,448');
  await page.keyboard.press('r');
  await expect.poll(() => part(page)).toMatch(/^Part 149 × 149 at 1,195, 0$/);
  await stage(page).focus();
  await page.keyboard.press('Escape');
  await frame(page).waitFor({ state: 'detached' });
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('Shift and a drag mark without anything else, what is shown close up is one click away', async () => {
  const page = await scene();
  await page.keyboard.down('Shift');
  await drag(page, await onScreen(page, { x: 200, y: 200 }), await onScreen(page, { x: 600, y: 500 }));
  await page.keyboard.up('Shift');
  await expect.poll(() => part(page)).toMatch(/^Part [34]\d\d × [23]\d\d at (19|20)\d, (19|20)\d$/);
  await stage(page).focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await page.getByRole('button', { name: 'Look closer at what is shown' }).click();
  await frame(page).waitFor();
  expect(await part(page)).not.toContain('1,344 × 1,344');
  await page.context().close();
});

test('a part that keys move is marked once it rests, and what is undone meanwhile stays so', async () => {
  const page = await scene();
  let kept = 0;
  page.on('request', (request) => (kept += request.url().endsWith('/keepDraft') ? 1 : 0));
  await closer(page).click();
  await attached(page).waitFor();
  await frame(page).focus();
  await expect.poll(() => kept).toBeGreaterThan(0);
  await page.clock.install();
  const before = kept;
  await page.clock.pauseAt(Date.now() + 60_000);
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
  await expect.poll(() => part(page)).not.toBe('Part 672 × 672 at 336, 336');
  expect(kept).toBe(before);
  await page.clock.runFor(5_000);
  await expect.poll(() => kept).toBe(before + 1);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('a');
  await page.clock.runFor(5_000);
  await frame(page).waitFor({ state: 'detached' });
  expect(await attached(page).count()).toBe(0);
  await page.context().close();
});

test('two fingers zoom while a part is marked, one draws it', async () => {
  const page = await scene({ hasTouch: true });
  await closer(page).click();
  await frame(page).waitFor();
  const marked = await part(page);
  const zoom = page.getByRole('button', { name: 'Fit or 100%' });
  const fitted = await zoom.innerText();
  const client = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: { x: number; y: number }[]) =>
    client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((at, id) => ({ ...at, id })) });
  const box = (await stage(page).boundingBox())!;
  const at = (x: number, y: number) => ({ x: box.x + box.width * x, y: box.y + box.height * y });
  // One finger comes first, and has begun to draw.
  await touch('touchStart', at(0.45, 0.5));
  await touch('touchMove', at(0.42, 0.5));
  await touch('touchStart', at(0.42, 0.5), at(0.55, 0.5));
  for (const reach of [0.1, 0.15, 0.2, 0.25])
    await touch('touchMove', at(0.5 - reach, 0.5), at(0.5 + reach, 0.5));
  await touch('touchEnd');
  await expect.poll(() => zoom.innerText()).not.toBe(fitted);
  expect(await part(page)).toBe(marked);
  await touch('touchStart', at(0.4, 0.1));
  for (const down of [0.12, 0.2, 0.3]) await touch('touchMove', at(0.4 + down, 0.1 + down));
  await touch('touchEnd');
  await expect.poll(() => part(page)).not.toBe(marked);
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('a model that sees tiles cuts the part into tiles of its own', async () => {
  const page = await tiles.open({ viewport: { width: 1280, height: 900 } });
  await tiles.services.openPaths([join(golden.folder, 'photo.png')]);
  await strip(page).locator('[data-crop="local-7"] img').waitFor();
  const [width, height] = golden.expected.plan.photo as [number, number];
  await strip(page).locator('[data-crop="local-0"]').focus();
  await page.keyboard.press('r');
  const shape = `${Math.round(width / 4)} × ${Math.round(height / 2)}`;
  await expect.poll(() => part(page)).toBe(`Part ${shape} at 0, 0`);
  await expect.poll(() => firstCrop(page)).toContain('&part=0,0,');
  await ask(page, golden.expected.question);
  await provenance(page).waitFor();
  await provenance(page).click();
  await page.getByRole('dialog').getByText(`Part ${shape} at 0, 0`).waitFor();
  await page.keyboard.press('Escape');
  expect(tiles.pageErrors).toEqual([]);
  await page.context().close();
});

test.each([
  ['light', 'en', 360],
  ['dark', 'ko', 360],
  ['dark', 'en', 1280],
  ['light', 'ko', 2560],
] as const)(
  '%s, %s, %i pixels: nothing for axe to find while a part is marked',
  async (theme, language, width) => {
    await app.services.api.changeSettings({ theme, language });
    const page = await scene({ viewport: { width, height: width === 2560 ? 1400 : 800 }, bypassCSP: true });
    await closer(page).click();
    await frame(page).waitFor();
    await screenshot(page, `closer-${theme}-${language}-${width}`);
    expect(await violations(page)).toBe('');
    await page.context().close();
  },
);
