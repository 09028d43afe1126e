import { expect, test } from 'vitest';
import type { Services } from '../../main/services/services.ts';
import type { Message } from '../../preload/contract/api.ts';
import {
  answers,
  Watcher,
  newDataFolder,
  openGoldenPhoto,
  startProgram,
  testSettings,
} from './support/program.ts';

/** A conversation about the golden photo. */
async function startChat(services: Services, isPrivate = false) {
  const photo = await openGoldenPhoto(services);
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate });
  const watcher = new Watcher(services);
  const send = (text: string) =>
    services.api.sendMessage({ conversationId: conversation.id, text, pictures: [] });
  const ask = async (text: string) => {
    const [question, answer] = await send(text);
    return { question, answer: await watcher.finished(answer.id) };
  };
  const read = async () => (await services.api.getConversation({ conversationId: conversation.id })).messages;
  return { photo, conversation, watcher, send, ask, read };
}

/** Settings for an answer that is not over before it is stopped. */
function longAnswers(): Promise<string> {
  answers.hold();
  return newDataFolder({ sampling: { ...testSettings.sampling, maxTokens: 1000 } });
}

const texts = (messages: readonly Message[]) =>
  messages.map(({ role, text }) => (role === 'user' ? text : role));

test('a question about a photo is answered, streamed piece by piece, and says what it was made from', async () => {
  const services = await startProgram();
  const { photo, watcher, send, read } = await startChat(services);
  const [question, answer] = await send('What is written on the sign?');
  expect(question).toMatchObject({ state: 'done', pictures: [{ photoId: photo.id, region: null }] });
  expect(answer).toMatchObject({ state: 'waiting', text: '', role: 'assistant' });

  const finished = await watcher.finished(answer.id);
  const pieces = watcher.events.filter((event) => event.type === 'text');
  expect(pieces.map(({ text }) => text).join('')).toBe(finished.text);
  let length = 0;
  for (const { at, text } of pieces) {
    expect(at).toBe(length);
    length += text.length;
  }
  const [card] = await services.api.listPackages();
  expect(finished).toMatchObject({
    state: 'done',
    error: null,
    provenance: {
      photos: [photo.sha256],
      packageName: card!.name,
      n: 3,
      cropsEncoded: 10,
      sampling: { temperature: 0, maxTokens: 8, seed: 1 },
      tokens: { image: 576, generated: 8 },
      device: 'CPU, 1 thread',
      finish: 'length',
    },
  });
  expect(await read()).toEqual([question, finished]);
  expect(await services.api.listConversations({ query: '', limit: 10 })).toMatchObject([
    { title: 'What is written on the sign?', messageCount: 2, photoIds: [photo.id] },
  ]);
});

test('two questions sent at once are answered in order, the second visibly waiting', async () => {
  const services = await startProgram();
  const { watcher, send, read } = await startChat(services);
  const [, first] = await send('What is it?');
  const [question, second] = await send('And what else?');
  // The photo is there already.
  expect(question.pictures).toEqual([]);
  await watcher.firstText(first.id);
  expect((await read()).at(-1)).toMatchObject({ id: second.id, state: 'waiting' });
  await watcher.finished(second.id);
  const order = watcher.events
    .filter((event) => event.type === 'message')
    .filter(({ message }) => message.state === 'writing' || message.state === 'done')
    .filter(({ message }) => message.role === 'assistant')
    .map(({ message }) => `${message.id === first.id ? 'first' : 'second'} ${message.state}`);
  expect(order).toEqual(['first writing', 'first done', 'second writing', 'second done']);
});

test('an answer that is stopped keeps what was written, marked interrupted; one that waits never begins', async () => {
  const services = await startProgram({ dataFolder: await longAnswers() });
  const { watcher, send, ask, read } = await startChat(services);
  const [, first] = await send('Tell me everything.');
  const [, second] = await send('And the rest.');
  await services.api.stopMessage({ messageId: second.id });
  expect((await read()).at(-1)).toMatchObject({ state: 'interrupted', text: '', error: null });
  await watcher.firstText(first.id);
  await services.api.stopMessage({ messageId: first.id });
  const stopped = (await read())[1]!;
  expect(stopped).toMatchObject({ state: 'interrupted', error: null, provenance: { finish: 'cancelled' } });
  expect(stopped.text).not.toBe('');
  await services.api.changeSettings({ sampling: testSettings.sampling });
  expect((await ask('Go on.')).answer.state).toBe('done');
});

test('an answer written again replaces what came after it', async () => {
  const services = await startProgram();
  const { watcher, ask, read } = await startChat(services);
  const { answer } = await ask('What is it?');
  const later = await ask('And else?');
  const events = watcher.events.length;
  const again = await services.api.regenerateMessage({ messageId: answer.id });
  expect(again).toMatchObject({ id: answer.id, text: '', state: 'waiting', provenance: null });
  const finished = await watcher.until((event) =>
    watcher.events.indexOf(event) >= events &&
    event.type === 'message' &&
    event.message.state === 'done' &&
    event.message.role === 'assistant'
      ? event.message
      : undefined,
  );
  // Greedy: the same again.
  expect(finished.text).toBe(answer.text);
  expect(texts(await read())).toEqual(['What is it?', 'assistant']);
  const removed = watcher.events.filter((event) => event.type === 'message-removed').map(({ id }) => id);
  expect(removed).toEqual([later.question.id, later.answer.id]);
});

test('an edited question is answered anew, and what came after it is gone', async () => {
  const services = await startProgram();
  const { watcher, ask, read } = await startChat(services);
  const first = await ask('What is it?');
  await ask('And else?');
  const [question, answer] = await services.api.editMessage({
    messageId: first.question.id,
    text: 'What colour is it?',
  });
  expect(question).toMatchObject({ id: first.question.id, pictures: first.question.pictures });
  await watcher.finished(answer.id);
  expect(texts(await read())).toEqual(['What colour is it?', 'assistant']);
});

test('an answer that is being written can be asked for again: it is stopped first', async () => {
  const services = await startProgram({ dataFolder: await longAnswers() });
  const { watcher, send, read } = await startChat(services);
  const [question, answer] = await send('Tell me everything.');
  await watcher.firstText(answer.id);
  await services.api.changeSettings({ sampling: testSettings.sampling });
  const [, edited] = await services.api.editMessage({ messageId: question.id, text: 'What is it?' });
  await watcher.finished(edited.id);
  expect(texts(await read())).toEqual(['What is it?', 'assistant']);
});

test('a conversation that does not fit into the context is told so, with the numbers, and not cut', async () => {
  const services = await startProgram({ dataFolder: await newDataFolder({ contextTokens: 700 }) });
  const { ask, conversation } = await startChat(services);
  const draft = 'Tell me more. '.repeat(60);
  const gauge = await services.api.measureContext({
    conversationId: conversation.id,
    text: draft,
    pictures: [],
  });
  expect(gauge.capacity).toBe(700);
  expect(gauge.used).toBeGreaterThan(576);
  expect(gauge.used + gauge.draft).toBeGreaterThan(gauge.capacity);
  expect((await ask(draft)).answer).toMatchObject({
    state: 'failed',
    text: '',
    error: { code: 'context-overflow', details: { available: 700 } },
  });
});

test('the gauge grows with the conversation and the draft', async () => {
  const services = await startProgram();
  const { ask, conversation } = await startChat(services);
  const measure = (draft: string) =>
    services.api.measureContext({ conversationId: conversation.id, text: draft, pictures: [] });
  const before = await measure('');
  expect(before).toMatchObject({ draft: 0, answer: 8, capacity: 2048 });
  await ask('What is it?');
  const after = await measure('And else?');
  expect(after.used).toBeGreaterThan(before.used);
  expect(after.draft).toBeGreaterThan(0);
  expect(after.draft).toBeLessThan(20);
});

test('kill -9 of the inference process in an answer: what was written stays, the error is clear, the next question works', async () => {
  const services = await startProgram({ dataFolder: await longAnswers() });
  const { watcher, send, ask, read } = await startChat(services);
  const [, answer] = await send('Tell me everything.');
  const text = await watcher.firstText(answer.id);
  process.kill(services.processes.inference!, 'SIGKILL');
  answers.release();
  const died = await watcher.finished(answer.id);
  expect(died).toMatchObject({
    state: 'interrupted',
    error: { code: 'process-died', details: { process: 'inference' } },
  });
  expect(died.text.startsWith(text)).toBe(true);
  expect(await services.api.getEngineStatus()).toMatchObject({ state: 'crashed' });
  await services.api.changeSettings({ sampling: testSettings.sampling });
  expect((await ask('What is it?')).answer.state).toBe('done');
  expect((await read())[1]).toEqual(died);
});

test('kill -9 of the images process while a photo is on its way into the model: the question fails clearly, asked again it works', async () => {
  const services = await startProgram();
  const { watcher, send } = await startChat(services);
  const [, answer] = await send('What is it?');
  await watcher.until((event) =>
    event.type === 'preparation' && event.preparation.stage === 'decode' ? true : undefined,
  );
  process.kill(services.processes.images!, 'SIGKILL');
  const died = await watcher.finished(answer.id);
  // The square may have been handed over before.
  if (died.state === 'failed') expect(died.error).toMatchObject({ code: 'process-died' });
  const events = watcher.events.length;
  await services.api.regenerateMessage({ messageId: answer.id });
  const again = await watcher.until((event) =>
    watcher.events.indexOf(event) >= events &&
    event.type === 'message' &&
    event.message.id === answer.id &&
    event.message.state === 'done'
      ? event.message
      : undefined,
  );
  expect(again.text).not.toBe('');
});

test('finished messages are there when the program is started again, and the conversation goes on', async () => {
  const dataFolder = await newDataFolder();
  const first = await startProgram({ dataFolder });
  const chat = await startChat(first);
  const { answer } = await chat.ask('What is it?');
  await first.dispose();

  const second = await startProgram({ dataFolder });
  const reopened = await second.api.getConversation({ conversationId: chat.conversation.id });
  expect(reopened.messages.at(-1)).toEqual(answer);
  expect(reopened.photos).toMatchObject([{ id: chat.photo.id, state: 'ready' }]);
  const watcher = new Watcher(second);
  const [, next] = await second.api.sendMessage({
    conversationId: chat.conversation.id,
    text: 'And else?',
    pictures: [],
  });
  expect(await watcher.finished(next.id)).toMatchObject({ state: 'done' });
  // Its embeddings were kept: no pass of the encoder was run.
  const encoded = watcher.events.filter(
    (event) => event.type === 'preparation' && event.preparation.encoded.length > 0,
  );
  expect(encoded).toEqual([]);
});

test('a part of a photo is a picture of its own, beside the whole', async () => {
  const services = await startProgram();
  const { photo, conversation, watcher, ask } = await startChat(services);
  await ask('What is it?');
  const region = { x: 100, y: 50, width: 400, height: 300 };
  const [question, answer] = await services.api.sendMessage({
    conversationId: conversation.id,
    text: 'And here?',
    pictures: [{ photoId: photo.id, region }],
  });
  expect(question.pictures).toEqual([{ photoId: photo.id, region }]);
  expect((await watcher.finished(answer.id)).provenance?.tokens.image).toBe(2 * 576);
});

test('two pictures in one question: a model that sees one at a time says so before it looks at any', async () => {
  const services = await startProgram();
  const { photo, conversation, watcher } = await startChat(services);
  const region = { x: 100, y: 50, width: 400, height: 300 };
  const pictures = [photo.id, photo.id].map((photoId, index) => ({ photoId, region: index ? region : null }));
  const send = { conversationId: conversation.id, text: 'What is only here?', pictures };
  const [question, answer] = await services.api.sendMessage(send);
  expect(question.pictures).toEqual(pictures);
  const refusal = { code: 'too-many-pictures', details: { given: 2 } };
  expect(await watcher.finished(answer.id)).toMatchObject({ state: 'failed', text: '', error: refusal });
  expect(watcher.events.filter(({ type }) => type === 'preparation')).toEqual([]);
  await expect(services.api.measureContext(send)).rejects.toMatchObject({ code: 'too-many-pictures' });
});

test('a conversation without a photo is a conversation', async () => {
  const services = await startProgram();
  const { id } = await services.api.createConversation({ photoIds: [], isPrivate: false });
  const watcher = new Watcher(services);
  const [, answer] = await services.api.sendMessage({ conversationId: id, text: 'Hello', pictures: [] });
  expect(await watcher.finished(answer.id)).toMatchObject({
    state: 'done',
    provenance: { photos: [], cropsEncoded: 0, tokens: { image: 0 } },
  });
});

test('closing the program in the middle of an answer keeps what was written', async () => {
  const dataFolder = await longAnswers();
  const services = await startProgram({ dataFolder });
  const { watcher, send, conversation } = await startChat(services);
  const [, answer] = await send('Tell me everything.');
  const [, waiting] = await send('And the rest.');
  await watcher.firstText(answer.id);
  await services.dispose();
  const again = await startProgram({ dataFolder });
  const { messages } = await again.api.getConversation({ conversationId: conversation.id });
  expect(messages.find(({ id }) => id === answer.id)).toMatchObject({ state: 'interrupted' });
  expect(messages.find(({ id }) => id === answer.id)!.text).not.toBe('');
  expect(messages.find(({ id }) => id === waiting.id)).toMatchObject({ state: 'interrupted', text: '' });
});
