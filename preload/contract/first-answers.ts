import { mostListed } from './chat.ts';
import type { ApiMethod, Outcome } from './api.ts';

/**
 * What a window asks before anything else. The web host writes the answers into the page that it answers a sign-in with:
 * each would be a request, and the window would be drawn twice.
 */
export const firstCalls: readonly (readonly [method: ApiMethod, input: unknown])[] = [
  ['describeApp', null],
  ['getSettings', null],
  ['getEngineStatus', null],
  ['listPackages', null],
  ['getModelActivity', null],
  ['listSamples', null],
  ['listRecentPhotos', null],
  ['listConversations', { query: '', limit: mostListed }],
  ['listDrafts', null],
];

export interface FirstAnswers {
  /** Id of the latest event before they were asked for: the window listens from there. */
  readonly lastEvent: string;
  /** In the order of `firstCalls`; null for one that was late. */
  readonly outcomes: readonly (Outcome<unknown> | null)[];
}

/** Id of the element, a script of JSON, that holds them. */
export const firstAnswersElement = 'first-answers';

/** Tells one call from another. */
export const callKey = (method: ApiMethod, input: unknown) => `${method} ${JSON.stringify(input ?? null)}`;
