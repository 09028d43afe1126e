/** One person's way through the app, from the gallery to an exported conversation. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { goldenCase } from '../support/golden.ts';
import { ask, dropFiles, foreignConnections, nextText, questionField, startApp, type App } from './app.ts';
import { greedy } from '../support/greedy.ts';

const photo = readFileSync(join(goldenCase('tower-inside').folder, 'photo.png'));
const answers = (page: Page) => page.getByRole('button', { name: 'How this answer was made' });

let app: App;
beforeAll(async () => {
  app = await startApp();
  await answersOf(12);
});
afterEach(() => app.answers.release());
afterAll(() => app?.close());

/** Greedy, so that the model goes on to the last token it may write. */
const answersOf = (maxTokens: number) =>
  app.services.api.changeSettings({
    sampling: greedy(maxTokens),
  });

let opened = 0;

/** Drops a picture that no test before has seen: an earlier conversation about a photo would be shown with it. */
async function openPhoto(page: Page): Promise<void> {
  opened++;
  const name = `photo-${opened}.png`;
  const bytes = await sharp(photo)
    .modulate({ hue: opened * 20 })
    .png()
    .toBuffer();
  await dropFiles(page, [{ name, bytes }]);
  await page.getByRole('application', { name: `Photo ${name}` }).waitFor();
}

const ready = (page: Page) => page.getByText(/^Ready( for questions|, recognised from before)/).waitFor();

test('the gallery offers every sample with questions, and says what the model is', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'Open City map' }).waitFor();
  expect(await page.getByRole('button', { name: /^Open .*/ }).count()).toBeGreaterThanOrEqual(8);
  expect(await page.getByRole('button', { name: /^Ask: / }).count()).toBeGreaterThanOrEqual(8);
  await page.getByText('Files you had').first().waitFor();
  await page.context().close();
});

test('a dropped photo is shown with all 18 crops, prepared crop by crop, and answered about', async () => {
  const page = await app.open();
  await openPhoto(page);
  expect(await page.getByRole('group', { name: 'Local crops' }).getByRole('button').count()).toBe(9);
  expect(await page.getByRole('group', { name: 'Global crops' }).getByRole('button').count()).toBe(1);
  await page.getByRole('button', { name: '+8 phases, not used' }).waitFor();
  // So wide a window has no room for the words beside the views; the large view has them.
  await page
    .getByText('Local: 9 of 9 reach the answer; Global: 1 of 9 reach the answer')
    .waitFor({ state: 'attached' });
  await page.getByText('1,200 × 800').first().waitFor();
  await ready(page);
  await ask(page, 'What is written on the sign?');
  await answers(page).waitFor();
  await page
    .getByRole('log')
    .getByText(/^12 tokens.*tokens\/s$/)
    .waitFor();

  await answers(page).click();
  await page.getByText('10 of 18 (3 × 3 a perspective)').waitFor();
  await page.keyboard.press('Escape');
  await page.context().close();
});

test('a question sent before the photo is ready waits where it can be seen, and is answered', async () => {
  const page = await app.open();
  await openPhoto(page);
  await ask(page, 'What colour is it?');
  await answers(page).waitFor();
  await page.context().close();
});

test('an answer can be stopped, asked again and its question edited', async () => {
  await answersOf(900);
  const page = await app.open();
  await openPhoto(page);
  await ready(page);
  app.answers.hold();
  const written = nextText(app);
  await ask(page, 'Tell me everything.');
  await written;
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped here').waitFor();

  await answersOf(8);
  await page.getByRole('button', { name: 'Answer again' }).click();
  await page.getByText('Stopped here').waitFor({ state: 'detached' });
  await answers(page).waitFor();

  await page.getByText('Tell me everything.').last().hover();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('textbox', { name: 'Edit the question' }).fill('Tell me less.');
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByRole('log').getByText('Tell me less.').waitFor();
  await answers(page).waitFor();
  expect(await page.getByRole('log').getByText('Tell me everything.').count()).toBe(0);
  await page.context().close();
});

test('a reload in the middle of an answer shows the whole answer; a second tab sees it too', async () => {
  await answersOf(200);
  const page = await app.open();
  await openPhoto(page);
  await ready(page);
  app.answers.hold();
  await ask(page, 'A long story, please.');
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  const openIn = (window: Page) =>
    window
      .getByRole('button', { name: /A long story, please/ })
      .first()
      .click();
  await page.reload();
  await openIn(page);
  const second = await app.open();
  await openIn(second);
  for (const window of [page, second]) {
    await window.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  }
  app.answers.release();
  await answers(page).waitFor();
  await answers(second).waitFor();

  const [conversation] = await app.services.api.listConversations({ query: '', limit: 1 });
  const { messages } = await app.services.api.getConversation({ conversationId: conversation!.id });
  expect(messages.at(-1)!.state).toBe('done');
  const shown = (of: Page) => of.getByRole('log').innerText();
  expect(await shown(second)).toBe(await shown(page));
  await page.context().close();
  await second.context().close();
});

test.each(['images', 'inference'] as const)(
  'kill -9 of the %s process: the window lives, says so, and the next question is answered',
  async (kind) => {
    await answersOf(900);
    const page = await app.open();
    await openPhoto(page);
    await ready(page);
    app.answers.hold();
    const written = nextText(app);
    await ask(page, 'Another long story, please.');
    await written;
    process.kill(app.services.processes[kind]!, 'SIGKILL');
    app.answers.release();
    if (kind === 'inference') {
      await page.getByRole('log').getByText('The part that runs the model stopped unexpectedly.').waitFor();
    } else await answers(page).waitFor();

    await answersOf(6);
    await ask(page, 'And now a short one.');
    await page.getByRole('log').getByText('And now a short one.').waitFor();
    await page.getByText(/^6 tokens/).waitFor();
    await page.context().close();
  },
);

test('conversations can be found, renamed, deleted and brought back', async () => {
  const page = await app.open();
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('sign');
  await page
    .getByRole('button', { name: /What is written on the sign/ })
    .first()
    .waitFor();
  await page
    .getByRole('button', { name: /^Actions for What is written on the sign/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  // The old name is selected: what is typed replaces it.
  await page.getByRole('textbox', { name: 'Name of the conversation' }).waitFor();
  await page.keyboard.insertText('표지판 이야기');
  await page.keyboard.press('Enter');
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('');
  await page.getByRole('button', { name: 'Actions for 표지판 이야기' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByText('“표지판 이야기” deleted.').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Actions for 표지판 이야기' }).waitFor();
  await page.context().close();
});

test('a conversation goes out as Markdown and JSON, and the JSON comes back in', async () => {
  const page = await app.open();
  const [conversation] = await app.services.api.listConversations({ query: 'sign', limit: 1 });
  const name = `Actions for ${conversation!.title}`;
  const files: Record<string, string> = {};
  for (const format of ['Export as Markdown with pictures', 'Export as JSON']) {
    await page.getByRole('button', { name }).first().click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: format }).click();
    files[format] = (await (await download).path())!;
  }
  expect(readFileSync(files['Export as Markdown with pictures']!).length).toBeGreaterThan(1000);
  const json = readFileSync(files['Export as JSON']!, 'utf8');
  const imported = await app.services.api.importConversation({ json });
  expect(imported.messages.map(({ text }) => text)).toContain('What is written on the sign?');
  await page.context().close();
});

test('a private conversation leaves no trace on the disk', async () => {
  await answersOf(6);
  const page = await app.open();
  await openPhoto(page);
  await page.keyboard.press('Escape');
  await page.getByRole('application').focus();
  await page.keyboard.press('Shift+N');
  await page.getByText('Private', { exact: true }).first().waitFor();
  await ask(page, 'A secret question 8a7f.');
  await page.getByText(/^6 tokens/).waitFor();
  expect(await app.services.api.listConversations({ query: '8a7f', limit: 10 })).toSatisfy(
    (found: readonly { isPrivate: boolean }[]) => found.every(({ isPrivate }) => isPrivate),
  );
  const database = readFileSync(join(app.folder, 'data', 'conversations.sqlite'));
  expect(database.includes('8a7f')).toBe(false);
  await page.context().close();
});

test('a photo that vanishes is noticed, and no stale answer is given', async () => {
  const folder = join(app.folder, 'photos');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'going.png');
  writeFileSync(path, photo);
  const page = await app.open();
  await app.services.openPaths([path]);
  await page.getByRole('application', { name: 'Photo going.png' }).waitFor();
  await rm(path);
  await ask(page, 'Are you there?');
  await page.getByText('The photo is no longer where it was.').first().waitFor();
  await page.context().close();
});

test('a folder of 200 photos is a film strip for the arrow keys', async () => {
  const folder = join(app.folder, 'two-hundred');
  mkdirSync(folder);
  for (let index = 0; index < 200; index++) {
    const background = { r: index, g: 255 - index, b: 128 };
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background } });
    writeFileSync(join(folder, `${String(index).padStart(3, '0')}.jpg`), await picture.jpeg().toBuffer());
  }
  const page = await app.open();
  await app.services.openPaths([folder]);
  await page.getByText('1 of 200').first().waitFor();
  await page.keyboard.press('PageDown');
  await page.getByRole('application', { name: 'Photo 001.jpg' }).waitFor();
  await page.keyboard.press('PageUp');
  await page.getByRole('application', { name: 'Photo 000.jpg' }).waitFor();
  await page.context().close();
});

test('nothing asked anything of anyone else, and no page reported an error', async () => {
  expect(app.foreignRequests).toEqual([]);
  expect(foreignConnections()).toEqual([]);
  expect(app.pageErrors).toEqual([]);
  expect(await app.services.api.listNetworkRequests()).toEqual([]);
});

test('the question field is there to type in while the photo is being prepared', async () => {
  const page = await app.open();
  await openPhoto(page);
  await questionField(page).pressSequentially('typed while encoding');
  expect(await questionField(page).inputValue()).toBe('typed while encoding');
  await page.context().close();
});
