import { expect, test } from 'vitest';
import { Format } from '../../../renderer/i18n/format.ts';

const english = new Format('en-GB');
const korean = new Format('ko');

test('a part of a whole is told with one digit where it has one', () => {
  const english = new Format('en');
  expect([7.62, 4, 3.98, 22.86].map((parts) => english.fraction(parts))).toEqual([
    '1/7.6',
    '1/4',
    '1/4',
    '1/23',
  ]);
});

test('sizes are told in decimal units, with one digit where it matters', () => {
  expect(english.bytes(0)).toBe('0 bytes');
  expect(english.bytes(999)).toBe('999 bytes');
  expect(english.bytes(431_200)).toBe('431 kB');
  expect(english.bytes(3_400_000)).toBe('3.4 MB');
  expect(english.bytes(9_140_000_000)).toBe('9.1 GB');
});

test('lengths of time are told as a person would', () => {
  expect(english.duration(0.0423)).toBe('42 ms');
  expect(english.duration(0.0002)).toBe('1 ms');
  expect(korean.duration(0.042)).toBe('42ms');
  expect(english.duration(0.84)).toBe('0.8 secs');
  expect(english.duration(42.4)).toBe('42 secs');
  expect(english.duration(130)).toBe('2 mins');
  expect(korean.duration(42)).toBe('42초');
});

test('a time of today is a time, of this year a day, of another year a date', () => {
  const now = new Date(2026, 2, 14, 15, 0).getTime();
  expect(english.when(new Date(2026, 2, 14, 9, 5).getTime(), now)).toBe('09:05');
  expect(english.when(new Date(2026, 0, 2).getTime(), now)).toBe('2 Jan');
  expect(english.when(new Date(2024, 0, 2).getTime(), now)).toBe('2 Jan 2024');
  expect(korean.when(new Date(2026, 0, 2).getTime(), now)).toBe('1월 2일');
});

test('a count chooses the form of its word', () => {
  const forms = { one: '# photo', other: '# photos' };
  expect(english.plural(1, forms)).toBe('1 photo');
  expect(english.plural(2000, forms)).toBe('2,000 photos');
});
