import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeConversation, makeMessage, makePackage } from '../fake-data.ts';
import type { FakeBridge } from '../fake-bridge.ts';
import { makeStores } from '../test-stores.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rest = () => vi.advanceTimersByTimeAsync(1000);

function twoConversations(bridge: FakeBridge): void {
  bridge.conversations.set('c1', makeConversation('c1', { title: 'Harbour', updatedAt: 1 }));
  bridge.conversations.set(
    'c2',
    makeConversation('c2', {
      title: 'Stars',
      updatedAt: 2,
      messages: [makeMessage('m1', { text: 'Near the pole?' })],
    }),
  );
}

test('the conversation that changed last comes first', async () => {
  const { bridge, stores } = makeStores(twoConversations);
  await stores.start(vi.fn());
  expect(stores.conversations.list?.map(({ id }) => id)).toEqual(['c2', 'c1']);
  bridge.change('c1', { updatedAt: 3 });
  expect(stores.conversations.list?.map(({ id }) => id)).toEqual(['c1', 'c2']);
});

test('a search asks once typing rests and shows where it matched', async () => {
  const { bridge, stores } = makeStores(twoConversations);
  await stores.start(vi.fn());
  const before = bridge.callsOf('listConversations').length;
  stores.conversations.search('po');
  stores.conversations.search('pole');
  await rest();
  expect(bridge.callsOf('listConversations').slice(before)).toMatchObject([{ query: 'pole' }]);
  expect(stores.conversations.list?.[0]?.snippet).toContainEqual({ text: 'pole', matched: true });
});

test('a deleted conversation can be brought back', async () => {
  const { bridge, stores } = makeStores(twoConversations);
  await stores.start(vi.fn());
  await stores.conversations.remove(stores.conversations.list![0]!);
  expect(stores.conversations.list?.map(({ id }) => id)).toEqual(['c1']);
  stores.notices.list[0]!.action!.run();
  await rest();
  expect(bridge.callsOf('restoreConversation')).toEqual([{ conversationId: 'c2' }]);
  expect(stores.conversations.list).toHaveLength(2);
});

test('a conversation is busy as long as one of its answers is', async () => {
  const { bridge, stores } = makeStores(twoConversations);
  await stores.start(vi.fn());
  const answer = makeMessage('a1', { conversationId: 'c1', role: 'assistant', state: 'writing' });
  const next = makeMessage('a2', { conversationId: 'c1', role: 'assistant', state: 'waiting' });
  bridge.emit({ type: 'message', message: answer });
  bridge.emit({ type: 'message', message: next });
  bridge.emit({ type: 'message', message: { ...answer, state: 'done' } });
  expect(stores.conversations.busy.has('c1')).toBe(true);
  bridge.emit({ type: 'message', message: { ...next, state: 'interrupted' } });
  expect(stores.conversations.busy.has('c1')).toBe(false);
});

test('an export is handed over, or was saved by a dialog of the host', async () => {
  const { bridge, stores, saved } = makeStores(twoConversations);
  await stores.start(vi.fn());
  await stores.conversations.export('c1', 'json');
  expect(saved.map(({ fileName }) => fileName)).toEqual(['conversation.json']);
  bridge.exportConversation = async () => ({
    fileName: 'Harbour.json',
    mediaType: 'application/json',
    url: null,
  });
  await stores.conversations.export('c1', 'json');
  expect(saved).toHaveLength(1);
  bridge.exportConversation = async () => null;
  await stores.conversations.export('c1', 'json');
  expect(stores.notices.list.at(-1)?.title).toContain('Harbour.json');
});

test('one file that cannot be read does not take the others with it, and is named', async () => {
  const { bridge, stores, picked } = makeStores();
  await stores.start(vi.fn());
  const open = bridge.openFiles.bind(bridge);
  bridge.openFiles = async (files, privacy) => {
    if (files[0]!.name === 'notes.txt')
      throw { code: 'photo-unsupported', details: { file: 'upload-7.part' } };
    return open(files, privacy);
  };
  picked.files = ['p1.jpg', 'notes.txt', 'p2.jpg'].map((name) => new File(['x'], name));
  const opened = await stores.photos.choose(false, {});
  expect(opened.map(({ id }) => id)).toEqual(['p1', 'p2']);
  expect(stores.notices.list.map(({ title }) => title)).toEqual([
    'notes.txt is not a photo this app can open.',
  ]);
  expect(stores.photos.opening).toBeNull();
});

test('where the host has dialogs of its own, they are used', async () => {
  const { bridge, stores } = makeStores((fake) => (fake.app = { ...fake.app, canChooseFiles: true }));
  await stores.start(vi.fn());
  await stores.photos.choose(true, { isPrivate: false });
  expect(bridge.callsOf('choosePhotos')).toEqual([{ folder: true, isPrivate: false }]);
});

test('a photo whose content changed is planned anew', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  await rest();
  const changed = { ...photos[0]!, sha256: 'f'.repeat(64), width: 800, height: 900 };
  bridge.addPhotos(changed);
  bridge.emit({ type: 'photo', photo: changed });
  await rest();
  expect(stores.photos.plans.get('p1')?.region).toMatchObject({ width: 900, height: 900 });
});

test('what a person stopped is not reported as a failure', async () => {
  const { stores } = makeStores();
  stores.notices.fail({ code: 'cancelled', details: {} });
  expect(stores.notices.list).toEqual([]);
});

test('a notice stays while it is pointed at and goes by itself afterwards', async () => {
  const { stores } = makeStores();
  stores.notices.say('Copied');
  const { id } = stores.notices.list[0]!;
  stores.notices.hold(id);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stores.notices.list).toHaveLength(1);
  stores.notices.release(id);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stores.notices.list).toEqual([]);
});

test('a setting shows at once and goes back when the program refuses it', async () => {
  const { bridge, stores } = makeStores();
  await stores.start(vi.fn());
  bridge.changeSettings = () => Promise.reject({ code: 'not-writable', details: {} });
  const changing = stores.settings.change({ theme: 'dark' });
  expect(stores.settings.current.theme).toBe('dark');
  await changing;
  expect(stores.settings.current.theme).toBe('system');
  expect(stores.notices.list).toHaveLength(1);
});

test('widths and switches are remembered; what another version wrote is not believed', async () => {
  const { stores, kept } = makeStores();
  stores.layout.resize('chat', 10_000);
  stores.viewer.toggleOverlay('lattice');
  expect(JSON.parse(kept.get('layout')!)).toMatchObject({ chat: 760 });
  expect(JSON.parse(kept.get('overlays')!)).toMatchObject({ lattice: true });

  const again = makeStores();
  again.kept.set('layout', '{"chat":"wide","isChatOpen":false}');
  again.kept.set('overlays', 'not JSON');
  const fresh = makeStores();
  expect(fresh.stores.viewer.overlays).toEqual({ square: false, tiles: true, lattice: false });
});

test('the chosen package answers; one that was removed leaves the answer to the first that can be used', async () => {
  const broken = makePackage('broken', { error: { code: 'package-invalid', details: {} } });
  const { bridge, stores } = makeStores(
    (fake) => (fake.packages = [broken, makePackage('a'), makePackage('b')]),
  );
  await stores.start(vi.fn());
  expect(stores.engine.package?.id).toBe('a');
  await stores.settings.change({ packageId: 'b' });
  expect(stores.engine.package?.id).toBe('b');
  bridge.emit({ type: 'packages', packages: [broken] });
  expect(stores.engine.canAnswer).toBe(false);
});

/** What `ask` answers, as it was when it was asked, once `come` has settled. */
async function late<T>(ask: Promise<T>, come: Promise<null>): Promise<T> {
  const answer = await ask;
  await come;
  return answer;
}

test('what is deleted or forgotten while the lists are read again does not come back with them', async () => {
  const { bridge, stores, photos } = makeStores(twoConversations);
  bridge.recent = photos;
  await stores.start(vi.fn());
  const list = bridge.listConversations.bind(bridge);
  const recent = bridge.listRecentPhotos.bind(bridge);
  const { promise, resolve } = Promise.withResolvers<null>();
  bridge.listConversations = (input) => late(list(input), promise);
  bridge.listRecentPhotos = () => late(recent(), promise);
  bridge.loseEvents();
  await rest();
  await stores.conversations.remove(stores.conversations.list![0]!);
  bridge.recent = photos.slice(1);
  await stores.photos.forget(photos[0]!.id);
  resolve(null);
  await rest();
  expect(stores.conversations.list?.map(({ id }) => id)).toEqual(['c1']);
  expect(stores.photos.recent.map(({ id }) => id)).toEqual(['p2', 'p3']);
});
