import { AppError } from '../../preload/contract/errors.ts';

/** The format is known, its content is broken or ends early. */
export function photoDamaged(file: string, format: string, reason: string, cause?: unknown): AppError {
  return new AppError(
    'photo-damaged',
    `${file}: the ${format.toUpperCase()} data is damaged or incomplete (${reason}).`,
    { file, format, reason },
    { cause },
  );
}

export function photoUnsupported(file: string, reason: string): AppError {
  return new AppError('photo-unsupported', `${file}: ${reason}.`, { file, reason });
}
