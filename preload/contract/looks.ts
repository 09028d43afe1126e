/** What is known of an answer only afterwards: where the model looked, and what it would have said without a part of the photo. */

import type { MessageId, Picture } from './chat.ts';
import type { Rect } from './geometry.ts';

/** Rows of a map that lie as a grid over a part of the photo, line by line. */
export interface LookGrid {
  /** What it was made of; null where each place is made of several views. */
  readonly kind: 'local' | 'global' | 'base' | null;
  /** Number of the view among those of its kind. */
  readonly index: number;
  /** In photo pixels; it may reach beyond the photo. */
  readonly region: Rect;
  readonly columns: number;
  readonly rows: number;
  /** Where in a map its top left corner is, and how far it is from one line to the next. */
  readonly first: number;
  readonly stride: number;
}

/** A picture that was in front of the model. */
export interface LookedAt extends Picture {
  readonly grids: readonly LookGrid[];
}

/** An attention head: both numbers count from 0. */
export interface LookHead {
  readonly layer: number;
  readonly head: number;
}

/** Maps over some pictures, one for each token. */
export interface LookMaps {
  readonly pictures: readonly LookedAt[];
  /** Numbers of one token's map. */
  readonly size: number;
  /** Base64 of a byte for every number of every map, [tokens, size]; 255 stands for the token's number in `peaks`. */
  readonly maps: string;
  readonly peaks: readonly number[];
}

export interface Look extends LookMaps {
  readonly messageId: MessageId;
  readonly packageName: string;
  /** Of what the package computes: names its weights. */
  readonly packageSha256: string;
  /** What the model wrote, token by token; some complete no character. */
  readonly tokens: readonly string[];
  /** Attention heads that the maps are made of, and how many the model has. */
  readonly heads: readonly LookHead[];
  readonly allHeads: number;
  /**
   * How well these heads find a thing that is known: the share of their map that lies on it in drawn scenes, and the share by
   * chance; null where that could not be found out, and all heads are taken.
   */
  readonly trust: { readonly near: number; readonly uniform: number } | null;
}

/**
 * The same maps one level deeper: over the tokens of the views that each row was made of. Every row was made of local and of global
 * views: both kinds have all of a map.
 */
export interface LookInViews extends LookMaps {
  readonly messageId: MessageId;
}

/** What the same answer is worth once a part of the photo is covered. */
export interface CoverTest {
  readonly messageId: MessageId;
  readonly photoId: Picture['photoId'];
  readonly region: Rect;
  readonly tokens: readonly string[];
  /** Natural logarithm of how many times less likely each token became; negative where it became more likely. */
  readonly drops: readonly number[];
}

/** `calibrate`: which heads tell where this model looks is found out, once; `views`: of `lookInViews`; the others: the work itself. */
export type LookStage = 'calibrate' | 'look' | 'views' | 'encode' | 'score';

export interface LookProgress {
  readonly messageId: MessageId;
  readonly stage: LookStage;
  /** 0..1; null where it cannot be said. */
  readonly fraction: number | null;
}

/** Tokens `from` to `to` - 1. */
export interface TokenRange {
  readonly from: number;
  readonly to: number;
}

export interface LookWord extends TokenRange {
  readonly text: string;
}

/** What the model wrote, word by word, the space in front of a word belonging to it. */
export function wordsOf(tokens: readonly string[]): readonly LookWord[] {
  const words: LookWord[] = [];
  for (const [at, text] of tokens.entries()) {
    const last = words.at(-1);
    if (last && !/^\s/.test(text))
      words[words.length - 1] = { from: last.from, to: at + 1, text: last.text + text };
    else words.push({ from: at, to: at + 1, text });
  }
  return words;
}
