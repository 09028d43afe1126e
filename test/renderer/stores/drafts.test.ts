import { expect, test, vi } from 'vitest';
import { textLimits, type Conversation } from '../../../preload/contract/api.ts';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { converse, reload, startStores, type Made } from '../test-stores.ts';

/** Two conversations, about the first and the second photo. */
async function started(question?: string) {
  const conversations: Conversation[] = [];
  const made = await startStores(async ({ services, photos }) => {
    for (const photo of photos.slice(0, 2)) conversations.push(await converse(services, photo, question));
  });
  const [one, other] = conversations.map(({ id }) => id) as [string, string];
  return { ...made, one, other, questions: conversations.map(({ messages }) => messages[0]?.id ?? '') };
}

/** What the program keeps of drafts. */
async function keptOf({ bridge }: Made): Promise<Record<string, string>> {
  await bridge.settled();
  const drafts = await bridge.program.listDrafts();
  return Object.fromEntries(drafts.map(({ id, text }) => [id, text]));
}

test('what was typed and attached waits with its conversation, also over a reload', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  const [, , third] = made.photos;
  await session.showConversation(made.one);
  chat.setDraft('Half a quest');
  chat.attach([wholePicture(third!)]);
  await session.showConversation(made.other);
  expect([chat.draft, chat.pictures]).toEqual(['', []]);
  await session.showConversation(made.one);
  expect([chat.draft, chat.pictures[0]?.photoId]).toEqual(['Half a quest', third!.id]);

  const again = (await reload(made)).stores.chat;
  expect([again.draft, again.pictures[0]?.photoId]).toEqual(['Half a quest', third!.id]);
});

test('the draft of a conversation that does not exist yet comes back with its photo', async () => {
  const made = await started();
  await made.stores.session.showPhoto(made.photos[0]!);
  made.stores.session.newConversation(false);
  made.stores.chat.setDraft('A new one');
  const again = await reload(made);
  expect(again.stores.chat.summary).toBeNull();
  expect(again.stores.chat.draft).toBe('A new one');
});

test('an edit that was not sent waits with its question, also over a reload; one that is refused comes back', async () => {
  const made = await started('What is it?');
  const { session, chat } = made.stores;
  const [question, another] = made.questions as [string, string];
  await session.showConversation(made.one);
  chat.setEdit(question, 'Better');
  await session.showConversation(made.other);
  expect(chat.editOf(another)).toBeNull();
  const again = await reload(made);
  expect(again.stores.chat.editOf(question)).toBe('Better');

  made.bridge.instead.editMessage = () => Promise.reject({ code: 'disk-full', details: {} });
  await chat.edit(question, 'Better still');
  expect(chat.editOf(question)).toBe('Better still');
  chat.setEdit(question, null);
  expect(await keptOf(made)).toEqual({});
});

test('of a private conversation that does not exist yet the program is told nothing; its draft waits in the window', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  const [first, second] = made.photos;
  await session.showPhoto(first!);
  session.newConversation(true);
  chat.setDraft('A secret');
  chat.attach([wholePicture(second!)]);
  await session.showConversation(made.other);
  await made.bridge.settled();
  expect(made.bridge.callsOf('keepDraft')).toEqual([]);
  await session.showPhoto(first!);
  session.newConversation(true);
  expect([chat.draft, chat.pictures[0]?.photoId]).toEqual(['A secret', second!.id]);
});

test('what is sent is no draft any more; a first question that is refused comes back with its photo', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  const [, second, third] = made.photos;
  await session.showPhoto(third!);
  made.bridge.instead.sendMessage = () => Promise.reject({ code: 'disk-full', details: {} });
  chat.setDraft('What is it?');
  chat.attach([wholePicture(second!)]);
  await session.send();
  expect([chat.draft, chat.pictures[0]?.photoId]).toEqual(['What is it?', second!.id]);
  delete made.bridge.instead.sendMessage;
  await session.send();
  expect([chat.draft, chat.pictures]).toEqual(['', []]);
  expect(await keptOf(made)).toEqual({});
});

test('while the program does not answer nothing is lost: it is given the latest when it is back', async () => {
  const made = await started();
  const { bridge, stores, one } = made;
  await stores.session.showConversation(one);
  bridge.instead.keepDraft = () => Promise.reject({ code: 'unreachable', details: {} });
  for (const text of ['a', 'ab', 'abc']) stores.chat.setDraft(text);
  expect(await keptOf(made)).toEqual({});
  delete bridge.instead.keepDraft;
  bridge.loseEvents();
  expect(await keptOf(made)).toEqual({ [one]: 'abc' });
  expect(stores.chat.draft).toBe('abc');
});

test('a question that is too long is not sent, not measured, and kept', async () => {
  const made = await started();
  const { bridge, stores, one } = made;
  const { session, chat } = stores;
  await session.showConversation(one);
  const long = 'a'.repeat(textLimits.question + 1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  chat.setDraft(long);
  await session.send();
  await vi.advanceTimersByTimeAsync(1000);
  vi.useRealTimers();
  expect(chat.isTooLong).toBe(true);
  expect(bridge.callsOf('sendMessage')).toEqual([]);
  expect(bridge.callsOf('measureContext')).toEqual([]);
  expect(chat.draft).toBe(long);
  expect(await keptOf(made)).toEqual({ [one]: long });
  chat.setDraft('a'.repeat(textLimits.question));
  await session.send();
  expect(bridge.callsOf('sendMessage')).toHaveLength(1);
});

test('a private question that was typed and cleared keeps no other draft from being saved', async () => {
  const made = await started();
  const { session, chat } = made.stores;
  await session.showPhoto(made.photos[0]!);
  session.newConversation(true);
  chat.setDraft('Between us');
  chat.setDraft('');
  await session.showConversation(made.other);
  for (const text of ['W', 'Wh', 'What?']) {
    chat.setDraft(text);
    await made.bridge.settled();
  }
  expect(await keptOf(made)).toEqual({ [made.other]: 'What?' });
  expect(JSON.stringify(made.bridge.callsOf('keepDraft'))).not.toContain('private');
});

test('a photo that was chosen while the first question was sent goes with the next one', async () => {
  const { stores, photos } = await started();
  const { session, chat } = stores;
  await session.showPhoto(photos[2]!);
  const { draftPlace } = chat;
  chat.setDraft('What is it?');
  await session.send();
  chat.attach([wholePicture(photos[1]!)], draftPlace);
  expect(chat.pictures[0]?.photoId).toBe(photos[1]!.id);
  session.newConversation(false);
  expect(chat.pictures[0]).toBeUndefined();
});

test('a photo that is chosen for a conversation that is not in front any more waits there', async () => {
  const { stores, photos, one } = await started();
  const { session, chat, conversations } = stores;
  await session.showPhoto(photos[2]!);
  const { draftPlace } = chat;
  chat.setDraft('What is it?');
  const sending = session.send();
  await session.showConversation(one);
  await sending;
  chat.attach([wholePicture(photos[1]!)], draftPlace);
  expect(chat.pictures[0]).toBeUndefined();
  await session.showConversation(conversations.latestAbout(photos[2]!.id)!.id);
  expect(chat.pictures[0]?.photoId).toBe(photos[1]!.id);
});

test('a draft that was sent or taken back while the drafts were read stays gone', async () => {
  const made = await started();
  const { bridge, stores } = made;
  await stores.session.showConversation(made.one);
  stores.chat.setDraft('On second thoughts');
  await bridge.settled();
  const { promise, resolve } = Promise.withResolvers<null>();
  bridge.instead.listDrafts = async () => {
    const kept = await bridge.program.listDrafts();
    await promise;
    return kept;
  };
  bridge.loseEvents();
  await bridge.settled();
  stores.chat.setDraft('');
  resolve(null);
  expect(await keptOf(made)).toEqual({});
  expect(stores.chat.draft).toBe('');
});
