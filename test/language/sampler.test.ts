import { beforeAll, expect, test } from 'vitest';
import { resolveSampling, type SamplingOptions } from '../../native-models/language/sampler.ts';
import { useGolden } from './support.ts';

const { decoder, ...golden } = await useGolden('tower-inside');
/** Token ids, most likely first, after the text-only prompt. */
let ranking: number[];
let probabilities: Map<number, number>;
beforeAll(async () => {
  await decoder.decodeTokens(golden.expected.text_only_ids);
  const weights = [...decoder.logits()].map((logit) => Math.exp(logit));
  const sum = weights.reduce((a, b) => a + b);
  probabilities = new Map(weights.map((weight, id) => [id, weight / sum]));
  ranking = [...probabilities.keys()].sort((a, b) => probabilities.get(b)! - probabilities.get(a)!);
});

/** `count` tokens drawn from the same logits. */
function draw(options: SamplingOptions, count: number): number[] {
  const sampler = decoder.createSampler(options);
  const drawn = Array.from({ length: count }, () => decoder.sample(sampler));
  sampler.dispose();
  return drawn;
}

test('temperature 0 and top-k 1 take the most likely token', () => {
  expect(new Set(draw({ temperature: 0 }, 20))).toEqual(new Set([ranking[0]]));
  expect(new Set(draw({ temperature: 5, topK: 1 }, 20))).toEqual(new Set([ranking[0]]));
});

test('a seed repeats a draw, and another one gives another', () => {
  const options = { temperature: 2, seed: 7 };
  expect(draw(options, 50)).toEqual(draw(options, 50));
  expect(draw({ ...options, seed: 8 }, 50)).not.toEqual(draw(options, 50));
});

test('without a seed each sampler draws its own and says which', () => {
  const sampler = decoder.createSampler({ temperature: 2 });
  const drawn = Array.from({ length: 50 }, () => decoder.sample(sampler));
  expect(draw({ temperature: 2, seed: sampler.sampling.seed }, 50)).toEqual(drawn);
  sampler.dispose();
});

test('top-k keeps the k most likely tokens', () => {
  const kept = new Set(draw({ temperature: 5, topK: 5, seed: 1 }, 300));
  expect([...kept].sort()).toEqual(ranking.slice(0, 5).sort());
});

test('top-p keeps the fewest tokens that reach p', () => {
  const topP = 0.3;
  let sum = 0;
  const nucleus = ranking.filter((id) => {
    const needed = sum < topP;
    sum += probabilities.get(id)!;
    return needed;
  });
  const kept = draw({ temperature: 5, topP, seed: 1 }, 2000);
  expect(kept.filter((id) => !nucleus.includes(id))).toEqual([]);
  expect(new Set(kept).size).toBe(nucleus.length);
});

test('min-p keeps tokens by their share of the largest probability', () => {
  const minP = 0.5;
  const likely = ranking.filter((id) => probabilities.get(id)! >= minP * probabilities.get(ranking[0]!)!);
  const kept = new Set(draw({ temperature: 5, minP, seed: 1 }, 1000));
  expect([...kept].sort()).toEqual([...likely].sort());
});

test('a repeat penalty takes the chosen token off the top', () => {
  const drawn = draw({ temperature: 0, repeatPenalty: 2 }, 3);
  expect(drawn[0]).toBe(ranking[0]);
  expect(drawn[1]).not.toBe(ranking[0]);
});

test.each([
  ['temperature', -0.1],
  ['temperature', 5.1],
  ['temperature', NaN],
  ['topK', -1],
  ['topK', 1.5],
  ['topP', 0],
  ['topP', 1.01],
  ['minP', 1.1],
  ['repeatPenalty', 0.5],
  ['seed', -1],
  ['seed', 2 ** 32 - 1],
])('%s %d is refused by name', (setting, value) => {
  expect(() => resolveSampling({ [setting]: value })).toThrow(
    expect.objectContaining({ code: 'wrong-usage', message: expect.stringContaining(setting) as string }),
  );
});

test('a disposed sampler is refused, and disposing twice does no harm', () => {
  const sampler = decoder.createSampler({});
  sampler.dispose();
  sampler.dispose();
  expect(() => decoder.sample(sampler)).toThrow('disposed');
});
