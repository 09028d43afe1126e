import { expect, test } from 'vitest';
import { makeMessage } from '../fake-data.ts';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { converse, startStores } from '../test-stores.ts';

/** A conversation about the first photo, with one answer, in front. */
async function openAnswered() {
  const made = await startStores();
  const { id, messages } = await converse(made.services, made.photos[0]!, 'What is on the sign?');
  await made.stores.session.showConversation(id);
  const [question, answer] = messages;
  return { ...made, id, question: question!, answer: answer! };
}

test('the first question makes the conversation and brings the photo; later ones do not bring it again', async () => {
  const { bridge, stores, photos } = await startStores();
  const [{ id: photoId }] = photos as [(typeof photos)[0]];
  await stores.session.showPhoto(photos[0]!);
  stores.chat.setDraft('  What is on the sign? ');
  await stores.session.send();
  expect(bridge.callsOf('createConversation')).toEqual([{ photoIds: [photoId], isPrivate: false }]);
  stores.chat.setDraft('And below it?');
  await stores.session.send();
  expect(bridge.callsOf('sendMessage')).toMatchObject([
    { text: 'What is on the sign?', pictures: [{ photoId, region: null }] },
    { text: 'And below it?', pictures: [] },
  ]);
  expect(stores.chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
});

test('a photo that was added goes with the next question only', async () => {
  const { bridge, stores, photos } = await openAnswered();
  stores.chat.attach([wholePicture(photos[1]!)]);
  stores.chat.setDraft('What is here?');
  await stores.session.send();
  stores.chat.setDraft('Which is brighter?');
  await stores.session.send();
  expect(bridge.callsOf('sendMessage')).toMatchObject([
    { pictures: [{ photoId: photos[1]!.id, region: null }] },
    { pictures: [] },
  ]);
});

test('an answer grows by the pieces that arrive', async () => {
  const { bridge, stores, id } = await openAnswered();
  const grown: string[] = [];
  bridge.services.events.subscribe(({ event }) => {
    if (event.type === 'text') grown.push(stores.chat.messages.at(-1)!.text);
  });
  stores.chat.setDraft('And below?');
  await stores.session.send();
  await expect.poll(() => stores.chat.pending).toBeNull();
  expect(new Set(grown).size).toBeGreaterThan(2);
  for (const [before, after] of grown.slice(1).map((text, at) => [grown[at]!, text]))
    expect(after!.startsWith(before!)).toBe(true);
  const { messages } = await bridge.program.getConversation({ conversationId: id });
  expect(stores.chat.messages).toEqual(messages);
});

test('a piece that arrives twice is written once', async () => {
  const { bridge, stores, answer } = await openAnswered();
  const at = answer.text.length;
  bridge.emit({ type: 'text', messageId: answer.id, at, text: ' says' });
  bridge.emit({ type: 'text', messageId: answer.id, at, text: ' says' });
  bridge.emit({ type: 'text', messageId: answer.id, at: at - 4, text: answer.text.slice(-4) });
  expect(stores.chat.messages[1]!.text).toBe(`${answer.text} says`);
});

test('a piece that does not fit shows that some are missing: the conversation is read again', async () => {
  const { bridge, stores, answer } = await openAnswered();
  bridge.emit({ type: 'text', messageId: answer.id, at: answer.text.length + 5, text: ' Stop' });
  await bridge.settled();
  expect(bridge.callsOf('getConversation')).toHaveLength(2);
  expect(stores.chat.messages[1]!.text).toBe(answer.text);
});

test('pieces and messages of other conversations change nothing', async () => {
  const { bridge, stores, question, answer } = await openAnswered();
  bridge.emit({ type: 'text', messageId: 'other', at: 0, text: 'No.' });
  bridge.emit({ type: 'message', message: makeMessage('m9', { conversationId: 'c9' }) });
  expect(stores.chat.messages).toEqual([question, answer]);
});

test('a message whose events overtook the answer of the call keeps its longer text', async () => {
  const { bridge, stores, photos } = await startStores();
  await stores.session.showPhoto(photos[0]!);
  bridge.instead.sendMessage = async (input) => {
    const sent = await bridge.program.sendMessage(input);
    await expect.poll(() => stores.chat.messages[1]?.text).toMatch(/./);
    return sent;
  };
  stores.chat.setDraft('Is it raining?');
  await stores.session.send();
  expect(stores.chat.messages).toHaveLength(2);
  expect(stores.chat.messages[1]!.text).not.toBe('');
});

test('a question that was refused comes back into the field with the reason', async () => {
  const { bridge, stores } = await openAnswered();
  const details = { needed: 3000, available: 2048 };
  bridge.instead.sendMessage = () => Promise.reject({ code: 'context-overflow', details });
  stores.chat.setDraft('A very long question');
  await stores.session.send();
  expect(stores.chat.draft).toBe('A very long question');
  expect(stores.chat.failure?.code).toBe('context-overflow');
  stores.chat.setDraft('Shorter');
  expect(stores.chat.failure).toBeNull();
});

test('what was typed waits with its conversation', async () => {
  const { stores, photos, id } = await openAnswered();
  stores.chat.setDraft('Half a quest');
  await stores.session.showPhoto(photos[1]!);
  expect(stores.chat.draft).toBe('');
  await stores.session.showConversation(id);
  expect(stores.chat.draft).toBe('Half a quest');
});

test('messages after an edited question go', async () => {
  const { stores, question, answer } = await openAnswered();
  await stores.chat.edit(question.id, 'What colour is it?');
  expect(stores.chat.messages.map(({ text }) => text)[0]).toBe('What colour is it?');
  expect(stores.chat.messages).toHaveLength(2);
  expect(stores.chat.messages.map(({ id }) => id)).not.toContain(answer.id);
});

test('of two conversations opened in haste the second is shown', async () => {
  const { bridge, services, photos, stores, id } = await openAnswered();
  const other = await converse(services, photos[1]!);
  bridge.instead.getConversation = async (input) => {
    const read = await bridge.program.getConversation(input);
    if (input.conversationId === id) await expect.poll(() => stores.chat.summary?.id).toBe(other.id);
    return read;
  };
  await Promise.all([stores.session.showConversation(id), stores.session.showConversation(other.id)]);
  expect(stores.chat.summary?.id).toBe(other.id);
});

test('the context is measured once there is an answer to follow, also one that was stopped', async () => {
  const { bridge, stores, photos } = await startStores();
  await stores.settings.changeSampling({ maxTokens: 512 });
  await stores.session.showPhoto(photos[0]!);
  stores.chat.setDraft('Tell me everything.');
  await stores.session.send();
  await expect.poll(() => stores.chat.messages[1]?.text).toMatch(/./);
  expect(bridge.callsOf('measureContext')).toEqual([]);
  await stores.chat.stop(stores.chat.messages[1]!.id);
  await expect.poll(() => stores.chat.gauge?.used).toBeGreaterThan(576);
  expect(stores.chat.messages[1]!.state).toBe('interrupted');
});
