/** In a private conversation nothing is written to disk: not by the lens, nor by parts, other ways to ask and several photos. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { greedy } from '../support/greedy.ts';
import { ask, demoModel, dropFiles, startApp, type App } from './app.ts';
import { pairModel } from './pair-model.ts';

let app: App | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

/**
 * Hashes of all files below a folder, by path; without the index into SQLite's log that readers of the database share, which
 * changes when it is read and holds nothing that the log does not.
 */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const hashed = paths
    .filter((path) => !path.endsWith('.sqlite-shm'))
    .map(async (path) => {
      const bytes = await readFile(path);
      return [path, createHash('sha256').update(bytes).digest('hex')] as const;
    });
  return Object.fromEntries(await Promise.all(hashed));
}

const dialog = (page: Page) => page.getByRole('dialog');
const provenance = (page: Page) => page.getByRole('button', { name: 'How this answer was made' });

/** A question, the lens on its answer, what it is worth without a part, the data as a file, and the same asked again in other ways. */
async function lookAround(page: Page): Promise<void> {
  await ask(page, 'What is written on the sign?');
  await page.getByRole('button', { name: 'Where it looked', exact: true }).click();
  await page.locator('canvas[data-lens]').waitFor();
  const verdict = page.getByRole('status').filter({ hasText: /likely/ });
  await page.getByRole('button', { name: 'Would it have said so without this?' }).click();
  await verdict.waitFor();
  await page.getByRole('toolbar', { name: 'Overlays' }).getByRole('button', { name: 'Look closer' }).click();
  await page.locator('[data-part]').waitFor();
  await page.getByRole('button', { name: 'Would it have said so without the marked part?' }).click();
  await verdict.waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Keep what the lens shows' }).click();
  await page.getByRole('menuitem', { name: 'Data as JSON…' }).click();
  await download;
  await page.getByRole('button', { name: 'Read the marked part' }).click();
  const closer = dialog(page).getByRole('region', { name: 'A part, closer' });
  await closer.getByText(/picture tokens/).waitFor();
  await dialog(page).getByRole('checkbox', { name: 'Some tiles covered' }).check();
  await dialog(page).getByRole('button', { name: 'Cover tile 1', exact: true }).click();
  await dialog(page).getByRole('button', { name: 'Ask', exact: true }).click();
  for (const name of ['Some tiles covered', 'A part, closer']) {
    const column = dialog(page).getByRole('region', { name, exact: true });
    await column.getByText(/picture tokens/).waitFor();
  }
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  // The part that is marked goes with the next question.
  await ask(page, 'And here?');
  await expect.poll(() => provenance(page).count()).toBe(2);
}

test('with the bundled model', async () => {
  app = await startApp({ ...demoModel, settings: { sampling: greedy(40) } });
  const page = await app.open({ reducedMotion: 'reduce' });
  await page.keyboard.press('Shift+N');
  await page.getByText('are not written to disk from now on').waitFor();
  // Those of the gallery are drawn once, and the speed of the machine is found out once: neither tells of a person.
  await app.services.api.listScenes();
  await app.services.api.measureMachine();
  const before = await filesBelow(app.folder);
  await page.getByRole('button', { name: 'New scene' }).click();
  await page.getByRole('application').waitFor();
  await lookAround(page);
  await page.context().close();
  expect(await filesBelow(app.folder)).toEqual(before);
});

test('with a model of tiles that has never been looked at, and two photos in a question', async () => {
  app = await startApp({ model: await pairModel('smolvlm-a'), settings: { sampling: greedy(8) } });
  const page = await app.open({ reducedMotion: 'reduce' });
  await page.keyboard.press('Shift+N');
  await page.getByText('are not written to disk from now on').waitFor();
  const before = await filesBelow(app.folder);
  const photos = await Promise.all(
    ['red', 'green'].map(async (background) => {
      const picture = sharp({ create: { width: 240, height: 160, channels: 3, background } });
      return { name: `${background}.png`, bytes: await picture.png().toBuffer() };
    }),
  );
  await dropFiles(page, photos);
  await page.getByRole('application', { name: 'Photo red.png' }).waitFor();
  await lookAround(page);
  await page.getByRole('button', { name: 'Compare these two' }).click();
  await page.getByText(/^2 pictures go with the question/).waitFor();
  await ask(page, 'What is different?');
  await expect.poll(() => provenance(page).count()).toBe(3);
  await page.getByRole('button', { name: 'Where it looked', exact: true }).last().click();
  await page.getByRole('list', { name: 'How much of the lens lies on each picture' }).waitFor();
  await page.context().close();
  expect(await filesBelow(app.folder)).toEqual(before);
});
