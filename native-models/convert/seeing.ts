import type { ViewsOf } from '../package/manifest.ts';
import type { Manifest } from '../package/manifest.ts';
import { baseIsGlobal, globalsThatReachAnswer } from '../image/dual-crops.ts';
import type { Seeing } from '../families/index.ts';
import type { ModelConfig, VisionConfig } from './checkpoint/model-config.ts';

/** INF-LLaVA: the padded square in local and global crops. */
export function dualSeeing({ vision, crops: { n } }: Pick<ModelConfig, 'vision' | 'crops'>): Seeing {
  const { square, normalisation } = paddedSquare(vision);
  return {
    views: {
      family: 'dual',
      ...square,
      n,
      tile: vision.imageSize,
      globalsEncoded: globalsThatReachAnswer(n),
      baseIsGlobal: baseIsGlobal(n),
    },
    normalisation,
    vision: { patch: vision.patchSize },
  };
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
