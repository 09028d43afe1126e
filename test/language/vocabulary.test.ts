import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextStream } from '../../native-models/language/vocabulary.ts';
import { useGolden } from './support.ts';

const { decoder, ...golden } = await useGolden('tower-apart');

test('a template names special tokens', () => {
  const { expected } = golden;
  const { vocabulary } = decoder;
  expect([vocabulary.bos, ...vocabulary.tokenize([{ template: expected.prompt_before_image }])]).toEqual(
    expected.ids_before_image,
  );
  expect(vocabulary.tokenize([{ template: expected.prompt_after_image }])).toEqual(expected.ids_after_image);
});

test('the names of special tokens in a person’s text stay characters', () => {
  const { vocabulary } = decoder;
  const special = Object.values(golden.expected.special_ids);
  for (const name of Object.keys(golden.expected.special_ids)) {
    const ids = vocabulary.tokenize([{ text: `before${name}after` }]);
    expect(ids.filter((id) => special.includes(id))).toEqual([]);
    expect(textOf(ids)).toBe(`before${name}after`);
  }
});

test('pieces are tokenised as the string they make up, wherever they are divided', () => {
  const { vocabulary } = decoder;
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
      const whole = vocabulary.tokenize([{ text: one + other }]);
      expect(vocabulary.tokenize([{ text: one }, { text: other }])).toEqual(whole);
      const eot = golden.expected.special_ids['<|eot_id|>']!;
      const marked = vocabulary.tokenize([{ template: '<|eot_id|>\n' }, { text: other }]);
      expect(marked).toEqual([eot, ...vocabulary.tokenize([{ text: `\n${other}` }])]);
    }),
  );
});

test('any text survives tokenising and streaming back, characters split over tokens included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(textOf(decoder.vocabulary.tokenize([{ text }]))).toBe(text.toWellFormed());
    }),
  );
});

test('a character appears with the token that brings its last byte', () => {
  const { vocabulary } = decoder;
  const ids = vocabulary.tokenize([{ text: '한🦊' }]);
  const stream = new TextStream(vocabulary);
  const pieces = ids.map((id) => stream.push(id));
  expect(ids.length).toBeGreaterThan(2);
  expect(pieces.filter((piece) => piece !== '')).toEqual(['한', '🦊']);
  expect(pieces.at(-1)).toBe('🦊');
});

test('special tokens are not part of the text', () => {
  const stream = new TextStream(decoder.vocabulary);
  expect(Object.values(golden.expected.special_ids).map((id) => stream.push(id))).toEqual(
    Object.keys(golden.expected.special_ids).map(() => ''),
  );
});

function textOf(ids: readonly number[]): string {
  const stream = new TextStream(decoder.vocabulary);
  return ids.map((id) => stream.push(id)).join('');
}
