/**
 * What can go wrong, as one closed union. A code and its details cross process boundaries; the window makes the
 * sentence a person reads from them, in that person's language. `message` is the English line of the terminal: it
 * names the file and the fault. To add a code: a line in `ErrorDetails`, one in `codes`, and its sentence in every
 * language (`renderer/i18n`); the compiler asks for each.
 */

/** A file by its name or path, and what is wrong with it in one English line. */
interface FileFault {
  readonly file: string;
  readonly fault?: string | undefined;
}

/** Why a file is not what a person took it for, where they can do something about it. */
export type FaultReason =
  | 'no-checkpoint'
  | 'no-tower'
  | 'lfs-pointer'
  | 'not-gguf'
  | 'big-endian'
  | 'split-part'
  | 'not-vision-half'
  | 'not-language-half'
  | 'not-a-pair'
  /** No other half of it lies in the folder. */
  | 'no-partner'
  | 'number-format'
  | 'unsupported-model'
  /** NaN or infinity came out of a model. */
  | 'no-numbers';

/** Why a file does not open as a photo: it is none, or a healthy one of a kind that cannot be opened. */
export type UnsupportedPhoto =
  'no-photo' | 'camera-raw' | 'compression' | 'samples' | 'colours' | 'animation';

/** Facts the sentences need, by code: a file name, a size, a limit. Never photo content, questions or answers. */
export interface ErrorDetails {
  cancelled: { readonly reason?: 'network-off' | undefined };
  'wrong-usage': {
    readonly file?: string | undefined;
    readonly reason?: FaultReason | 'precision' | undefined;
    /** Which part of a request is wrong, and why, in English. */
    readonly field?: string | undefined;
    readonly problem?: string | undefined;
    /** A setting that was given a value outside of its range. */
    readonly setting?: string | undefined;
    readonly least?: number | undefined;
    readonly most?: number | undefined;
  };
  'file-missing': { readonly file?: string | undefined };
  'file-unreadable': FileFault;
  /** `name`: which kind of raw file, compression, type of number, ... it is. */
  'photo-unsupported': {
    readonly file: string;
    readonly reason: UnsupportedPhoto;
    readonly name?: string | undefined;
  };
  'photo-damaged': { readonly file: string; readonly format: string; readonly reason: string };
  /** Reading it takes longer than any photo does, or ends the process that reads photos. */
  'photo-undecodable': { readonly file?: string | undefined; readonly reason: 'endless' | 'crash' };
  /** Pixels or bytes, and the limit in the same. */
  'photo-too-large': {
    readonly file: string;
    readonly width?: number | undefined;
    readonly height?: number | undefined;
    readonly bytes?: number | undefined;
    readonly limit: number;
  };
  'photo-changed': FileFault;
  'checkpoint-invalid': Partial<FileFault> & {
    readonly tensor?: string | undefined;
    readonly reason?: FaultReason | undefined;
  };
  /** `none`: there is no package at all. */
  'package-invalid': Partial<FileFault> & { readonly reason?: FaultReason | 'none' | undefined };
  'package-exists': FileFault;
  'catalogue-invalid': FileFault;
  /** Ids and names, separated by commas. */
  'licence-not-accepted': { readonly licences: string; readonly names: string };
  'network-failed': {
    readonly host: string;
    readonly reason: 'connection' | 'stalled' | 'busy' | 'redirects' | 'answer';
    readonly fault: string;
  };
  'hub-refused': {
    readonly host: string;
    readonly status: number;
    readonly reason: 'gated' | 'token' | 'not-found' | 'other';
  };
  'download-damaged': FileFault;
  'source-changed': FileFault;
  'linked-file-changed': FileFault;
  /** Bytes. */
  'disk-full': FileFault & { readonly needed?: number | undefined; readonly free?: number | undefined };
  'not-writable': FileFault;
  /** Pictures of one question, for a model that takes one. */
  'too-many-pictures': { readonly given: number };
  /** The answer is of another package, or of this one at another detail; `package`: the name of the one that wrote it. */
  'written-otherwise': { readonly package: string };
  /** Positions of the context: those that are asked for, and those that are there. */
  'context-overflow': { readonly needed: number; readonly available: number };
  /** Bytes where both are known. */
  'out-of-memory': {
    readonly file?: string | undefined;
    readonly needed?: number | undefined;
    readonly available?: number | undefined;
    readonly contextTokens?: number | undefined;
  };
  /** Releases of llama.cpp: the one found, and the one this program is written for. */
  'runtime-unavailable': { readonly release?: string | undefined; readonly expected?: string | undefined };
  'process-died': {
    readonly process: 'images' | 'inference' | 'models';
    /** `SIGKILL`, `status 7`. */
    readonly status?: string | undefined;
  };
  internal: NoDetails;
  /** Of the window alone: the program does not answer, or no longer to this page. */
  unreachable: NoDetails;
  'not-signed-in': NoDetails;
}

type NoDetails = Readonly<Record<string, never>>;

export type ErrorCode = keyof ErrorDetails;

const codes: Readonly<Record<ErrorCode, true>> = {
  cancelled: true,
  'wrong-usage': true,
  'written-otherwise': true,
  'file-missing': true,
  'file-unreadable': true,
  'photo-unsupported': true,
  'photo-damaged': true,
  'photo-undecodable': true,
  'photo-too-large': true,
  'photo-changed': true,
  'checkpoint-invalid': true,
  'package-invalid': true,
  'package-exists': true,
  'catalogue-invalid': true,
  'licence-not-accepted': true,
  'network-failed': true,
  'hub-refused': true,
  'download-damaged': true,
  'source-changed': true,
  'linked-file-changed': true,
  'disk-full': true,
  'not-writable': true,
  'too-many-pictures': true,
  'context-overflow': true,
  'out-of-memory': true,
  'runtime-unavailable': true,
  'process-died': true,
  internal: true,
  unreachable: true,
  'not-signed-in': true,
};

export const errorCodes = Object.keys(codes) as readonly ErrorCode[];

/** A code with its details, one form for each code. As it crosses to the window, which makes the sentence. */
export type AppFailure = {
  readonly [Code in ErrorCode]: { readonly code: Code; readonly details: ErrorDetails[Code] };
}[ErrorCode];

/** The same failure, of a file by another name: what a person knows it by. */
export function aboutFile({ code, details }: AppFailure, file: string): AppFailure {
  return { code, details: { ...details, file } } as AppFailure;
}

/** A failure out of a file or another process; a code of another version is `internal`. */
export function knownFailure({ code, details }: { code: string; details: object }): AppFailure {
  return Object.hasOwn(codes, code) ? ({ code, details } as AppFailure) : { code: 'internal', details: {} };
}

/** What `AppError` is made from: details may be left out where the code asks for none. */
type AppErrorArguments = {
  [Code in ErrorCode]: NoDetails extends ErrorDetails[Code]
    ? [code: Code, message: string, details?: ErrorDetails[Code], options?: ErrorOptions | undefined]
    : [code: Code, message: string, details: ErrorDetails[Code], options?: ErrorOptions | undefined];
}[ErrorCode];

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails[ErrorCode];

  constructor(...[code, message, details = {}, options]: AppErrorArguments) {
    super(printable(message), options);
    this.code = code;
    this.details = details;
  }

  /** The same failure again, told by another line. */
  static again({ code, details }: AppFailure, message: string, options?: ErrorOptions | undefined): AppError {
    return new AppError(...([code, message, details, options] as AppErrorArguments));
  }

  get failure(): AppFailure {
    return { code: this.code, details: this.details } as AppFailure;
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

/** Lines and columns stay lines and columns; everything else that would steer the terminal is shown as what it is. */
export function printableText(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
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
    case 'EEXIST':
      return new AppError('not-writable', `${where}: there is a file of that name.`, details, {
        cause: error,
      });
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EIO':
    case 'ELOOP':
    case 'ENAMETOOLONG':
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

/** An AppError as it travels between processes. */
export type SentError = AppFailure & { readonly message: string };

export function sendError(error: unknown): SentError {
  const known = toAppError(error);
  return { ...known.failure, message: known.message };
}

export function receiveError(error: SentError): AppError {
  return AppError.again(knownFailure(error), error.message);
}
