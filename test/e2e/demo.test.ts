/** The demo model's scenes: draw one, ask, and compare with the truth. Its weights here are random; its answers are not looked at. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type App } from './app.ts';

let app: App;
beforeAll(async () => {
  app = await startApp({ kind: 'demo' });
  await app.services.api.changeSettings({
    sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, maxTokens: 8, seed: 1 },
  });
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
