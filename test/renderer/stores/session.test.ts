import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newDataFolder } from '../../services/support/program.ts';
import { goldenPackage } from '../../support/golden-package.ts';
import {
  converse,
  makeStores,
  openWindow,
  photoFile,
  reload,
  startStores,
  type Made,
} from '../test-stores.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Long enough for what waits until nothing moves, and for what that asks for. */
async function rest({ bridge }: Made): Promise<void> {
  await bridge.settled();
  await vi.advanceTimersByTimeAsync(1000);
  await bridge.settled();
}

const p = ({ photos }: Made, number: 1 | 2 | 3) => photos[number - 1]!;

test('the place in front is in the address, and a reload comes back to it', async () => {
  const made = await startStores();
  await made.stores.session.showPhoto(p(made, 2));
  expect(made.place.current).toBe(`photo/${p(made, 2).id}`);
  const again = await reload(made);
  expect(again.stores.session.photo?.name).toBe('p2.png');
});

test('a reload keeps the film strip, but for photos that are gone since', async () => {
  const made = await startStores();
  await made.stores.session.openPhotos(made.photos);
  await made.services.api.forgetPhoto({ photoId: p(made, 2).id });
  const { session, photos } = (await reload(made)).stores;
  session.step(1);
  expect(photos.roll.map(({ name }) => name)).toEqual(['p1.png', 'p3.png']);
  expect(session.photoId).toBe(p(made, 3).id);
});

test('an address of something that is gone ends in the gallery', async () => {
  const { stores, place } = await startStores(({ place }) => void (place.current = 'conversation/gone'));
  expect(stores.session.photo).toBeNull();
  expect(place.current).toBe('');
});

test('photos opened together are the film strip; arrow keys go through it and stop at its ends', async () => {
  const made = await startStores();
  const { session } = made.stores;
  await session.openPhotos(made.photos);
  session.step(-1);
  expect(session.photoId).toBe(p(made, 1).id);
  for (let steps = 0; steps < 3; steps++) session.step(1);
  expect(session.photoId).toBe(p(made, 3).id);
});

test('the photo in front is prepared ahead of the first question, those passed on the way are not', async () => {
  const made = await startStores();
  const { session, preparation } = made.stores;
  await session.openPhotos(made.photos);
  session.step(1);
  session.step(1);
  await rest(made);
  const photoId = p(made, 3).id;
  expect(made.bridge.callsOf('preparePhoto')).toEqual([{ photoId, isPrivate: false }]);
  await vi.waitFor(() => expect(preparation.of.get(photoId)?.stage).toBe('ready'), 60_000);
});

test('a photo that leaves the front is no longer prepared, unless somebody waits for an answer about it', async () => {
  const made = await startStores();
  const { bridge, stores, photos } = made;
  await stores.session.openPhotos(photos);
  await rest(made);
  stores.session.step(1);
  expect(bridge.callsOf('cancelPreparation')).toEqual([{ photoId: p(made, 1).id }]);

  stores.chat.setDraft('What is it?');
  await stores.session.send();
  await rest(made);
  stores.session.step(1);
  expect(bridge.callsOf('cancelPreparation')).toHaveLength(1);
});

test('without a model nothing is prepared, and the crops are shown all the same', async () => {
  const made = await startStores(undefined, { bundledPackages: [] });
  await made.stores.session.showPhoto(p(made, 1));
  await rest(made);
  expect(made.bridge.callsOf('preparePhoto')).toEqual([]);
  expect(made.stores.photos.plans.get(p(made, 1).id)?.locals).toHaveLength(9);
});

test('another model sees the photo in its own way: plan and preparation are asked again', async () => {
  const dataFolder = await newDataFolder();
  for (const name of ['one', 'other'])
    await cp(await goldenPackage(), join(dataFolder, 'packages', name), { recursive: true });
  const made = await startStores(undefined, { dataFolder, bundledPackages: [] });
  const { bridge, stores } = made;
  await stores.session.showPhoto(p(made, 1));
  await rest(made);
  const other = stores.engine.packages!.find(({ id }) => id !== stores.engine.package!.id)!;
  await stores.settings.change({ packageId: other.id });
  await rest(made);
  expect(bridge.callsOf('getCropPlan')).toHaveLength(2);
  expect(bridge.callsOf('preparePhoto')).toHaveLength(2);
});

test('another detail is another plan and another preparation; what is shown stays until they are there', async () => {
  const made = await startStores();
  const { bridge, stores } = made;
  const photo = p(made, 1);
  await stores.session.showPhoto(photo);
  await rest(made);
  const before = stores.photos.plans.get(photo.id);
  expect(before?.locals).toHaveLength(9);
  const changing = stores.settings.change({ detail: { [stores.engine.package!.id]: 4 } });
  expect(stores.photos.plans.get(photo.id)).toBe(before);
  await changing;
  await rest(made);
  expect(bridge.callsOf('getCropPlan')).toHaveLength(2);
  expect(bridge.callsOf('preparePhoto')).toHaveLength(2);
  expect(stores.photos.plans.get(photo.id)).not.toBe(before);
});

test('a photo comes back with the conversation it was left with', async () => {
  const made = await startStores();
  const { bridge, stores, services } = made;
  const [one] = [await converse(services, p(made, 1)), await converse(services, p(made, 1))];
  await stores.session.showConversation(one!.id);
  await stores.session.showPhoto(p(made, 2));
  await stores.session.showPhoto(p(made, 1));
  expect(stores.chat.summary?.id).toBe(one!.id);
  expect(bridge.callsOf('createConversation')).toEqual([]);
});

test('a photo that is opened before the window knows its conversations comes with the latest about it', async () => {
  const made = await makeStores();
  const { id } = await converse(made.services, p(made, 1));
  for (const isFaster of [false, true]) {
    const { stores, bridge } = openWindow(made.services);
    const known = Promise.withResolvers<unknown>();
    bridge.instead.listConversations = (input) =>
      known.promise.then(() => bridge.program.listConversations(input));
    const started = stores.start(() => undefined);
    bridge.emit({ type: 'photos-opened', photos: [p(made, 1)], isPrivate: false });
    expect([stores.session.photoId, stores.chat.summary]).toEqual([p(made, 1).id, null]);
    // Who has begun to write meanwhile goes on with that.
    if (isFaster) stores.chat.setDraft('What is it?');
    known.resolve(null);
    await started;
    await bridge.settled();
    expect(stores.chat.summary?.id).toBe(isFaster ? undefined : id);
  }
});

test('a search in the conversations hides from no photo what was said about it', async () => {
  const made = await startStores(({ services, photos }) => converse(services, photos[0]!));
  const { conversations, session, chat } = made.stores;
  const { id } = conversations.list![0]!;
  conversations.search('nothing has this in it');
  await rest(made);
  expect(conversations.list).toEqual([]);
  await session.showPhoto(p(made, 1));
  expect(chat.summary?.id).toBe(id);
  conversations.search('');
  expect(conversations.list?.map((each) => each.id)).toEqual([id]);
});

test('a conversation that is deleted leaves its photo with an empty one', async () => {
  const made = await startStores();
  const { stores } = made;
  await stores.session.ask(p(made, 1), 'What is it?');
  expect(stores.chat.messages).toHaveLength(2);
  await stores.conversations.remove(stores.chat.summary!);
  expect(stores.session.photoId).toBe(p(made, 1).id);
  expect(stores.chat.messages).toEqual([]);
});

test('in a private conversation photos are opened and prepared in private, and stay so', async () => {
  const made = await startStores();
  const { bridge, stores, picked } = made;
  await stores.session.showPhoto(p(made, 1));
  stores.session.newConversation(true);
  picked.files = [await photoFile('secret.png')];
  const [opened] = await stores.photos.choose(false, stores.session.privacy);
  await stores.session.openPhotos([opened!]);
  await rest(made);
  expect(bridge.callsOf('openFiles')).toEqual([{ names: ['secret.png'], privacy: { isPrivate: true } }]);
  expect(bridge.callsOf('preparePhoto')).toEqual([{ photoId: opened!.id, isPrivate: true }]);
  expect(stores.chat.isPrivate).toBe(true);
  expect(stores.photos.recent).toHaveLength(3);
  expect((await bridge.program.listRecentPhotos()).map(({ name }) => name)).not.toContain('secret.png');
});

test('private mode that is begun while the window still loads is not ended by what is restored', async () => {
  const made = await makeStores();
  const { id } = await converse(made.services, p(made, 1));
  for (const address of ['', `photo/${p(made, 1).id}`, `conversation/${id}`]) {
    const { stores, bridge } = openWindow(made.services, { current: address });
    const started = stores.start(() => undefined);
    stores.session.newConversation(true);
    await started;
    expect(stores.chat.isPrivate).toBe(true);
    expect(stores.session.photoId).toBeNull();
    expect(bridge.callsOf('getConversation')).toEqual([]);
  }
});

test('private mode lasts over the gallery, other photos and questions of the gallery, until the person ends it', async () => {
  const made = await startStores(({ services, photos }) => converse(services, photos[0]!));
  const { bridge, stores, photos } = made;
  const { session, chat } = stores;
  const latest = stores.conversations.list![0]!.id;
  session.newConversation(true);
  await session.showPhoto(p(made, 1));
  expect([chat.isPrivate, chat.summary]).toEqual([true, null]);
  await session.openPhotos(photos);
  session.step(1);
  session.showGallery();
  await session.ask(p(made, 2), 'What is it?');
  expect(chat.isPrivate).toBe(true);
  const created = { photoIds: [p(made, 2).id], isPrivate: true };
  expect(bridge.callsOf('createConversation')).toEqual([created]);
  await session.showPhoto(p(made, 1));
  await session.showPhoto(p(made, 2));
  expect(chat.messages).toHaveLength(2);

  session.newConversation(false);
  await session.showPhoto(p(made, 1));
  expect([chat.isPrivate, chat.summary?.id]).toEqual([false, latest]);
  await session.showPhoto(p(made, 2));
  expect([chat.isPrivate, chat.summary]).toEqual([false, null]);
});

test('a private photo that was moved is located in private', async () => {
  const { bridge, stores, photos, picked } = await startStores();
  picked.files = [await photoFile('moved.png')];
  await stores.photos.locate(photos[0]!.id, { isPrivate: true });
  expect(bridge.callsOf('openFiles')).toEqual([{ names: ['moved.png'], privacy: { isPrivate: true } }]);
});

test('after events were lost everything in front is read anew', async () => {
  const made = await startStores();
  const { bridge, stores, services } = made;
  const { id } = await converse(services, p(made, 1));
  await stores.session.showConversation(id);
  bridge.loses = () => true;
  await services.api.sendMessage({ conversationId: id, text: 'From elsewhere', pictures: [] });
  expect(stores.chat.messages).toEqual([]);
  bridge.loseEvents();
  await rest(made);
  expect(stores.chat.messages[0]?.text).toBe('From elsewhere');
});

test('the host knows when what the system hands over is private; such photos are among no recent ones', async () => {
  const made = await startStores(({ services, photos }) =>
    services.api.forgetPhoto({ photoId: photos[1]!.id }),
  );
  const { bridge, stores } = made;
  stores.session.newConversation(true);
  bridge.emit({ type: 'photos-opened', photos: [p(made, 2)], isPrivate: true });
  await rest(made);
  expect(stores.session.photoId).toBe(p(made, 2).id);
  expect(stores.photos.recent.map(({ name }) => name)).not.toContain('p2.png');
  stores.session.newConversation(false);
  expect(bridge.callsOf('setPrivacy')).toEqual([{ isPrivate: true }, { isPrivate: false }]);
});

test("photos opened by the system come to the front, the window's own uploads only once", async () => {
  const made = await startStores();
  const { bridge, stores } = made;
  bridge.emit({ type: 'photos-opened', photos: [p(made, 2)], isPrivate: false });
  await rest(made);
  expect(stores.session.photoId).toBe(p(made, 2).id);
  // Electron's bridge opens dropped files by their paths, which is told to every window.
  bridge.instead.openFiles = async () => {
    bridge.emit({ type: 'photos-opened', photos: [p(made, 3)], isPrivate: false });
    return [p(made, 3)];
  };
  await stores.photos.openFiles([await photoFile('p3.png')], {});
  expect(stores.session.photoId).toBe(p(made, 2).id);
});
