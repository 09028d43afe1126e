import { expect } from 'vitest';

import { AppError, type ErrorCode } from '../../preload/contract/errors.ts';

/** The AppError that `work` fails with: of this code, in one line that holds all of `words`. */
export async function expectFault(
  work: Promise<unknown>,
  code: ErrorCode,
  ...words: string[]
): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, 'an error').toBeInstanceOf(AppError);
  const { message } = error as AppError;
  expect((error as AppError).code, message).toBe(code);
  expect(message).not.toContain('\n');
  for (const word of words) expect(message).toContain(word);
}
