/** The first minutes with the bundled demo model: its scenes are opened, asked about, and compared with the truth. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSettings } from '../../preload/contract/api.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import { ask, demoModel, questionField, startApp, type App } from './app.ts';
import { screenshot } from './screenshots.ts';

let app: App;
beforeAll(async () => {
  app = await startApp(demoModel);
  // The likeliest answer each time.
  await app.services.api.changeSettings({ sampling: { ...defaultSettings.sampling, temperature: 0 } });
});
afterAll(() => app?.close());

const answers = (page: Page) => page.getByRole('button', { name: 'How this answer was made' });

/** The photo of the conversation that was had last. */
async function newestPhoto(): Promise<string | undefined> {
  const [newest] = await app.services.api.listConversations({ query: '', limit: 1 });
  return newest?.photoIds[0];
}

test('a new scene is asked a suggested question and its truth is hidden until asked for', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'New scene' }).click();
  await page.getByRole('application', { name: /^Photo scene-\d+\.png/ }).waitFor();
  await page.getByText('knows drawn scenes, not photographs').waitFor();
  const [question] = await page.getByRole('list', { name: 'Suggested questions' }).getByRole('button').all();
  const asked = await question!.innerText();
  await question!.click();
  await answers(page).waitFor();
  await page.getByRole('log').getByText(asked).waitFor();
  // What can be asked next follows the answer; what was asked is not among it.
  const next = page.getByRole('log').getByRole('list', { name: 'Suggested questions' }).getByRole('button');
  expect(await next.allInnerTexts()).not.toContain(asked);
  await next.first().click();
  await answers(page).nth(1).waitFor();

  const grades = page.getByRole('article', { name: 'Model' }).getByText(/^(Right|Wrong)$/);
  expect(await page.getByText('What is in the scene').count()).toBe(0);
  expect(await grades.count()).toBe(0);
  await page.getByRole('button', { name: 'Show the truth' }).click();
  await page.getByText('What is in the scene').waitFor();
  await page.getByText(/^\d of 2 right$/).waitFor();
  expect(await grades.count()).toBe(2);
  const { things } = await app.services.api.revealScene({ photoId: (await newestPhoto())! });
  expect(things.length).toBeGreaterThanOrEqual(4);
  // Drawn where they are.
  const stage = page.getByRole('application');
  for (const { name } of things) await stage.getByText(name, { exact: true }).first().waitFor();
  await screenshot(page, 'scene-truth');
  await page.getByRole('button', { name: 'Hide the truth' }).click();
  await page.getByText('What is in the scene').waitFor({ state: 'detached' });
  expect(await grades.count()).toBe(0);
  expect(app.pageErrors).toEqual([]);
  await page.context().close();
});

test('what can be done with an answer is shown under the last one, and under others when they are pointed at', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'New scene' }).click();
  await ask(page, 'Describe the picture.');
  await answers(page).waitFor();
  await ask(page, 'Which shape is the largest?');
  await answers(page).nth(1).waitFor();
  await questionField(page).hover();
  const opacity = (index: number) =>
    answers(page)
      .nth(index)
      .evaluate((button) => getComputedStyle(button.closest('footer')!).opacity);
  await expect.poll(() => opacity(0)).toBe('0');
  await expect.poll(() => opacity(1)).toBe('1');
  await page.getByRole('article', { name: 'Model' }).first().hover();
  await expect.poll(() => opacity(0)).toBe('1');
  await page.context().close();
});

test('a sample that the demo model cannot read is looked at closer: at the tile with the answer, beside what the model gets', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'Look closer: Harbour at dusk' }).waitFor();
  expect(await page.getByRole('button', { name: /^Ask: .*(boat|street|ticket)/ }).count()).toBe(0);
  await page.getByRole('button', { name: 'Look closer: Harbour at dusk' }).click();
  const compare = page.getByRole('button', { name: 'Compare', exact: true });
  await expect.poll(() => compare.getAttribute('aria-pressed')).toBe('true');
  const fit = page.getByRole('button', { name: 'Fit', exact: true });
  await expect.poll(() => fit.isEnabled()).toBe(true);
  await screenshot(page, 'look-closer');
  await fit.click();
  await expect.poll(() => fit.isEnabled()).toBe(false);
  const closer = page.getByRole('list', { name: 'Look closer' });
  await closer.getByRole('button', { name: /green boat/ }).click();
  await expect.poll(() => fit.isEnabled()).toBe(true);
  await page.context().close();
});

test('one Escape closes a dialog over whose button a tip is shown, and the large view is no higher than what is in it', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'Open Harbour at dusk', exact: true }).click();
  await page.getByRole('button', { name: 'Show large' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'Why both?' }).waitFor();
  const empty = await dialog.evaluate((element) => {
    const last = element.querySelector('.together')!.getBoundingClientRect();
    return element.getBoundingClientRect().bottom - last.bottom;
  });
  expect(empty).toBeLessThan(40);
  await dialog.getByRole('button', { name: 'Close' }).hover();
  await page.locator('.tip').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.context().close();
});

test('Escape gives the focus back to the button without its tip, and the Tab key shows tips as before', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'Open Harbour at dusk', exact: true }).click();
  const button = page.getByRole('button', { name: 'Show large' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('heading', { name: 'Why both?' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(() => button.evaluate((node) => node === document.activeElement)).toBe(true);
  expect(await page.locator('.tip').count()).toBe(0);
  await page.keyboard.press('Tab');
  await page.locator('.tip').waitFor();
  await page.context().close();
});

test('a whole conversation about a scene of the gallery is right', async () => {
  await app.services.api.changeSettings({ theme: 'dark' });
  const page = await app.open({ colorScheme: 'dark', viewport: { width: 1600, height: 1000 } });
  const scene = (await app.services.api.listScenes())[0]!;
  await page.getByRole('button', { name: `Open ${scene.title.en}`, exact: true }).click();
  const { questions } = await app.services.api.revealScene({ photoId: scene.photo.id });
  for (const [index, { question }] of questions.entries()) {
    await ask(page, question);
    await answers(page).nth(index).waitFor();
  }
  const [newest] = await app.services.api.listConversations({ query: '', limit: 1 });
  const { messages } = await app.services.api.getConversation({ conversationId: newest!.id });
  const given = messages.filter(({ role }) => role === 'assistant').map(({ text }) => text);
  for (const [index, turn] of questions.entries()) {
    expect(isRight(given[index]!, turn), `${turn.question} ${given[index]}`).toBe(true);
  }
  await screenshot(page, 'answer-dark', true);
  await page.getByRole('button', { name: 'Picture to share' }).click();
  const picture = page.getByRole('dialog').getByRole('img');
  expect(await picture.getAttribute('aria-label')).toContain(given.at(-1)!);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save PNG' }).click();
  const file = await (await download).path();
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([1600, 1000]);
  // Two pictures beside each other, of the same place: what differs is their detail.
  const at = (x: number, y: number) => [...data.subarray((y * 1600 + x) * 3, (y * 1600 + x) * 3 + 3)];
  const ground = at(4, 4);
  expect(at(416, 372)).not.toEqual(ground);
  expect(at(1184, 372)).not.toEqual(ground);
  await page.keyboard.press('Escape');
  await page.context().close();
  await app.services.api.changeSettings({ theme: 'system' });
});

test('the gallery has twelve scenes; in Korean it says that the model understands English alone', async () => {
  const page = await app.open({ locale: 'ko-KR' });
  await app.services.api.changeSettings({ language: 'ko' });
  await page
    .getByRole('button', { name: /^장면 \d+ 열기$/ })
    .nth(11)
    .waitFor();
  await page.getByText('데모 모델은 영어만 알아듣습니다.').first().waitFor();
  // It states English alone: that is said, and the questions are in English. Nobody has asked about this scene yet.
  await page
    .getByRole('button', { name: /^장면 \d+ 열기$/ })
    .nth(5)
    .click();
  await page.getByText('그래서 질문을 영어로 제안합니다').waitFor();
  const questions = page.getByRole('list', { name: '추천 질문' }).getByRole('button');
  expect((await questions.allInnerTexts()).every((text) => /^[ -~]+$/.test(text))).toBe(true);
  await app.services.api.changeSettings({ language: 'system' });
  await page.context().close();
});
