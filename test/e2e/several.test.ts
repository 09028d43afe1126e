/** Several photos, or parts of one, in a question: with a model that sees tiles and takes several, and with the bundled one, which takes one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { violations } from './accessibility.ts';
import { ask, demoModel, dropFiles, patience, questionField, startApp, type App } from './app.ts';
import { pairModel } from './pair-model.ts';
import { screenshot } from './screenshots.ts';

const soon = { timeout: patience };
let app: App;
let one: App;
let files: readonly string[];

beforeAll(async () => {
  const folder = temporaryFolder();
  files = await Promise.all(
    ['red', 'green', 'blue'].map(async (colour) => {
      const png = sharp({ create: { width: 240, height: 160, channels: 3, background: colour } }).png();
      const path = join(folder, `${colour}.png`);
      writeFileSync(path, await png.toBuffer());
      return path;
    }),
  );
  app = await startApp({ model: await pairModel('smolvlm-a') });
  one = await startApp(demoModel);
});
afterAll(async () => {
  await app?.close();
  await one?.close();
});

/** A window with these photos in its film strip, the first in front. */
async function open(on: App, count: number, options: Parameters<App['open']>[0] = {}): Promise<Page> {
  const page = await on.open({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  await on.services.openPaths(files.slice(0, count));
  await page.getByRole('application').waitFor();
  // Not the conversation of an earlier test about the same photo.
  await page.getByRole('application').focus();
  await page.keyboard.press('n');
  return page;
}

const strip = (page: Page) => page.getByRole('region', { name: 'Film strip' });
const list = (page: Page) => page.getByRole('list', { name: 'Pictures of the next question' });
const thumb = (page: Page, name: string) =>
  list(page).getByRole('button', { name: new RegExp(`^Picture.*${name}`) });
const order = (page: Page) =>
  list(page)
    .getByRole('button', { name: /^Picture/ })
    .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')!.replace(/^.*: /, '')));
const isFocused = (page: Page, name: string) =>
  thumb(page, name).evaluate((node) => node === document.activeElement);

test('two photos are chosen on the film strip by mouse, compared, put into another order and taken out', async () => {
  const page = await open(app, 3);
  await strip(page).getByRole('button', { name: 'Compare…' }).click();
  await strip(page).getByText('1 of 2 photos chosen').waitFor();
  const compare = strip(page).getByRole('button', { name: 'Compare these two' });
  expect(await compare.isDisabled()).toBe(true);
  await strip(page).getByRole('button', { name: 'green.png' }).click();
  await strip(page).getByRole('button', { name: 'blue.png' }).click();
  await screenshot(page, 'several-choosing');
  await compare.click();
  await expect.poll(() => order(page), soon).toEqual(['red.png', 'blue.png']);
  expect(await questionField(page).inputValue()).toBe('What is different between these two pictures?');
  // What both take of the context is told before there is a conversation.
  const tokens = await page.getByText(/^2 pictures go with the question/).innerText();
  const [, both] = /(\d+) tokens$/.exec(tokens)!;
  const gauge = page.getByRole('button', { name: 'Context used' });
  const [, used] = /≈ (\d+) of/.exec(await gauge.innerText())!;
  expect(Number(used)).toBeGreaterThan(Number(both));
  await screenshot(page, 'several');
  expect(await violations(page)).toBe('');

  const from = (await thumb(page, 'red.png').boundingBox())!;
  const to = (await thumb(page, 'blue.png').boundingBox())!;
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 8, to.y + to.height / 2);
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2);
  await page.mouse.up();
  await expect.poll(() => order(page), soon).toEqual(['blue.png', 'red.png']);
  // A click shows the picture, and a drag does not.
  await page.getByRole('application', { name: 'Photo red.png' }).waitFor();
  await thumb(page, 'blue.png').click();
  await page.getByRole('application', { name: 'Photo blue.png' }).waitFor();

  await ask(page, 'What is different?');
  const bubble = page.getByRole('article', { name: 'You' });
  await bubble.getByRole('button', { name: 'Show blue.png' }).waitFor();
  expect(await bubble.getByRole('button', { name: /^Show / }).count()).toBe(2);
  await page.getByRole('button', { name: 'How this answer was made' }).waitFor();
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('the same by keys: chosen, moved with Shift, taken out with Delete, and each is told', async () => {
  const page = await open(app, 3);
  await strip(page).getByRole('button', { name: 'Compare…' }).focus();
  await page.keyboard.press('Enter');
  await strip(page).getByRole('button', { name: 'green.png' }).focus();
  await page.keyboard.press('Space');
  await strip(page).getByRole('button', { name: 'Compare these two' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => order(page), soon).toEqual(['red.png', 'green.png']);
  await expect.poll(() => questionField(page).evaluate((node) => node === document.activeElement)).toBe(true);
  await thumb(page, 'red.png').focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => isFocused(page, 'green.png')).toBe(true);
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(() => order(page), soon).toEqual(['green.png', 'red.png']);
  await page.getByText('green.png is now picture 1 of 2').waitFor({ state: 'attached' });
  await expect.poll(() => isFocused(page, 'green.png')).toBe(true);
  await page.keyboard.press('Delete');
  await page.getByText('red.png goes with the next question').waitFor();
  await page.getByText('green.png does not go with the question').waitFor({ state: 'attached' });
  await page.keyboard.press('Delete');
  await list(page).waitFor({ state: 'detached' });
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('Escape ends the choice on the film strip and keeps the focus there', async () => {
  const page = await open(app, 3);
  await strip(page).getByRole('button', { name: 'Compare…' }).click();
  await page.keyboard.press('Escape');
  await strip(page).getByRole('button', { name: 'Compare…' }).waitFor();
  const red = strip(page).getByRole('button', { name: 'red.png' });
  await expect.poll(() => red.evaluate((node) => node === document.activeElement)).toBe(true);
  await page.context().close();
});

test('two parts of one photo go with one question, and the answer says which', async () => {
  const page = await open(app, 1);
  const frame = page.locator('[data-part]');
  const part = () => frame.getAttribute('aria-label');
  await page.getByRole('toolbar', { name: 'Overlays' }).getByRole('button', { name: 'Look closer' }).click();
  await frame.waitFor();
  const first = (await part())!;
  await page.getByRole('button', { name: 'Another part' }).click();
  await expect.poll(part).not.toBe(first);
  const second = (await part())!;
  await page.getByText(/^2 pictures go with the question/).waitFor();
  await ask(page, 'What is different?');
  const bubble = page.getByRole('article', { name: 'You' });
  for (const each of [first, second]) await bubble.getByText(each).waitFor();
  await page.getByRole('button', { name: 'How this answer was made' }).click();
  for (const each of [first, second]) await page.getByRole('dialog').getByText(each).waitFor();
  await page.keyboard.press('Escape');
  // The lens tells them apart.
  await page.getByRole('button', { name: 'Where it looked' }).click();
  const looked = page.getByRole('list', { name: 'How much of the lens lies on each picture' });
  await looked.waitFor();
  for (const each of [first, second]) {
    await looked.getByRole('button', { name: each }).click();
    await expect.poll(part).toBe(each);
    await expect.poll(() => looked.getByRole('button', { pressed: true }).innerText()).toContain(each);
    const [lens, box] = [await page.locator('[data-lens]').boundingBox(), await frame.boundingBox()];
    expect(Math.abs(lens!.x - box!.x) + Math.abs(lens!.width - box!.width)).toBeLessThan(8);
  }
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('pictures are pasted and dropped one after the other, and a later question brings one more', async () => {
  const page = await open(app, 2);
  const png = (background: string) =>
    sharp({ create: { width: 90, height: 60, channels: 3, background } })
      .png()
      .toBuffer();
  await strip(page).getByRole('button', { name: 'Compare these two' }).click();
  await page.getByText(/^2 pictures go with the question/).waitFor();
  await questionField(page).focus();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const picture = new Blob([bytes], { type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
    },
    (await png('orange')).toString('base64'),
  );
  await page.keyboard.press('ControlOrMeta+v');
  await page.getByText(/^3 pictures go with the question/).waitFor();
  await dropFiles(page, [{ name: 'violet.png', bytes: await png('violet') }], '[data-attach]');
  await page.getByText(/^4 pictures go with the question/).waitFor();
  expect(await order(page)).toEqual(['red.png', 'green.png', 'image.png', 'violet.png']);
  await ask(page, 'What are these?');
  const bubbles = page.getByRole('article', { name: 'You' });
  const provenance = page.getByRole('button', { name: 'How this answer was made' });
  await expect.poll(() => provenance.count(), soon).toBe(1);
  const shown = () =>
    bubbles
      .nth(0)
      .getByRole('button', { name: /^Show / })
      .count();
  await expect.poll(shown, soon).toBe(4);

  await dropFiles(page, [{ name: 'grey.png', bytes: await png('grey') }], '[data-attach]');
  await page.getByText('grey.png goes with the next question').waitFor();
  await ask(page, 'And this one?');
  await expect.poll(() => provenance.count(), soon).toBe(2);
  await bubbles.nth(1).getByRole('button', { name: 'Show grey.png' }).waitFor();
  expect(
    await bubbles
      .nth(1)
      .getByRole('button', { name: /^Show / })
      .count(),
  ).toBe(1);
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('a model that takes one picture says so, and nothing is attached', async () => {
  const page = await open(one, 2);
  await strip(page).getByRole('button', { name: 'Compare these two' }).click();
  await page.getByText(/takes one picture in a question/).waitFor();
  expect(await list(page).count()).toBe(0);
  expect(await questionField(page).inputValue()).toBe('');
  expect(one.pageErrors).toEqual([]);
  await page.context().close();
});

test('pictures that were attached for another model are not sent to one that takes fewer, and it is said how many to take out', async () => {
  const page = await open(one, 2);
  const recent = await one.services.api.listRecentPhotos();
  const [red, green] = ['red.png', 'green.png'].map(
    (name) => recent.find((photo) => photo.name === name)!.id,
  );
  const pictures = [red!, green!].map((photoId) => ({ photoId, region: null }));
  await one.services.api.keepDraft({ id: red!, text: 'What is different?', pictures });
  await page.reload();
  await page.getByText('This model takes one picture in a question: take out 1.').waitFor();
  const send = page.getByRole('button', { name: 'Send', exact: true });
  expect(await send.isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Do not send green.png' }).click();
  await page.getByText('red.png goes with the next question').waitFor();
  await expect.poll(() => send.isEnabled()).toBe(true);
  await page.context().close();
});

test.each([
  ['light', 'ko', 360],
  ['dark', 'en', 1280],
] as const)(
  '%s, %s, %i pixels: nothing for axe to find with three pictures',
  async (theme, language, width) => {
    await app.services.api.changeSettings({ theme, language });
    const page = await open(app, 3, { viewport: { width, height: 800 }, bypassCSP: true });
    if (width < 900) await page.getByRole('button', { name: '보관함' }).last().click();
    await page.getByRole('button', { name: /^(Compare…|견주기…)$/ }).click();
    await page.getByRole('button', { name: 'blue.png' }).first().click();
    expect(await violations(page)).toBe('');
    await screenshot(page, `several-choosing-${theme}-${language}-${width}`);
    await page.getByRole('button', { name: /^(Compare these two|이 두 장 견주기)$/ }).click();
    await page.getByText(/^(2 pictures go|질문에 그림 2장)/).waitFor();
    await screenshot(page, `several-${theme}-${language}-${width}`);
    expect(await violations(page)).toBe('');
    await app.services.api.changeSettings({ theme: 'light', language: 'en' });
    await page.context().close();
  },
);
