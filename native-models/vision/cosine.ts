/** How close two sets of features are, token by token. */
export interface Cosine {
  readonly mean: number;
  readonly worst: number;
}

/** Cosines of matching rows of `width` numbers over all pairs of arrays; two zero rows count as equal. */
export function tokenCosine(
  exact: readonly Float32Array[],
  rough: readonly Float32Array[],
  width: number,
): Cosine {
  let sum = 0;
  let worst = 1;
  let tokens = 0;
  for (const [index, features] of exact.entries()) {
    for (let start = 0; start < features.length; start += width, tokens++) {
      const cosine = rowCosine(features, rough[index]!, start, start + width);
      sum += cosine;
      worst = Math.min(worst, cosine);
    }
  }
  return { mean: sum / tokens, worst };
}

function rowCosine(a: Float32Array, b: Float32Array, start: number, end: number): number {
  let product = 0;
  let sizeA = 0;
  let sizeB = 0;
  for (let at = start; at < end; at++) {
    product += a[at]! * b[at]!;
    sizeA += a[at]! ** 2;
    sizeB += b[at]! ** 2;
  }
  if (sizeA === 0 && sizeB === 0) return 1;
  return product / Math.sqrt(sizeA * sizeB);
}
