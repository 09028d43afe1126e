import { expect, test } from 'vitest';

import { withoutEmbeds } from '../../main/services/export/without-embeds.ts';

const image = '![x](https://example.test/x.png)';
const html = '<img src="https://example.test/x.png">';

test.each([
  ['a picture', image, '!\\[x](https://example.test/x.png)'],
  [
    'a picture by reference',
    '![x][1]\n\n[1]: https://example.test/',
    '!\\[x][1]\n\n[1]: https://example.test/',
  ],
  ['a picture after a backslash', `\\${image}`, '\\!\\[x](https://example.test/x.png)'],
  ['an element', html, '&lt;img src="https://example.test/x.png">'],
  ['an element after a backslash', `\\${html}`, '\\&lt;img src="https://example.test/x.png">'],
  ['a comment and an end tag', '<!-- a --></b>', '&lt;!-- a -->&lt;/b>'],
])('%s becomes text', (_, markdown, expected) => {
  expect(withoutEmbeds([markdown])).toEqual([expected]);
});

test('words, numbers, links and lists stay as they are', () => {
  const markdown = '# A\n\n1 < 2, **bold**, [link](https://example.test/)!\n\n* one\n* two!';
  expect(withoutEmbeds([markdown])).toEqual([markdown]);
});

test('code stays as it is, and what follows it does not', () => {
  const code = ['```html', html, image, '~~~', '```'].join('\n');
  expect(withoutEmbeds([`${code}\n${html}`])).toEqual([`${code}\n&lt;${html.slice(1)}`]);
  expect(withoutEmbeds([`~~~~\n${html}`])).toEqual([`~~~~\n${html}\n~~~~`]);
});

test.each([
  ['a fence in a list that the next line ends', '1. a\n   ```'],
  ['a fence in a quotation', '> ```'],
  ['an indented fence that the next one ends', ' ```\na\n```'],
  ['a line with backticks that is no fence', '```a`'],
  ['a fence that has ended', '````\n````'],
  ['a fence that ended with spaces before and after', '```\n   ```  '],
])('no viewer can take for code what this does not: %s', (_, before) => {
  for (const end of ['\n', '\r\n', '\r']) {
    expect(withoutEmbeds([`${before}${end}${html}`]).join()).not.toContain('<img');
  }
});

test.each(['> ```\n```', '- ~~~\n~~~'])('what one text begins, %j, ends in no other', (before) => {
  // The first line of the second text would close the block that the first has left open.
  const fence = before.slice(-3);
  expect(withoutEmbeds([before, `${fence}\n${html}`])[1]).not.toContain('<img');
});
