import type { Language, ModelPackage } from '../../preload/contract/api.ts';

/** The language to suggest questions in: the window's, or English where the model states others than that. */
export function questionLanguage(model: Pick<ModelPackage, 'languages'> | null, window: Language): Language {
  const stated = model?.languages ?? [];
  const isStated = stated.some((tag) => tag.toLowerCase().split('-')[0] === window);
  return stated.length === 0 || isStated ? window : 'en';
}
