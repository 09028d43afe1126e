import { expect, test } from 'vitest';
import { tallyOf } from './evaluate.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import { heldOut } from './held-out.ts';

const sign = { question: 'Read the red sign.', answer: 'The red sign says "B9NYT".', must: ['B9NYT'] };
const colour = { question: 'What colour is the star?', answer: 'The star is red.', must: ['red'] };
const place = { question: 'Where is it?', answer: 'The star is at the top.', must: ['at the top'] };
const count = { question: 'How many stars?', answer: 'There are three stars.', must: ['three'] };
const yes = { question: 'Is there a red star?', answer: 'Yes, there is a red star.', must: ['Yes'] };
const absent = {
  question: 'Where is the ring?',
  answer: 'There is no ring in this picture.',
  must: ['no ring'],
};
const description = {
  question: 'Describe it.',
  answer:
    'On a plain ground there is a large red star at the top, a tiny blue cross on the left and a white sign that says "TEA" on the right.',
};

test.each([
  ['the exact answer', 'The red sign says "B9NYT".', sign],
  ['the bare text', 'B9NYT', sign],
  ['other quotes and case', 'it says “b9nyt”', sign],
  ['one word', 'Red', colour],
  ['American spelling and blanks', 'The color of  the star is  RED!', colour],
  ['a figure', 'There are 3 of them', count],
  ['a singular noun', 'Three star', count],
  ['a figure of two digits', 'There are 11 things', { ...count, answer: 'eleven things', must: ['eleven'] }],
  [
    'words on top that say nothing of the scene',
    'I think, looking closely, the star is red, of course.',
    colour,
  ],
  ['a place', 'It is at the top of the picture.', place],
  ['yes alone', 'yes', yes],
  ['what is not there', 'There is no ring.', absent],
  ['the exact description', description.answer, description],
  [
    'a description in another order',
    'On a plain ground: white sign that says "TEA" on the right, tiny blue cross on the left, large red star at the top',
    description,
  ],
])('%s is right', (_, answer, turn) => {
  expect(isRight(answer, turn)).toBe(true);
});

test.each([
  ['nothing', '', colour],
  ['another colour', 'The star is blue.', colour],
  ['hedging', 'The star is red or blue.', colour],
  ['a longer word that begins so', 'The star is reddish.', colour],
  ['another thing beside', 'The star is red and the circle too.', colour],
  ['one letter off', 'The red sign says "B9NYI".', sign],
  ['a second text', 'It says "B9NYT" and "EXIT".', sign],
  ['the text of a sign of another colour', 'The blue sign says "B9NYT".', sign],
  ['a more exact place that is wrong', 'It is at the top left.', place],
  ['yes and no', 'Yes and no.', yes],
  ['no', 'No, there is no red star.', yes],
  ['another number', 'There are two stars.', count],
  ['both numbers', 'Three, or 4.', count],
  ['what is not there as if it were', 'The ring is on the left.', absent],
  ['a description with a wrong size', description.answer.replace('tiny', 'small'), description],
  ['a description with a thing left out', description.answer.replace(/, a tiny.* left/, ''), description],
  ['a description with a thing too many', `${description.answer} There is a heart.`, description],
  ['a description of another ground', description.answer.replace('plain', 'striped'), description],
])('%s is wrong', (_, answer, turn) => {
  expect(isRight(answer, turn)).toBe(false);
});

test.each([
  ['own', 0.1],
  // More of them ask the same of a scene, or nothing of it.
  ['other', 0.2],
  // Few things are in a part, and many questions about it are alike.
  ['parts', 0.2],
] as const)(
  'every exact answer of the held-out questions (%s) is right, and hardly one is right for another question',
  async (words, most) => {
    const turns = (await heldOut(words)).scenes.flatMap(({ conversations }) =>
      conversations.flatMap((c) => c.turns),
    );
    expect(turns.filter((turn) => !isRight(turn.answer, turn))).toEqual([]);
    const strangers = turns.filter((turn, index) => isRight(turns[(index + 6) % turns.length]!.answer, turn));
    expect(strangers.length / turns.length).toBeLessThan(most);
  },
);

test('answers that something else has written are counted by kind, and a conversation is right when all of them are', () => {
  const turns = [colour, place];
  const scene = {
    conversations: [
      { kind: 'sign', turns: [sign] },
      { kind: 'follow-up', turns },
    ],
  };
  const tally = (...answers: string[][]) => tallyOf([scene], [answers]);
  expect(tally(['B9NYT'], ['Red', 'At the top'])).toEqual({
    all: { right: 2, asked: 2 },
    sign: { right: 1, asked: 1 },
    'follow-up': { right: 1, asked: 1 },
  });
  expect(tally(['B9NYT'], ['Red', 'On the left'])['follow-up']).toEqual({ right: 0, asked: 1 });
  expect(tally([], ['Red'])['all']).toEqual({ right: 0, asked: 2 });
});
