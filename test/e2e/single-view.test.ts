/** A model that sees a picture once (LLaVA-1.5, imported from two GGUF files): the window shows that one view and no crops. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ask, startApp, type App } from './app.ts';

const pair = fileURLToPath(new URL('../golden/gguf-pair/', import.meta.url));
let app: App;
let page: Page;
beforeAll(async () => {
  const model = join(temporaryFolder(), 'package');
  const halves = { mmproj: join(pair, 'mmproj.gguf'), language: join(pair, 'language.gguf') };
  await importPair({ ...halves, out: model, vision: 'f32' });
  app = await startApp({ model });
  page = await app.open();
  await app.services.openPaths([join(pair, 'photo.png')]);
  await page.getByRole('application', { name: 'Photo photo.png' }).waitFor();
});
afterAll(() => app?.close());

test('the strip holds the one picture and says that there are no crops', async () => {
  const strip = page.getByRole('region', { name: 'What the model sees' });
  await strip
    .getByText(
      'sees the whole picture once, at 56 × 56 pixels, at 1/1.6 of your photo’s detail. It has no crops.',
    )
    .waitFor();
  const picture = strip.getByRole('img');
  expect(await picture.count()).toBe(1);
  const shown = () => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth);
  await expect.poll(shown).toBe(56);
  expect(await page.locator('[data-crop]').count()).toBe(0);
});

test('overlays of crops cannot be switched on', async () => {
  const tools = page.getByRole('toolbar', { name: 'Overlays' });
  expect(await tools.getByRole('button', { name: 'Square', exact: true }).isEnabled()).toBe(true);
  for (const name of ['Local', 'Global']) {
    expect(await tools.getByRole('button', { name, exact: true }).isEnabled()).toBe(false);
  }
});

test('it is prepared and answers', async () => {
  await ask(page, 'What is here?');
  await page.getByRole('button', { name: 'How this answer was made' }).first().waitFor();
  expect(app.pageErrors).toEqual([]);
});
