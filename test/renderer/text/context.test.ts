import { expect, test } from 'vitest';
import { defaultSettings } from '../../../preload/contract/api.ts';
import { estimateContext, judgeContext } from '../../../renderer/text/context.ts';
import { makePackage } from '../fake-data.ts';

test('a question fits while there is room for it and for the longest answer', () => {
  expect(judgeContext({ used: 700, draft: 20, answer: 512, capacity: 2048 })).toBe('fits');
  expect(judgeContext({ used: 1500, draft: 60, answer: 512, capacity: 2048 })).toBe('tight');
  expect(judgeContext({ used: 2000, draft: 48, answer: 512, capacity: 2048 })).toBe('full');
});

test('before a conversation exists the tokens of its pictures are counted, against the context that was chosen or trained', () => {
  const model = makePackage('m', { contextTrained: 2048 });
  const gauge = estimateContext(2 * 576, model, defaultSettings, 'What is on the sign?');
  expect(gauge.used).toBeGreaterThanOrEqual(2 * 576);
  expect(gauge.capacity).toBe(2048);
  expect(gauge.draft).toBeGreaterThan(0);
  expect(estimateContext(576, model, { ...defaultSettings, contextTokens: 4096 }, '').capacity).toBe(4096);
});
