import type { TileGrid } from './grid.ts';

/**
 * The grids of tiles that a model may cut a photo into, in the order of its file: `image_grid_pinpoints`, pairs of pixels,
 * height first as transformers reads them. What is wrong with them, in words, where they are no whole tiles.
 */
export function gridsOf(pinpoints: readonly (readonly number[])[], tile: number): TileGrid[] | string {
  const odd = pinpoints.find((point) => point.some((pixels) => !(pixels > 0) || pixels % tile !== 0));
  if (odd !== undefined) return `${odd.join(' x ')} pixels are no whole tiles of ${tile}`;
  return pinpoints.map(([height, width]) => ({ columns: width! / tile, rows: height! / tile }));
}
