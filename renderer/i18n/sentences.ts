import type { AppFailure, ErrorCode, ErrorDetails } from '../../preload/contract/errors.ts';
import type { Format } from './format.ts';

export interface ErrorSentence<Code extends ErrorCode> {
  /** What happened. */
  readonly title: (details: ErrorDetails[Code], format: Format) => string;
  /** What the person can do. */
  readonly advice: string | ((details: ErrorDetails[Code]) => string);
}

export type ErrorSentences = { readonly [Code in ErrorCode]: ErrorSentence<Code> };

/** What a person reads about a failure. `technical` is the program's own English line, if it gave one. */
export interface FailureText {
  readonly title: string;
  readonly advice: string;
  readonly technical: string | null;
}

export function describeFailure(failure: AppFailure, sentences: ErrorSentences, format: Format): FailureText {
  // A stored failure may have a code of another version.
  const code = Object.hasOwn(sentences, failure.code) ? failure.code : 'internal';
  const sentence = sentences[code] as ErrorSentence<ErrorCode>;
  const fault = 'fault' in failure.details ? failure.details.fault : null;
  return {
    title: sentence.title(failure.details, format),
    advice: typeof sentence.advice === 'string' ? sentence.advice : sentence.advice(failure.details),
    technical: typeof fault === 'string' ? fault : null,
  };
}

/** What a file is that does not open, `name` being the kind of it; by the reason of the failure. */
export type FileTitles = Readonly<Record<string, ((file: string, name: string) => string) | undefined>>;

/** What is wrong with a file that a person chose, by the `reason` of the failure: two codes share these. */
export type FileSentences = Readonly<
  Record<string, { readonly title: (file: string) => string; readonly advice: string }>
>;

export function fileSentence(
  details: { readonly reason?: string | undefined },
  sentences: FileSentences,
): FileSentences[string] | null {
  const reason = String(details.reason);
  return Object.hasOwn(sentences, reason) ? sentences[reason]! : null;
}

/** The file a failure is about, without its folders: names are for people, paths are not the window's business. */
export function baseName(details: { readonly file?: string | undefined }): string | null {
  const { file } = details;
  if (typeof file !== 'string') return null;
  return file.split(/[\\/]/).at(-1) || null;
}
