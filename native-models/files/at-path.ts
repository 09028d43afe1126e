import { AppError } from '../../preload/contract/errors.ts';

/** An error of the file system that does not say which file it is about (writing through a handle) made to say so. */
export function atPath(error: unknown, path: string): unknown {
  const silent =
    error instanceof Error && !(error instanceof AppError) && 'errno' in error && !('path' in error);
  return silent ? Object.assign(error, { path }) : error;
}
