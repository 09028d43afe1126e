import { AppError, type UnsupportedPhoto } from '../../preload/contract/errors.ts';

/** The format is known, its content is broken or ends early. */
export function photoDamaged(file: string, format: string, reason: string, cause?: unknown): AppError {
  return new AppError(
    'photo-damaged',
    `${file}: the ${format.toUpperCase()} data is damaged or incomplete (${reason}).`,
    { file, format, reason },
    { cause },
  );
}

/** @param fault what the terminal says, without the file's name */
export function photoUnsupported(
  file: string,
  fault: string,
  why: { reason: UnsupportedPhoto; name?: string } = { reason: 'no-photo' },
): AppError {
  return new AppError('photo-unsupported', `${file}: ${fault}.`, { file, ...why });
}
