import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { drawPhoto, newDataFolder } from '../../services/support/program.ts';
import { desktopOf } from '../../support/desktop.ts';
import { goldenPackage } from '../../support/golden-package.ts';
import { makeMessage } from '../fake-data.ts';
import { converse, makeStores, openWindow, photoFile, startStores, type Made } from '../test-stores.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

async function rest({ bridge }: Made): Promise<void> {
  await bridge.settled();
  await vi.advanceTimersByTimeAsync(1000);
  await bridge.settled();
}

/** Conversations about the first photo, `Harbour`, and then the second, `Stars`. */
async function twoConversations({ services, photos }: Made): Promise<void> {
  for (const [at, title] of ['Harbour', 'Stars'].entries()) {
    const { id } = await converse(services, photos[at]!);
    await services.api.renameConversation({ conversationId: id, title });
  }
}

const titles = ({ stores }: Made) => stores.conversations.list?.map(({ title }) => title);

test('the conversation that changed last comes first', async () => {
  const made = await startStores(twoConversations);
  expect(titles(made)).toEqual(['Stars', 'Harbour']);
  const [, harbour] = made.stores.conversations.list!;
  const asked = { conversationId: harbour!.id, text: 'What is it?', pictures: [] };
  await made.services.api.sendMessage(asked);
  expect(titles(made)).toEqual(['Harbour', 'Stars']);
});

test('a search asks once typing rests and shows where it matched', async () => {
  const made = await startStores(async (made) => {
    await twoConversations(made);
    const [stars] = await made.bridge.program.listConversations({ query: 'Stars', limit: 1 });
    const asked = { conversationId: stars!.id, text: 'Near the pole?', pictures: [] };
    await made.services.api.sendMessage(asked);
  });
  const { bridge, stores } = made;
  const before = bridge.callsOf('listConversations').length;
  stores.conversations.search('po');
  stores.conversations.search('pole');
  await rest(made);
  expect(bridge.callsOf('listConversations').slice(before)).toMatchObject([{ query: 'pole' }]);
  expect(titles(made)).toEqual(['Stars']);
  expect(stores.conversations.list?.[0]?.snippet).toContainEqual({ text: 'pole', matched: true });
});

test('a deleted conversation can be brought back', async () => {
  const made = await startStores(twoConversations);
  const { stores } = made;
  await stores.conversations.remove(stores.conversations.list![0]!);
  expect(titles(made)).toEqual(['Harbour']);
  stores.notices.list[0]!.action!.run();
  await rest(made);
  expect(titles(made)).toEqual(['Stars', 'Harbour']);
});

test('a conversation is busy as long as one of its answers is', async () => {
  const { bridge, stores } = await startStores();
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
  const page = await startStores(twoConversations);
  const [stars] = page.stores.conversations.list!;
  await page.stores.conversations.export(stars!.id, 'json');
  expect(page.saved.map(({ fileName }) => fileName)).toEqual(['Stars.json']);

  const dataFolder = await newDataFolder();
  const places = [join(dataFolder, 'Mine.json'), null];
  const desktop = desktopOf({ chooseSavePath: async () => places.shift() ?? null });
  const { stores, saved } = await startStores(twoConversations, { dataFolder, desktop });
  const { id } = stores.conversations.list![0]!;
  await stores.conversations.export(id, 'json');
  await stores.conversations.export(id, 'json');
  expect(saved).toEqual([]);
  expect(stores.notices.list.map(({ title }) => title)).toEqual([expect.stringContaining('Mine.json')]);
});

test('one file that cannot be read does not take the others with it, and is named', async () => {
  const { stores, picked } = await startStores();
  const notes = new File(['Not a photo at all.'], 'notes.txt');
  picked.files = [await photoFile('a.png'), notes, await photoFile('b.png')];
  const opened = await stores.photos.choose(false, {});
  expect(opened.map(({ name }) => name)).toEqual(['a.png', 'b.png']);
  expect(stores.notices.list.map(({ title }) => title)).toEqual([
    'notes.txt is not a photo this app can open.',
  ]);
  expect(stores.photos.opening).toBeNull();
});

test('where the host has dialogs of its own, they are used', async () => {
  const dataFolder = await newDataFolder();
  const holiday = join(dataFolder, 'holiday');
  await mkdir(holiday);
  await drawPhoto(join(holiday, 'boat.png'));
  const desktop = desktopOf({ choosePaths: async () => [holiday] });
  const { stores } = await startStores(undefined, { dataFolder, desktop });
  const opened = await stores.photos.choose(true, { isPrivate: false });
  expect(opened.map(({ name }) => name)).toEqual(['boat.png']);
});

test('a photo whose file has other content now says so, and opened again it is another one', async () => {
  const path = join(await newDataFolder(), 'changing.png');
  await drawPhoto(path, 0, { width: 300, height: 200 });
  const made = await startStores();
  const { services, stores } = made;
  const [before] = await services.openPaths([path]);
  await rest(made);
  await drawPhoto(path, 1, { width: 400, height: 900 });
  await stores.photos.refresh(before!.id);
  expect(stores.photos.known.get(before!.id)?.state).toBe('changed');
  const [now] = await services.openPaths([path]);
  await rest(made);
  expect(stores.session.photoId).toBe(now!.id);
  const shown = [before!, now!].map(({ id }) => stores.photos.plans.get(id)?.region.height);
  expect(shown).toEqual([300, 900]);
});

test('what a person stopped is not reported as a failure', async () => {
  const { stores } = await makeStores();
  stores.notices.fail({ code: 'cancelled', details: {} });
  expect(stores.notices.list).toEqual([]);
});

test('a notice stays while it is pointed at and goes by itself afterwards', async () => {
  const { stores } = await makeStores();
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
  const { bridge, stores } = await startStores();
  bridge.instead.changeSettings = () => Promise.reject({ code: 'not-writable', details: {} });
  const changing = stores.settings.change({ theme: 'dark' });
  expect(stores.settings.current.theme).toBe('dark');
  await changing;
  expect(stores.settings.current.theme).toBe('system');
  expect(stores.notices.list).toHaveLength(1);
});

test('widths and switches are remembered; what another version wrote is not believed', async () => {
  const { services, stores, kept } = await makeStores();
  stores.layout.resize('chat', 10_000);
  stores.viewer.toggleOverlay('lattice');
  expect(JSON.parse(kept.get('layout')!)).toMatchObject({ chat: 760 });
  expect(JSON.parse(kept.get('overlays')!)).toMatchObject({ lattice: true });

  const written = new Map([
    ['layout', '{"chat":"wide","isChatOpen":false}'],
    ['overlays', 'not JSON'],
  ]);
  const fresh = openWindow(services, { current: '' }, written);
  expect(fresh.stores.layout.isChatOpen).toBe(false);
  expect(fresh.stores.viewer.overlays).toEqual({ square: false, tiles: true, lattice: false });
});

test('the chosen package answers; one that was removed leaves the answer to the first that can be used', async () => {
  const dataFolder = await newDataFolder();
  const packages = join(dataFolder, 'packages');
  for (const name of ['a', 'b']) await cp(await goldenPackage(), join(packages, name), { recursive: true });
  await mkdir(join(packages, '0-broken'));
  await writeFile(join(packages, '0-broken', 'manifest.json'), '{}');
  const { services, stores } = await startStores(undefined, { dataFolder, bundledPackages: [] });
  const [broken, a, b] = stores.engine.packages!;
  expect([broken?.error?.code, stores.engine.package?.id]).toEqual(['package-invalid', a!.id]);
  await stores.settings.change({ packageId: b!.id });
  expect(stores.engine.package?.id).toBe(b!.id);
  await services.api.removePackage({ packageId: b!.id });
  await expect.poll(() => stores.engine.package?.id).toBe(a!.id);
  await services.api.removePackage({ packageId: a!.id });
  await expect.poll(() => stores.engine.canAnswer).toBe(false);
});

/** What `ask` answers, as it was when it was asked, once `come` has settled. */
async function late<T>(ask: Promise<T>, come: Promise<null>): Promise<T> {
  const answer = await ask;
  await come;
  return answer;
}

test('what is deleted or forgotten while the lists are read again does not come back with them', async () => {
  const made = await startStores(twoConversations);
  const { bridge, stores } = made;
  const { instead, program } = bridge;
  const { promise, resolve } = Promise.withResolvers<null>();
  instead.listConversations = (input) => late(program.listConversations(input), promise);
  instead.listRecentPhotos = () => late(program.listRecentPhotos(), promise);
  bridge.loseEvents();
  await rest(made);
  await stores.conversations.remove(stores.conversations.list![0]!);
  const [latest, ...others] = stores.photos.recent;
  await stores.photos.forget(latest!.id);
  resolve(null);
  await rest(made);
  expect(titles(made)).toEqual(['Harbour']);
  expect(stores.photos.recent).toEqual(others);
});
