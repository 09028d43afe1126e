import { basename } from 'node:path';
import { toAppError } from '../../preload/contract/errors.ts';
import type { AppFailure } from '../../preload/contract/api.ts';

/** Anything thrown, as it crosses to the window: files by their names only, no stack. */
export function toFailure(error: unknown): AppFailure {
  const { code, details } = toAppError(error);
  const { file } = details;
  return { code, details: typeof file === 'string' ? { ...details, file: basename(file) } : details };
}
