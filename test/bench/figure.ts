/** One measured number of the bench, and what it has to be. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** 'x' is a ratio of two times taken in the same run. */
  readonly unit: 'x' | 's' | 'ms' | 'tokens/s' | 'MB' | 'cosine' | 'difference' | 'count' | '%';
  /** Of a value that was taken several times: half the distance between its quartiles, as a share of it. */
  readonly spread?: number;
  /** Absent for a figure that only explains another. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

/** A figure that swings more says little. */
export const steadySpread = 0.05;

export function isMet(figure: Figure): boolean {
  if (figure.target === undefined) return true;
  return 'atLeast' in figure.target
    ? figure.value >= figure.target.atLeast
    : figure.value <= figure.target.atMost;
}

/** The middle of an odd number of runs, the lower middle of an even one. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function spreadOf(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);
}

/** Between two values in proportion, but for the middle, which is one of them. */
function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return at === 0.5 ? low : low + (high - low) * (place % 1);
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Two kinds of work in short turns, until their ratio is steady or `most` rounds are over. Of each round one ratio is taken: what else
 * the machine does meets both.
 * @param one gives its number (milliseconds, tokens a second) of one turn
 */
export async function inTurns(
  one: () => Promise<number>,
  other: () => Promise<number>,
  { least = 5, most = 15 } = {},
): Promise<{ one: number; other: number; ratio: number; spread: number }> {
  const taken: [number, number][] = [];
  const ratios = () => taken.map(([a, b]) => a / b);
  while (taken.length < least || (taken.length < most && spreadOf(ratios()) > steadySpread))
    // Whoever comes second finds warm caches: they take turns in that, too.
    taken.push(taken.length % 2 === 0 ? [await one(), await other()] : await reversed(one, other));
  return {
    one: median(taken.map(([a]) => a)),
    other: median(taken.map(([, b]) => b)),
    ratio: median(ratios()),
    spread: spreadOf(ratios()),
  };
}

async function reversed(one: () => Promise<number>, other: () => Promise<number>): Promise<[number, number]> {
  const second = await other();
  return [await one(), second];
}
