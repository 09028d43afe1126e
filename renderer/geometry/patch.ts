import { viewerLevels, viewerTileSize, type Photo, type Rect } from '../../preload/contract/api.ts';

/** A piece of a photo as the viewer loads it, with its place in photo pixels. */
export interface PhotoTile {
  readonly level: number;
  readonly column: number;
  readonly row: number;
  readonly place: Rect;
}

/** In photo pixels: what only rounding adds to a region is not worth a tile. */
const hair = 1e-6;

/**
 * The tiles that show `region` of a photo, in photo pixels, without loss on `across` pixels of the screen. A region
 * may reach beyond the photo; there is nothing to load there.
 */
export function tilesOf(
  photo: Pick<Photo, 'width' | 'height'>,
  region: Rect,
  across: number,
): readonly PhotoTile[] {
  const levels = viewerLevels(photo.width, photo.height);
  const halvings = Math.floor(Math.log2(Math.max(1, region.width / Math.max(1, across))));
  const level = Math.max(0, levels - 1 - halvings);
  const reduction = 2 ** (levels - 1 - level);
  const step = viewerTileSize * reduction;
  const [left, top] = [Math.max(0, region.x), Math.max(0, region.y)];
  const right = Math.min(photo.width, region.x + region.width);
  const bottom = Math.min(photo.height, region.y + region.height);
  if (right <= left || bottom <= top) return [];
  const tiles: PhotoTile[] = [];
  for (let row = Math.floor(top / step); row * step < bottom - hair; row++) {
    for (let column = Math.floor(left / step); column * step < right - hair; column++) {
      const [x, y] = [column * step, row * step];
      tiles.push({
        level,
        column,
        row,
        place: { x, y, width: Math.min(step, photo.width - x), height: Math.min(step, photo.height - y) },
      });
    }
  }
  return tiles;
}

/** Where `place` lies in a box that shows `region`, as CSS. */
export function styleIn(region: Rect, place: Rect): string {
  const percent = (part: number, whole: number) => `${(part / whole) * 100}%`;
  return [
    `left:${percent(place.x - region.x, region.width)}`,
    `top:${percent(place.y - region.y, region.height)}`,
    `width:${percent(place.width, region.width)}`,
    `height:${percent(place.height, region.height)}`,
  ].join(';');
}
