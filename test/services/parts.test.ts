import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { photoUrls } from '../../preload/contract/api.ts';
import {
  Watcher,
  get,
  goldenPhoto,
  newDataFolder,
  openGoldenPhoto,
  startProgram,
} from './support/program.ts';

const region = { x: 100, y: 200, width: 336, height: 336 };

test('a part of a photo has a plan and views of its own, and is at its own resolution in them', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const plan = await services.api.getCropPlan({ photoId: photo.id, region });
  expect(plan).toMatchObject({ part: region, region, tokens: 576 });
  expect(plan.locals[8]!.place).toEqual({ x: 324, y: 424, width: 112, height: 112 });
  const pixels = async (path: string) => {
    const response = await get(services, path);
    expect(response!.status).toBe(200);
    return sharp(Buffer.from(await response!.arrayBuffer()));
  };
  const whole = await pixels(photoUrls.whole(plan));
  const original = await sharp(goldenPhoto)
    .extract({ left: 100, top: 200, width: 336, height: 336 })
    .removeAlpha()
    .raw()
    .toBuffer();
  // Three times as large, its pixels lie where those of the photo do.
  const shown = await whole.resize(336, 336, { kernel: 'cubic' }).removeAlpha().raw().toBuffer();
  const difference = shown.reduce((sum, value, at) => sum + Math.abs(value - original[at]!), 0);
  expect(difference / original.length).toBeLessThan(4);
  expect((await (await pixels(photoUrls.crop(plan, 'local', 8))).metadata()).width).toBe(336);
  expect((await get(services, `${photoUrls.whole(plan)}9`))!.status).toBe(404);
  expect((await get(services, photoUrls.whole(plan).replace(/part=.*/, 'part=a,b')))!.status).toBe(404);
});

test('what is no part of the photo is refused before anything is stored or computed', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const outside = { photoId: photo.id, region: { ...region, x: photo.width - 100 } };
  const refusal = { code: 'wrong-usage' };
  await expect(services.api.getCropPlan(outside)).rejects.toMatchObject(refusal);
  await expect(services.api.preparePhoto(outside)).rejects.toMatchObject(refusal);
  const { id } = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  const asked = { conversationId: id, text: 'What is it?', pictures: [outside] };
  await expect(services.api.measureContext(asked)).rejects.toMatchObject(refusal);
  await expect(services.api.sendMessage(asked)).rejects.toMatchObject(refusal);
  expect((await services.api.getConversation({ conversationId: id })).messages).toEqual([]);
});

test('a part is prepared by itself, its progress told, and the answer says which part it was made from', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const watcher = new Watcher(services);
  await services.api.preparePhoto({ photoId: photo.id, region });
  const ready = await watcher.prepared(photo.id);
  expect(ready).toMatchObject({ region, fraction: 1 });
  expect(ready.encoded).toHaveLength(10);
  const { id } = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  const pictures = [{ photoId: photo.id, region }];
  const [, { id: answerId }] = await services.api.sendMessage({
    ...{ conversationId: id, text: 'What is it?', pictures },
  });
  const answer = await watcher.finished(answerId);
  expect(answer.provenance).toMatchObject({ photos: [photo.sha256], regions: [region], cropsEncoded: 10 });
});

test('in a private conversation nothing of a part is written', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const [photo] = await services.openPaths([goldenPhoto], { isPrivate: true });
  const watcher = new Watcher(services);
  const before = await files(dataFolder);
  await services.api.preparePhoto({ photoId: photo!.id, region, isPrivate: true });
  await watcher.prepared(photo!.id);
  const plan = await services.api.getCropPlan({ photoId: photo!.id, region });
  await get(services, photoUrls.whole(plan));
  const { id } = await services.api.createConversation({ photoIds: [photo!.id], isPrivate: true });
  const pictures = [{ photoId: photo!.id, region }];
  await services.api.keepDraft({ id, text: '', pictures });
  const [, { id: answerId }] = await services.api.sendMessage({
    ...{ conversationId: id, text: 'What is it?', pictures },
  });
  expect(await watcher.finished(answerId)).toMatchObject({ state: 'done' });
  expect(await files(dataFolder)).toEqual(before);
});

async function files(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
