import { expect, test, vi } from 'vitest';
import { textLimits } from '../../../preload/contract/api.ts';
import type { FakeBridge } from '../fake-bridge.ts';
import { makeConversation, makeMessage } from '../fake-data.ts';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { makeStores, settle } from '../test-stores.ts';

function addConversations(bridge: FakeBridge): void {
  for (const [index, id] of ['c1', 'c2'].entries()) {
    const photo = bridge.photos.get(`p${index + 1}`)!;
    const messages = [makeMessage(`${id}-m1`), makeMessage(`${id}-m2`, { role: 'assistant' })];
    bridge.conversations.set(id, makeConversation(id, { photoIds: [photo.id], photos: [photo], messages }));
  }
}

async function started(prepare: (bridge: FakeBridge) => void = addConversations) {
  const made = makeStores(prepare);
  await made.stores.start(vi.fn());
  return made;
}

/** The window after a reload: the same program, nothing else. */
async function reloaded({ bridge, place }: Awaited<ReturnType<typeof started>>) {
  await settle();
  const again = makeStores((fresh) => {
    addConversations(fresh);
    for (const [id, conversation] of bridge.conversations) fresh.conversations.set(id, conversation);
    for (const [id, draft] of bridge.drafts) fresh.drafts.set(id, draft);
  });
  again.place.current = place.current;
  await again.stores.start(vi.fn());
  return again;
}

test('what was typed and attached waits with its conversation, also over a reload', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showConversation('c1');
  chat.setDraft('Half a quest');
  chat.attach([wholePicture(made.photos[2]!)]);
  await session.showConversation('c2');
  expect([chat.draft, chat.pictures]).toEqual(['', []]);
  await session.showConversation('c1');
  expect([chat.draft, chat.pictures[0]?.photoId]).toEqual(['Half a quest', 'p3']);

  const again = await reloaded(made);
  expect([again.stores.chat.draft, again.stores.chat.pictures[0]?.photoId]).toEqual(['Half a quest', 'p3']);
});

test('the draft of a conversation that does not exist yet comes back with its photo', async () => {
  const made = await started();
  await made.stores.session.showPhoto(made.photos[0]!);
  made.stores.session.newConversation(false);
  made.stores.chat.setDraft('A new one');
  const again = await reloaded(made);
  expect(again.stores.chat.summary).toBeNull();
  expect(again.stores.chat.draft).toBe('A new one');
});

test('an edit that was not sent waits with its question, also over a reload; one that is refused comes back', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showConversation('c1');
  chat.setEdit('c1-m1', 'Better');
  await session.showConversation('c2');
  expect(chat.editOf('c2-m1')).toBeNull();
  const again = await reloaded(made);
  expect(again.stores.chat.editOf('c1-m1')).toBe('Better');

  made.bridge.editMessage = () => Promise.reject({ code: 'disk-full', details: {} });
  await chat.edit('c1-m1', 'Better still');
  expect(chat.editOf('c1-m1')).toBe('Better still');
  chat.setEdit('c1-m1', null);
  await settle();
  expect([...made.bridge.drafts.keys()]).toEqual([]);
});

test('of a private conversation that does not exist yet the program is told nothing; its draft waits in the window', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showPhoto(made.photos[0]!);
  session.newConversation(true);
  chat.setDraft('A secret');
  chat.attach([wholePicture(made.photos[1]!)]);
  await session.showConversation('c2');
  await settle();
  expect(made.bridge.callsOf('keepDraft')).toEqual([]);
  await session.showPhoto(made.photos[0]!);
  session.newConversation(true);
  expect([chat.draft, chat.pictures[0]?.photoId]).toEqual(['A secret', 'p2']);
});

test('what is sent is no draft any more; a first question that is refused comes back with its photo', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showPhoto(made.photos[2]!);
  const send = made.bridge.sendMessage.bind(made.bridge);
  made.bridge.sendMessage = () => Promise.reject({ code: 'disk-full', details: {} });
  made.stores.photos.learn(made.photos);
  chat.setDraft('What is it?');
  chat.attach([wholePicture(made.photos[1]!)]);
  await session.send();
  expect([chat.draft, chat.pictures[0]?.photoId]).toEqual(['What is it?', 'p2']);
  made.bridge.sendMessage = send;
  await session.send();
  await settle();
  expect([chat.draft, chat.pictures]).toEqual(['', []]);
  expect([...made.bridge.drafts.keys()]).toEqual([]);
});

test('while the program does not answer nothing is lost: it is given the latest when it is back', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showConversation('c1');
  const keep = made.bridge.keepDraft.bind(made.bridge);
  made.bridge.keepDraft = () => Promise.reject({ code: 'unreachable', details: {} });
  for (const text of ['a', 'ab', 'abc']) chat.setDraft(text);
  await settle();
  made.bridge.keepDraft = keep;
  made.bridge.loseEvents();
  await settle();
  expect(chat.draft).toBe('abc');
  expect(made.bridge.drafts.get('c1')?.text).toBe('abc');
});

test('a question that is too long is not sent, not measured, and kept', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showConversation('c1');
  const long = 'a'.repeat(textLimits.question + 1);
  vi.useFakeTimers();
  chat.setDraft(long);
  await session.send();
  await vi.advanceTimersByTimeAsync(1000);
  vi.useRealTimers();
  expect(chat.isTooLong).toBe(true);
  expect(made.bridge.callsOf('sendMessage')).toEqual([]);
  expect(made.bridge.callsOf('measureContext')).toEqual([]);
  expect(chat.draft).toBe(long);
  expect(made.bridge.drafts.get('c1')?.text).toBe(long);
  chat.setDraft('a'.repeat(textLimits.question));
  await session.send();
  expect(made.bridge.callsOf('sendMessage')).toHaveLength(1);
});

test('a private question that was typed and cleared keeps no other draft from being saved', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showPhoto(made.photos[0]!);
  session.newConversation(true);
  chat.setDraft('Between us');
  chat.setDraft('');
  await session.showConversation('c2');
  for (const text of ['W', 'Wh', 'What?']) {
    chat.setDraft(text);
    await settle();
  }
  expect(made.bridge.drafts.get('c2')?.text).toBe('What?');
  expect(JSON.stringify(made.bridge.callsOf('keepDraft'))).not.toContain('private');
});

test('a photo that was chosen while the first question was sent goes with the next one', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showPhoto(made.photos[2]!);
  const { draftPlace } = chat;
  chat.setDraft('What is it?');
  await session.send();
  made.stores.photos.learn(made.photos);
  chat.attach([wholePicture(made.photos[1]!)], draftPlace);
  expect(chat.pictures[0]?.photoId).toBe('p2');
  session.newConversation(false);
  expect(chat.pictures[0]).toBeUndefined();
});

test('a photo that is chosen for a conversation that is not in front any more waits there', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showPhoto(made.photos[2]!);
  const { draftPlace } = chat;
  chat.setDraft('What is it?');
  const sending = session.send();
  await session.showConversation('c1');
  await sending;
  chat.attach([wholePicture(made.photos[1]!)], draftPlace);
  expect(chat.pictures[0]).toBeUndefined();
  const asked = [...made.bridge.conversations.values()].find(({ photoIds }) => photoIds[0] === 'p3')!;
  await session.showConversation(asked.id);
  expect(chat.pictures[0]?.photoId).toBe('p2');
});

test('a draft that was sent or taken back while the drafts were read stays gone', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showConversation('c1');
  chat.setDraft('On second thoughts');
  await settle();
  const { promise, resolve } = Promise.withResolvers<null>();
  const list = made.bridge.listDrafts.bind(made.bridge);
  made.bridge.listDrafts = async () => {
    const kept = await list();
    await promise;
    return kept;
  };
  made.bridge.loseEvents();
  await settle();
  chat.setDraft('');
  resolve(null);
  await settle();
  expect(chat.draft).toBe('');
  expect([...made.bridge.drafts.keys()]).toEqual([]);
});
