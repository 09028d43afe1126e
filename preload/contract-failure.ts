/** An error as it crosses to the window: `code` is one of native-models/errors.ts, the window makes the sentence. */
export interface AppFailure {
  readonly code: string;
  readonly details: Readonly<Record<string, string | number>>;
}
