/** The figures of a run, by category. */
import { yesOrNo, type MetricName } from './metrics.ts';
import type { Result } from './results-file.ts';
import {
  pairedDifference,
  wilson,
  yesNoFigures,
  type PairedDifference,
  type YesNoFigures,
} from './statistics.ts';

export interface Figures {
  readonly count: number;
  /** Mean score, 0 to 1. */
  readonly score: number;
  /** 95 %, Wilson's. */
  readonly interval: readonly [number, number];
}

export interface BenchReport {
  readonly all: Figures;
  /** In the order in which they first appear. */
  readonly categories: Readonly<Record<string, Figures>>;
  readonly yesNo?: YesNoFigures;
  /** Questions whose photo could not be read; they count as wrong. */
  readonly faults: number;
}

export function reportOf(metric: MetricName, results: readonly Result[]): BenchReport {
  const byCategory = Map.groupBy(results, ({ category }) => category);
  const isYesNo = metric === 'yes-no';
  return {
    all: figuresOf(results),
    categories: Object.fromEntries([...byCategory].map(([name, some]) => [name, figuresOf(some)])),
    ...(isYesNo && {
      yesNo: yesNoFigures(
        results.map(({ answer, isYes }) => ({ said: yesOrNo(answer), isYes: isYes ?? false })),
      ),
    }),
    faults: results.filter(({ fault }) => fault !== undefined).length,
  };
}

function figuresOf(results: readonly Result[]): Figures {
  const count = results.length;
  const score = count === 0 ? 0 : results.reduce((sum, result) => sum + result.score, 0) / count;
  return { count, score, interval: wilson(score, count) };
}

/** The questions that both have answered. */
export function compare(
  first: ReadonlyMap<string, Result>,
  second: ReadonlyMap<string, Result>,
): PairedDifference {
  const shared = [...first.keys()].filter((index) => second.has(index));
  return pairedDifference(
    shared.map((index) => first.get(index)!.score),
    shared.map((index) => second.get(index)!.score),
  );
}
