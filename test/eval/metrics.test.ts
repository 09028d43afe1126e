import { describe, expect, test } from 'vitest';

import { promptOf } from '../../native-models/eval/bench.ts';
import {
  chosenOption,
  levenshtein,
  scoreOf,
  yesOrNo,
  type MetricName,
} from '../../native-models/eval/metrics.ts';
import { pythonStrings } from '../../native-models/eval/python-strings.ts';
import { mcnemar, pairedDifference, wilson, yesNoFigures } from '../../native-models/eval/statistics.ts';
import { processAnswer } from '../../native-models/eval/vqa-answer.ts';

const score = (metric: MetricName, answer: string, answers: string[], category = 'all') =>
  scoreOf(metric, answer, { answers, options: {}, category });

describe('multiple choice', () => {
  const options = { A: 'a red bus', B: 'Two dogs', C: 'the sea' };

  test.each([
    ['B', 'B'],
    ['B.', 'B'],
    ['(C)', 'C'],
    ['The answer is B.', 'B'],
    ['B: Two dogs', 'B'],
    ['It shows two dogs.', 'B'],
    ['A', 'A'],
    ['A bus', 'A'],
    // An article, and no option's text.
    ['A picture of something else', null],
    // An article, and an option's text.
    ['A photo of the sea at night', 'C'],
    ['A or B', null],
    ['two dogs by the sea', null],
    ['', null],
    ['nothing of it', null],
  ])('%j chooses %j', (answer, letter) => {
    expect(chosenOption(answer, options)).toBe(letter);
  });

  test('is right when it is the letter of the answer', () => {
    const expected = { answers: [' b'], options, category: 'all' };
    expect(scoreOf('choice', 'B', expected)).toBe(1);
    expect(scoreOf('choice', 'C', expected)).toBe(0);
  });
});

test.each([
  ['Yes', 'yes'],
  ['yes, there is a cat.', 'yes'],
  ['No.', 'no'],
  ['There is no dog.', 'no'],
  ['Yes and no', null],
  ['Not at all', null],
  ['Yesterday', null],
  ['', null],
])('%j says %j', (answer, said) => {
  expect(yesOrNo(answer)).toBe(said);
});

describe('VQA accuracy', () => {
  // Of ten people, 1, 2, 3 and 4 said the same: 0.3, 0.6, 0.9 and 1 (TextVQA's evaluator, leaving each out in turn).
  test.each([
    [0, 0],
    [1, 0.3],
    [2, 0.6],
    [3, 0.9],
    [4, 1],
    [10, 1],
  ])('%i of ten agree: %f', (agreeing, expected) => {
    const answers = Array.from({ length: 10 }, (_, at) => (at < agreeing ? 'Coca Cola' : `other ${at}`));
    expect(score('vqa', 'coca cola.', answers)).toBeCloseTo(expected, 12);
  });

  test.each([
    ['The Dog!', 'dog'],
    ['two', '2'],
    ['dont', "don't"],
    ['1,000', '1000'],
    ['3.50', '3.50'],
    ['Stop.', 'stop'],
    ['red/blue', 'red blue'],
    ['a\nb', 'b'],
  ])('%j is compared as %j', (answer, processed) => {
    expect(processAnswer(answer)).toBe(processed);
  });
});

describe('ANLS', () => {
  test('the distance of Levenshtein’s examples', () => {
    expect(levenshtein('kitten', 'sitting')).toBe(3);
    expect(levenshtein('Saturday'.toLowerCase(), 'sunday')).toBe(3);
    expect(levenshtein('', 'abc')).toBe(3);
  });

  test.each([
    ['Coca Cola', ['coca cola'], 1],
    ['coca  cola ', ['Coca Cola'], 1],
    // 8 of 17 letters left out.
    ['coca cola', ['coca cola company'], 9 / 17],
    ['coca cola co', ['coca cola'], 1 - 3 / 12],
    // Distance of exactly half: nothing.
    ['ab', ['abcd'], 0],
    ['abc', ['abcd'], 0.75],
    ['wrong', ['other', 'wrong'], 1],
  ])('%j for %j is %f', (answer, answers, expected) => {
    expect(score('anls', answer, answers)).toBeCloseTo(expected, 12);
  });
});

test.each([
  ['100', '105', 1],
  ['100', '106', 0],
  ['0.5', '50%', 1],
  ['52%', '0.5', 1],
  ['53%', '0.5', 0],
  ['-10', '10', 0],
  ['Blue', 'blue', 1],
  ['0', '0', 1],
  ['0.01', '0', 0],
  ['1e3', '1000', 1],
  ['Yes 5', '5', 0],
])('relaxed accuracy of %j for %j is %i', (answer, expected, right) => {
  expect(score('relaxed', answer, [expected])).toBe(right);
});

test.each([
  ['The sign says STOP here', ['stop'], 'Scene Text-centric VQA', 1],
  ['the sign', ['stop'], 'Scene Text-centric VQA', 0],
  ['\\frac {a} {b}', ['\\frac{a}{b}'], 'Handwritten Mathematical Expression Recognition', 1],
  ['A', ['a'], 'Handwritten Mathematical Expression Recognition', 0],
])('%j holds one of %j (%s): %i', (answer, answers, category, right) => {
  expect(score('contains', answer, answers, category)).toBe(right);
});

describe('intervals', () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('Wilson’s of %i in %i', (right, count, low, high) => {
    const [from, to] = wilson(right / count, count);
    expect(from).toBeCloseTo(low, 4);
    expect(to).toBeCloseTo(high, 4);
  });

  test('of nothing is everything', () => {
    expect(wilson(0, 0)).toEqual([0, 1]);
  });

  test.each([
    [1, 9, 0.021484375],
    [5, 15, 0.04138947],
    [0, 5, 0.0625],
    [7, 7, 1],
    [0, 0, 1],
    [900, 1100, 8.55e-6],
  ])('McNemar’s exact test of %i to %i', (one, other, p) => {
    expect(mcnemar(one, other)).toBeCloseTo(p, 6);
    expect(mcnemar(other, one)).toBe(mcnemar(one, other));
  });

  test('a paired difference, with the questions that made it', () => {
    const first = [1, 1, 0, 0, 1, 0, 1, 1];
    const second = [1, 1, 1, 1, 1, 0, 0, 1];
    const found = pairedDifference(first, second);
    expect(found).toMatchObject({ count: 8, difference: 0.125, better: [1, 2], p: 1 });
    expect(found.interval[0]).toBeLessThan(0);
    expect(found.interval[1]).toBeGreaterThan(0.125);
    expect(pairedDifference(first, second)).toEqual(found);
    expect(pairedDifference(first, first)).toMatchObject({ difference: 0, interval: [0, 0], better: [0, 0] });
    expect(pairedDifference([], [])).toMatchObject({ count: 0, difference: 0 });
  });

  test('yes / no: precision, recall and F1 of a table counted by hand', () => {
    const answer = (said: 'yes' | 'no' | null, isYes: boolean) => ({ said, isYes });
    // 3 right yes, 1 wrong yes, 2 missed (one of them no answer), 2 right no.
    const answers = [
      ...[answer('yes', true), answer('yes', true), answer('yes', true), answer('yes', false)],
      ...[answer('no', true), answer(null, true), answer('no', false), answer('no', false)],
    ];
    const figures = yesNoFigures(answers);
    expect(figures.precision).toBe(3 / 4);
    expect(figures.recall).toBe(3 / 5);
    expect(figures.f1).toBeCloseTo((2 * 0.75 * 0.6) / 1.35, 12);
    expect(figures.yes).toBe(0.5);
    expect(yesNoFigures([])).toEqual({ precision: 0, recall: 0, f1: 0, yes: 0 });
  });
});

test('questions are asked as LLaVA’s scripts ask them', () => {
  expect(promptOf('choice', 'What is it?', { A: 'a cat', B: 'a dog' }, 'Look left.')).toBe(
    "Look left.\nWhat is it?\nA. a cat\nB. a dog\nAnswer with the option's letter from the given choices directly.",
  );
  expect(promptOf('yes-no', 'Is there a cat?', {}, '')).toBe(
    'Is there a cat?\nAnswer the question using a single word or phrase.',
  );
  expect(promptOf('collect', 'What is x?', {}, '')).toBe('What is x?');
});

test.each([
  [`['one', 'two']`, ['one', 'two']],
  [`["it's", 'say "x"', 'a\\'b', 'tab\\t', '\\u00e9\\xe9']`, ["it's", 'say "x"', "a'b", 'tab\t', 'éé']],
  [`['one' 'two']`, null],
  ['[1, 2]', null],
  ['plain', null],
  ['[]', null],
  [`['open`, null],
])('the Python list %s', (text, strings) => {
  expect(pythonStrings(text)).toEqual(strings);
});

test('a list of pictures of any size is read', () => {
  const picture = 'A'.repeat(12 * 2 ** 20);
  expect(pythonStrings(`['${picture}', "${picture}"]`)?.map(({ length }) => length)).toEqual([
    picture.length,
    picture.length,
  ]);
});
