import {
  copyFile,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { photoUrls, viewerLevels, viewerTileSize } from '../../preload/contract.ts';
import type { Services } from '../../main/services/services.ts';
import { Watcher, goldenPhoto, newDataFolder, startProgram, testFolder } from './support/program.ts';

/** A photo of one colour with a little of another in it, so that photos made with different numbers differ. */
async function drawPhoto(path: string, number = 0, size = { width: 60, height: 40 }) {
  const raw = Buffer.alloc(size.width * size.height * 3, 40 + number);
  await sharp(raw, { raw: { ...size, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

const get = (services: Services, path: string, headers: Record<string, string> = {}) =>
  services.respond(new Request(`http://127.0.0.1${path}`, { headers }));

async function* bytesOf(path: string) {
  yield await readFile(path);
}

test('an opened photo is known by an id, with its upright size and what it was read from', async () => {
  const services = await startProgram();
  const watcher = new Watcher(services);
  const [photo] = await services.openPaths([goldenPhoto]);
  expect(photo).toMatchObject({
    name: 'preprocessed.png',
    width: 1008,
    height: 1008,
    format: 'png',
    origin: 'file',
    state: 'ready',
    error: null,
    bytes: (await stat(goldenPhoto)).size,
  });
  expect(JSON.stringify(photo)).not.toContain('golden');
  expect(watcher.events.at(-1)).toEqual({ type: 'photos-opened', photos: [photo] });
  expect(await services.api.listRecentPhotos()).toEqual([photo]);
});

test('the same file is the same photo; another file with the same content is another', async () => {
  const folder = await testFolder();
  const services = await startProgram();
  const path = await drawPhoto(join(folder, 'a.png'));
  await copyFile(path, join(folder, 'b.png'));
  const [a, b, again] = await services.openPaths([path, join(folder, 'b.png'), path]);
  expect(again!.id).toBe(a!.id);
  expect(b!.id).not.toBe(a!.id);
});

test('a file that is changed is noticed at its next use; opened again it is a new photo', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'));
  const [photo] = await services.openPaths([path]);
  const watcher = new Watcher(services);
  await drawPhoto(path, 1);
  const changed = await services.api.getPhoto({ photoId: photo!.id });
  expect(changed).toMatchObject({
    state: 'changed',
    error: { code: 'photo-changed', details: { file: 'a.png' } },
  });
  expect(watcher.events).toContainEqual({ type: 'photo', photo: changed });
  expect((await get(services, photoUrls.thumbnail(photo!.id)))!.status).toBe(410);
  const [reopened] = await services.openPaths([path]);
  expect(reopened!.id).not.toBe(photo!.id);
  expect(reopened!.state).toBe('ready');
});

test('a file whose size and time are those of before is not shown with other content', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'));
  const [photo] = await services.openPaths([path]);
  const { size, atime, mtime } = await stat(path);
  await drawPhoto(path, 1);
  expect((await stat(path)).size).toBe(size);
  await utimes(path, atime, mtime);
  expect((await get(services, photoUrls.thumbnail(photo!.id)))!.status).toBe(410);
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'changed' });
});

test('a file that was only touched is still the photo', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'));
  const [photo] = await services.openPaths([path]);
  await utimes(path, new Date(), new Date(1e12));
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'ready' });
});

test('a file that vanished is noticed, and is there again when it is', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'));
  const [photo] = await services.openPaths([path]);
  await rename(path, `${path}.away`);
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({
    state: 'missing',
    error: { code: 'file-missing' },
  });
  expect(await services.photoPath(photo!.id)).toBeNull();
  await rename(`${path}.away`, path);
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'ready', error: null });
  expect(await services.photoPath(photo!.id)).toBe(path);
});

test('a file that became a link to another is not followed', async () => {
  const folder = await testFolder();
  const services = await startProgram();
  const path = await drawPhoto(join(folder, 'a.png'));
  const [photo] = await services.openPaths([path]);
  await rename(path, join(folder, 'other.png'));
  await symlink(join(folder, 'other.png'), path);
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'changed' });
});

test('a moved file that is opened where it is now is the photo of before', async () => {
  const folder = await testFolder();
  const services = await startProgram();
  const path = await drawPhoto(join(folder, 'a.png'));
  const [photo] = await services.openPaths([path]);
  await rename(path, join(folder, 'b.png'));
  const [moved] = await services.openPaths([join(folder, 'b.png')]);
  expect(moved).toMatchObject({ id: photo!.id, name: 'b.png', state: 'ready' });
});

test('a person can point at where a moved photo is; another photo is not taken for it', async () => {
  const folder = await testFolder();
  const path = await drawPhoto(join(folder, 'a.png'));
  let chosen: string[] = [];
  const desktop = {
    choosePaths: async () => chosen,
    chooseFolder: async () => null,
    chooseGguf: async () => null,
    chooseSavePath: async () => null,
    reveal: () => undefined,
    openExternal: async () => undefined,
  };
  const services = await startProgram({ desktop });
  const [photo] = await services.openPaths([path]);
  const photoId = photo!.id;
  await rename(path, join(folder, 'moved.png'));
  expect(await services.api.locatePhoto({ photoId })).toBeNull();
  chosen = [await drawPhoto(join(folder, 'other.png'), 5)];
  await expect(services.api.locatePhoto({ photoId })).rejects.toMatchObject({ code: 'photo-changed' });
  chosen = [join(folder, 'moved.png')];
  expect(await services.api.locatePhoto({ photoId })).toMatchObject({
    id: photoId,
    name: 'moved.png',
    state: 'ready',
  });
});

test('a folder opens as its photos, in the order in which a person counts', async () => {
  const folder = await testFolder();
  for (const [index, name] of ['IMG_10.png', 'img_2.PNG', '간판 1.png'].entries())
    await drawPhoto(join(folder, name), index);
  await writeFile(join(folder, 'notes.txt'), 'no photo');
  await mkdir(join(folder, 'sub.png'));
  const services = await startProgram();
  const photos = await services.openPaths([folder]);
  expect(photos.map(({ name }) => name)).toEqual(['img_2.PNG', 'IMG_10.png', '간판 1.png']);
});

test.runIf(process.platform === 'linux')(
  'a name that is not valid UTF-8 is opened, read and found again',
  async () => {
    const folder = await testFolder();
    const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.png')]);
    await drawPhoto(join(folder, 'plain.png'));
    await rename(join(folder, 'plain.png'), name);
    const dataFolder = await newDataFolder();
    const services = await startProgram({ dataFolder });
    const [photo] = await services.openPaths([folder]);
    expect(photo).toMatchObject({ name: 'caf\ufffd.png', state: 'ready' });
    expect((await get(services, photoUrls.thumbnail(photo!.id)))!.status).toBe(200);
    await services.dispose();
    const again = await startProgram({ dataFolder });
    expect(await again.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'ready' });
  },
);

test('what is no photo is refused with the reason, and leaves the others alone', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, 'text.jpg'), 'Dear diary');
  await drawPhoto(join(folder, 'good.png'));
  const services = await startProgram();
  const [text, none, good] = await services.openPaths([
    join(folder, 'text.jpg'),
    join(folder, 'none.png'),
    join(folder, 'good.png'),
  ]);
  expect(text).toMatchObject({
    state: 'unreadable',
    error: { code: 'photo-unsupported', details: { file: 'text.jpg' } },
  });
  expect(none).toMatchObject({ state: 'missing', error: { code: 'file-missing' } });
  expect(good).toMatchObject({ state: 'ready' });
  expect(await services.api.listRecentPhotos()).toEqual([good]);
});

test('a truncated photo is offered as far as it goes, and says that it is partial', async () => {
  const path = join(await testFolder(), 'half.jpg');
  await sharp(goldenPhoto).jpeg().toFile(path);
  await truncate(path, Math.floor((await stat(path)).size / 2));
  const services = await startProgram();
  const [photo] = await services.openPaths([path]);
  expect((await get(services, photoUrls.thumbnail(photo!.id)))!.status).toBe(200);
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({
    state: 'ready',
    notes: ['partial'],
  });
});

test('an upload is kept as a file of the program; the same again is the same photo; forgotten it is deleted', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const upload = () => services.openUpload({ name: '../../etc/간판.png', body: bytesOf(goldenPhoto) });
  const photo = await upload();
  expect(photo).toMatchObject({ name: '간판.png', origin: 'upload', state: 'ready' });
  expect((await upload()).id).toBe(photo.id);
  expect(await readdir(join(dataFolder, 'uploads'))).toHaveLength(1);
  expect(await readFile((await services.photoPath(photo.id))!)).toEqual(await readFile(goldenPhoto));
  await services.api.forgetPhoto({ photoId: photo.id });
  expect(await readdir(join(dataFolder, 'uploads'))).toEqual([]);
  await expect(services.api.getPhoto({ photoId: photo.id })).rejects.toMatchObject({ code: 'file-missing' });
});

test('an upload that is no photo is refused, and nothing of it is kept', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const body = (async function* () {
    yield Buffer.from('not a photo');
  })();
  await expect(services.openUpload({ name: 'a.png', body })).rejects.toMatchObject({
    code: 'photo-unsupported',
  });
  const broken = (async function* () {
    yield Buffer.from('half');
    throw new Error('connection lost');
  })();
  await expect(services.openUpload({ name: 'b.png', body: broken })).rejects.toThrow();
  expect(await readdir(join(dataFolder, 'uploads'))).toEqual([]);
});

test('forgetting a photo takes it from the recent ones and leaves its file alone', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'));
  const [photo] = await services.openPaths([path]);
  await services.api.createConversation({ photoIds: [photo!.id], isPrivate: false });
  await services.api.forgetPhoto({ photoId: photo!.id });
  expect(await services.api.listRecentPhotos()).toEqual([]);
  // A conversation still needs it.
  expect(await services.api.getPhoto({ photoId: photo!.id })).toMatchObject({ state: 'ready' });
  expect((await stat(path)).size).toBeGreaterThan(0);
});

test('the plan of the crops says where each lies on the photo and which reach the answer', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'), 0, { width: 60, height: 40 });
  const [photo] = await services.openPaths([path]);
  const plan = await services.api.getCropPlan({ photoId: photo!.id });
  expect(plan).toMatchObject({
    n: 3,
    tile: 336,
    square: { x: 0, y: -10, width: 60, height: 60 },
    scale: 1008 / 60,
    tokens: 576,
    grid: 24,
    passes: 10,
  });
  expect(plan.locals[5]).toEqual({
    index: 5,
    place: { x: 40, y: 10, width: 20, height: 20 },
    reachesAnswer: true,
  });
  expect(plan.globals.filter(({ reachesAnswer }) => reachesAnswer)).toEqual([
    { index: 4, row: 1, column: 1, reachesAnswer: true, isBase: true },
  ]);
});

test('the tiles of the viewer put together are the photo', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const { width, height, id } = photo!;
  const finest = viewerLevels(width, height) - 1;
  const original = await sharp(goldenPhoto).removeAlpha().raw().toBuffer();
  let difference = 0;
  for (let row = 0; row * viewerTileSize < height; row++) {
    for (let column = 0; column * viewerTileSize < width; column++) {
      const response = await get(services, photoUrls.tile(id, finest, column, row));
      expect(response!.headers.get('content-type')).toBe('image/jpeg');
      const { data, info } = await sharp(Buffer.from(await response!.arrayBuffer()))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info.width).toBe(Math.min(viewerTileSize, width - column * viewerTileSize));
      for (let y = 0; y < info.height; y++) {
        for (let x = 0; x < info.width * 3; x++) {
          const at = ((row * viewerTileSize + y) * width + column * viewerTileSize) * 3 + x;
          difference += Math.abs(data[y * info.width * 3 + x]! - original[at]!);
        }
      }
    }
  }
  expect(difference / original.length).toBeLessThan(2);
  const coarsest = await get(services, photoUrls.tile(id, 0, 0, 0));
  const { width: coarse } = await sharp(Buffer.from(await coarsest!.arrayBuffer())).metadata();
  expect(coarse).toBe(504);
  expect((await get(services, photoUrls.tile(id, finest, 9, 9)))!.status).toBe(404);
});

test('crops are shown pixel for pixel as the encoder gets them', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const pixels = async (path: string) => {
    const response = await get(services, path);
    expect(response!.headers.get('content-type')).toBe('image/png');
    return sharp(Buffer.from(await response!.arrayBuffer()))
      .removeAlpha()
      .raw()
      .toBuffer();
  };
  // The golden photo passes through preprocessing unchanged.
  const original = await sharp(goldenPhoto).removeAlpha().raw().toBuffer();
  expect(await pixels(photoUrls.square(photo!.id, 3, 336))).toEqual(original);
  const local = await pixels(photoUrls.crop(photo!.id, 'local', 5, 3, 336));
  expect(local.subarray(0, 3)).toEqual(original.subarray((336 * 1008 + 672) * 3, (336 * 1008 + 672) * 3 + 3));
  const global = await pixels(photoUrls.crop(photo!.id, 'global', 5, 3, 336));
  expect(global.subarray(3, 6)).toEqual(original.subarray((1008 + 5) * 3, (1008 + 5) * 3 + 3));
});

test('a picture is sent once: asked for again with its tag, nothing is sent', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const path = photoUrls.thumbnail(photo!.id);
  const first = await get(services, path);
  expect(first!.headers.get('cache-control')).toBe('private, no-cache');
  const etag = first!.headers.get('etag')!;
  const again = await get(services, path, { 'if-none-match': etag });
  expect(again!.status).toBe(304);
  expect((await again!.arrayBuffer()).byteLength).toBe(0);
});

test.each([
  '/photos/unknown/thumbnail',
  '/photos/../../etc/passwd',
  '/photos//thumbnail',
  '/photos/ID/tiles/0/0_0/..',
  '/photos/ID/tiles/99999/0_0',
  '/photos/ID/tiles/-1/0_0',
  '/photos/ID/crops/local-9?n=3&tile=336',
  '/photos/ID/crops/local-0?n=1000&tile=336',
  '/photos/ID/crops/local-0?n=3&tile=1e9',
  '/photos/ID/square?n=3',
  '/photos/ID/anything',
])('%s is no picture', async (path) => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const response = await get(services, path.replace('ID', photo!.id));
  expect(response?.status ?? 404).toBeGreaterThanOrEqual(404);
  expect(response?.status ?? 404).toBeLessThan(500);
});

test('kill -9 of the images process: the next picture is there', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const before = services.processes.images!;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => services.processes.images).toBeUndefined();
  expect((await get(services, photoUrls.square(photo!.id, 3, 336)))!.status).toBe(200);
  expect(services.processes.images).not.toBe(before);
});

test('kill -9 of the images process while a folder is opened: all its photos open', async () => {
  const folder = await testFolder();
  for (let index = 0; index < 30; index++) await drawPhoto(join(folder, `${index}.png`), index);
  const services = await startProgram();
  const watcher = new Watcher(services);
  const opening = services.openPaths([folder]);
  await watcher.until((event) => (event.type === 'photo' ? true : undefined));
  process.kill(services.processes.images!, 'SIGKILL');
  const photos = await opening;
  expect(photos.map(({ state }) => state)).toEqual(new Array(30).fill('ready'));
});

test('recent photos and their ids are there in the next run', async () => {
  const dataFolder = await newDataFolder();
  const first = await startProgram({ dataFolder });
  const opened = await first.openPaths([goldenPhoto]);
  await first.dispose();
  const second = await startProgram({ dataFolder });
  expect(await second.api.listRecentPhotos()).toEqual(opened);
  expect((await get(second, photoUrls.thumbnail(opened[0]!.id)))!.status).toBe(200);
});

test('a thumbnail that was damaged on disk is made again', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const [photo] = await services.openPaths([goldenPhoto]);
  const path = photoUrls.thumbnail(photo!.id);
  const first = Buffer.from(await (await get(services, path))!.arrayBuffer());
  const folder = join(dataFolder, 'cache', 'thumbnails');
  const [name] = await readdir(folder);
  await truncate(join(folder, name!), 100);
  expect(Buffer.from(await (await get(services, path))!.arrayBuffer())).toEqual(first);
  await rm(folder, { recursive: true });
  expect((await get(services, path))!.status).toBe(200);
});
