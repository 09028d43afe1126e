/** The first minutes with the bundled demo model: its scenes are opened, asked about, and compared with the truth. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSettings } from '../../preload/contract/api.ts';
import { isRight } from '../eval/grade.ts';
import { ask, demoModel, startApp, type App } from './app.ts';
import { screenshot } from './screenshots.ts';

let app: App;
beforeAll(async () => {
  app = await startApp(demoModel);
  // The likeliest answer each time.
  await app.services.api.changeSettings({ sampling: { ...defaultSettings.sampling, temperature: 0 } });
});
afterAll(() => app?.close());

const answers = (page: Page) => page.getByRole('button', { name: 'How this answer was made' });

test('a new scene is asked a suggested question and its truth is hidden until asked for', async () => {
  const page = await app.open();
  await page.getByRole('button', { name: 'New scene' }).click();
  await page.getByRole('application', { name: /^Photo scene-\d+\.png/ }).waitFor();
  await page.getByText('knows drawn scenes, not photographs').waitFor();
  const [question] = await page.getByRole('list', { name: 'Suggested questions' }).getByRole('button').all();
  const asked = await question!.innerText();
  await question!.click();
  await answers(page).waitFor();
  expect(await page.getByText('What is in the scene').count()).toBe(0);
  await page.getByRole('button', { name: 'Show the truth' }).click();
  await page.getByText('What is in the scene').waitFor();
  await page.getByLabel('Answers to the suggested questions').getByText(asked).waitFor();
  await page.getByRole('button', { name: 'Hide the truth' }).click();
  await page.getByText('What is in the scene').waitFor({ state: 'detached' });
  expect(app.pageErrors).toEqual([]);
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
  await app.services.api.changeSettings({ language: 'system' });
  await page.context().close();
});
