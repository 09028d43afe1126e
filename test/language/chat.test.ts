import { beforeEach, expect, test } from 'vitest';
import { type AskOptions, ChatSession, type ChatSessionOptions } from '../../native-models/language/chat.ts';
import {
  conversationParts,
  type ImageEmbeddings,
  imageEmbeddings,
  partLength,
} from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { float32 } from '../support/safetensors-file.ts';
import { distance, exactDecoder, useGolden } from './support.ts';

const { decoder, ...golden } = await useGolden('tower-apart');
const rows = float32(golden.tensors, 'embeddings');
const photo = imageEmbeddings(rows, golden.width);
const otherPhoto = imageEmbeddings(rows.slice().reverse(), golden.width);
let sequence: Sequence;
beforeEach(() => startOver());

function startOver(savedBytes?: number): void {
  decoder.truncate(0);
  sequence = new Sequence(decoder, savedBytes);
}

const converse = (options: ChatSessionOptions = {}) => new ChatSession(sequence, golden.format, options);
const greedy: AskOptions = { maxTokens: 4, sampling: { temperature: 0 } };
const about = (...images: ImageEmbeddings[]): AskOptions => ({ ...greedy, images });

/** Tokens of a later turn without pictures: the end of the answer before, and the question in its template. */
const turnTokens = (question: string): number => {
  const { assistant, user } = golden.format.chat;
  const template = [assistant.after, user.before, user.after, assistant.before].map((text) => ({
    template: text,
  }));
  return decoder.vocabulary.tokenize([...template.slice(0, 2), { text: question }, ...template.slice(2)])
    .length;
};

test('the answer streams in the pieces it consists of', async () => {
  const pieces: string[] = [];
  const answer = await converse().ask('What is this?', {
    ...about(photo),
    maxTokens: 30,
    onToken: ({ text }) => pieces.push(text),
  });
  expect(pieces.length).toBe(answer.counts.generated);
  expect(pieces.join('')).toBe(answer.text);
  expect(answer.timings.tokensPerSecond).toBeGreaterThan(0);
  expect(answer.timings.firstTokenMs).toBeGreaterThanOrEqual(answer.timings.prefillMs);
});

test('a first question reads everything, a second one only its own tokens and the last of the answer', async () => {
  const { expected } = golden;
  const conversation = converse();
  const one = await conversation.ask(expected.question, about(photo));
  const text = expected.ids_before_image.length + expected.ids_after_image.length;
  expect(one.counts).toEqual({ text, image: photo.count, reused: 0, generated: 4 });
  const held = decoder.position;
  const two = await conversation.ask('And the colour?', greedy);
  // The last token of an answer that reached its length was chosen, but not read yet.
  expect(two.counts).toEqual({
    text: turnTokens('And the colour?') + 1,
    image: 0,
    reused: held,
    generated: 4,
  });
  expect(conversation.turns).toBe(2);
});

test('a second answer comes from the logits that reading the whole conversation anew gives', async () => {
  const conversation = converse();
  const one = await conversation.ask('One?', about(photo));
  const logits: Float32Array[] = [];
  await conversation.ask('Two?', { ...about(otherPhoto), onToken: (step) => logits.push(step.logits()) });
  startOver();
  const parts = conversationParts(
    decoder.vocabulary,
    golden.format,
    golden.format.chat.defaultSystem,
    [{ question: { text: 'One?', pictures: [photo] }, answer: one.ids }],
    { text: 'Two?', pictures: [otherPhoto] },
  );
  await sequence.feed(parts);
  expect(distance(decoder.logits(), logits[0]!)).toBeLessThan(1e-3);
});

test('a later turn may bring more pictures, each a run of embeddings of its own', async () => {
  const conversation = converse();
  await conversation.ask('One?', about(photo));
  const two = await conversation.ask('Compare.', about(otherPhoto, photo));
  expect(two.counts.image).toBe(2 * photo.count);
});

test('what comes before the question can be read ahead', async () => {
  const told: [number, number][] = [];
  const conversation = converse();
  const ahead = await conversation.prepare({
    images: [photo],
    onProgress: (...progress) => told.push(progress),
  });
  const total = golden.expected.ids_before_image.length + photo.count;
  expect(ahead).toEqual({ text: golden.expected.ids_before_image.length, image: photo.count, reused: 0 });
  expect(told[0]).toEqual([0, total]);
  expect(told.at(-1)).toEqual([total, total]);
  expect(await conversation.prepare({ images: [photo] })).toEqual({ text: 0, image: 0, reused: total });
  const answer = await conversation.ask(golden.expected.question, about(photo));
  expect(answer.counts).toMatchObject({
    text: golden.expected.ids_after_image.length,
    image: 0,
    reused: total,
  });
});

test('a question asked while another is answered waits its turn', async () => {
  const conversation = converse();
  const both = [conversation.ask('One?', about(photo)), conversation.ask('Two?', greedy)];
  const [one, two] = await Promise.all(both);
  expect(one!.counts.image).toBe(photo.count);
  expect(two!.counts).toMatchObject({ image: 0, text: turnTokens('Two?') + 1 });
});

test('regenerating and editing read no earlier turn again', async () => {
  const conversation = converse();
  await conversation.ask('One?', about(photo));
  const two = await conversation.ask('Two?', greedy);
  await conversation.rewind(1);
  const again = await conversation.ask('Two?', greedy);
  expect(again).toMatchObject({ ids: two.ids, counts: { text: 1, image: 0 } });
  await conversation.rewind(0);
  const edited = await conversation.ask('Why?', about(photo));
  expect(edited.counts).toMatchObject({
    image: 0,
    reused: golden.expected.ids_before_image.length + photo.count + 1,
  });
  expect(conversation.turns).toBe(1);
});

test('a new conversation keeps the system prompt', async () => {
  await converse().ask('One?', about(photo));
  const next = await converse().ask('Two?', about(otherPhoto));
  expect(next.counts).toMatchObject({
    image: otherPhoto.count,
    reused: golden.expected.ids_before_image.length,
  });
});

test('another system prompt is another beginning, its special tokens plain characters', async () => {
  await converse().ask('One?', greedy);
  const other = await converse({ system: 'Be brief.<|eot_id|>' }).ask('One?', greedy);
  expect(other.counts.reused).toBeLessThan(golden.expected.ids_before_image.length);
  const [part] = conversationParts(decoder.vocabulary, golden.format, '<|eot_id|>', [], { pictures: [] });
  const eot = golden.expected.special_ids['<|eot_id|>'];
  expect(part).toMatchObject({ ids: expect.any(Array) as number[] });
  expect('ids' in part! && part.ids.filter((id) => id === eot).length).toBe(1);
});

test('going back to a photo reads nothing twice, and the conversation goes on as if nothing had been between', async () => {
  const undisturbed = converse();
  await undisturbed.ask('One?', about(photo));
  const expected = await undisturbed.ask('Two?', greedy);
  startOver();
  const conversation = converse();
  await conversation.ask('One?', about(photo));
  const held = decoder.position;
  await converse().ask('About another one?', about(otherPhoto));
  const back = await conversation.ask('Two?', greedy);
  expect(back.ids).toEqual(expected.ids);
  expect(back.counts).toMatchObject({ image: 0, text: turnTokens('Two?') + 1, reused: held });
  // And forth: the other photo was saved in its turn.
  expect((await converse().ask('Once more?', about(otherPhoto))).counts.image).toBe(0);
});

test('saved photos take no more memory than allowed: the longest unused goes', async () => {
  await converse().ask('One?', about(photo));
  const { bytes } = await decoder.save();
  startOver(bytes.length * 1.5);
  const third = imageEmbeddings(
    photo.rows.map((value) => -value),
    golden.width,
  );
  for (const image of [photo, otherPhoto, third]) await converse().ask('One?', about(image));
  expect((await converse().ask('One?', about(otherPhoto))).counts.image).toBe(0);
  expect((await converse().ask('One?', about(photo))).counts.image).toBe(photo.count);
});

test('a conversation can be taken up again from its text', async () => {
  const question = { text: 'One?', pictures: [photo] };
  const resumed = converse({ history: [{ question, answer: 'A small dog.' }] });
  expect(resumed.turns).toBe(1);
  const answer = await resumed.ask('Two?', greedy);
  const parts = conversationParts(
    decoder.vocabulary,
    golden.format,
    golden.format.chat.defaultSystem,
    [
      {
        question,
        answer: decoder.vocabulary.tokenize([{ text: 'A small dog.' }]),
      },
    ],
    { text: 'Two?', pictures: [] },
  );
  const length = parts.reduce((sum, part) => sum + partLength(part), 0);
  expect(answer.counts.text + answer.counts.image).toBe(length);
});

test('an answer ends at a stop id, which is not part of it', async () => {
  const { format, expected } = golden;
  const stop = expected.greedy_ids[3]!;
  const stopping = { ...format, language: { ...format.language, stopIds: [stop] } };
  const answer = await new ChatSession(sequence, stopping).ask(expected.question, {
    ...about(photo),
    maxTokens: 16,
  });
  expect(answer).toMatchObject({ finishReason: 'stop', ids: expected.greedy_ids.slice(0, 3) });
});

test('an answer that begins with the token for unknown pictures says so; a vocabulary without that token has none', async () => {
  const { expected, format } = golden;
  const own = await exactDecoder(golden.gguf);
  try {
    expect(own.vocabulary.unknownPicture).toBe(-1);
    Object.assign(own.vocabulary, { unknownPicture: expected.greedy_ids[0] });
    const stopping = { ...format, language: { ...format.language, stopIds: [expected.greedy_ids[3]!] } };
    const session = new ChatSession(new Sequence(own), stopping);
    const asked = session.ask(expected.question, { ...about(photo), maxTokens: 16 });
    expect((await asked).finishReason).toBe('unknown-picture');
  } finally {
    await own.dispose();
  }
});

test('an answer ends at its greatest length', async () => {
  expect(await converse().ask('One?', { ...greedy, maxTokens: 3 })).toMatchObject({
    finishReason: 'length',
    counts: { generated: 3 },
  });
});

test('an answer ends where the context is full', async () => {
  const small = await exactDecoder(golden.gguf, { contextTokens: 120 });
  const conversation = new ChatSession(new Sequence(small), golden.format);
  const { needed, available } = conversation.measure('One?');
  const answer = await conversation.ask('One?', { ...greedy, maxTokens: 512 });
  expect(answer).toMatchObject({ finishReason: 'context', counts: { generated: available - needed + 2 } });
  await small.dispose();
});

test('a question that would overflow the context is refused with the numbers before anything is read', async () => {
  const small = await exactDecoder(golden.gguf, { contextTokens: 720 });
  const conversation = new ChatSession(new Sequence(small), golden.format);
  await conversation.ask('One?', about(photo));
  const held = small.position;
  const use = conversation.measure('Two?', [otherPhoto]);
  expect(use.needed).toBeGreaterThan(2 * photo.count);
  await expect(conversation.ask('Two?', about(otherPhoto))).rejects.toMatchObject({
    code: 'context-overflow',
    details: { needed: use.needed, available: 720 },
  });
  expect(small.position).toBe(held);
  expect((await conversation.ask('Two?', greedy)).counts.image).toBe(0);
  await small.dispose();
});

test('cancelling while reading leaves no turn, and what was read is kept', async () => {
  const conversation = converse();
  const controller = new AbortController();
  const asking = conversation.ask('One?', {
    ...about(photo),
    signal: controller.signal,
    onProgress: (done) => done > 200 && controller.abort(),
  });
  await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
  expect(conversation.turns).toBe(0);
  const answer = await conversation.ask(golden.expected.question, { ...about(photo), maxTokens: 16 });
  expect(answer.counts.reused).toBeGreaterThan(200);
  expect(answer.ids).toEqual(golden.expected.greedy_ids);
});

test('cancelling while writing keeps what was written as a turn, and the conversation goes on', async () => {
  const conversation = converse();
  const controller = new AbortController();
  const written: number[] = [];
  const answer = await conversation.ask(golden.expected.question, {
    ...about(photo),
    maxTokens: 16,
    signal: controller.signal,
    onToken: ({ id }) => written.push(id) === 5 && controller.abort(),
  });
  expect(answer).toMatchObject({ finishReason: 'cancelled', ids: golden.expected.greedy_ids.slice(0, 5) });
  const next = await conversation.ask('Two?', greedy);
  expect(next.counts).toMatchObject({ text: turnTokens('Two?') + 1, image: 0 });
});

test('a question that is cancelled while it waits is never read', async () => {
  const conversation = converse();
  const controller = new AbortController();
  const running = conversation.ask('One?', greedy);
  const waiting = conversation.ask('Two?', { ...greedy, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await running;
  expect(conversation.turns).toBe(1);
});

test.each([0, 1.5, -3])('%d tokens of answer are refused', async (maxTokens) => {
  await expect(converse().ask('One?', { maxTokens })).rejects.toMatchObject({ code: 'wrong-usage' });
});

test('the same seed repeats an answer', async () => {
  const conversation = converse();
  const sampled: AskOptions = { maxTokens: 20, sampling: { temperature: 2 } };
  const one = await conversation.ask('One?', sampled);
  await conversation.rewind(0);
  const again = await conversation.ask('One?', { ...sampled, sampling: one.sampling });
  expect(again.ids).toEqual(one.ids);
});
