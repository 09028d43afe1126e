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

/** As training saw pictures. The authors pad with the mean colour: `tuple(int(x * 255) for x in processor.image_mean)`. */
export function paddedSquare({ mean, std }: Pick<VisionConfig, 'mean' | 'std'>): {
  readonly square: Pick<ViewsOf<'single'>, 'mode' | 'padColour'>;
  readonly normalisation: Manifest['normalisation'];
} {
  const [red, green, blue] = mean.map((value) => Math.floor(value * 255));
  return {
    square: { mode: 'trained', padColour: [red!, green!, blue!] },
    normalisation: { mean: [...mean], std: [...std] },
  };
}
