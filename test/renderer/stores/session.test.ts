import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeConversation, makeMessage, makePackage, makePreparation } from '../fake-data.ts';
import { makeStores } from '../test-stores.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rest = () => vi.advanceTimersByTimeAsync(1000);

test('the place in front is in the address, and a reload comes back to it', async () => {
  const { stores, photos, place } = makeStores();
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[1]!);
  expect(place.current).toBe('photo/p2');
  const again = makeStores();
  again.place.current = 'photo/p2';
  await again.stores.start(vi.fn());
  expect(again.stores.session.photo?.id).toBe('p2');
});

test('a reload keeps the film strip, but for photos that are gone since', async () => {
  const { stores, photos, kept } = makeStores();
  await stores.start(vi.fn());
  await stores.session.openPhotos(photos);
  const again = makeStores((bridge) => void bridge.photos.delete('p2'));
  again.kept.set('film-strip', kept.get('film-strip')!);
  again.place.current = 'photo/p1';
  await again.stores.start(vi.fn());
  again.stores.session.step(1);
  expect(again.stores.photos.roll.map(({ id }) => id)).toEqual(['p1', 'p3']);
  expect(again.stores.session.photoId).toBe('p3');
});

test('an address of something that is gone ends in the gallery', async () => {
  const { stores, place } = makeStores();
  place.current = 'conversation/gone';
  await stores.start(vi.fn());
  expect(stores.session.photo).toBeNull();
  expect(place.current).toBe('');
});

test('photos opened together are the film strip; arrow keys go through it and stop at its ends', async () => {
  const { stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.openPhotos(photos);
  stores.session.step(-1);
  expect(stores.session.photoId).toBe('p1');
  stores.session.step(1);
  stores.session.step(1);
  stores.session.step(1);
  expect(stores.session.photoId).toBe('p3');
});

test('the photo in front is prepared ahead of the first question, those passed on the way are not', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.openPhotos(photos);
  stores.session.step(1);
  stores.session.step(1);
  await rest();
  expect(bridge.callsOf('preparePhoto')).toEqual([{ photoId: 'p3', isPrivate: false }]);
});

test('a photo that leaves the front is no longer prepared, unless somebody waits for an answer about it', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.openPhotos(photos);
  await rest();
  stores.session.step(1);
  expect(bridge.callsOf('cancelPreparation')).toEqual([{ photoId: 'p1' }]);

  await rest();
  stores.chat.setDraft('What is it?');
  await stores.session.send();
  const waiting = stores.chat.messages[1]!;
  bridge.emit({ type: 'message', message: waiting });
  stores.session.step(1);
  expect(bridge.callsOf('cancelPreparation')).toHaveLength(1);
});

test('without a model nothing is prepared, and the crops are shown all the same', async () => {
  const { bridge, stores, photos } = makeStores((fake) => (fake.packages = []));
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  await rest();
  expect(bridge.callsOf('preparePhoto')).toEqual([]);
  expect(stores.photos.plans.get('p1')?.locals).toHaveLength(9);
});

test('another model sees the photo in its own way: plan and preparation are asked again', async () => {
  const { bridge, stores, photos } = makeStores((fake) => fake.packages.push(makePackage('other')));
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  await rest();
  bridge.emit({ type: 'preparation', preparation: makePreparation('p1', { stage: 'ready', fraction: 1 }) });
  await stores.settings.change({ packageId: 'other' });
  await rest();
  expect(bridge.callsOf('getCropPlan')).toHaveLength(2);
  expect(bridge.callsOf('preparePhoto')).toHaveLength(2);
});

test('another detail is another plan and another preparation; what is shown stays until they are there', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  await rest();
  const before = stores.photos.plans.get('p1');
  const changing = stores.settings.change({ detail: { p: 4 } });
  expect(stores.photos.plans.get('p1')).toBe(before);
  await changing;
  await rest();
  expect(bridge.callsOf('getCropPlan')).toHaveLength(2);
  expect(bridge.callsOf('preparePhoto')).toHaveLength(2);
  expect(stores.photos.plans.get('p1')).not.toBe(before);
});

test('a photo comes back with the conversation it was left with', async () => {
  const { bridge, stores, photos } = makeStores((fake) => {
    for (const id of ['c1', 'c2']) {
      fake.conversations.set(
        id,
        makeConversation(id, { photoIds: ['p1'], photos: [fake.photos.get('p1')!] }),
      );
    }
  });
  await stores.start(vi.fn());
  await stores.session.showConversation('c2');
  await stores.session.showPhoto(photos[1]!);
  await stores.session.showPhoto(photos[0]!);
  expect(stores.chat.summary?.id).toBe('c2');
  expect(bridge.callsOf('createConversation')).toEqual([]);
});

test('a conversation that is deleted leaves its photo with an empty one', async () => {
  const { stores } = makeStores((fake) =>
    fake.conversations.set(
      'c1',
      makeConversation('c1', {
        photoIds: ['p1'],
        photos: [fake.photos.get('p1')!],
        messages: [makeMessage('m1')],
      }),
    ),
  );
  await stores.start(vi.fn());
  await stores.session.showConversation('c1');
  await stores.conversations.remove(stores.chat.summary!);
  expect(stores.session.photoId).toBe('p1');
  expect(stores.chat.messages).toEqual([]);
});

test('in a private conversation photos are opened and prepared in private, and stay so', async () => {
  const { bridge, stores, photos, picked } = makeStores();
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  stores.session.newConversation(true);
  picked.files = [new File(['x'], 'p2.jpg')];
  await stores.session.openPhotos(await stores.photos.choose(false, stores.session.privacy));
  await rest();
  expect(bridge.callsOf('openFiles')).toEqual([{ names: ['p2.jpg'], privacy: { isPrivate: true } }]);
  expect(bridge.callsOf('preparePhoto')).toEqual([{ photoId: 'p2', isPrivate: true }]);
  expect(stores.chat.isPrivate).toBe(true);
  expect(stores.photos.recent).toEqual([]);
});

test('private mode that is begun while the window still loads is not ended by what is restored', async () => {
  const { bridge, stores, place } = makeStores((fake) =>
    fake.conversations.set(
      'c1',
      makeConversation('c1', { photoIds: ['p1'], photos: [fake.photos.get('p1')!] }),
    ),
  );
  for (const address of ['', 'photo/p1', 'conversation/c1']) {
    place.current = address;
    const started = stores.start(vi.fn());
    stores.session.newConversation(true);
    await started;
    expect(stores.chat.isPrivate).toBe(true);
    expect(stores.session.photoId).toBeNull();
  }
  expect(bridge.callsOf('getConversation')).toEqual([]);
});

test('private mode lasts over the gallery, other photos and questions of the gallery, until the person ends it', async () => {
  const { bridge, stores, photos } = makeStores((fake) =>
    fake.conversations.set(
      'c1',
      makeConversation('c1', { photoIds: ['p1'], photos: [fake.photos.get('p1')!] }),
    ),
  );
  const { session, chat } = stores;
  await stores.start(vi.fn());
  session.newConversation(true);
  await session.showPhoto(photos[0]!);
  expect([chat.isPrivate, chat.summary]).toEqual([true, null]);
  await session.openPhotos(photos);
  session.step(1);
  session.showGallery();
  await session.ask(photos[1]!, 'What is it?');
  expect(chat.isPrivate).toBe(true);
  expect(bridge.callsOf('createConversation')).toEqual([{ photoIds: ['p2'], isPrivate: true }]);
  await session.showPhoto(photos[0]!);
  await session.showPhoto(photos[1]!);
  expect(chat.messages).toHaveLength(2);

  session.newConversation(false);
  await session.showPhoto(photos[0]!);
  expect([chat.isPrivate, chat.summary?.id]).toEqual([false, 'c1']);
  await session.showPhoto(photos[1]!);
  expect([chat.isPrivate, chat.summary]).toEqual([false, null]);
});

test('a private photo that was moved is located in private', async () => {
  const { bridge, stores, picked } = makeStores();
  await stores.start(() => undefined);
  picked.files = [new File(['x'], 'p2.jpg')];
  await stores.photos.locate('p1', { isPrivate: true });
  expect(bridge.callsOf('openFiles')).toEqual([{ names: ['p2.jpg'], privacy: { isPrivate: true } }]);
});

test('after events were lost everything in front is read anew', async () => {
  const { bridge, stores } = makeStores((fake) =>
    fake.conversations.set(
      'c1',
      makeConversation('c1', { photoIds: ['p1'], photos: [fake.photos.get('p1')!] }),
    ),
  );
  await stores.start(vi.fn());
  await stores.session.showConversation('c1');
  bridge.conversations.set('c1', { ...bridge.conversations.get('c1')!, messages: [makeMessage('m1')] });
  bridge.loseEvents();
  await rest();
  expect(stores.chat.messages.map(({ id }) => id)).toEqual(['m1']);
});

test('the host knows when what the system hands over is private; such photos are among no recent ones', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  stores.session.newConversation(true);
  bridge.emit({ type: 'photos-opened', photos: [photos[1]!], isPrivate: true });
  await rest();
  expect(stores.session.photoId).toBe('p2');
  expect(stores.photos.recent).toEqual([]);
  stores.session.newConversation(false);
  expect(bridge.callsOf('setPrivacy')).toEqual([{ isPrivate: true }, { isPrivate: false }]);
});

test("photos opened by the system come to the front, the window's own uploads only once", async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  bridge.emit({ type: 'photos-opened', photos: [photos[1]!], isPrivate: false });
  await rest();
  expect(stores.session.photoId).toBe('p2');
  bridge.openFiles = async () => {
    bridge.emit({ type: 'photos-opened', photos: [photos[2]!], isPrivate: false });
    return [photos[2]!];
  };
  await stores.photos.openFiles([new File(['x'], 'p3.jpg')], {});
  expect(stores.session.photoId).toBe('p2');
});
