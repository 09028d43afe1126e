/** What a person does while the program is in the middle of something else. */
import { readFile, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { familyGolden } from '../support/family-golden.ts';
import { Watcher, drawPhoto, newDataFolder, startProgram, testFolder } from './support/program.ts';
import { desktopOf } from '../support/desktop.ts';
import { SlowCalls } from './support/slow-calls.ts';

async function everythingIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  ).join('\n');
}

async function started() {
  const slow = new SlowCalls();
  const dataFolder = await newDataFolder();
  const chosen: string[] = [];
  const desktop = desktopOf({ choosePaths: async () => chosen.splice(0) });
  const services = await startProgram({ dataFolder, startWorker: slow.startWorker, desktop });
  return { services, slow, dataFolder, chosen };
}

const unknown = expect.objectContaining({ code: 'file-missing' }) as Error;

test('a private photo that is forgotten while its file is looked at again is written nowhere', async () => {
  const { services, slow, dataFolder } = await started();
  const path = await drawPhoto(join(await testFolder(), 'secret-4f1c.png'));
  const [photo] = await services.openPaths([path], { isPrivate: true });
  await utimes(path, new Date(), new Date(1e12));
  const { asked, goOn } = slow.next('inspect');
  const looking = services.api.getPhoto({ photoId: photo!.id });
  looking.catch(() => undefined);
  await asked;
  await services.api.forgetPhoto({ photoId: photo!.id });
  goOn();
  await expect(looking).rejects.toThrow(unknown);
  expect(await everythingIn(dataFolder)).not.toContain('secret-4f1c');
});

test('a photo that is forgotten while it is located stays forgotten', async () => {
  const { services, slow, chosen } = await started();
  const folder = await testFolder();
  const path = await drawPhoto(join(folder, 'a.png'));
  const [photo] = await services.openPaths([path]);
  await rename(path, join(folder, 'b.png'));
  chosen.push(join(folder, 'b.png'));
  const { asked, goOn } = slow.next('inspect');
  const locating = services.api.locatePhoto({ photoId: photo!.id });
  locating.catch(() => undefined);
  await asked;
  await services.api.forgetPhoto({ photoId: photo!.id });
  goOn();
  await expect(locating).rejects.toThrow(unknown);
  expect(await services.api.listRecentPhotos()).toEqual([]);
});

test('a photo that is located while its old place is looked at is the one that was located', async () => {
  const { services, slow, chosen } = await started();
  const folder = await testFolder();
  const path = await drawPhoto(join(folder, 'a.png'));
  const [photo] = await services.openPaths([path]);
  await rename(path, join(folder, 'b.png'));
  await drawPhoto(path, 9);
  const { asked, goOn } = slow.next('inspect');
  const looking = services.api.getPhoto({ photoId: photo!.id });
  await asked;
  chosen.push(join(folder, 'b.png'));
  expect(await services.api.locatePhoto({ photoId: photo!.id })).toMatchObject({ state: 'ready' });
  goOn();
  expect(await looking).toMatchObject({ name: 'b.png', state: 'ready' });
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'ready' });
});

test('an upload of what is forgotten meanwhile is kept', async () => {
  const { services, slow } = await started();
  const bytes = await readFile(await drawPhoto(join(await testFolder(), 'a.png')));
  const upload = () =>
    services.openUpload({
      name: 'a.png',
      body: (async function* () {
        yield bytes;
      })(),
    });
  const first = await upload();
  const stored = (await services.photoPath(first.id))!;
  await utimes(stored, new Date(), new Date(1e12));
  const { asked, goOn } = slow.next('inspect');
  const second = upload();
  await asked;
  await services.api.forgetPhoto({ photoId: first.id });
  goOn();
  const { id } = await second;
  expect((await stat((await services.photoPath(id))!)).isFile()).toBe(true);
  expect(await services.api.getPhoto({ photoId: id })).toMatchObject({ state: 'ready' });
});

test('an import that is cancelled leaves alone what was opened meanwhile', async () => {
  const { services } = await started();
  const watcher = new Watcher(services);
  const path = await drawPhoto(join(await testFolder(), 'a.png'));
  const [{ id: before, sha256, width, height, bytes, format } = expect.fail()] = await services.openPaths([
    path,
  ]);
  await services.api.forgetPhoto({ photoId: before });
  const words = { role: 'user', text: 'Hello', state: 'done', createdAt: 1, pictures: [] };
  const json = JSON.stringify({
    ...{ format: 'inf-llava-conversation', version: 2, title: 'From elsewhere', createdAt: 1 },
    photos: [{ name: 'theirs.png', sha256, width, height, bytes, format }],
    messages: Array.from({ length: 2000 }, () => ({ ...words, provenance: null, error: null })),
  });
  const seen = watcher.events.length;
  const importing = services.api.importConversation({ json });
  importing.catch(() => undefined);
  await expect.poll(() => watcher.events.slice(seen).some(({ type }) => type === 'import')).toBe(true);
  const [opened] = await services.openPaths([path]);
  await services.api.stopImport();
  await expect(importing).rejects.toMatchObject({ code: 'cancelled' });
  expect(await services.api.getPhoto({ photoId: opened!.id })).toMatchObject({ state: 'ready' });
  expect((await services.api.listRecentPhotos()).map(({ id }) => id)).toEqual([opened!.id]);
});

test('a question whose detail is changed while its photo is on its way is answered at the detail of now', async () => {
  const golden = familyGolden('internvl-b');
  const folder = join(await testFolder(), 'package');
  const pair = (file: string) => join(golden.folder, 'pair', file);
  await importPair({
    ...{ mmproj: pair('mmproj.gguf'), language: pair('language.gguf'), out: folder, vision: 'f32' },
  });
  const slow = new SlowCalls();
  const services = await startProgram({
    bundledPackages: [{ folder, kind: 'released' }],
    startWorker: slow.startWorker,
  });
  const watcher = new Watcher(services);
  const [photo] = await services.openPaths([
    await drawPhoto(join(await testFolder(), 'wide.png'), 0, { width: 1200, height: 300 }),
  ]);
  const [package_] = await services.api.listPackages();
  const ask = async () => {
    const { id } = await services.api.createConversation({ photoIds: [photo!.id], isPrivate: false });
    const question = { conversationId: id, text: 'What is here?', pictures: [] };
    const [, answer] = await services.api.sendMessage(question);
    const { provenance, error } = await watcher.finished(answer.id);
    expect(error).toBeNull();
    return { image: provenance!.tokens.image, views: provenance!.cropsEncoded };
  };
  const whole = await ask();
  const { asked, goOn } = slow.next('prefill');
  const answering = ask();
  await asked;
  await services.api.changeSettings({ detail: { [package_!.id]: 1 } });
  goOn();
  const changed = await answering;
  expect(changed).toEqual(await ask());
  expect(changed.image).toBeLessThan(whole.image);
});
