import { baseIsGlobal, globalsThatReachAnswer, type CropGrid } from '../../image/dual-crops.ts';
import type { ViewsOf } from '../../package/manifest.ts';
import type { Seeing } from '../seeing.ts';
import { paddedSquare } from '../square.ts';
import { clipNormalisation } from '../tower.ts';

/** The released model's: docs/inference.md, Preprocessing and DCM. */
export const publishedGrid = { n: 3, tile: 336 } as const;

/** How the released model sees, where no package says it; with other numbers of crops a side, or another side of them. */
export function publishedSeeing({ n, tile }: CropGrid = publishedGrid): Seeing<ViewsOf<'dual'>> {
  const { square, normalisation } = paddedSquare(clipNormalisation);
  const encoded = { globalsEncoded: globalsThatReachAnswer(n), baseIsGlobal: baseIsGlobal(n) };
  return { views: { family: 'dual', ...square, n, tile, ...encoded }, normalisation, vision: { patch: 14 } };
}
