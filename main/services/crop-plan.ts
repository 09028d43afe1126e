import { familyOf } from '../../native-models/families/index.ts';
import type { Seeing } from '../../native-models/families/index.ts';
import { globalPhase } from '../../native-models/image/dual-crops.ts';
import { wholePhoto } from '../../native-models/image/geometry.ts';
import type { CropPlan, Photo } from '../../preload/contract/api.ts';
import { cropsASide, publishedSeeing } from './preparation/view.ts';

/** How a model that is not there yet would see a photo: the dimensions of the published one. */
const published = publishedSeeing(3, 336);

/** Where every crop lies on a photo, in photo pixels (DCM of the paper); without a package as the published model cuts. */
export function cropPlan(
  photo: Pick<Photo, 'id' | 'width' | 'height'>,
  seeing: Seeing = published,
): CropPlan {
  const family = familyOf(seeing);
  const { views, tokenGrids, rows } = family.plan(wholePhoto(photo));
  const { tile } = seeing.views;
  const n = cropsASide(seeing);
  const square = views.at(-1)!.region;
  // Only the crops of a square lie as the viewer draws them.
  const all = 'n' in seeing.views ? family.plan(wholePhoto(photo), { allViews: true }).views : [];
  const reaches = (kind: string, index: number) =>
    views.some((view) => view.kind === kind && view.index === index);
  const base = 'n' in seeing.views ? seeing.views.baseIsGlobal : null;
  return {
    photoId: photo.id,
    n,
    tile,
    square,
    locals: all
      .filter(({ kind }) => kind === 'local')
      .map(({ index, region }) => ({ index, place: region, reachesAnswer: true })),
    globals: all
      .filter(({ kind }) => kind === 'global')
      .map(({ index }) => ({
        index,
        ...globalPhase(index, n),
        reachesAnswer: reaches('global', index),
        isBase: index === base,
      })),
    scale: (n * tile) / square.width,
    tokens: rows,
    grid: tokenGrids.at(-1)!.columns,
    passes: views.length,
  };
}
