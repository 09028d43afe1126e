/** What figures of a sample say of all questions like them. */
import { randomSource } from './random-source.ts';

/** The standard normal's 97.5 % point. */
const z = 1.959963984540054;

/**
 * Wilson's 95 % interval of a proportion (Wilson 1927). Of scores between 0 and 1 it is a wide one: none of that mean varies more
 * than a proportion does.
 */
export function wilson(mean: number, count: number): [low: number, high: number] {
  if (count === 0) return [0, 1];
  const shrink = 1 + z ** 2 / count;
  const centre = (mean + z ** 2 / (2 * count)) / shrink;
  const half = (z / shrink) * Math.sqrt((mean * (1 - mean)) / count + z ** 2 / (4 * count ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

export interface YesNoFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Share of the answers that say yes. */
  readonly yes: number;
}

/** @param answers what was said, and what is so; null is an answer that is neither */
export function yesNoFigures(
  answers: readonly { readonly said: 'yes' | 'no' | null; readonly isYes: boolean }[],
): YesNoFigures {
  const count = (said: boolean, isYes: boolean) =>
    answers.filter((one) => (one.said === 'yes') === said && one.isYes === isYes).length;
  const right = count(true, true);
  const said = right + count(true, false);
  const is = right + count(false, true);
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const precision = share(right, said);
  const recall = share(right, is);
  return {
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall),
    yes: share(said, answers.length),
  };
}

export interface PairedDifference {
  readonly count: number;
  /** Mean of the second minus the first. */
  readonly difference: number;
  /** 95 % interval: the percentiles of 10,000 resamples of the questions, the same on every machine. */
  readonly interval: readonly [number, number];
  /** Questions that only the first, and that only the second answers better. */
  readonly better: readonly [first: number, second: number];
  /** McNemar's exact test: how likely so uneven a split is where neither is better. */
  readonly p: number;
}

const resamples = 10_000;

/** The same questions, answered by two. */
export function pairedDifference(first: readonly number[], second: readonly number[]): PairedDifference {
  const differences = first.map((score, at) => second[at]! - score);
  const count = differences.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / count;
  const next = randomSource(1);
  const means = Float64Array.from({ length: count === 0 ? 0 : resamples }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += differences[Math.floor(next() * count)]!;
    return sum / count;
  }).sort();
  const at = (share: number) => means[Math.min(resamples - 1, Math.floor(share * resamples))] ?? 0;
  const better = [
    differences.filter((value) => value < 0).length,
    differences.filter((value) => value > 0).length,
  ] as const;
  return {
    count,
    difference: count === 0 ? 0 : mean(differences),
    interval: [at(0.025), at(0.975)],
    better,
    p: mcnemar(...better),
  };
}

/** Two-sided exact binomial test of `one` against `other` at one half. */
export function mcnemar(one: number, other: number): number {
  const count = one + other;
  const fewer = Math.min(one, other);
  // In logarithms: factorials of thousands have no numbers.
  let logarithm = -count * Math.LN2;
  let sum = Math.exp(logarithm);
  for (let k = 1; k <= fewer; k++) {
    logarithm += Math.log((count - k + 1) / k);
    sum += Math.exp(logarithm);
  }
  return Math.min(1, 2 * sum);
}
