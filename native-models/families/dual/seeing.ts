import { baseIsGlobal, globalsThatReachAnswer } from '../../image/dual-crops.ts';
import type { Seeing } from '../seeing.ts';
import { paddedSquare } from '../square.ts';
import type { VisionConfig } from '../tower.ts';

/** INF-LLaVA: the padded square in local and global crops. */
export function dualSeeing({
  vision,
  crops: { n },
}: {
  readonly vision: VisionConfig;
  readonly crops: { readonly n: number };
}): Seeing {
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
