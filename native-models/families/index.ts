import { AppError } from '../../preload/contract/errors.ts';
import type { Views } from '../package/manifest.ts';
import { Dual } from './dual/dual.ts';
import type { Family } from './family.ts';
import { Idefics3 } from './idefics3/idefics3.ts';
import { InternVl } from './internvl/internvl.ts';
import { denormalise, type RgbImage } from '../image/pixels.ts';
import type { Seeing } from './seeing.ts';
import type { PreparedPicture } from './family.ts';
import type { PicturePiece } from './picture-piece.ts';
import { Next } from './next/next.ts';
import { Single } from './single/single.ts';

export type { Family, PlanOptions, PreparedPicture, PrepareOptions } from './family.ts';
export type { Seeing } from './seeing.ts';
export * from './view-plan.ts';

/** The family of a package, with its numbers. Outside of `package` the only place that asks which one it is. */
export function familyOf(seeing: Seeing): Family {
  return makers[seeing.views.family](seeing as never);
}

/**
 * The pictures of one question as they stand in its prompt.
 * @throws AppError too-many-pictures
 */
export function inOneQuestion<P extends { readonly pieces: readonly PicturePiece[] }>(
  family: Family,
  pictures: readonly P[],
): readonly P[] {
  requirePictures(family, pictures.length);
  const { amongSeveral } = family;
  if (pictures.length < 2 || !amongSeveral) return pictures;
  return pictures.map((picture, index) => {
    const text = amongSeveral(index);
    return text === '' ? picture : { ...picture, pieces: [{ text }, ...picture.pieces] };
  });
}

/** @throws AppError too-many-pictures when the family takes only one in a question */
export function requirePictures({ amongSeveral }: Family, given: number): void {
  if (given < 2 || amongSeveral) return;
  const message = `The model takes one picture in a question, not ${given}.`;
  throw new AppError('too-many-pictures', message, { given });
}

const makers: { readonly [F in Views['family']]: (seeing: Seeing<Extract<Views, { family: F }>>) => Family } =
  {
    dual: (seeing) => new Dual(seeing),
    single: (seeing) => new Single(seeing),
    idefics3: (seeing) => new Idefics3(seeing),
    internvl: (seeing) => new InternVl(seeing),
    next: (seeing) => new Next(seeing),
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
