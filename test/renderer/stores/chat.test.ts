import { expect, test, vi } from 'vitest';
import { makeConversation, makeMessage } from '../fake-data.ts';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { makeStores, settle } from '../test-stores.ts';

/** A conversation `c1` about `p1` whose answer `m2` is being written. */
async function openWriting(text = 'The sign') {
  const made = makeStores((bridge) => {
    const photo = bridge.photos.get('p1')!;
    bridge.conversations.set(
      'c1',
      makeConversation('c1', {
        photoIds: ['p1'],
        photos: [photo],
        messages: [
          makeMessage('m1', { pictures: [{ photoId: 'p1', region: null }] }),
          makeMessage('m2', { role: 'assistant', text, state: 'writing' }),
        ],
      }),
    );
  });
  await made.stores.start(vi.fn());
  await made.stores.session.showConversation('c1');
  return made;
}

test('the first question makes the conversation and brings the photo; later ones do not bring it again', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  stores.chat.setDraft('  What is on the sign? ');
  await stores.session.send();
  expect(bridge.callsOf('createConversation')).toEqual([{ photoIds: ['p1'], isPrivate: false }]);
  stores.chat.setDraft('And below it?');
  await stores.session.send();
  expect(bridge.callsOf('sendMessage')).toMatchObject([
    { text: 'What is on the sign?', pictures: [{ photoId: 'p1', region: null }] },
    { text: 'And below it?', pictures: [] },
  ]);
  expect(stores.chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
});

test('a photo that was added goes with the next question only', async () => {
  const { bridge, stores, photos } = await openWriting();
  stores.chat.attach([wholePicture(photos[1]!)]);
  stores.chat.setDraft('Compare them.');
  await stores.session.send();
  stores.chat.setDraft('Which is brighter?');
  await stores.session.send();
  expect(bridge.callsOf('sendMessage')).toMatchObject([
    { pictures: [{ photoId: 'p2', region: null }] },
    { pictures: [] },
  ]);
});

test('an answer grows by the pieces that arrive', async () => {
  const { bridge, stores } = await openWriting('The sign');
  bridge.emit({ type: 'text', messageId: 'm2', at: 8, text: ' says' });
  bridge.emit({ type: 'text', messageId: 'm2', at: 13, text: ' Stop' });
  expect(stores.chat.messages[1]!.text).toBe('The sign says Stop');
});

test('a piece that arrives twice is written once', async () => {
  const { bridge, stores } = await openWriting('The sign');
  bridge.emit({ type: 'text', messageId: 'm2', at: 8, text: ' says' });
  bridge.emit({ type: 'text', messageId: 'm2', at: 8, text: ' says' });
  bridge.emit({ type: 'text', messageId: 'm2', at: 4, text: 'sign' });
  expect(stores.chat.messages[1]!.text).toBe('The sign says');
});

test('a piece that does not fit shows that some are missing: the conversation is read again', async () => {
  const { bridge, stores } = await openWriting('The sign');
  bridge.change('c1', {
    messages: [
      makeMessage('m1'),
      makeMessage('m2', { role: 'assistant', text: 'The sign says Stop', state: 'writing' }),
    ],
  });
  bridge.emit({ type: 'text', messageId: 'm2', at: 13, text: ' Stop' });
  await settle();
  expect(stores.chat.messages[1]!.text).toBe('The sign says Stop');
});

test('pieces and messages of other conversations change nothing', async () => {
  const { bridge, stores } = await openWriting('The sign');
  bridge.emit({ type: 'text', messageId: 'other', at: 0, text: 'No.' });
  bridge.emit({ type: 'message', message: makeMessage('m9', { conversationId: 'c9' }) });
  expect(stores.chat.messages.map(({ id }) => id)).toEqual(['m1', 'm2']);
});

test('a message whose events overtook the answer of the call keeps its longer text', async () => {
  const { bridge, stores, photos } = makeStores();
  await stores.start(vi.fn());
  await stores.session.showPhoto(photos[0]!);
  const send = bridge.sendMessage.bind(bridge);
  bridge.sendMessage = async (input) => {
    const [question, answer] = await send(input);
    bridge.emit({ type: 'message', message: question });
    bridge.emit({ type: 'message', message: { ...answer, state: 'writing' } });
    bridge.emit({ type: 'text', messageId: answer.id, at: 0, text: 'Yes' });
    return [question, answer];
  };
  stores.chat.setDraft('Is it raining?');
  await stores.session.send();
  expect(stores.chat.messages.map(({ text }) => text)).toEqual(['Is it raining?', 'Yes']);
});

test('a question that was refused comes back into the field with the reason', async () => {
  const { bridge, stores } = await openWriting();
  bridge.sendMessage = () =>
    Promise.reject({ code: 'context-overflow', details: { needed: 3000, available: 2048 } });
  stores.chat.setDraft('A very long question');
  await stores.session.send();
  expect(stores.chat.draft).toBe('A very long question');
  expect(stores.chat.failure?.code).toBe('context-overflow');
  stores.chat.setDraft('Shorter');
  expect(stores.chat.failure).toBeNull();
});

test('what was typed waits with its conversation', async () => {
  const { stores, photos } = await openWriting();
  stores.chat.setDraft('Half a quest');
  await stores.session.showPhoto(photos[1]!);
  expect(stores.chat.draft).toBe('');
  await stores.session.showConversation('c1');
  expect(stores.chat.draft).toBe('Half a quest');
});

test('messages after an edited question go when the program says so', async () => {
  const { bridge, stores } = await openWriting();
  await stores.chat.edit('m1', 'What colour is it?');
  expect(bridge.callsOf('editMessage')).toEqual([{ messageId: 'm1', text: 'What colour is it?' }]);
  bridge.emit({ type: 'message-removed', id: 'm2', conversationId: 'c1' });
  expect(stores.chat.messages.map(({ id }) => id)).toEqual(['m1']);
});

test('of two conversations opened in haste the second is shown', async () => {
  const { bridge, stores } = await openWriting();
  bridge.conversations.set('c2', makeConversation('c2', { messages: [] }));
  const slow = bridge.getConversation.bind(bridge);
  bridge.getConversation = async (input) => {
    if (input.conversationId === 'c1') await settle();
    return slow(input);
  };
  await Promise.all([stores.session.showConversation('c1'), stores.session.showConversation('c2')]);
  expect(stores.chat.summary?.id).toBe('c2');
});

test('the context is measured once there is an answer to follow, also one that was stopped', async () => {
  vi.useFakeTimers();
  const { bridge, stores } = await openWriting('');
  stores.chat.setDraft('And then?');
  await vi.advanceTimersByTimeAsync(1000);
  expect(stores.chat.gauge).toBeNull();
  const stopped = makeMessage('m2', { role: 'assistant', text: 'The sign', state: 'interrupted' });
  bridge.emit({ type: 'message', message: stopped });
  await vi.advanceTimersByTimeAsync(1000);
  expect(stores.chat.gauge).toMatchObject({ capacity: 2048 });
  vi.useRealTimers();
});
