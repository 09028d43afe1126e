import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Decoder } from '../../native-models/language/decoder.ts';
import { conversationParts, imageEmbeddings, type ChatFormat } from '../../native-models/language/prompt.ts';
import { TextStream } from '../../native-models/language/vocabulary.ts';
import { exactDecoder } from './support.ts';

/** A model with a tokenizer of the SentencePiece kind, which puts a space in front of every text. */
const gguf = fileURLToPath(new URL('../golden/gguf-pair/language.gguf', import.meta.url));
let decoder: Decoder;
beforeAll(async () => {
  decoder = await exactDecoder(gguf, { contextTokens: 64 });
});
afterAll(() => decoder.dispose());

const language = { addsBos: false, stopIds: [2] };
/** Llama 2's, with the system prompt inside the first question. */
const inside: ChatFormat = {
  language,
  chat: {
    begin: '',
    system: { before: '{', after: '}' },
    systemPlace: 'first-question',
    user: { before: '<s>[', after: ']' },
    assistant: { before: '', after: '</s>' },
    afterImage: '|',
    defaultSystem: '',
  },
};
const picture = imageEmbeddings(new Float32Array(64), 64);

/** The conversation as it is read; special tokens by name, a picture as a star. */
function written(
  format: ChatFormat,
  system: string,
  ...rest: [Parameters<typeof conversationParts>[3], string]
) {
  const [turns, text] = rest;
  const next = { text, pictures: turns.length === 0 ? [picture] : [] };
  const parts = conversationParts(decoder.vocabulary, format, system, turns, next);
  return parts
    .map((part) => ('image' in part ? '*' : part.ids.map((id) => names[id] ?? bytesOf(id)).join('')))
    .join('');
}

const names: Readonly<Record<number, string>> = { 1: '<s>', 2: '</s>' };
const bytesOf = (id: number) => Buffer.from(decoder.vocabulary.bytes(id)).toString('latin1');

test('a system prompt stands inside the first question, in front of the picture, and nowhere else', () => {
  expect(written(inside, 'S', [], 'Q')).toBe('<s> [{S}* |Q]');
  const answer = decoder.vocabulary.tokenize([{ text: 'A' }]);
  const earlier = { question: { text: 'P', pictures: [] }, answer };
  expect(written(inside, 'S', [earlier], 'Q')).toBe('<s> [{S}P] A</s><s> [Q]');
});

test('without a system prompt nothing is written in its place', () => {
  expect(written(inside, '', [], 'Q')).toBe('<s> [* |Q]');
  const own: ChatFormat = { language, chat: { ...inside.chat, systemPlace: 'own-turn' } };
  expect(written(own, '', [], 'Q')).toBe('<s> [* |Q]');
  expect(written(own, 'S', [], 'Q')).toBe(' {S}<s> [* |Q]');
});

test('the space that the tokenizer puts in front of a text is not part of an answer', () => {
  const { vocabulary } = decoder;
  expect(vocabulary.addsSpace).toBe(true);
  for (const text of ['What is here', ' two spaces', '한글']) {
    const stream = new TextStream(vocabulary);
    const ids = vocabulary.tokenize([{ text }]);
    expect(ids.map((id) => stream.push(id)).join('')).toBe(text);
  }
});
