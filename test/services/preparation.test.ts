import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { PreparationProgress } from '../../main/services/preparation/progress.ts';
import type { Preparation } from '../../preload/contract/api.ts';
import {
  Watcher,
  answers,
  goldenPhoto,
  newDataFolder,
  openGoldenPhoto,
  startProgram,
  testFolder,
} from './support/program.ts';

const preparations = (watcher: Watcher, photoId: string): Preparation[] =>
  watcher.events
    .filter((event) => event.type === 'preparation')
    .map(({ preparation }) => preparation)
    .filter((preparation) => preparation.photoId === photoId);

test('a photo is prepared crop by crop, and its progress only grows', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  expect(await services.api.preparePhoto({ photoId: photo.id })).toMatchObject({
    stage: 'queued',
    fraction: 0,
  });
  const ready = await watcher.prepared(photo.id);
  expect(ready).toMatchObject({ fraction: 1, read: 1, secondsLeft: 0, fromCache: false, error: null });
  expect(ready.encoded).toHaveLength(10);
  expect(ready.encoded.at(-1)).toEqual({ kind: 'global', index: 4 });

  const steps = preparations(watcher, photo.id);
  const stages = steps.map(({ stage }) => stage).filter((stage, index, all) => stage !== all[index - 1]);
  expect(stages).toEqual(['queued', 'decode', 'encode', 'enhance', 'prefill', 'ready']);
  const fractions = steps.map(({ fraction }) => fraction);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  // Prepared once is prepared.
  expect(await services.api.preparePhoto({ photoId: photo.id })).toEqual(ready);
});

test('a question on a prepared photo finds it ready', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  await services.api.preparePhoto({ photoId: photo.id });
  const ready = await watcher.prepared(photo.id);
  const seen = watcher.events.length;
  const { id } = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  const [, answer] = await services.api.sendMessage({
    conversationId: id,
    text: 'What is it?',
    pictures: [],
  });
  expect(await watcher.finished(answer.id)).toMatchObject({ state: 'done' });
  // The photo is ready and stays so: nothing is told of it again.
  expect(watcher.events.slice(seen).filter(({ type }) => type === 'preparation')).toEqual([]);
  expect(await services.api.preparePhoto({ photoId: photo.id })).toEqual(ready);
});

test('in the next run a photo comes from the cache, with the time left known from the start', async () => {
  const dataFolder = await newDataFolder();
  const first = await startProgram({ dataFolder });
  const photo = await openGoldenPhoto(first);
  const firstWatcher = new Watcher(first);
  await first.api.preparePhoto({ photoId: photo.id });
  await firstWatcher.prepared(photo.id);
  await first.dispose();

  const second = await startProgram({ dataFolder });
  const watcher = new Watcher(second);
  await second.api.preparePhoto({ photoId: photo.id });
  expect(await watcher.prepared(photo.id)).toMatchObject({ fromCache: true, encoded: [] });
  const other = join(await testFolder(), 'other.png');
  await sharp(goldenPhoto).negate().png().toFile(other);
  const [negative] = await second.openPaths([other]);
  await second.api.preparePhoto({ photoId: negative!.id });
  await watcher.prepared(negative!.id);
  const steps = preparations(watcher, negative!.id).filter(({ stage }) => stage !== 'queued');
  expect(steps.filter(({ secondsLeft }) => secondsLeft === null)).toEqual([]);
});

test('photos are prepared one at a time, the one asked for last next; one in the queue can be cancelled', async () => {
  const folder = await testFolder();
  const paths = await Promise.all(
    ['a', 'b', 'c'].map(async (name, index) => {
      const path = join(folder, `${name}.png`);
      await (index === 0
        ? copyFile(goldenPhoto, path)
        : sharp(goldenPhoto)
            .rotate(90 * index)
            .png()
            .toFile(path));
      return path;
    }),
  );
  const services = await startProgram();
  const [a, b, c] = await services.openPaths(paths);
  const watcher = new Watcher(services);
  answers.hold('crop');
  await services.api.preparePhoto({ photoId: a!.id });
  await watcher.prepared(a!.id, 'encode');
  await services.api.preparePhoto({ photoId: b!.id });
  await services.api.preparePhoto({ photoId: c!.id });
  await services.api.cancelPreparation({ photoId: b!.id });
  await watcher.prepared(b!.id, 'cancelled');
  answers.release();
  await watcher.prepared(c!.id);
  const ready = watcher.events
    .filter((event) => event.type === 'preparation' && event.preparation.stage === 'ready')
    .map((event) => (event.type === 'preparation' ? event.preparation.photoId : ''));
  expect(ready).toEqual([a!.id, c!.id]);
});

test('a preparation under way is cancelled between two crops, and can be begun again', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  answers.hold('crop');
  await services.api.preparePhoto({ photoId: photo.id });
  await watcher.until((event) =>
    event.type === 'preparation' && event.preparation.encoded.length > 0 ? true : undefined,
  );
  await services.api.cancelPreparation({ photoId: photo.id });
  const cancelled = await watcher.prepared(photo.id, 'cancelled');
  expect(cancelled.error).toBeNull();
  expect(Math.max(...preparations(watcher, photo.id).map(({ encoded }) => encoded.length))).toBeLessThan(10);
  await services.api.preparePhoto({ photoId: photo.id });
  expect(await watcher.prepared(photo.id)).toMatchObject({ fraction: 1 });
});

test('a question about one photo goes before the preparation of another, which goes on afterwards', async () => {
  const other = join(await testFolder(), 'other.png');
  await sharp(goldenPhoto).negate().png().toFile(other);
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const [negative] = await services.openPaths([other]);
  const watcher = new Watcher(services);
  await services.api.preparePhoto({ photoId: photo.id });
  await watcher.prepared(photo.id);
  answers.hold('crop');
  await services.api.preparePhoto({ photoId: negative!.id });
  await watcher.prepared(negative!.id, 'encode');
  const { id } = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  const [, answer] = await services.api.sendMessage({
    conversationId: id,
    text: 'What is it?',
    pictures: [],
  });
  await watcher.finished(answer.id);
  await watcher.prepared(negative!.id);
  const order = watcher.events.flatMap((event) => {
    if (event.type === 'message' && event.message.id === answer.id && event.message.state === 'done')
      return ['answered'];
    const isOther = event.type === 'preparation' && event.preparation.photoId === negative!.id;
    return isOther && event.preparation.stage === 'ready' ? ['prepared'] : [];
  });
  expect(order).toEqual(['answered', 'prepared']);
});

test('a photo that changed since it was opened is not prepared', async () => {
  const path = join(await testFolder(), 'a.png');
  await copyFile(goldenPhoto, path);
  const services = await startProgram();
  const [photo] = await services.openPaths([path]);
  const watcher = new Watcher(services);
  await sharp(goldenPhoto).negate().png().toFile(path);
  await services.api.preparePhoto({ photoId: photo!.id });
  expect(await watcher.prepared(photo!.id, 'failed')).toMatchObject({
    error: { code: 'photo-changed', details: { file: 'a.png' } },
  });
});

test('kill -9 of the inference process while a photo is encoded: it is said, and the next attempt works', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  answers.hold('crop');
  await services.api.preparePhoto({ photoId: photo.id });
  await watcher.prepared(photo.id, 'encode');
  process.kill(services.processes.inference!, 'SIGKILL');
  answers.release();
  expect(await watcher.prepared(photo.id, 'failed')).toMatchObject({ error: { code: 'process-died' } });
  await services.api.preparePhoto({ photoId: photo.id });
  expect(await watcher.prepared(photo.id)).toMatchObject({ fraction: 1 });
});

test('closing the program in the middle of a preparation ends it', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  answers.hold('crop');
  await services.api.preparePhoto({ photoId: photo.id });
  await watcher.prepared(photo.id, 'encode');
  await services.dispose();
  await watcher.prepared(photo.id, 'cancelled');
  const told = watcher.events.length;
  await wait(200);
  expect(watcher.events).toHaveLength(told);
  expect(services.processes).toEqual({ images: undefined, inference: undefined });
});

test('without a model a preparation says that there is none, and photos and crops work', async () => {
  const services = await startProgram({ bundledPackages: [] });
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  await services.api.preparePhoto({ photoId: photo.id });
  expect(await watcher.prepared(photo.id, 'failed')).toMatchObject({
    error: { code: 'package-invalid', details: { reason: 'none' } },
  });
  expect(await services.api.getCropPlan({ photoId: photo.id })).toMatchObject({
    grid: { columns: 3, rows: 3 },
    passes: 10,
  });
});

test('a package that was damaged is refused by name, and a question about it fails clearly', async () => {
  const dataFolder = await newDataFolder();
  const folder = join(dataFolder, 'packages', 'broken');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'manifest.json'), '{"schema": 1}');
  const services = await startProgram({ dataFolder, bundledPackages: [] });
  const [card] = await services.api.listPackages();
  expect(card).toMatchObject({
    name: 'broken',
    error: { code: 'package-invalid', details: { file: 'manifest.json' } },
  });
  await services.api.changeSettings({ packageId: card!.id });
  const { id } = await services.api.createConversation({ photoIds: [], isPrivate: false });
  const watcher = new Watcher(services);
  const [, answer] = await services.api.sendMessage({ conversationId: id, text: 'Hello', pictures: [] });
  expect(await watcher.finished(answer.id)).toMatchObject({
    state: 'failed',
    error: { code: 'package-invalid' },
  });
});

test('time left is not told before it is known, and then it is what is left', () => {
  const progress = new PreparationProgress(10, { crop: null, prefill: null });
  progress.enter('encode', 100);
  progress.passDone('local', 0, 102);
  // How long the prefill takes on this machine is not known.
  expect(progress.report(102)).toMatchObject({ secondsLeft: null });
  progress.enter('prefill', 120);
  progress.prefilled(0.25);
  expect(progress.report(130).secondsLeft).toBeCloseTo(30);

  const known = new PreparationProgress(10, { crop: 2, prefill: 30 });
  known.enter('decode', 100);
  expect(known.report(100).secondsLeft).toBeCloseTo(50);
  known.enter('encode', 100);
  known.passDone('local', 0, 103);
  expect(known.report(103).secondsLeft).toBeCloseTo(9 * 3 + 30);
  expect(known.report(104).secondsLeft).toBeCloseTo(9 * 3 - 1 + 30);
  expect(known.report(103).fraction).toBeCloseTo((3 / 60) * 1);
});

test('the pass of a base image that is no crop counts, and is no crop', () => {
  const progress = new PreparationProgress(2, { crop: 1, prefill: 0 });
  progress.enter('encode', 0);
  progress.passDone('local', 0, 1);
  progress.passDone('base', 0, 2);
  expect(progress.report(2)).toMatchObject({ encoded: [{ kind: 'local', index: 0 }], fraction: 1 });
});
