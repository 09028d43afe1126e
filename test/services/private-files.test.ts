/** Who may read what the program keeps: its user alone. */
import { createReadStream } from 'node:fs';
import { chmod, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photoUrls } from '../../preload/contract/api.ts';
import type { PublishedModel } from '../install/support/installs.ts';
import { offerModel, publishSmallModel } from '../support/published-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { drawPhoto, get, newDataFolder, openGoldenPhoto, startProgram, Watcher } from './support/program.ts';

const folder = temporaryFolder();
let model: PublishedModel;
const before = process.umask(0o022);

beforeAll(async () => {
  model = await publishSmallModel(join(folder, 'published'));
});
afterAll(async () => {
  process.umask(before);
  await model.hub.close();
});

/** What others may do with any part of a folder, links left out: "cache/thumbnails 755". */
async function openToOthers(root: string): Promise<string[]> {
  const names = ['', ...(await readdir(root, { recursive: true }))];
  const open: string[] = [];
  for (const name of names) {
    const found = await lstat(join(root, name)).catch(() => null);
    if (!found || found.isSymbolicLink() || (found.mode & 0o077) === 0) continue;
    open.push(`${relative(root, join(root, name))} ${(found.mode & 0o777).toString(8)}`);
  }
  return open;
}

/** What is there as soon as it is there, until `work` is done. */
async function watched<T>(root: string, work: () => Promise<T>): Promise<{ result: T; open: Set<string> }> {
  const open = new Set<string>();
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      for (const name of await openToOthers(root)) open.add(name);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const result = await work().finally(() => (isDone = true));
  await watching;
  for (const name of await openToOthers(root)) open.add(name);
  return { result, open };
}

test.skipIf(process.platform === 'win32')(
  'nothing that a session keeps is open to other users, at any moment of it',
  async () => {
    const dataFolder = await newDataFolder({ hubEndpoint: model.hub.endpoint });
    offerModel(dataFolder);
    // As an older version left it.
    await mkdir(join(dataFolder, 'cache', 'thumbnails'), { recursive: true });
    await writeFile(join(dataFolder, 'cache', 'thumbnails', 'old'), 'x', { mode: 0o644 });
    await chmod(dataFolder, 0o755);
    expect(await openToOthers(dataFolder)).toContain('cache/thumbnails/old 644');
    process.umask(0o022);

    const services = await startProgram({ dataFolder });
    const { open } = await watched(dataFolder, async () => {
      const { api } = services;
      const watcher = new Watcher(services);
      const photo = await openGoldenPhoto(services);
      await api.preparePhoto({ photoId: photo.id });
      await watcher.prepared(photo.id);
      await get(services, photoUrls.thumbnail(photo.id));
      const picture = await drawPhoto(join(folder, 'uploaded.png'));
      await services.openUpload({ name: 'uploaded.png', body: createReadStream(picture) });
      const { id } = await api.createConversation({ photoIds: [photo.id], isPrivate: false });
      const [, answer] = await api.sendMessage({ conversationId: id, text: 'What is it?', pictures: [] });
      await watcher.finished(answer.id);
      await api.changeSettings({ theme: 'dark' });
      await api.drawScene({});
      await api.measureMachine();
      const install = await api.startInstall({
        modelId: 'tiny',
        precision: { vision: 'f32', llm: 'f32' },
        acceptedLicences: ['some-terms'],
      });
      const { packageId } = await watcher.until((event) =>
        event.type === 'models'
          ? event.activity.installs.find((each) => each.id === install.id && each.packageId !== null)
          : undefined,
      );
      await api.requantisePackage({ packageId: packageId!, llm: 'q8_0', name: 'Smaller' });
      await watcher.until((event) =>
        event.type === 'packages' && event.packages.some(({ name }) => name === 'Smaller') ? true : undefined,
      );
    });
    expect([...open]).toEqual([]);
    const kept = await readdir(dataFolder, { recursive: true });
    for (const name of [
      'accepted-licences.json',
      'conversations.sqlite',
      'conversations.sqlite-wal',
      'settings.json',
      'packages',
      'uploads',
    ]) {
      expect(kept).toContain(name);
    }
    await services.dispose();
    expect(await openToOthers(dataFolder)).toEqual([]);
  },
);
