import type { AppFailure, ErrorCode } from '../../preload/contract/errors.ts';
import type { windowErrorCodes } from '../api/failure.ts';
import type { Format } from './format.ts';

type Details = AppFailure['details'];

export interface ErrorSentence {
  /** What happened. */
  readonly title: (details: Details, format: Format) => string;
  /** What the person can do. */
  readonly advice: string | ((details: Details) => string);
}

export type ErrorSentences = Readonly<Record<ErrorCode | (typeof windowErrorCodes)[number], ErrorSentence>>;

/** What a person reads about a failure. `technical` is the program's own English line, if it gave one. */
export interface FailureText {
  readonly title: string;
  readonly advice: string;
  readonly technical: string | null;
}

export function describeFailure(failure: AppFailure, sentences: ErrorSentences, format: Format): FailureText {
  const known = Object.hasOwn(sentences, failure.code);
  const sentence = sentences[known ? (failure.code as keyof ErrorSentences) : 'internal'];
  const fault = failure.details['fault'];
  return {
    title: sentence.title(failure.details, format),
    advice: typeof sentence.advice === 'string' ? sentence.advice : sentence.advice(failure.details),
    technical: typeof fault === 'string' ? fault : null,
  };
}

/** What is wrong with a file that a person chose, by the `reason` of the failure: two codes share these. */
export type FileSentences = Readonly<
  Record<string, { readonly title: (file: string) => string; readonly advice: string }>
>;

export function fileSentence(details: Details, sentences: FileSentences): FileSentences[string] | null {
  const reason = String(details['reason']);
  return Object.hasOwn(sentences, reason) ? sentences[reason]! : null;
}

/** The file a failure is about, without its folders: names are for people, paths are not the window's business. */
export function baseName(details: Details): string | null {
  const file = details['file'];
  if (typeof file !== 'string') return null;
  return file.split(/[\\/]/).at(-1) || null;
}
