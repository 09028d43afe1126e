import { expect, test } from 'vitest';
import { inTurns, median, spreadOf } from './figure.ts';
import { machineKind } from './machine.ts';

test('two kinds of work take turns in who comes first, and end as soon as their ratio is steady', async () => {
  const order: string[] = [];
  const work = (name: string, milliseconds: number) => () => {
    order.push(name);
    return Promise.resolve(milliseconds);
  };
  const times = await inTurns(work('a', 30), work('b', 20));
  expect(order.join('')).toBe('abbaabbaab');
  expect(times).toEqual({ one: 30, other: 20, ratio: 1.5, spread: 0 });
});

test('what slows both down leaves the ratio as it is', async () => {
  let slow = 1;
  const times = await inTurns(
    () => Promise.resolve(30 * slow),
    // Every round the machine is another one.
    () => Promise.resolve(20 * slow).finally(() => (slow *= 1.3)),
    { least: 4, most: 4 },
  );
  expect(times.ratio).toBeGreaterThan(1.1);
  expect(times.ratio).toBeLessThan(2);
});

test('a ratio that swings is measured until there were enough rounds, and says how far it swung', async () => {
  let turn = 0;
  const times = await inTurns(
    () => Promise.resolve(turn++ % 2 === 0 ? 10 : 30),
    () => Promise.resolve(10),
  );
  expect(turn).toBe(15);
  expect(times.spread).toBeGreaterThan(0.3);
});

test('median and spread', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(spreadOf([8, 9, 10, 11, 12])).toBeCloseTo(0.1);
});

test('machines are told apart by how they multiply bytes', () => {
  expect(machineKind(['avx2', 'avx512f', 'avx512_vnni'])).toBe(process.arch === 'arm64' ? 'arm' : 'vnni');
  expect(machineKind(['avx2'])).toBe(process.arch === 'arm64' ? 'arm' : 'avx2');
});
