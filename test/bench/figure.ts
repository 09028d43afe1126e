/** One measured number of the bench, and what it has to be. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** 'x' is a ratio of two times taken in the same run. */
  readonly unit: 'x' | 's' | 'ms' | 'tokens/s' | 'MB' | 'cosine' | 'difference' | 'count' | '%';
  /** Absent for a figure that only explains another. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

export function isMet(figure: Figure): boolean {
  if (figure.target === undefined) return true;
  return 'atLeast' in figure.target
    ? figure.value >= figure.target.atLeast
    : figure.value <= figure.target.atMost;
}

/** The middle of an odd number of runs, the lower middle of an even one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
