import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrap } from '../../../renderer/views/share/draw-share.ts';

const measure = (text: string) => [...text].length;

test('lines are never wider than the picture nor more than asked for, and nothing is lost that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const all = wrap(text, width, Infinity, measure);
      expect(all.every((line) => measure(line) <= width)).toBe(true);
      expect(all.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      const few = wrap(text, width, 2, measure);
      expect(few.length).toBeLessThanOrEqual(2);
      expect(few.every((line) => measure(line) <= width)).toBe(true);
      expect(few.at(-1)?.endsWith('…') ?? false).toBe(all.length > 2 || (all.at(-1)?.endsWith('…') ?? false));
    }),
  );
});

test('words stay whole where they can, in English and in Korean', () => {
  expect(wrap('two blue circles beside a sign', 12, 9, measure)).toEqual([
    'two blue',
    'circles',
    'beside a',
    'sign',
  ]);
  expect(wrap('파란 동그라미 두 개', 6, 9, measure)).toEqual(['파란', '동그라미 두', '개']);
  expect(wrap('a description that goes on', 13, 1, measure)).toEqual(['a descriptio…']);
});
