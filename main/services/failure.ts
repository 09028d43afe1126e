import { basename } from 'node:path';
import { aboutFile, toAppError, type AppFailure } from '../../preload/contract/errors.ts';

/** Anything thrown, as it crosses to the window: files by their names only, no stack. */
export function toFailure(error: unknown): AppFailure {
  const { failure } = toAppError(error);
  const { details } = failure;
  return 'file' in details && details.file ? aboutFile(failure, basename(details.file)) : failure;
}
