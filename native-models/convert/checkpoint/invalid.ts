import { AppError } from '../../errors.ts';

/** The error for a checkpoint that cannot be used: one line with the file's base name and what is wrong in it. */
export function invalidCheckpoint(file: string, fault: string, options?: ErrorOptions): AppError {
  return new AppError('checkpoint-invalid', `${file}: ${fault}.`, { file, fault }, options);
}

/** A name or text out of an untrusted file, safe to print in one line. */
export function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(shown);
}
