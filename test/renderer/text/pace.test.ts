import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from '../../../renderer/text/pace.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a text that grows by the millisecond is drawn four times a second, and its end is drawn', () => {
  const drawn: number[] = [];
  const pace = new Pace((length: number) => drawn.push(length), 250);
  for (let length = 1; length <= 1000; length++) {
    pace.push(length);
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(1000);
  expect(drawn).toEqual([1, 250, 500, 750, 1000]);
});

test('what takes long to draw is given at most a fifth of the time', () => {
  let drawings = 0;
  const pace = new Pace(() => {
    drawings++;
    vi.advanceTimersByTime(500);
  }, 250);
  for (let at = 0; at < 10_000; at = performance.now() - began) {
    pace.push(at);
    vi.advanceTimersByTime(10);
  }
  expect(drawings).toBeLessThanOrEqual(5);
});
const began = 0;

test('once stopped, only what comes after is drawn, at once', () => {
  const drawn: string[] = [];
  const pace = new Pace((text: string) => drawn.push(text), 250);
  for (const text of ['a', 'ab']) pace.push(text);
  pace.stop();
  pace.push('abc');
  expect(drawn).toEqual(['a', 'abc']);
});
