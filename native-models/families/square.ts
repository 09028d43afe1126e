import type { OpenedPhoto } from '../image/decode.ts';
import { preprocess, type PreprocessOptions } from '../image/preprocess.ts';
import type { Manifest, ViewsOf } from '../package/manifest.ts';
import type { PreparedPicture, PrepareOptions } from './family.ts';
import type { VisionConfig } from './tower.ts';
import type { ViewPlan } from './view-plan.ts';

/** Pads a photo to the square that the first families see. */
export async function prepareSquare(
  photo: OpenedPhoto,
  { n, tile, mode, padColour }: Pick<PreprocessOptions, 'n' | 'tile' | 'mode' | 'padColour'>,
  { region, allowPartial = false, signal }: PrepareOptions,
  plan: ViewPlan,
): Promise<PreparedPicture> {
  const wanted = { n, tile, mode, padColour, region, allowPartial, signal };
  const { info, picture, timings } = await preprocess(photo, wanted);
  return { info, plan, picture, timings };
}

/** sRGB that a tower sees as nothing: `tuple(int(x * 255) for x in processor.image_mean)`. */
export function meanColour(mean: readonly number[]): [number, number, number] {
  const [red, green, blue] = mean.map((value) => Math.floor(value * 255));
  return [red!, green!, blue!];
}

/** As training saw pictures: the authors pad with the mean colour. */
export function paddedSquare({ mean, std }: Pick<VisionConfig, 'mean' | 'std'>): {
  readonly square: Pick<ViewsOf<'single'>, 'mode' | 'padColour'>;
  readonly normalisation: Manifest['normalisation'];
} {
  return {
    square: { mode: 'trained', padColour: meanColour(mean) },
    normalisation: { mean: [...mean], std: [...std] },
  };
}
