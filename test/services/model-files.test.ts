/** Files that people have already, through the services: chosen in the system's dialogs, put on offer, installed, asked. */
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Services } from '../../main/services/services.ts';
import type { Install, ModelFilePart, ModelFiles, OfferedModel } from '../../preload/contract/api.ts';
import { writeGoldenPair, type PairFiles } from '../support/golden-pair.ts';
import { familyGolden } from '../support/family-golden.ts';
import { goldenCase } from '../support/golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { goldenPhoto, newDataFolder, startProgram, Watcher } from './support/program.ts';
import { desktopOf } from '../support/desktop.ts';

const folder = temporaryFolder();
let pair: PairFiles;
beforeAll(async () => {
  pair = await writeGoldenPair(join(folder, 'pair'));
});

/** The program on a desktop whose dialogs give the next of `paths`; a dialog after the last one is closed. */
async function startOnDesktop(...paths: string[]) {
  const dataFolder = await newDataFolder();
  const next = async () => paths.shift() ?? null;
  const desktop = desktopOf({ chooseFolder: next, chooseGguf: next });
  return { services: await startProgram({ dataFolder, desktop }), dataFolder };
}

async function choose({ api }: Services, part: ModelFilePart): Promise<string> {
  return (await api.chooseModelFile({ part }))!.id;
}

async function addPair(services: Services): Promise<OfferedModel> {
  const [mmproj, language] = [await choose(services, 'mmproj'), await choose(services, 'language')];
  return services.api.addModelFiles({ kind: 'pair', mmproj, language });
}

/** Installs a model as its dialog does, up to the package it becomes. */
async function install(services: Services, { id, recommended }: OfferedModel): Promise<Install> {
  const watcher = new Watcher(services);
  const precision = { ...recommended, vision: 'f32' as const };
  const begun = await services.api.startInstall({ modelId: id, precision, acceptedLicences: [] });
  return watcher.until((event) => {
    if (event.type !== 'models') return undefined;
    const found = event.activity.installs.find((each) => each.id === begun.id);
    if (found?.state === 'failed') throw new Error(JSON.stringify(found.error));
    return found?.state === 'done' && found.packageId !== null ? found : undefined;
  });
}

async function ask(services: Services) {
  const watcher = new Watcher(services);
  const [photo] = await services.openPaths([goldenPhoto]);
  const { id } = await services.api.createConversation({ photoIds: [photo!.id], isPrivate: false });
  const [, { id: answer }] = await services.api.sendMessage({
    conversationId: id,
    text: 'What is it?',
    pictures: [],
  });
  const message = await watcher.finished(answer);
  return { message, plan: await services.api.getCropPlan({ photoId: photo!.id }) };
}

test('a pair of GGUF files is offered, installed, and answers: one view, no crops, the language file in its place', async () => {
  const { services, dataFolder } = await startOnDesktop(pair.mmproj, pair.language);
  const { api } = services;
  const added = await addPair(services);
  expect(added).toMatchObject({ name: 'language', languageFile: 'language.gguf', repository: null });
  expect(added.recommended).toEqual({ vision: 'int8', llm: null });
  expect(added.options.map(({ verdict }) => verdict)).not.toContain('no');
  expect(JSON.stringify(await api.listModels())).not.toContain(folder);

  const done = await install(services, added);
  expect(done.proof!.question).toMatch(/\?$/);
  const [card] = await api.listPackages();
  expect(card).toMatchObject({ id: done.packageId, n: 1, isInstalled: true, languageFile: 'language.gguf' });
  expect((await api.getSettings()).packageId).toBe(done.packageId);
  expect(existsSync(join(dataFolder, 'packages', added.id, 'language.gguf'))).toBe(false);
  const { message, plan } = await ask(services);
  expect(message).toMatchObject({ state: 'done', provenance: { packageName: 'language', cropsEncoded: 1 } });
  expect(plan).toMatchObject({ grid: { columns: 0, rows: 0 }, locals: [], globals: [] });
  expect(await api.listNetworkRequests()).toEqual([]);

  expect(await api.removePackage({ packageId: done.packageId! })).toEqual({ kept: [] });
  expect(existsSync(pair.language)).toBe(true);
});

test('a checkpoint without its tower is used together with a CLIP folder, and asks for one where it is missing', async () => {
  const { checkpoint, clip } = goldenCase('tower-apart');
  const { services, dataFolder } = await startOnDesktop(checkpoint, clip);
  const { api } = services;
  const chosen = await api.chooseModelFile({ part: 'checkpoint' });
  expect(chosen).toMatchObject({ name: basename(checkpoint) });
  const alone: ModelFiles = { kind: 'folder', checkpoint: chosen!.id, clip: null };
  await expect(api.addModelFiles(alone)).rejects.toMatchObject({ details: { reason: 'no-tower' } });
  expect(existsSync(join(dataFolder, 'catalogue'))).toBe(false);
  const added = await api.addModelFiles({ ...alone, clip: await choose(services, 'clip') });
  expect(added).toMatchObject({ name: 'checkpoint', languageFile: null });
  const done = await install(services, { ...added, recommended: { vision: 'f32', llm: 'f32' } });
  const { message, plan } = await ask(services);
  expect(message.provenance).toMatchObject({ packageName: 'checkpoint', n: 3 });
  expect(plan.locals).toHaveLength(9);
  expect(done.precision.llm).toBe('f32');
});

test('of a folder of files those that belong together are known by ids, and the others by their faults', async () => {
  const mixed = join(folder, 'mixed');
  await mkdir(mixed);
  for (const name of ['internvl-a', 'smolvlm-a'] as const) {
    const from = join(familyGolden(name).folder, 'pair');
    await cp(join(from, 'language.gguf'), join(mixed, `${name}-Q8_0.gguf`));
    if (name === 'internvl-a') await cp(join(from, 'mmproj.gguf'), join(mixed, `mmproj-${name}-f16.gguf`));
  }
  const { services } = await startOnDesktop(mixed);
  const { api } = services;
  const found = await api.findModelPairs({ folder: await choose(services, 'pairs') });
  expect(found.pairs).toMatchObject([
    { language: { name: 'internvl-a-Q8_0.gguf' }, mmproj: { name: 'mmproj-internvl-a-f16.gguf' } },
  ]);
  expect(found.unfit).toMatchObject([
    { file: 'smolvlm-a-Q8_0.gguf', error: { code: 'checkpoint-invalid', details: { reason: 'no-partner' } } },
  ]);
  expect(JSON.stringify(found)).not.toContain(mixed);
  const [{ mmproj, language }] = found.pairs as [(typeof found.pairs)[number]];
  const added = await api.addModelFiles({ kind: 'pair', mmproj: mmproj.id, language: language.id });
  expect(added.name).toBe('internvl-a-Q8_0');
  await expect(api.findModelPairs({ folder: 'invented' })).rejects.toMatchObject({ code: 'wrong-usage' });
});

test('a closed dialog chooses nothing, and only what was chosen can be added', async () => {
  const { services } = await startOnDesktop();
  const { api } = services;
  expect(await api.chooseModelFile({ part: 'mmproj' })).toBeNull();
  const invented: ModelFiles = { kind: 'pair', mmproj: 'a', language: 'b' };
  await expect(api.addModelFiles(invented)).rejects.toMatchObject({ code: 'wrong-usage' });
  // A host without a desktop has no dialog at all.
  const web = await startProgram();
  expect(await web.api.chooseModelFile({ part: 'checkpoint' })).toBeNull();
});

test('where there is no dialog a file is named by its path, if it is there and of its kind', async () => {
  const { api } = await startProgram();
  const named = await api.nameModelFile({ part: 'mmproj', path: ` ${pair.mmproj} ` });
  expect(named.name).toBe(basename(pair.mmproj));
  const name = (part: 'checkpoint' | 'language', path: string) => api.nameModelFile({ part, path });
  await expect(name('language', join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'file-missing' });
  await expect(name('language', folder)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(name('checkpoint', pair.mmproj)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(name('language', '/dev/null')).rejects.toMatchObject({ code: 'file-unreadable' });
  // Where there is one, nothing of the window's choosing is read.
  const { services } = await startOnDesktop();
  const onDesktop = services.api.nameModelFile({ part: 'mmproj', path: pair.mmproj });
  await expect(onDesktop).rejects.toMatchObject({ code: 'wrong-usage' });
});

test('files that are no pair are named with the reason, and nothing is kept of them', async () => {
  const { mmproj, language } = pair;
  const text = join(folder, 'notes.gguf');
  await writeFile(text, 'These are notes.');
  const quantised = await writeGoldenPair(join(folder, 'quantised'), { isKQuant: true });
  const refusals: [string, string, string, string][] = [
    [text, language, 'not-gguf', 'notes.gguf'],
    [language, mmproj, 'not-vision-half', 'language.gguf'],
    [mmproj, mmproj, 'not-language-half', 'mmproj.gguf'],
    [quantised.mmproj, quantised.language, 'number-format', 'mmproj.gguf'],
  ];
  const { services, dataFolder } = await startOnDesktop(...refusals.flatMap(([one, other]) => [one, other]));
  for (const [, , reason, file] of refusals) {
    const expected = { code: 'checkpoint-invalid', details: { reason, file } };
    await expect(addPair(services)).rejects.toMatchObject(expected);
  }
  expect((await services.api.listModels()).models.every(({ origin }) => origin === 'built-in')).toBe(true);
  for (const kept of ['catalogue', 'installs', 'packages']) {
    const names = existsSync(join(dataFolder, kept)) ? readdirSync(join(dataFolder, kept)) : [];
    expect(names, kept).toEqual([]);
  }
});
