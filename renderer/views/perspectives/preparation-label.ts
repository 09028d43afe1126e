import type { CropPlan, Preparation } from '../../../preload/contract/api.ts';
import type { Dictionary } from '../../i18n/dictionary.ts';

/** Where a photo is on its way into the model, in a few words. */
export function labelOf(
  words: Dictionary['viewer']['preparation'],
  { stage, encoded, fromCache }: Preparation,
  plan: CropPlan | null,
): string {
  const passes = plan?.passes ?? 0;
  if (stage === 'encode') return passes === 1 ? words.encodeWhole : words.encode(encoded.length, passes);
  if (stage === 'enhance' && plan?.lattice == null) return words.project;
  if (stage === 'ready') return fromCache ? words.readyFromCache : words.ready;
  return words[stage];
}
