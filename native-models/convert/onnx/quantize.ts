/**
 * Largest weight, and largest sum of the two weights of one sign in rows 2j and 2j + 1 of a column, in quantised units.
 * ONNX Runtime multiplies unsigned bytes of activations with signed bytes of weights; on x86 processors without VNNI
 * instructions it adds the products of such a pair of rows in 16 bits. 255 * 128 = 32640 cannot overflow there (the sum is
 * one below 128 because rounding may add one), so no machine clips a sum, and a column keeps more
 * than the 7 bits that a limit on single weights would leave it.
 */
const largestWeight = 127;
const largestPair = 127;

/** Rounds each column of `weight` ([inputs, outputs]) to signed bytes with a scale of its own. */
export function quantizeColumns(
  weight: Float32Array,
  inputs: number,
  outputs: number,
): { values: Int8Array; scales: Float32Array } {
  const pairs = pairMaxima(weight, inputs, outputs);
  const scales = columnMaxima(weight, outputs).map(
    (largest, column) => Math.max(largest / largestWeight, pairs[column]! / largestPair) || 1,
  );
  const values = new Int8Array(weight.length);
  for (let row = 0, at = 0; row < inputs; row++) {
    for (let column = 0; column < outputs; column++, at++) {
      values[at] = Math.round(weight[at]! / scales[column]!);
    }
  }
  return { values, scales };
}

/** Per column, the largest sum of magnitudes of rows 2j and 2j + 1 where both have the same sign. */
function pairMaxima(weight: Float32Array, inputs: number, outputs: number): Float32Array {
  const maxima = new Float32Array(outputs);
  for (let row = 0; row + 1 < inputs; row += 2) {
    for (let column = 0; column < outputs; column++) {
      const first = weight[row * outputs + column]!;
      const second = weight[(row + 1) * outputs + column]!;
      if (first * second > 0) {
        maxima[column] = Math.max(maxima[column]!, Math.abs(first + second));
      }
    }
  }
  return maxima;
}

/** The largest magnitude in every column of a row-major matrix of `columns` columns. */
export function columnMaxima(matrix: Float32Array, columns: number): Float32Array {
  const maxima = new Float32Array(columns);
  for (let at = 0, column = 0; at < matrix.length; at++) {
    const magnitude = Math.abs(matrix[at]!);
    if (magnitude > maxima[column]!) maxima[column] = magnitude;
    if (++column === columns) column = 0;
  }
  return maxima;
}
