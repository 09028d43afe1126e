import { throwIfCancelled } from '../../preload/contract/errors.ts';
import { familyOf, type Seeing } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';

/** Of all pictures together: enough for the channels' ranges to settle, and a minute's work for a ViT-L tower. */
const maxViews = 12;

/**
 * Views of the sample pictures as the tower gets them, [3, S, S] each, normalised: from every picture the whole of it (a global
 * view, or the only one) and as many details (local views, others from picture to picture) as there is room for. Throws what
 * `Family.prepare` throws, `cancelled`.
 */
export async function readSampleViews(
  samples: readonly string[],
  seeing: Seeing,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const family = familyOf(seeing);
  const details = Math.max(0, Math.floor(maxViews / samples.length) - 1);
  const chosen: Float32Array[] = [];
  for (const [index, path] of samples.entries()) {
    throwIfCancelled(signal);
    const { picture, plan } = await family.prepare(await openPhoto(path));
    const pixels = family.views(picture, plan);
    const take = (view: number) => chosen.push(pixels(view).slice());
    const locals = plan.views.filter(({ kind }) => kind === 'local').length;
    take(locals < plan.views.length ? locals : 0);
    for (let detail = 0; detail < Math.min(details, locals); detail++)
      take((index * details + detail) % locals);
  }
  return chosen;
}
