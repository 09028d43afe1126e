import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';
import type { WorkerKind } from '../../native-models/engine/port.ts';
import { defaultSettings, photoUrls, viewerLevels } from '../../preload/contract/api.ts';
import type { Services } from '../../main/services/services.ts';
import {
  Watcher,
  ask,
  get,
  goldenPhoto,
  newDataFolder,
  openGoldenPhoto,
  startProgram,
  testFolder,
  testSettings,
} from './support/program.ts';

/** Every file of a folder with what is in it; SQLite's "-shm" is memory shared between processes, not data. */
async function contents(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('-shm'))
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    await Promise.all(files.map(async (file) => [file, (await readFile(file)).toString('latin1')] as const)),
  );
}

test('a private conversation writes nothing, on an open photo as on one that is opened for it', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  await openGoldenPhoto(services);
  const before = await contents(dataFolder);

  const [photo] = await services.openPaths([goldenPhoto], { isPrivate: true });
  const body = (async function* () {
    yield await readFile(goldenPhoto);
  })();
  const upload = await services.openUpload({ name: 'secret.png', body, isPrivate: true });
  await services.api.preparePhoto({ photoId: photo!.id, isPrivate: true });
  for (const photoId of [photo!.id, upload.id]) {
    const conversation = await services.api.createConversation({ photoIds: [photoId], isPrivate: true });
    expect(conversation.isPrivate).toBe(true);
    expect(await ask(services, conversation, 'A secret question')).toMatchObject({ state: 'done' });
    const thumbnail = await get(services, photoUrls.thumbnail(photoId));
    expect(thumbnail!.status).toBe(200);
    expect(thumbnail!.headers.get('cache-control')).toBe('no-store');
    expect(await services.api.listConversations({ query: 'secret', limit: 10 })).toMatchObject([
      { isPrivate: true },
    ]);
    await services.api.deleteConversation({ conversationId: conversation.id });
  }
  expect(await contents(dataFolder)).toEqual(before);
  await services.dispose();
  const again = await startProgram({ dataFolder });
  expect(await again.api.listConversations({ query: '', limit: 10 })).toEqual([]);
});

test('nothing of large private photos is written, not even for a moment: there is no temp folder to write to', async () => {
  const folder = await testFolder();
  const side = 5950;
  const raw = { width: side, height: side, channels: 3 } as const;
  const webp = sharp(Buffer.alloc(side * side * 3, 90), { raw }).webp({ lossless: true, effort: 0 });
  await webp.toFile(join(folder, 'a.webp'));
  await sharp(join(folder, 'a.webp'), { limitInputPixels: false }).jpeg().toFile(join(folder, 'b.jpg'));
  const dataFolder = await newDataFolder();
  const nowhere = join(folder, 'nowhere');
  const before = process.env['TMPDIR'];
  const startWorker = (kind: WorkerKind) => {
    process.env['TMPDIR'] = nowhere;
    try {
      return forkPort(workerPath(kind));
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  };
  const services = await startProgram({ dataFolder, startWorker });
  const kept = await contents(dataFolder);
  const opened = await services.openPaths([join(folder, 'a.webp'), join(folder, 'b.jpg')], {
    isPrivate: true,
  });
  for (const { id } of opened) {
    const conversation = await services.api.createConversation({ photoIds: [id], isPrivate: true });
    expect(await ask(services, conversation, 'A secret question')).toMatchObject({ state: 'done' });
    const pictures = [photoUrls.thumbnail(id), photoUrls.tile(id, viewerLevels(side, side) - 1, 0, 0)];
    for (const url of pictures) {
      expect((await get(services, url))!.status, url).toBe(200);
    }
  }
  expect(await contents(dataFolder)).toEqual(kept);
  await expect(stat(nowhere)).rejects.toThrow();
});

test('a conversation is renamed, found, deleted and brought back; after the program was closed it is gone', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const { id } = await services.api.createConversation({ photoIds: [], isPrivate: false });
  const watcher = new Watcher(services);
  await services.api.renameConversation({ conversationId: id, title: '부산 여행' });
  const found = async () =>
    (await services.api.listConversations({ query: '여행', limit: 5 })).map((each) => each.id);
  expect(await found()).toEqual([id]);
  await services.api.deleteConversation({ conversationId: id });
  expect(watcher.events.at(-1)).toEqual({ type: 'conversation-removed', id });
  expect(await found()).toEqual([]);
  await expect(services.api.getConversation({ conversationId: id })).rejects.toMatchObject({
    code: 'wrong-usage',
  });
  await services.api.restoreConversation({ conversationId: id });
  expect(watcher.events.at(-1)).toMatchObject({
    type: 'conversation',
    conversation: { id, title: '부산 여행' },
  });
  expect(await found()).toEqual([id]);
  await services.api.deleteConversation({ conversationId: id });
  await services.dispose();
  const again = await startProgram({ dataFolder });
  await expect(again.api.restoreConversation({ conversationId: id })).rejects.toMatchObject({
    code: 'wrong-usage',
  });
});

test('a damaged database is set aside and said; the program works', async () => {
  const dataFolder = await newDataFolder();
  await writeFile(join(dataFolder, 'conversations.sqlite'), 'damaged beyond recognition'.repeat(1000));
  const services = await startProgram({ dataFolder });
  const { notices } = await services.api.describeApp();
  expect(notices).toMatchObject([{ code: 'conversations-set-aside' }]);
  expect((await stat(join(dataFolder, notices[0]!.file))).size).toBeGreaterThan(1000);
  await openGoldenPhoto(services);
  expect(await services.api.listRecentPhotos()).toHaveLength(1);
});

test('where nothing can be written, everything works for this run and that is said', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, 'file'), '');
  const services = await startProgram({ dataFolder: join(folder, 'file', 'data') });
  expect((await services.api.describeApp()).notices).toMatchObject([{ code: 'data-folder-unwritable' }]);
  await services.api.changeSettings({ ...testSettings, theme: 'dark' });
  expect((await services.api.getSettings()).theme).toBe('dark');
  const body = (async function* () {
    yield await readFile(goldenPhoto);
  })();
  const photo = await services.openUpload({ name: 'a.png', body });
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  expect(await ask(services, conversation, 'What is it?')).toMatchObject({ state: 'done' });
  expect((await services.api.getStorageUse()).areas.every(({ bytes }) => bytes === 0)).toBe(true);
  expect(await readdir(folder)).toEqual(['file']);
});

test('what is kept is listed with its size, and what can be made again can be cleared', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const body = () =>
    (async function* () {
      yield await readFile(goldenPhoto);
    })();
  const photo = await services.openUpload({ name: 'a.png', body: body() });
  await get(services, photoUrls.thumbnail(photo.id));
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  await ask(services, conversation, 'What is it?');
  const bytesOf = async () =>
    Object.fromEntries((await services.api.getStorageUse()).areas.map(({ area, bytes }) => [area, bytes]));
  await mkdir(join(dataFolder, 'installs', 'job'), { recursive: true });
  await writeFile(join(dataFolder, 'installs', 'job', 'shard'), 'half a shard');
  const before = await bytesOf();
  expect(before).toMatchObject({ uploads: photo.bytes, packages: 0, installs: 12 });
  for (const area of ['conversations', 'embeddings', 'thumbnails'] as const)
    expect(before[area]).toBeGreaterThan(0);

  await services.api.clearStorage({ area: 'embeddings' });
  await services.api.clearStorage({ area: 'thumbnails' });
  // A conversation still needs it.
  await services.api.clearStorage({ area: 'uploads' });
  expect(await bytesOf()).toMatchObject({ embeddings: 0, thumbnails: 0, uploads: photo.bytes });
  await services.api.clearStorage({ area: 'conversations' });
  expect(await services.api.listConversations({ query: '', limit: 5 })).toEqual([]);
  await services.api.clearStorage({ area: 'uploads' });
  expect(await bytesOf()).toMatchObject({ uploads: 0 });
  const use = await services.api.clearStorage({ area: 'packages' });
  expect(use.areas.find(({ area }) => area === 'packages')).toMatchObject({ clearable: false });
});

test('diagnostics hold versions and settings, and nothing of photos, questions, answers, names or paths', async () => {
  const dataFolder = await newDataFolder({ systemPrompt: 'Speak like a pirate' });
  const services = await startProgram({ dataFolder });
  const photo = await openGoldenPhoto(services);
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  const answer = await ask(services, conversation, 'Where is the treasure?');
  const { text } = await services.api.diagnostics();
  expect(text).toContain('state: ready');
  expect(text).toContain('threads: 1');
  for (const secret of [
    'pirate',
    'treasure',
    answer.text,
    photo.name,
    photo.sha256,
    photo.id,
    dataFolder,
    '/work',
    '/tmp',
  ]) {
    expect(text).not.toContain(secret);
  }
});

test('the program says what it is, and without a desktop what it cannot do', async () => {
  const services = await startProgram();
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await services.api.describeApp()).toMatchObject({
    version,
    host: 'web',
    languages: ['en-GB'],
    canChooseFiles: false,
    canRevealFiles: false,
    notices: [],
    versions: { node: process.versions.node, sharp: expect.any(String) },
  });
  const photo = await openGoldenPhoto(services);
  expect(await services.api.choosePhotos({ folder: false })).toEqual([]);
  expect(await services.api.locatePhoto({ photoId: photo.id })).toBeNull();
  for (const call of [
    services.api.revealPhoto({ photoId: photo.id }),
    services.api.openExternal({ url: 'https://example.test' }),
  ]) {
    await expect(call).rejects.toMatchObject({ code: 'wrong-usage' });
  }
});

test('a changed setting is told to every window, and the model it asks for is used from then on', async () => {
  const services = await startProgram();
  const conversation = await services.api.createConversation({ photoIds: [], isPrivate: false });
  await ask(services, conversation, 'Hello');
  const before = services.processes.inference;
  const watcher = new Watcher(services);
  await services.api.changeSettings({ contextTokens: 900 });
  const told = watcher.events.find(({ type }) => type === 'settings');
  expect(told).toMatchObject({ settings: { contextTokens: 900 } });
  const gauge = await services.api.measureContext({
    ...{ conversationId: conversation.id, text: '', pictures: [] },
  });
  expect(gauge.capacity).toBe(900);
  expect(services.processes.inference).not.toBe(before);
  expect(await services.api.resetSettings()).toEqual(defaultSettings);
});

test('what works on this machine is found out once, in a process that may die of it', async () => {
  const dataFolder = await newDataFolder({ device: 'gpu' });
  const started: WorkerKind[] = [];
  const start = () => {
    started.length = 0;
    const startWorker = (kind: WorkerKind) => {
      started.push(kind);
      return forkPort(workerPath(kind));
    };
    return startProgram({ dataFolder, startWorker });
  };
  const talk = async (services: Services) => {
    const conversation = await services.api.createConversation({ photoIds: [], isPrivate: false });
    expect(await ask(services, conversation, 'Hello')).toMatchObject({ state: 'done' });
    const { device, isGpuUnusable } = await services.api.getEngineStatus();
    // A GPU was asked for: either there is one, or it is said that there is none that can be used.
    expect(isGpuUnusable).toBe(device!.startsWith('CPU'));
  };
  const first = await start();
  await talk(first);
  await first.dispose();
  expect(started).toEqual(['inference', 'inference']);
  await talk(await start());
  expect(started).toEqual(['inference']);
});

test('a driver that takes its process down costs the GPU, not the answer', async () => {
  let probes = 0;
  const startWorker = (kind: WorkerKind) => {
    const port = forkPort(workerPath(kind));
    if (kind === 'inference' && probes++ === 0) port.kill();
    return port;
  };
  const services = await startProgram({ dataFolder: await newDataFolder({ device: 'auto' }), startWorker });
  const conversation = await services.api.createConversation({ photoIds: [], isPrivate: false });
  expect(await ask(services, conversation, 'Hello')).toMatchObject({ state: 'done' });
});

test.runIf(process.platform === 'linux')('no process of the program opens a network socket', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  await ask(services, conversation, 'What is it?');
  expect(await services.api.listNetworkRequests()).toEqual([]);
  const internet = (await Promise.all(['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].map(socketsOf))).flat();
  const { images, inference, models } = services.processes;
  // The one that fetches models is not even there before a person asks for one.
  expect(models).toBeUndefined();
  for (const pid of [images, inference]) {
    const links = execFileSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'utf8' });
    const sockets = [...links.matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode!);
    // The channel to the parent is one, of the kind that stays on this machine.
    expect(sockets.length).toBeGreaterThan(0);
    expect(sockets.filter((inode) => internet.includes(inode))).toEqual([]);
  }
});

/** Inodes of all sockets of a kind. */
async function socketsOf(kind: string): Promise<string[]> {
  const table = await readFile(`/proc/net/${kind}`, 'utf8').catch(() => '');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[9] ?? '');
}

test('disposing twice is harmless, and no child process is left', async () => {
  const services = await startProgram();
  await openGoldenPhoto(services);
  const pid = services.processes.images!;
  await Promise.all([services.dispose(), services.dispose()]);
  await expect
    .poll(() =>
      stat(`/proc/${pid}`).then(
        () => true,
        () => false,
      ),
    )
    .toBe(false);
});
