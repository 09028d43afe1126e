import { expect, test } from 'vitest';
import { Threads } from '../../native-models/language/threads.ts';

test('a short batch, slower by the token than a long one, is no reason to try other threads', () => {
  const threads = new Threads(8);
  threads.took(128, 128, false);
  threads.took(2, 200, false);
  expect(threads.patience(128)).toBe(Infinity);
  threads.took(128, 12_800, false);
  expect(threads.patience(128)).toBeLessThan(Infinity);
  expect(threads.patience(2)).toBe(Infinity);
});
