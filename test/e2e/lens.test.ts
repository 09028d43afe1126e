/** Where the model looked: the lens on an answer, by mouse and by keyboard, with the bundled model and one that sees tiles. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LookFile } from '../../main/services/export/look-file.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import { familyGolden } from '../support/family-golden.ts';
import { greedy } from '../support/greedy.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, startApp, type App } from './app.ts';
import { pairModel } from './pair-model.ts';
import { drag, onScreen } from './part-actions.ts';
import { screenshot } from './screenshots.ts';

const golden = familyGolden('smolvlm-a');
let app: App;
let tiles: App;
beforeAll(async () => {
  app = await startApp(demoModel);
  await app.services.api.changeSettings({ sampling: { ...defaultSettings.sampling, temperature: 0 } });
  tiles = await startApp({ model: await pairModel('smolvlm-a'), settings: { sampling: greedy(8) } });
});
afterAll(async () => {
  await app?.close();
  await tiles?.close();
});

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

/** A new conversation about a scene. Colours change at once, so that what axe sees is what stays. */
async function answered(): Promise<Page> {
  const { api } = app.services;
  for (const { id } of await api.listConversations({ query: '', limit: 10 }))
    await api.deleteConversation({ conversationId: id });
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

const cover = (page: Page) => page.getByRole('button', { name: /^Would it have said so without/ });
const verdict = (page: Page) => page.getByRole('status').filter({ hasText: /likely/ });
const part = (page: Page) => page.locator('[data-part]');

/** What was covered is where the part is marked, to the pixel of the screen. */
async function expectCovered(page: Page): Promise<void> {
  const boxes = [page.locator('[data-covered]'), part(page)].map((box) => box.boundingBox());
  const [covered, marked] = await Promise.all(boxes);
  for (const key of ['x', 'y', 'width', 'height'] as const)
    expect(Math.abs(covered![key] - marked![key])).toBeLessThan(2);
}

test('a part that is drawn on the photo is covered in place of what is under the lens, and read by itself', async () => {
  const page = await answered();
  await lens(page).click();
  await map(page).waitFor();
  const before = await drawn(page);
  await page.keyboard.down('Shift');
  await drag(page, await onScreen(page, { x: 100, y: 100 }), await onScreen(page, { x: 700, y: 700 }));
  await page.keyboard.up('Shift');
  await part(page).waitFor();
  // The map stays where it was: over all that the answer was about.
  expect(await drawn(page)).toBe(before);
  await page.getByRole('button', { name: 'Would it have said so without the marked part?' }).click();
  await verdict(page).waitFor();
  await expectCovered(page);
  await screenshot(page, 'lens-marked');
  expect(await violations(page)).toBe('');
  // It is tried, and the next question is about the photo unless the person asks for that part.
  const attached = page.getByText(/^a part of .* goes with the next question$/);
  expect(await attached.count()).toBe(0);
  const marked = (await part(page).getAttribute('aria-label'))!;
  await page.getByRole('button', { name: 'Read the marked part' }).click();
  await page.getByRole('dialog').getByText(marked).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // Without a mark it is what is under the lens again.
  await page.getByRole('button', { name: 'All of the photo' }).click();
  await page.getByRole('button', { name: 'Would it have said so without this?' }).waitFor();
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('the same by keys, and the chip leads to where the model looked', async () => {
  const page = await answered();
  await page.getByRole('application').focus();
  await page.keyboard.press('e');
  await map(page).waitFor();
  await cover(page).focus();
  await page.keyboard.press('Enter');
  await verdict(page).waitFor();
  await page.getByRole('application').focus();
  await page.keyboard.press('r');
  await expect.poll(() => part(page).evaluate((node) => node === document.activeElement)).toBe(true);
  await page.keyboard.press('ArrowRight');
  const rested = part(page).getAttribute('aria-label');
  await expect.poll(() => cover(page).innerText()).toBe('Would it have said so without the marked part?');
  await cover(page).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('[data-covered]').count()).toBe(1);
  await verdict(page).waitFor();
  await expectCovered(page);
  expect(await part(page).getAttribute('aria-label')).toBe(await rested);

  await page.getByRole('application').focus();
  await page.keyboard.press('Escape');
  await part(page).waitFor({ state: 'detached' });
  const chip = page.getByRole('button', { name: 'Look closer where the model looked' });
  await chip.focus();
  await page.keyboard.press('Enter');
  await part(page).waitFor();
  await page.getByText(/^a part of .* goes with the next question$/).waitFor();
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

let photos = 0;
/** An answer of a model of random weights to a photo of its own, which it sees in two by four tiles and once whole. */
async function answeredOfTiles(): Promise<Page> {
  const path = join(tiles.folder, `photo-${++photos}.png`);
  await sharp(join(golden.folder, 'photo.png'))
    .modulate({ hue: photos * 40 })
    .toFile(path);
  const page = await tiles.open({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await tiles.services.openPaths([path]);
  await page.locator('[data-crop="local-7"] img').waitFor();
  await ask(page, golden.expected.question);
  await lens(page).waitFor();
  return page;
}

const shares = (page: Page) => page.getByRole('button', { name: /% of the lens/ });

test('a model of tiles by mouse: its map, its tiles and the whole with their shares, covered and read closer', async () => {
  const page = await answeredOfTiles();
  await lens(page).click();
  await map(page).waitFor();
  const whole = await drawn(page);
  await page.getByText(/^Local \d+%, global \d+%$/).waitFor();
  await shares(page).first().waitFor();
  const heights = await page.locator('.share b').evaluateAll((all) => all.map((each) => each.clientHeight));
  expect(Math.max(...heights)).toBeLessThan(20);
  await words(page).last().hover();
  await expect.poll(() => drawn(page)).not.toBe(whole);
  await words(page).first().click();
  await cover(page).click();
  await verdict(page).waitFor();
  const { width, height } = { width: golden.expected.plan.photo[0], height: golden.expected.plan.photo[1] };
  const at = (x: number, y: number) => onScreen(page, { x: x * width, y: y * height }, { width, height });
  await page.keyboard.down('Shift');
  await drag(page, await at(0.3, 0.3), await at(0.6, 0.7));
  await page.keyboard.up('Shift');
  await part(page).waitFor();
  await cover(page).click();
  await verdict(page).waitFor();
  await expectCovered(page);
  await screenshot(page, 'lens-tiles');
  expect(await violations(page)).toBe('');
  await page.getByRole('button', { name: 'All of the photo' }).click();
  await page.getByRole('button', { name: 'Read it again, closer' }).click();
  const closer = page.getByRole('dialog').getByRole('region', { name: 'A part, closer' });
  await closer.getByText(/picture tokens/).waitFor();
  await page.keyboard.press('Escape');
  expect(tiles.pageErrors).toEqual([]);
  await page.context().close();
});

test('a model of tiles by keys: its map, words one by one, covered and read closer', async () => {
  const page = await answeredOfTiles();
  await page.getByRole('application').focus();
  await page.keyboard.press('e');
  await map(page).waitFor();
  await words(page).first().focus();
  await page.keyboard.press('Home');
  const first = await drawn(page);
  await page.keyboard.press('End');
  await expect.poll(() => drawn(page)).not.toBe(first);
  await shares(page).first().waitFor();
  await cover(page).focus();
  await page.keyboard.press('Enter');
  await verdict(page).waitFor();
  const json = await downloaded(page, async () => {
    await page.getByRole('button', { name: 'Keep what the lens shows' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Data as JSON…' }).focus();
    await page.keyboard.press('Enter');
  });
  expect(JSON.parse(json.toString('utf8'))).toMatchObject({ format: 'inf-llava-look' });
  await page.getByRole('button', { name: 'Read it again, closer' }).focus();
  await page.keyboard.press('Enter');
  const closer = page.getByRole('dialog').getByRole('region', { name: 'A part, closer' });
  await closer.getByText(/picture tokens/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  expect(tiles.pageErrors).toEqual([]);
  await page.context().close();
});
