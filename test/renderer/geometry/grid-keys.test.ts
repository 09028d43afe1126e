import { expect, test } from 'vitest';
import { gridStep } from '../../../renderer/geometry/grid-keys.ts';

/** Five places in rows of three: the last row is short. */
const from = (at: number) => (key: string) => gridStep(key, at, 3, 5);

test('arrows go to the neighbour in the row and in the column, Home and End to the first and the last', () => {
  expect(['ArrowLeft', 'ArrowRight', 'ArrowDown', 'Home', 'End'].map(from(1))).toEqual([0, 2, 4, 0, 4]);
  expect(from(4)('ArrowUp')).toBe(1);
});

test('where nothing lies beyond, the place stays', () => {
  expect(['ArrowLeft', 'ArrowUp'].map(from(0))).toEqual([0, 0]);
  expect(['ArrowRight', 'ArrowDown'].map(from(4))).toEqual([4, 4]);
  expect(from(2)('ArrowDown')).toBe(2);
});

test('other keys move nothing', () => {
  expect(['a', 'Enter', ' '].map(from(1))).toEqual([null, null, null]);
});
