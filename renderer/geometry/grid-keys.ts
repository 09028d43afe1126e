/**
 * The place that a key leads to from place `at` of a grid of `count` places in rows of `columns`: `at` itself at an edge, and
 * null for a key that moves nothing.
 */
export function gridStep(key: string, at: number, columns: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: count - 1,
  };
  const next = steps[key];
  if (next === undefined) return null;
  return next < 0 || next >= count ? at : next;
}
