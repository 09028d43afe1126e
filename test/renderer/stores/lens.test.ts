import { expect, test, vi } from 'vitest';
import type { Look } from '../../../preload/contract/api.ts';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { makeLook, makeMessage, makePhoto } from '../fake-data.ts';
import { makeStores } from '../test-stores.ts';

const answer = makeMessage('m2', { role: 'assistant', text: 'A red fox.' });
const photo = makePhoto('harbour');
const inFront = wholePicture(photo);

async function opened() {
  const made = makeStores();
  await made.stores.start(vi.fn());
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
  await lens.cover(lens.seenIn(inFront)!, photo);
  const region = { x: 0, y: 0, width: 1200, height: 800 };
  expect(bridge.callsOf('coverAnswer')).toEqual([{ messageId: 'm2', photoId: 'harbour', region }]);
  expect(lens.words.map((word) => lens.dropOf(word))).toEqual([0, 1, 5]);
});

test('a look that is closed before it has come is stopped, and does not come', async () => {
  const { bridge, stores } = makeStores();
  await stores.start(vi.fn());
  const look = Promise.withResolvers<Look>();
  bridge.lookOf = () => look.promise;
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
  const { bridge, stores } = makeStores();
  await stores.start(vi.fn());
  bridge.lookOf = () => Promise.reject({ code: 'written-otherwise', details: { package: 'Another model' } });
  await stores.lens.toggle(answer);
  expect(stores.lens.messageId).toBeNull();
  expect(stores.notices.list.map(({ title }) => title)).toEqual(['Another model wrote this answer.']);
});
