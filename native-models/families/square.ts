import type { Photo } from '../image/decode.ts';
import { preprocess, type PreprocessOptions } from '../image/preprocess.ts';
import type { PreparedPicture, PrepareOptions } from './family.ts';
import type { ViewPlan } from './view-plan.ts';

/** Pads a photo to the square that the first families see. */
export async function prepareSquare(
  photo: Photo,
  { n, tile, mode, padColour }: Pick<PreprocessOptions, 'n' | 'tile' | 'mode' | 'padColour'>,
  { region, allowPartial = false, signal }: PrepareOptions,
  plan: ViewPlan,
): Promise<PreparedPicture> {
  const wanted = { n, tile, mode, padColour, region, allowPartial, signal };
  const { info, picture, timings } = await preprocess(photo, wanted);
  return { info, plan, picture, timings };
}
