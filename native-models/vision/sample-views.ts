import { throwIfCancelled } from '../../preload/contract/errors.ts';
import { familyOf, type Seeing } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';

/**
 * Of all pictures together. On the bundled tower one of them was as good as twelve (cosine on other pictures 0.9994 to 0.9995 for 1,
 * 2, 4 and 8); each costs a ViT-L five seconds of two cores, in float32 and in int8.
 */
const maxViews = 4;

/**
 * Views of the first sample pictures as the tower gets them, [3, S, S] each, normalised: the whole (a global view, or the only one)
 * of one picture and a detail (a local view) of the next in turn, or of every one where there are few. Throws what `Family.prepare`
 * throws, `cancelled`.
 */
export async function readSampleViews(
  samples: readonly string[],
  seeing: Seeing,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const family = familyOf(seeing);
  const each = Math.max(1, Math.floor(maxViews / samples.length));
  const chosen: Float32Array[] = [];
  for (const path of samples.slice(0, maxViews)) {
    throwIfCancelled(signal);
    const { picture, plan } = await family.prepare(await openPhoto(path));
    const pixels = family.views(picture, plan);
    const locals = plan.views.filter(({ kind }) => kind === 'local').length;
    const whole = locals < plan.views.length ? locals : 0;
    for (let view = 0; view < Math.min(each, plan.views.length); view++) {
      const at = chosen.length;
      chosen.push(pixels(locals > 0 && at % 2 === 1 ? at % locals : whole).slice());
    }
  }
  return chosen;
}
