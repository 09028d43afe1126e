import {
  copyFile,
  mkdir,
  readFile,
  readdir,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { PhotoDialog } from '../../main/services/options.ts';
import { photoUrls, type Photo } from '../../preload/contract/api.ts';
import {
  Watcher,
  drawPhoto,
  get,
  goldenPhoto,
  newDataFolder,
  startProgram,
  testFolder,
} from './support/program.ts';
import { desktopOf } from '../support/desktop.ts';

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
  expect(watcher.events.at(-1)).toEqual({ type: 'photos-opened', photos: [photo], isPrivate: false });
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
  const shown: PhotoDialog[] = [];
  const desktop = desktopOf({
    choosePaths: async (dialog) => {
      shown.push(dialog);
      return chosen;
    },
  });
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

  // The dialogs know of a private photo that they are to leave no trace.
  const [hidden] = await services.api.choosePhotos({ folder: false, isPrivate: true });
  await services.api.locatePhoto({ photoId: hidden!.id });
  expect(shown.map(({ isPrivate }) => isPrivate)).toEqual([false, false, false, true, true]);
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

test('copies of an upload under other names keep their names and share its file until the last is forgotten', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const names = ['a.png', 'copy of a.png', 'b.png', 'a.png'];
  const photos: Photo[] = [];
  for (const name of names) photos.push(await services.openUpload({ name, body: bytesOf(goldenPhoto) }));
  expect(photos.map(({ name }) => name)).toEqual(names);
  expect(photos[3]!.id).toBe(photos[0]!.id);
  expect(new Set(photos.map(({ id }) => id)).size).toBe(3);
  expect((await services.api.listRecentPhotos()).map(({ name }) => name).sort()).toEqual(
    names.slice(0, 3).sort(),
  );
  const files = () => readdir(join(dataFolder, 'uploads'));
  for (const { id } of photos.slice(0, 3)) {
    expect(await files()).toHaveLength(1);
    expect(await services.api.getPhoto({ photoId: id })).toMatchObject({ state: 'ready' });
    await services.api.forgetPhoto({ photoId: id });
  }
  expect(await files()).toEqual([]);
});

test('what a killed program left half-written is swept at start; clearing uploads removes what no photo names', async () => {
  const dataFolder = await newDataFolder();
  const uploads = join(dataFolder, 'uploads');
  const thumbnails = join(dataFolder, 'cache', 'thumbnails');
  for (const folder of [uploads, thumbnails]) await mkdir(folder, { recursive: true });
  const left = [
    join(uploads, '8a6e0b5e-0000-4000-8000-000000000000.png.part'),
    join(dataFolder, 'settings.json.0123456789ab.tmp'),
    join(thumbnails, 'abc-320.0123456789ab.tmp'),
  ];
  const unnamed = join(uploads, '8a6e0b5e-0000-4000-8000-000000000001.png');
  for (const path of [...left, unnamed]) await writeFile(path, 'half a photo');
  const services = await startProgram({ dataFolder });
  for (const path of left) await expect(stat(path), path).rejects.toThrow();
  const used = await services.openUpload({ name: 'used.png', body: bytesOf(goldenPhoto) });
  const { id } = await services.api.createConversation({ photoIds: [used.id], isPrivate: false });
  const attachment = await drawPhoto(join(await testFolder(), 'attached.png'), 5);
  const attached = await services.openUpload({ name: 'attached.png', body: bytesOf(attachment) });
  await services.api.keepDraft({
    ...{ id, text: '' },
    pictures: [{ photoId: attached.id, region: null }],
  });
  const other = await drawPhoto(join(await testFolder(), 'other.png'), 9);
  const unused = await services.openUpload({ name: 'unused.png', body: bytesOf(other) });
  // One that is on its way while the person clears is not taken away from it.
  let go: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (go = resolve));
  const third = await readFile(await drawPhoto(join(await testFolder(), 'third.png'), 12));
  const slow = (async function* () {
    yield third.subarray(0, 20);
    await waiting;
    yield third.subarray(20);
  })();
  const arriving = services.openUpload({ name: 'slow.png', body: slow });
  await expect.poll(async () => (await readdir(uploads)).some((name) => name.endsWith('.part'))).toBe(true);
  await services.api.clearStorage({ area: 'uploads' });
  go();
  const arrived = await arriving;
  const kept = await readdir(uploads);
  expect(kept.sort()).toEqual(
    [
      basename((await services.photoPath(used.id))!),
      basename((await services.photoPath(attached.id))!),
      basename((await services.photoPath(arrived.id))!),
    ].sort(),
  );
  expect(await services.api.getPhoto({ photoId: used.id })).toMatchObject({ state: 'ready' });
  await expect(services.api.getPhoto({ photoId: unused.id })).rejects.toMatchObject({ code: 'file-missing' });
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
