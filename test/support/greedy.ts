import type { Sampling } from '../../preload/contract/api.ts';

/** The likeliest token each time, at most so many. */
export const greedy = (maxTokens: number): Sampling => ({
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: 1 },
  maxTokens,
});
