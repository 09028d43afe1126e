/** Answers as a model may write them, in the window: all that they may hold, and while they grow. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Conversation, Message } from '../../preload/contract/api.ts';
import { makeProvenance } from '../renderer/fake-data.ts';
import { startApp, type App } from './app.ts';
import { conversationFile } from './conversation-file.ts';

let app: App;
beforeAll(async () => {
  app = await startApp({ withModel: false });
});
afterAll(() => app?.close());

/** Opens the window with a conversation that came from somewhere else. */
async function openConversation(...answers: readonly string[]): Promise<{ page: Page; made: Conversation }> {
  const title = `Conversation ${randomUUID()}`;
  const [sample] = await app.services.api.listSamples();
  const made = await app.services.api.importConversation({
    json: conversationFile(title, sample!.photo, answers),
  });
  const page = await app.open();
  await page.getByText(title, { exact: true }).click();
  await page.getByRole('log').waitFor();
  return { page, made };
}

const publish = (message: Message) => app.services.events.publish({ type: 'message', message });

test('an answer of nothing but markers is shown as it was written, and the ones beside it as they are', async () => {
  const { page } = await openConversation(
    '> '.repeat(2000),
    '* '.repeat(2000) + 'a',
    '_a'.repeat(75_000),
    '**Well**',
  );
  const answers = page.getByRole('article', { name: 'Model' });
  await answers.nth(3).locator('strong').getByText('Well').waitFor();
  expect(await answers.nth(0).innerText()).toContain('> > > >');
  expect(await answers.nth(2).innerText()).toContain('_a_a_a');
  await page.context().close();
});

test('a message that cannot be drawn leaves the others alone', async () => {
  const { page, made } = await openConversation('**Well**', 'Also well');
  const provenance = { tokens: { generated: 1 } } as unknown as Message['provenance'];
  publish({ ...made.messages[1]!, text: 'Its words', provenance });
  await page.getByText('This message could not be shown as it was meant.').waitFor();
  await page.getByText('Its words').waitFor();
  await page.getByText('Also well').waitFor();
  await page.context().close();
});

test('an answer that was slow because other programs took the processor says so where it says how it was made', async () => {
  const { page, made } = await openConversation('Words', 'More words');
  for (const [index, othersShare] of [0.62, 0.1].entries())
    publish({ ...made.messages[2 * index + 1]!, provenance: makeProvenance({ othersShare }) });
  const ways = page.getByRole('button', { name: 'How this answer was made' });
  await ways.nth(1).waitFor();
  const sentence = 'Slower because the machine is busy: other programs took 62% of the processor.';
  await ways.nth(0).click();
  await page.getByRole('dialog').getByText(sentence).waitFor();
  await page.keyboard.press('Escape');
  await ways.nth(1).click();
  await page.getByRole('dialog').getByText('CPU, 8 threads').waitFor();
  expect(await page.getByRole('dialog').getByText('Slower because').count()).toBe(0);
  await page.context().close();
});

test('a link has no address that a browser would look up; pressed by pointer or key, it is shown before it opens', async () => {
  const { page } = await openConversation('See [the map](https://example.org/map?a=b).');
  expect(await page.getByRole('log').locator('a, [href]').count()).toBe(0);
  const link = page.getByRole('link', { name: 'the map' });
  await link.click();
  await page.getByRole('alertdialog').getByText('https://example.org/map?a=b').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').getByText('https://example.org/map?a=b').waitFor();
  const opened = page.context().waitForEvent('page');
  await page.context().route('https://example.org/**', (route) => route.fulfill({ body: 'The map' }));
  await page.getByRole('button', { name: 'Open in browser' }).click();
  expect((await opened).url()).toBe('https://example.org/map?a=b');
  await page.context().close();
  app.foreignRequests.length = 0;
});

test('a column of a table stands where the answer says', async () => {
  const { page } = await openConversation('| a | b |\n| - | -: |\n| 1 | 2 |');
  const aligned = (name: string) =>
    page.getByRole('cell', { name }).evaluate((cell) => getComputedStyle(cell).textAlign);
  expect(await aligned('1')).toBe('start');
  expect(await aligned('2')).toMatch(/right$/);
  await page.context().close();
});

test('an answer that grows is followed; where the person scrolls up it stays, until the end is wanted again', async () => {
  const paragraphs = Array.from({ length: 60 }, (_, index) => `Paragraph ${index} of the answer.`);
  const { page, made } = await openConversation(paragraphs.join('\n\n'));
  const answer = made.messages[1]!;
  let text = answer.text;
  publish({ ...answer, state: 'writing' });
  /** Adds a paragraph by many words, and waits until the last one can be read in the page. */
  const grow = async (name: string) => {
    for (const piece of ['\n\n', ...name.split(' ').map((word) => `${word} `)]) {
      app.services.events.publish({ type: 'text', messageId: answer.id, at: text.length, text: piece });
      text += piece;
    }
    await page.getByRole('log').getByText(name).waitFor({ state: 'attached' });
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  };
  const place = () =>
    page.getByRole('log').evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({
      top: scrollTop,
      below: scrollHeight - scrollTop - clientHeight,
    }));

  await grow('The first one more');
  expect((await place()).below).toBeLessThan(2);

  await page.getByRole('log').hover();
  await page.mouse.wheel(0, -40);
  await page.getByRole('button', { name: 'To the newest' }).waitFor();
  const { top } = await place();
  await grow('The second one more');
  await grow('The third one more');
  expect((await place()).top).toBe(top);

  await page.getByRole('button', { name: 'To the newest' }).click();
  await grow('The fourth one more');
  expect((await place()).below).toBeLessThan(2);

  await page.mouse.wheel(0, -400);
  await page.getByRole('button', { name: 'To the newest' }).waitFor();
  await page.mouse.wheel(0, 4000);
  await page.getByRole('button', { name: 'To the newest' }).waitFor({ state: 'detached' });
  await grow('The fifth one more');
  expect((await place()).below).toBeLessThan(2);
  await page.context().close();
});

test('no page reported an error, and nobody else was asked for anything', () => {
  expect(app.pageErrors).toEqual([]);
  expect(app.foreignRequests).toEqual([]);
});
