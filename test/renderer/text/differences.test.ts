import { expect, test } from 'vitest';
import { differences } from '../../../renderer/text/differences.ts';

const marked = (base: string, text: string) =>
  differences(base, text)
    .map((piece) => (piece.isOther ? `[${piece.text.trim()}]` : piece.text.trim()))
    .join(' ');

test.each([
  ['The sign says "TEA".', 'The sign says "TEA".', 'The sign says "TEA".'],
  ['The sign says "TEA".', 'The red sign says "SEA".', 'The [red] sign says ["SEA".]'],
  ['There are two stars.', 'There are three red stars.', 'There are [three red] stars.'],
  ['A star at the top.', '', ''],
  ['', 'Nothing is there.', '[Nothing is there.]'],
  ['one two three four', 'three four one two', 'three four [one two]'],
])('words that another answer does not have are told: %s / %s', (base, text, expected) => {
  expect(marked(base, text)).toBe(expected);
});

test('of all its pieces a text is whole again', () => {
  const text = 'On a  striped\nground there is a star. ';
  expect(
    differences('On a plain ground', text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
});
