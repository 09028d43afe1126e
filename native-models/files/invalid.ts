import type { AppError } from '../../preload/contract/errors.ts';
import { fileFault, type FaultOptions } from './byte-file.ts';

/** The error for a checkpoint that cannot be used: one line with the file's base name and what is wrong in it. */
export function invalidCheckpoint(file: string, fault: string, options?: FaultOptions): AppError {
  return fileFault('checkpoint-invalid', file, fault, options);
}

/** A name or text out of an untrusted file, safe to print in one line. */
export function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(shown);
}
