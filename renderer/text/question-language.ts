import type { Language, ModelPackage } from '../../preload/contract/api.ts';

/** What model cards at the hub call a model of many languages, and its tag. */
const ofMany = ['multilingual', 'mul'];

/**
 * The language to suggest questions in: the window's where the model states that it knows it, and English otherwise, also
 * where it states nothing. Without a model it is the window's.
 */
export function questionLanguage(model: Pick<ModelPackage, 'languages'> | null, window: Language): Language {
  if (model === null) return window;
  const known = model.languages.map((tag) => tag.toLowerCase().split('-')[0]!);
  return known.some((tag) => tag === window || ofMany.includes(tag)) ? window : 'en';
}
