/** Files that a person has already become a model in the window: chosen in the system's dialogs, or named in a terminal. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import type { DesktopServices } from '../../main/services/options.ts';
import { desktopOf } from '../support/desktop.ts';
import { writeGoldenPair, type PairFiles } from '../support/golden-pair.ts';
import { familyGolden } from '../support/family-golden.ts';
import { goldenCase } from '../support/golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { violations } from './accessibility.ts';
import { ask, startApp, type App } from './app.ts';
import { greedy } from '../support/greedy.ts';

/** A conversion encodes the sample pictures, which takes a busy machine longer than any page. */
const conversionMs = 300_000;
vi.setConfig({ testTimeout: 2 * conversionMs });

const shots = join(projectRoot, 'build', 'screenshots');
const folder = temporaryFolder();
let pair: PairFiles;
let app: App | undefined;

beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  pair = await writeGoldenPair(join(folder, 'pair'));
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const settings = {
  sampling: greedy(8),
} as const;

/** The system's dialogs, in which the person chooses what comes next in `paths`. */
function dialogsFor(paths: string[]): DesktopServices {
  const next = async () => paths.shift() ?? null;
  return desktopOf({ chooseFolder: next, chooseGguf: next });
}

const useFiles = (page: Page) => page.getByRole('dialog', { name: 'Use files you have' });
const settingsDialog = (page: Page) => page.getByRole('dialog', { name: 'Settings' });

async function openUseFiles(page: Page): Promise<void> {
  await page
    .getByRole('region', { name: 'Get the real model' })
    .getByRole('button', { name: /^Use files/ })
    .click();
  await useFiles(page).waitFor();
}

async function choose(page: Page, part: string): Promise<void> {
  await useFiles(page)
    .getByRole('button', { name: `Choose… (${part})` })
    .click();
}

/** Converts the model whose dialog is open, and waits until it is there. */
async function convert(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: `Get ${name}` });
  await dialog.getByText('language.gguf is not copied: it is used where it lies').waitFor();
  await dialog.getByText(/(Fits|Tight|Runs on the GPU): |Runs on the GPU/).waitFor();
  expect(await violations(page)).toBe('');
  await dialog.getByRole('button', { name: 'Convert', exact: true }).click();
  await page
    .getByText(`${name} is ready and answers from now on.`)
    .first()
    .waitFor({ timeout: conversionMs });
}

/** Asks the model that was just made about a sample, and looks at what it sees. */
async function askIt(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Open City map/ }).click();
  const strip = page.getByRole('region', { name: 'What the model sees' });
  await strip.getByText('sees the whole picture once, at 336 × 336 pixels, ').waitFor();
  await ask(page, 'What is this?');
  await page.getByRole('button', { name: 'How this answer was made' }).click();
  await page.getByRole('dialog').getByText(name, { exact: true }).waitFor();
}

test('two GGUF files are chosen, exchanged by mistake, put right, converted and asked', async () => {
  const paths = [pair.language, pair.mmproj, pair.mmproj, pair.language];
  app = await startApp({ withModel: false, settings, desktop: dialogsFor(paths) });
  const page = await app.open({ bypassCSP: true });
  await openUseFiles(page);
  await page.keyboard.press('Escape');
  await useFiles(page).waitFor({ state: 'hidden' });
  await openUseFiles(page);
  await useFiles(page).getByRole('radio', { name: 'Two GGUF files' }).click();
  await useFiles(page).getByText('The language model is not copied').waitFor();
  const next = useFiles(page).getByRole('button', { name: 'Continue' });
  expect(await next.isDisabled()).toBe(true);
  await choose(page, 'Vision half (mmproj)');
  await choose(page, 'Language model');
  await useFiles(page).getByText('mmproj.gguf', { exact: true }).waitFor();
  expect(await violations(page)).toBe('');
  await next.click();
  await useFiles(page).getByRole('alert').getByText('language.gguf is not the vision half').waitFor();
  await page.screenshot({ path: join(shots, 'use-files-exchanged.png') });
  expect(await violations(page)).toBe('');
  expect((await app.services.api.listModels()).models.every(({ origin }) => origin === 'built-in')).toBe(
    true,
  );
  await choose(page, 'Vision half (mmproj)');
  await useFiles(page).getByRole('alert').waitFor({ state: 'hidden' });
  await choose(page, 'Language model');
  await next.click();
  await convert(page, 'language');
  await page.screenshot({ path: join(shots, 'pair-ready.png') });

  await page.keyboard.press('Control+,');
  await settingsDialog(page).getByRole('tab', { name: 'Model' }).click();
  await settingsDialog(page).getByRole('radio', { name: 'language', checked: true }).waitFor();
  for (const figures of await settingsDialog(page).getByText('Figures', { exact: true }).all()) {
    await figures.click();
  }
  await settingsDialog(page).getByText('336 × 336, no crops').waitFor();
  await page.screenshot({ path: join(shots, 'pair-card.png') });
  await settingsDialog(page).getByRole('button', { name: 'Close' }).click();
  await askIt(page, 'language');
  expect(app.pageErrors).toEqual([]);
  expect(await app.services.api.listNetworkRequests()).toEqual([]);
});

test('where the host has no dialogs, the pair is named by its paths, which are checked, and converted', async () => {
  app = await startApp({ withModel: false, settings });
  const page = await app.open({ bypassCSP: true });
  await openUseFiles(page);
  await useFiles(page).getByRole('radio', { name: 'Two GGUF files' }).click();
  const next = useFiles(page).getByRole('button', { name: 'Continue' });
  const name = async (part: string, path: string) => {
    await useFiles(page)
      .getByRole('textbox', { name: `Path: ${part}` })
      .fill(path);
    await page.keyboard.press('Tab');
  };
  await name('Vision half (mmproj)', join(folder, 'nowhere.gguf'));
  await useFiles(page).getByRole('alert').waitFor();
  expect(await next.isDisabled()).toBe(true);
  await name('Vision half (mmproj)', folder);
  await useFiles(page).getByRole('alert').waitFor();
  await name('Vision half (mmproj)', ` ${pair.mmproj} `);
  await useFiles(page).getByText('Found: mmproj.gguf').waitFor();
  await name('Language model', pair.language);
  await useFiles(page).getByText('Found: language.gguf').waitFor();
  expect(await violations(page)).toBe('');
  await page.screenshot({ path: join(shots, 'use-files-typed.png') });
  await next.click();
  await convert(page, 'language');
});

test.each([
  ['chosen', true],
  ['typed', false],
])(
  'a folder of several models is %s: one of them is picked, and what fits none is named',
  async (_, isChosen) => {
    const mixed = join(folder, `mixed-${isChosen}`);
    mkdirSync(mixed);
    for (const name of ['internvl-a', 'smolvlm-a', 'internvl-b'] as const) {
      const from = join(familyGolden(name).folder, 'pair');
      cpSync(join(from, 'language.gguf'), join(mixed, `${name}-Q8_0.gguf`));
      if (name !== 'internvl-b') cpSync(join(from, 'mmproj.gguf'), join(mixed, `mmproj-${name}-f16.gguf`));
    }
    const desktop = isChosen ? dialogsFor([mixed]) : undefined;
    app = await startApp({ withModel: false, settings, ...(desktop && { desktop }) });
    const page = await app.open({ bypassCSP: true });
    await openUseFiles(page);
    const dialog = useFiles(page);
    await dialog.getByRole('radio', { name: 'Two GGUF files' }).click();
    if (isChosen) await choose(page, 'Folder of GGUF files');
    else {
      await dialog.getByRole('textbox', { name: 'Path: Folder of GGUF files' }).fill(mixed);
      await page.keyboard.press('Tab');
    }
    await dialog.getByText('2 models in this folder').waitFor();
    const next = dialog.getByRole('button', { name: 'Continue' });
    expect(await next.isDisabled()).toBe(true);
    await dialog.getByText('1 file belongs to none').click();
    await dialog.getByText('internvl-b-Q8_0.gguf has no other half in this folder.').waitFor();
    await dialog.getByText('mmproj-smolvlm-a-f16.gguf: ').waitFor();
    await dialog.getByRole('radio', { name: /^smolvlm-a-Q8_0\.gguf with mmproj-smolvlm-a-f16/ }).click();
    await page.screenshot({ path: join(shots, `use-files-folder-${isChosen}.png`) });
    expect(await violations(page)).toBe('');
    await next.click();
    await page.getByRole('dialog', { name: 'Get smolvlm-a-Q8_0' }).waitFor();
    expect(app.pageErrors).toEqual([]);
  },
);

test('the command that adds the files works as it is copied', async () => {
  app = await startApp({ withModel: false, settings });
  const page = await app.open();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await openUseFiles(page);
  await useFiles(page).getByRole('radio', { name: 'Two GGUF files' }).click();
  await useFiles(page).getByText('Or in a terminal').click();
  await useFiles(page).getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied', { exact: true }).waitFor();
  const command = (await page.evaluate(() => navigator.clipboard.readText()))
    .replace('MMPROJ', pair.mmproj)
    .replace('GGUF', pair.language);
  execFileSync('sh', ['-c', command], { cwd: '/', encoding: 'utf8' });
  await useFiles(page).getByRole('button', { name: 'Look again' }).click();
  await page.getByRole('button', { name: 'Get it… (language)' }).waitFor();
});

test('in Korean, dark and light, from 360 pixels: the dialog is whole, and says what is wrong', async () => {
  const text = join(folder, 'notes.gguf');
  writeFileSync(text, 'These are notes.');
  const { checkpoint, clip } = goldenCase('tower-apart');
  const each = [checkpoint, clip, text, pair.language];
  app = await startApp({
    withModel: false,
    settings: { ...settings, language: 'ko' },
    desktop: dialogsFor([...each, ...each]),
  });
  for (const [width, colorScheme] of [
    [360, 'dark'],
    [1280, 'light'],
  ] as const) {
    const page = await app.open({
      viewport: { width, height: 800 },
      locale: 'ko-KR',
      colorScheme,
      bypassCSP: true,
    });
    const isWhole = () =>
      page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
    await page.getByRole('button', { name: '가지고 있는 파일 쓰기…' }).click();
    const dialog = page.getByRole('dialog', { name: '가지고 있는 파일 쓰기' });
    await dialog.getByRole('button', { name: '고르기… (체크포인트 폴더)' }).click();
    await dialog.getByRole('button', { name: '고르기… (CLIP 폴더)' }).click();
    await dialog.getByRole('button', { name: 'CLIP 폴더 빼기' }).waitFor();
    await page.screenshot({ path: join(shots, `use-folder-ko-${width}.png`) });
    expect(await violations(page)).toBe('');
    expect(await isWhole()).toBe(true);
    await dialog.getByRole('radio', { name: 'GGUF 파일 두 개' }).click();
    await dialog.getByRole('button', { name: '고르기… (시각 부분(mmproj))' }).click();
    await dialog.getByRole('button', { name: '고르기… (언어 모델)' }).click();
    await dialog.getByRole('button', { name: '계속' }).click();
    await dialog.getByText('notes.gguf: GGUF 파일이 아닙니다.').waitFor();
    await page.screenshot({ path: join(shots, `use-pair-ko-${width}.png`) });
    expect(await violations(page)).toBe('');
    expect(await isWhole()).toBe(true);
    await page.context().close();
  }
});
