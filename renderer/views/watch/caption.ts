import type { CropPlan } from '../../../preload/contract/api.ts';
import { lossOf } from '../../geometry/crops.ts';
import type { WatchStep } from '../../geometry/watch.ts';
import type { Dictionary } from '../../i18n/dictionary.ts';
import { detailIn, inOrder } from '../perspectives/sentences.ts';

/** What happens to the photo in a step, in one sentence that is true of this model and this photo. */
export function captionOf({ watch, sees }: Dictionary['viewer'], step: WatchStep, plan: CropPlan): string {
  const { region, size, lattice, locals } = plan;
  if (step === 'pad') return Math.abs(region.width - region.height) < 1 ? watch.pad : watch.padTiles;
  if (step === 'reduce') {
    const { factor } = lossOf(plan, size);
    return watch.reduce(size.width, size.height, factor);
  }
  if (step === 'part') return watch.part(locals.length);
  if (step === 'gather')
    return lattice === null ? watch.small(detailIn(sees, plan, 'global')) : watch.gather(lattice);
  if (locals.length < 2) return watch.joinWhole;
  return inOrder(plan, watch.joinTogether, watch.joinInTurn);
}
