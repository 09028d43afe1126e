/** The arithmetic of sizes in LLaVA-NeXT (`image_processing_utils.py` and `modeling_llava_next.py` of transformers), in doubles as there. */
import type { Rect, Size } from '../../../preload/contract/geometry.ts';
import type { Region } from '../../image/geometry.ts';
import type { ViewsOf } from '../../package/manifest.ts';

export type TileGrid = ViewsOf<'next'>['grids'][number];

/**
 * `select_best_resolution`: the grid in which most of the photo's pixels are kept, of equal ones the one with the fewest
 * pixels to spare, of those the first.
 */
export function bestGrid({ width, height }: Size, grids: readonly TileGrid[], tile: number): TileGrid {
  let [best, mostKept, leastWasted] = [grids[0]!, 0, Infinity];
  for (const grid of grids) {
    const [across, down] = [grid.columns * tile, grid.rows * tile];
    const scale = Math.min(across / width, down / height);
    const fitted = Math.trunc(width * scale) * Math.trunc(height * scale);
    const kept = Math.min(fitted, width * height);
    const wasted = across * down - kept;
    if (kept > mostKept || (kept === mostKept && wasted < leastWasted)) {
      [best, mostKept, leastWasted] = [grid, kept, wasted];
    }
  }
  return best;
}

/** Where a photo lies on the canvas of a grid: pixels of the canvas. */
export interface Fitted extends Size {
  readonly left: number;
  readonly top: number;
}

/** `get_patch_output_size` and `_get_padding_size`: as large as it fits, centred, the smaller half of the padding first. */
export function fit({ width, height }: Size, canvas: Size): Fitted {
  const [across, down] = [canvas.width / width, canvas.height / height];
  const size =
    across < down
      ? { width: canvas.width, height: Math.min(Math.ceil(height * across), canvas.height) }
      : { width: Math.min(Math.ceil(width * down), canvas.width), height: canvas.height };
  const before = (whole: number, part: number) => Math.floor((whole - part) / 2);
  return { ...size, left: before(canvas.width, size.width), top: before(canvas.height, size.height) };
}

/** `unpad_image`: tokens left out at either end of every line, and lines left out above and below. `canvas` in tokens. */
export function padding({ width, height }: Size, canvas: Size): { x: number; y: number } {
  const left = (whole: number, part: number) => Math.floor((whole - wholeOf(part)) / 2);
  return width / height > canvas.width / canvas.height
    ? { x: 0, y: left(canvas.height, height * (canvas.width / width)) }
    : { x: left(canvas.width, width * (canvas.height / height)), y: 0 };
}

/** `int(round(length, 7))`: what is a whole number but for rounding is that number. */
const wholeOf = (length: number): number => Math.trunc(Number(length.toFixed(7)));

/** A rectangle of the canvas on the photo; parts of the padding lie outside. */
export function canvasToPhoto({ x, y, width, height }: Rect, fitted: Fitted, photo: Region): Rect {
  const [across, down] = [photo.width / fitted.width, photo.height / fitted.height];
  return {
    x: photo.x + (x - fitted.left) * across,
    y: photo.y + (y - fitted.top) * down,
    width: width * across,
    height: height * down,
  };
}
