import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { FoundPairs } from '../../../preload/contract/api.ts';
import { desktopOf } from '../../support/desktop.ts';
import { familyGolden } from '../../support/family-golden.ts';
import { goldenCase } from '../../support/golden.ts';
import { writeGoldenPair, type PairFiles } from '../../support/golden-pair.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startStores } from '../test-stores.ts';

const folder = temporaryFolder();
let pair: PairFiles;
beforeAll(async () => {
  pair = await writeGoldenPair(join(folder, 'pair'));
});

const { checkpoint, clip } = goldenCase('tower-apart');

/** The dialog, on a desktop where people choose these paths in turn and close what comes after them. */
async function opened(...paths: string[]) {
  const next = async () => paths.shift() ?? null;
  const desktop = desktopOf({ chooseFolder: next, chooseGguf: next });
  const { bridge, stores } = await startStores(undefined, { desktop });
  // What this computer can do is not measured for a dialog.
  bridge.instead.measureMachine = () => bridge.program.listModels();
  stores.modelFiles.open();
  return { ...stores, bridge };
}

type Case = 'internvl-a' | 'smolvlm-a';

/** A folder with both halves of `whole`, and one half of `half`. */
async function folderOf(name: string, whole: readonly Case[], half: readonly Case[] = []): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const each of [...whole, ...half]) {
    const from = join(familyGolden(each).folder, 'pair');
    await cp(join(from, 'language.gguf'), join(path, `${each}.gguf`));
    if (whole.includes(each)) await cp(join(from, 'mmproj.gguf'), join(path, `mmproj-${each}.gguf`));
  }
  return path;
}

test('two halves are chosen one by one, and the model they are opens with its dialog', async () => {
  const { modelFiles, models } = await opened(pair.mmproj, pair.language);
  modelFiles.show('pair');
  await modelFiles.choose('mmproj');
  expect(modelFiles.files).toBeNull();
  await modelFiles.choose('language');
  expect(modelFiles.chosen.language?.name).toBe('language.gguf');
  await modelFiles.add();
  expect(modelFiles).toMatchObject({ isOpen: false, failure: null });
  expect(models.chosen).toMatchObject({ name: 'language', languageFile: 'language.gguf' });
  expect(models.offers?.models.map(({ id }) => id)).toContain(models.chosen?.id);
});

test('of a folder with one pair both halves are taken; of several the one that is picked', async () => {
  const one = await folderOf('one', ['internvl-a'], ['smolvlm-a']);
  const { modelFiles } = await opened(one, await folderOf('two', ['internvl-a', 'smolvlm-a']));
  modelFiles.show('pair');
  await modelFiles.choose('pairs');
  expect(modelFiles.files).toMatchObject({ kind: 'pair' });
  expect(modelFiles.chosen.mmproj?.name).toBe('mmproj-internvl-a.gguf');
  expect(modelFiles.found?.unfit.map(({ file }) => file)).toEqual(['smolvlm-a.gguf']);

  modelFiles.open();
  expect(modelFiles.found).toBeNull();
  await modelFiles.choose('pairs');
  expect(modelFiles.files).toBeNull();
  const { pairs } = modelFiles.found!;
  modelFiles.pick(pairs[1]!);
  const { mmproj, language } = pairs[1]!;
  expect(modelFiles.files).toEqual({ kind: 'pair', mmproj: mmproj.id, language: language.id });
});

test('a folder that is chosen while another is looked into counts alone', async () => {
  const { bridge, modelFiles } = await opened(join(folder, 'pair'), clip);
  const first = Promise.withResolvers<null>();
  bridge.instead.findModelPairs = async (input) => {
    const found: FoundPairs = await bridge.program.findModelPairs(input);
    await first.promise;
    return found;
  };
  const looking = modelFiles.choose('pairs');
  await expect.poll(() => modelFiles.isReading).toBe(true);
  delete bridge.instead.findModelPairs;
  await modelFiles.choose('pairs');
  first.resolve(null);
  await looking;
  expect(modelFiles.found?.pairs).toEqual([]);
  expect(modelFiles.files).toBeNull();
});

test('a CLIP folder may be left out, chosen, and taken back', async () => {
  const { modelFiles } = await opened(checkpoint, clip);
  await modelFiles.choose('checkpoint');
  expect(modelFiles.files).toMatchObject({ kind: 'folder', clip: null });
  await modelFiles.choose('clip');
  expect(modelFiles.files).toMatchObject({ clip: modelFiles.chosen.clip!.id });
  modelFiles.clear('clip');
  expect(modelFiles.files).toMatchObject({ kind: 'folder', clip: null });
});

test('files that are refused stay chosen, with what is wrong beside them until another is chosen', async () => {
  const { modelFiles, models, notices } = await opened(pair.language, pair.language, pair.mmproj);
  modelFiles.show('pair');
  await modelFiles.choose('mmproj');
  await modelFiles.choose('language');
  await modelFiles.add();
  expect(modelFiles).toMatchObject({
    isOpen: true,
    isReading: false,
    failure: { code: 'checkpoint-invalid', details: { file: 'language.gguf', reason: 'not-vision-half' } },
  });
  expect(models.chosen).toBeNull();
  expect(notices.list).toEqual([]);
  await modelFiles.choose('mmproj');
  expect(modelFiles.failure).toBeNull();
  expect(modelFiles.files).not.toBeNull();
});

test('a closed system dialog leaves what was chosen before; the next time nothing is chosen', async () => {
  const { modelFiles } = await opened(checkpoint);
  await modelFiles.choose('checkpoint');
  await modelFiles.choose('checkpoint');
  expect(modelFiles.chosen.checkpoint?.name).toBe('checkpoint');
  modelFiles.close();
  modelFiles.open();
  expect(modelFiles.chosen).toEqual({});
});

test('a dialog that is closed while the files are read leaves the model on the list', async () => {
  const { modelFiles, models } = await opened(checkpoint, clip);
  await modelFiles.choose('checkpoint');
  await modelFiles.choose('clip');
  const added = modelFiles.add();
  expect(modelFiles.isReading).toBe(true);
  modelFiles.close();
  await added;
  expect(models.chosen).toBeNull();
  expect(models.offers?.models.map(({ name }) => name)).toContain('checkpoint');
});

test('a path that is named anew takes the one before it away at once, and the last one counts whichever is found first', async () => {
  const { bridge, stores } = await startStores();
  const { modelFiles } = stores;
  modelFiles.open();
  await modelFiles.name('checkpoint', clip);
  expect(modelFiles.files).not.toBeNull();
  const found = new Map<string, () => void>();
  bridge.instead.nameModelFile = async (input) => {
    await new Promise<void>((resolve) => void found.set(input.path, resolve));
    return bridge.program.nameModelFile(input);
  };
  const none = join(folder, 'none');
  const named = [clip, none, checkpoint].map((path) => modelFiles.name('checkpoint', path));
  expect(modelFiles.files).toBeNull();
  for (const path of [checkpoint, none, clip]) found.get(path)!();
  await Promise.all(named);
  expect(modelFiles.chosen.checkpoint?.name).toBe('checkpoint');
  expect(modelFiles.failure).toBeNull();

  const late = modelFiles.name('checkpoint', clip);
  modelFiles.open();
  found.get(clip)!();
  await late;
  expect(modelFiles.chosen).toEqual({});
});
