import { familyOf, requirePictures } from '../../../native-models/families/index.ts';
import type { Seeing, ViewPlan } from '../../../native-models/families/index.ts';
import type { Point, Size } from '../../../preload/contract/geometry.ts';
import { mostPictures } from '../../../preload/contract/api.ts';
import type { Dialogue } from '../../../native-models/language/prompt.ts';

/** What of a manifest the images process has to know; with at most so many tiles, where a person chose so. */
export function seeingOf({ views, normalisation, vision: { patch } }: Seeing, mostTiles?: number): Seeing {
  const own = { views, normalisation, vision: { patch } };
  return mostTiles === undefined ? own : familyOf(own).atDetail(mostTiles);
}

/** Crops a side of the square, where there is one. */
export function cropsASide({ views }: Pick<Seeing, 'views'>): number {
  return 'n' in views ? views.n : 1;
}

/** How a photo of that size, or a part of one that begins at (x, y), is seen. */
export function planOf(seeing: Seeing, { x = 0, y = 0, width, height }: Size & Partial<Point>): ViewPlan {
  return familyOf(seeing).plan({ x, y, width, height });
}

/** @throws AppError too-many-pictures when a question of the dialogue has more than the model takes in one */
export function requireTaken(seeing: Seeing, { turns, question }: Dialogue<unknown>): void {
  const family = familyOf(seeing);
  for (const { pictures } of [...turns.map((turn) => turn.question), question]) {
    requirePictures(family, pictures.length);
  }
}

/** Photos that one question may bring. */
export const picturesInQuestion = (seeing: Seeing) => (familyOf(seeing).amongSeveral ? mostPictures : 1);

/** Where no photo is at hand: the shape of most cameras, 12 megapixels. */
export const usualPhoto: Size = { width: 4000, height: 3000 };
