import { familyOf, type Seeing } from '../../families/index.ts';
import { hiddenTokens, type VisionConfig } from '../../families/tower.ts';
import type { CatalogueEntry } from './entry.ts';

type TowerSize = Pick<VisionConfig, 'hiddenSize' | 'layersRun' | 'imageSize' | 'patchSize' | 'form'>;

/** As a phone takes it. */
const usualPhoto = { x: 0, y: 0, width: 4032, height: 3024 } as const;

/**
 * Operations that one photo of 4:3 takes before the answer begins, two for a multiply-add: every view through the tower with
 * its products and its attention (4 T^2 D a layer), and all rows of embeddings through the layers of the language model.
 */
export function photoCost(
  { vision, seeing }: { readonly vision: TowerSize; readonly seeing: Seeing },
  visionParameters: number,
  languageParameters: number,
): NonNullable<NonNullable<CatalogueEntry['size']>['photo']> {
  const { views, rows } = familyOf(seeing).plan(usualPhoto);
  const tokens = hiddenTokens(vision);
  const attention = 4 * tokens ** 2 * vision.hiddenSize * vision.layersRun;
  return {
    vision: views.length * (2 * visionParameters * tokens + attention),
    prompt: 2 * languageParameters * rows,
  };
}
