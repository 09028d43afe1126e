import type { ContextGauge, ModelPackage, Settings } from '../../preload/contract/api.ts';

/** Characters a token stands for, about, in the languages of the window; only until the program can count. */
const charactersPerToken = 3;
/** Tokens around a question in a chat template, about. */
const templateTokens = 40;

/**
 * What a conversation that does not exist yet would take of the context; an estimate, and shown as one.
 * @param imageTokens of all pictures of its first question
 */
export function estimateContext(
  imageTokens: number,
  model: ModelPackage,
  settings: Settings,
  draft: string,
): ContextGauge {
  return {
    used: imageTokens + templateTokens,
    draft: Math.ceil(draft.length / charactersPerToken),
    answer: settings.sampling.maxTokens,
    capacity: settings.contextTokens ?? model.contextTrained,
  };
}

/** `full`: the question itself does not fit. `tight`: it does, but an answer of the longest length would not. */
export function judgeContext(gauge: ContextGauge): 'fits' | 'tight' | 'full' {
  const asked = gauge.used + gauge.draft;
  if (asked >= gauge.capacity) return 'full';
  return asked + gauge.answer > gauge.capacity ? 'tight' : 'fits';
}
