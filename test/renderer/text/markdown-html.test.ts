import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestMarkdown, markdownToHtml } from '../../../renderer/text/markdown-html.ts';
import { countWork } from '../../support/count-work.ts';
import { markers } from './markers.ts';

const fragments = fc.array(fc.constantFrom(...markers), { minLength: 1, maxLength: 4 });
const workOn = (text: string) => countWork(() => markdownToHtml(text));

test.each(markers)('twice as many %j are twice the work', (marker) => {
  const half = marker.repeat(8000 / marker.length);
  expect(workOn(half + half)).toBeLessThan(2.2 * workOn(half) + 100);
});

test('no text throws, and the work on any mixture of markers, nested and repeated, stays within its length', () => {
  fc.assert(
    fc.property(fragments, fc.integer({ min: 1, max: 4000 }), fc.boolean(), (parts, times, isNested) => {
      const text = isNested ? parts.map((part) => part.repeat(times)).join('') : parts.join('').repeat(times);
      const cut = text.slice(0, 10_000);
      // The most of any marker alone is 224 a character.
      expect(workOn(cut)).toBeLessThan(300 * cut.length + 1000);
    }),
    { numRuns: 300 },
  );
});

test.each(['> ', '* ', '1. ', '- > '])('2,000 times %j is shown as it was written', (marker) => {
  expect(markdownToHtml(marker.repeat(2000) + 'a')).toBeNull();
});

test('lists and quotes that people write are nested as they mean it', () => {
  const nested = Array.from({ length: 12 }, (_, level) => `${'  '.repeat(level)}- ${level}`).join('\n');
  expect(markdownToHtml(nested)?.match(/<ul/g)).toHaveLength(12);
  expect(markdownToHtml('> > > a')?.match(/<blockquote/g)).toHaveLength(3);
});

test('what is too long is shown as it was written', () => {
  expect(markdownToHtml('a'.repeat(longestMarkdown))).toContain('aaa');
  expect(markdownToHtml('a'.repeat(longestMarkdown + 1))).toBeNull();
});

test('a block runs in the direction of its words', () => {
  expect(markdownToHtml('שלום\n\n- مرحبا')).toBe(
    '<p dir="auto">שלום</p>\n<ul dir="auto">\n<li>مرحبا</li>\n</ul>\n',
  );
});

test('a column is aligned by an attribute, since the page allows no styles', () => {
  const html = markdownToHtml('| a |\n| -: |\n| 1 |')!;
  expect(html).toContain('<td align="right">1</td>');
  expect(html).not.toContain('style');
});
