/**
 * What can go wrong, as one closed union. A code and its details cross process boundaries; the window makes the
 * sentence a person reads from them, in that person's language. `message` is the English line of the terminal: it
 * names the file and the fault.
 */
export const errorCodes = [
  'cancelled',
  'wrong-usage',
  'file-missing',
  'file-unreadable',
  'photo-unsupported',
  'photo-damaged',
  'photo-too-large',
  'photo-changed',
  'checkpoint-invalid',
  'package-invalid',
  'package-exists',
  'catalogue-invalid',
  'licence-not-accepted',
  'network-failed',
  'hub-refused',
  'download-damaged',
  'source-changed',
  'linked-file-changed',
  'disk-full',
  'not-writable',
  'context-overflow',
  'out-of-memory',
  'runtime-unavailable',
  'process-died',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Facts the sentence needs: a file name, a size, a limit. Never photo content, questions or answers. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(printable(message), options);
    this.code = code;
    this.details = details;
  }
}

/** One line, in which nothing out of a file steers the terminal or turns the text around. */
export function printable(message: string): string {
  return message.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Throws `cancelled` once `signal` is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('cancelled', 'Cancelled.');
}

/** What Node's file system throws. */
interface SystemError {
  readonly code?: string;
  readonly path?: string;
  readonly message?: string;
}

/** The AppError behind anything thrown: file-system codes become ours, the unknown becomes `internal`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, path, message } = (error ?? {}) as SystemError;
  const where = path ?? 'a file';
  const details = { file: where };
  switch (code) {
    case 'ABORT_ERR':
      return new AppError('cancelled', 'Cancelled.');
    case 'ENOENT':
      return new AppError('file-missing', `${where}: no such file or folder.`, details, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('not-writable', `${where}: no permission.`, details, { cause: error });
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EIO':
      return new AppError('file-unreadable', `${where}: cannot be read (${code}).`, details, {
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG': // The disk may have room, but its format (FAT) or a limit allows no file so large.
      return new AppError('disk-full', `${where}: the disk is full.`, details, { cause: error });
    default:
      return new AppError('internal', message ?? String(error), {}, { cause: error });
  }
}

/** An AppError as it travels. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export function sendError(error: unknown): SentError {
  const { code, message, details } = toAppError(error);
  return { code, message, details };
}

export function receiveError({ code, message, details }: SentError): AppError {
  return new AppError(errorCodes.includes(code) ? code : 'internal', message, details);
}

/** An error as it crosses to the window, which makes the sentence. `code` is an `ErrorCode`, or one of the window's own. */
export interface AppFailure {
  readonly code: string;
  readonly details: ErrorDetails;
}
