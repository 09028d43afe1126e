import type { Views } from '../package/manifest.ts';
import { Dual } from './dual/dual.ts';
import type { Family } from './family.ts';
import { Idefics3 } from './idefics3/idefics3.ts';
import { InternVl } from './internvl/internvl.ts';
import { denormalise, type RgbImage } from '../image/pixels.ts';
import type { Seeing } from './seeing.ts';
import type { PreparedPicture } from './family.ts';
import { Single } from './single/single.ts';

export type { Family, PlanOptions, PreparedPicture, PrepareOptions } from './family.ts';
export type { Seeing } from './seeing.ts';
export * from './view-plan.ts';

/** The family of a package, with its numbers. The only place that asks which one it is. */
export function familyOf(seeing: Seeing): Family {
  return makers[seeing.views.family](seeing as never);
}

const makers: { readonly [F in Views['family']]: (seeing: Seeing<Extract<Views, { family: F }>>) => Family } =
  {
    dual: (seeing) => new Dual(seeing),
    single: (seeing) => new Single(seeing),
    idefics3: (seeing) => new Idefics3(seeing),
    internvl: (seeing) => new InternVl(seeing),
  };

/** View `index` of a prepared picture exactly as the tower gets it, for showing. */
export function shownView(
  seeing: Seeing,
  { picture, plan }: Pick<PreparedPicture, 'picture' | 'plan'>,
  index: number,
): RgbImage {
  const { side } = plan.views[index]!;
  return denormalise(familyOf(seeing).views(picture, plan)(index), side, side, seeing.normalisation);
}
