import { AppError } from '../../preload/contract/errors.ts';

/**
 * Throws `package-invalid` when a number that the model in `file` computed is NaN or infinite: weights that are none spread
 * to all that follows, and no answer can come of it. Takes a millisecond for a million numbers.
 */
export function requireNumbers(computed: Float32Array, file: string): void {
  let zero = 0;
  for (const value of computed) zero += value * 0;
  if (zero === 0) return;
  throw new AppError('package-invalid', `${file}: the model computed no numbers.`, {
    file,
    reason: 'no-numbers',
  });
}
