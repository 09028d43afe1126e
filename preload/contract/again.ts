/** A question asked again in other ways: with less of its picture, closer, of another model. Kept in memory only. */
import type { Picture } from './chat.ts';
import type { AppFailure } from './errors.ts';
import type { Rect } from './geometry.ts';

/**
 * What is shown to the model of the pictures of a question: all that it sees; the whole without detail (`Family.overview`); all but
 * some parts of a photo, in photo pixels, which are covered with the padding colour; a part in place of them.
 */
export type Way =
  | { readonly kind: 'all' }
  | { readonly kind: 'overview' }
  | { readonly kind: 'covered'; readonly photoId: Picture['photoId']; readonly regions: readonly Rect[] }
  | { readonly kind: 'part'; readonly photoId: Picture['photoId']; readonly region: Rect };

/** In which way and of which package a question is asked again. */
export interface AskedAgain {
  readonly packageId: string;
  readonly way: Way;
}

export interface ComparedAnswer extends AskedAgain {
  readonly packageName: string;
  readonly state: 'waiting' | 'loading' | 'preparing' | 'writing' | 'done' | 'failed' | 'stopped';
  readonly text: string;
  /** Seconds each part took; null until it is over. */
  readonly seconds: {
    readonly load: number | null;
    readonly photo: number | null;
    readonly answer: number | null;
  };
  /** Null until it is over. */
  readonly tokens: { readonly image: number; readonly generated: number } | null;
  readonly error: AppFailure | null;
}

/** The same question in several ways, one after the other. */
export interface Comparison {
  readonly id: string;
  readonly question: string;
  readonly sides: readonly ComparedAnswer[];
}

/** Sides of one comparison; more cannot be seen beside each other. */
export const mostSides = 6;
/** Parts that are covered at once: every tile of any photo. */
export const mostCovered = 200;
