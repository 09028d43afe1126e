import { expect, test, vi } from 'vitest';
import type { Look, LookInViews } from '../../../preload/contract/api.ts';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { makeLook, makeLookInViews, makeMessage, makePhoto } from '../fake-data.ts';
import { startStores } from '../test-stores.ts';

const answer = makeMessage('m2', { role: 'assistant', text: 'A red fox.' });
const photo = makePhoto('harbour');
const inFront = wholePicture(photo);

/**
 * The maps are given: those of a model that was never trained point nowhere. test/services/looks.test.ts has the program make
 * them.
 */
const started = () =>
  startStores(({ bridge }) => {
    const given: typeof bridge.instead = {
      lookOf: async ({ messageId }) => makeLook(messageId),
      lookInViews: async ({ messageId }) => makeLookInViews(messageId),
      coverAnswer: async (input) => {
        const { tokens } = makeLook(input.messageId);
        return { ...input, tokens, drops: tokens.map((_, at) => at) };
      },
      exportLook: async () => ({
        fileName: 'words-lens.json',
        mediaType: 'application/json',
        url: '/exports/1',
      }),
    };
    Object.assign(bridge.instead, given);
  });

async function opened() {
  const made = await started();
  await made.stores.lens.toggle(answer);
  return made;
}

test('the lens is on the whole answer, then on the words that are chosen or pointed at', async () => {
  const { stores } = await opened();
  const { lens } = stores;
  expect(lens.words.map(({ text }) => text)).toEqual(['A', ' red', ' fox.']);
  expect(lens.range).toEqual({ from: 0, to: 4 });
  lens.choose(lens.words[1]!);
  expect(lens.under(lens.seenIn(inFront)!, photo)).toEqual({ x: 0, y: 0, width: 1200, height: 800 });
  lens.pointed = lens.words[2]!;
  expect(lens.under(lens.seenIn(inFront)!, photo)).toEqual({ x: 1200, y: 800, width: 1200, height: 800 });
  lens.pointed = null;
  lens.chooseSentence(2);
  expect(lens.range).toEqual({ from: 0, to: 4 });
  expect(lens.seenIn(wholePicture(makePhoto('other')))).toBeNull();
});

test('what is under the lens is covered, and each word is told how much less likely it became', async () => {
  const { bridge, stores } = await opened();
  const { lens } = stores;
  lens.choose(lens.words[1]!);
  const region = lens.under(lens.seenIn(inFront)!, photo)!;
  expect(region).toEqual({ x: 0, y: 0, width: 1200, height: 800 });
  await lens.cover(photo.id, region);
  expect(bridge.callsOf('coverAnswer')).toEqual([{ messageId: 'm2', photoId: 'harbour', region }]);
  expect(lens.words.map((word) => lens.dropOf(word))).toEqual([0, 1, 5]);
});

test('a part that is marked on what the answer saw is tried in place of what is under the lens', async () => {
  const { bridge, stores } = await started();
  const { lens } = stores;
  const region = { x: 100, y: 100, width: 300, height: 200 };
  const marked = { photoId: photo.id, region };
  expect(lens.markedIn(marked)).toBeNull();
  await lens.toggle(answer);
  expect(lens.markedIn(marked)).toEqual(region);
  expect(lens.markedIn(inFront)).toBeNull();
  expect(lens.markedIn({ ...marked, photoId: 'other' })).toBeNull();
  // The map stays over all of the photo meanwhile.
  expect(lens.seenIn(marked)).toBe(lens.look!.pictures[0]);

  lens.close();
  const look = makeLook('m2');
  const left = { x: 0, y: 0, width: 200, height: 1600 };
  bridge.instead.lookOf = async () => ({ ...look, pictures: [{ ...look.pictures[0]!, region: left }] });
  await lens.toggle(answer);
  // A picture of the answer is not a mark of its own; nor is one beside all of them.
  expect(lens.markedIn({ photoId: photo.id, region: left })).toBeNull();
  expect(lens.markedIn({ photoId: photo.id, region: { ...region, x: 200 } })).toBeNull();
  expect(lens.markedIn(marked)).toEqual(region);
});

test('one level deeper comes by itself, makes way for a test and comes back, or is stopped', async () => {
  const { bridge, stores } = await started();
  const { lens } = stores;
  const first = Promise.withResolvers<LookInViews>();
  const answers = [first.promise, Promise.resolve(makeLookInViews('m2'))];
  bridge.instead.lookInViews = () => answers.shift()!;
  const toggled = lens.toggle(answer);
  await vi.waitFor(() => expect(lens.progress?.stage).toBe('views'));
  // The map is there meanwhile.
  expect(lens.map).not.toBeNull();
  expect(lens.mapInViews).toBeNull();
  lens.choose(lens.words[1]!);
  const covered = lens.cover(photo.id, lens.under(lens.seenIn(inFront)!, photo)!);
  // The program ends it for the test.
  first.reject({ code: 'cancelled', details: {} });
  await Promise.all([toggled, covered]);
  expect(lens.test).not.toBeNull();
  expect([...lens.mapInViews!]).toEqual([0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0.5]);
  expect(lens.progress).toBeNull();

  lens.close();
  expect(lens.mapInViews).toBeNull();
  bridge.instead.lookInViews = () => Promise.reject({ code: 'cancelled', details: {} });
  await lens.toggle(answer);
  expect(lens).toMatchObject({ inViews: null, progress: null });
  expect(lens.map).not.toBeNull();
  expect(stores.notices.list).toEqual([]);
});

test('where each place is of one view, there is nothing deeper', async () => {
  const { bridge, stores } = await started();
  const look = makeLook('m2');
  const [picture] = look.pictures;
  const grids = picture!.grids.map((grid) => ({ ...grid, kind: 'local' as const }));
  bridge.instead.lookOf = async () => ({ ...look, pictures: [{ ...picture!, grids }] });
  await stores.lens.toggle(answer);
  expect(bridge.callsOf('lookInViews')).toEqual([]);
  expect(stores.lens.look).not.toBeNull();
});

test('a look that is closed before it has come is stopped, and does not come', async () => {
  const { bridge, stores } = await started();
  const look = Promise.withResolvers<Look>();
  bridge.instead.lookOf = () => look.promise;
  const toggled = stores.lens.toggle(answer);
  stores.lens.close();
  expect(bridge.callsOf('stopLook')).toEqual([{ messageId: 'm2' }]);
  look.resolve(makeLook('m2'));
  await toggled;
  expect(stores.lens).toMatchObject({ messageId: null, look: null });
});

test('an answer that is written again, or removed, is no longer looked at', async () => {
  const { bridge, stores } = await opened();
  bridge.emit({ type: 'message', message: { ...answer, state: 'waiting', text: '' } });
  expect(stores.lens.messageId).toBeNull();
  await stores.lens.toggle(answer);
  bridge.emit({ type: 'message-removed', id: 'm2', conversationId: 'c1' });
  expect(stores.lens.look).toBeNull();
});

test('the maps of all words are handed over as a file', async () => {
  const { bridge, saved, stores } = await opened();
  await stores.lens.export();
  expect(bridge.callsOf('exportLook')).toEqual([{ messageId: 'm2' }]);
  expect(saved.map(({ fileName }) => fileName)).toEqual(['words-lens.json']);
  stores.lens.choose(stores.lens.words[1]!);
  expect(stores.lens.text).toBe('red');
});

test('a look that fails says why and takes the lens off', async () => {
  const { bridge, stores } = await started();
  bridge.instead.lookOf = () =>
    Promise.reject({ code: 'written-otherwise', details: { package: 'Another model' } });
  await stores.lens.toggle(answer);
  expect(stores.lens.messageId).toBeNull();
  expect(stores.notices.list.map(({ title }) => title)).toEqual(['Another model wrote this answer.']);
});
