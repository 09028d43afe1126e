/** Conversations: messages and the pictures they bring in, what answers were made from, drafts, the context. */

import type { AppFailure } from './errors.ts';
import type { Rect } from './geometry.ts';
import type { InstallId } from './models.ts';
import type { Photo, PhotoId } from './photos.ts';

/** A photo, or a part of one in photo pixels, that is shown to the model. */
export interface Picture {
  readonly photoId: PhotoId;
  readonly region: Rect | null;
}

/** Conversations in a list: a screenful many times over; older ones are found by searching. */
export const mostListed = 500;

export type ConversationId = string;
export type MessageId = string;

export interface ConversationSummary {
  readonly id: ConversationId;
  readonly title: string;
  readonly photoIds: readonly PhotoId[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly messageCount: number;
  /** A private conversation is never written to disk and ends with the program. */
  readonly isPrivate: boolean;
  /** Where a search matched, as pieces of text; matched pieces are marked. */
  readonly snippet: readonly { readonly text: string; readonly matched: boolean }[] | null;
}

export interface Conversation extends ConversationSummary {
  readonly photos: readonly Photo[];
  readonly messages: readonly Message[];
}

/** `waiting`: sent while the photo is still being prepared, another answer is written, or a model is being installed. */
export type MessageState = 'waiting' | 'writing' | 'done' | 'interrupted' | 'failed';

export interface Message {
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly role: 'user' | 'assistant';
  /** Markdown; of an assistant possibly still growing. */
  readonly text: string;
  readonly state: MessageState;
  readonly createdAt: number;
  /** What was brought in with this message, in order. */
  readonly pictures: readonly Picture[];
  readonly provenance: Provenance | null;
  readonly error: AppFailure | null;
  /** Of an answer that waits for a model: the install that brings it. */
  readonly waitsFor: InstallId | null;
}

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repeatPenalty: number;
  readonly maxTokens: number;
  /** Null draws a new one for every answer. */
  readonly seed: number | null;
}

/** What an answer was made from, so that it can be made again. */
export interface Provenance {
  /** SHA-256 of the photo of each picture that was last brought in, in order. */
  readonly photos: readonly string[];
  /** Which part of each photo that was; left out where all were whole. */
  readonly regions?: readonly (Rect | null)[] | undefined;
  readonly packageName: string;
  readonly packageSha256: string;
  readonly n: number;
  readonly cropsEncoded: number;
  /** Where a person chose less detail than the model's own: at most so many local views. */
  readonly mostTiles?: number | undefined;
  readonly sampling: Sampling;
  readonly systemPrompt: string;
  readonly tokens: { readonly text: number; readonly image: number; readonly generated: number };
  readonly milliseconds: { readonly prefill: number; readonly generate: number };
  /** Share of the processor, 0 to 1, that other programs took meanwhile, where that is known and mattered. */
  readonly othersShare?: number | undefined;
  readonly device: string;
  /** `unknown-picture`: the model says that it does not know pictures of this kind. */
  readonly finish: 'stop' | 'unknown-picture' | 'length' | 'cancelled' | 'context';
}

/** What a person has typed or attached and not sent. */
export interface Draft {
  /** The conversation it belongs to, the question that is edited, or the photo of a conversation that does not exist yet. */
  readonly id: ConversationId | MessageId | PhotoId;
  readonly text: string;
  /** What is to go with the next question. */
  readonly pictures: readonly Picture[];
}

/** Pictures of one question; more fit no context. */
export const mostPictures = 16;

/** Most characters of what a person writes; more is refused. */
export const textLimits = {
  /** Longer than any question that fits a context; short enough to never matter. */
  question: 100_000,
  /** What is too long to be sent is kept all the same. */
  draft: 1_000_000,
  systemPrompt: 100_000,
  /** Far more than a model may write. */
  answer: 1_000_000,
  title: 200,
  search: 1000,
} as const;

export interface ContextGauge {
  /** Tokens already in the conversation, the draft's own, what an answer may take, and what the context holds. */
  readonly used: number;
  readonly draft: number;
  readonly answer: number;
  readonly capacity: number;
}
