/**
 * Where things are: photo, padded square, model picture, token grid. Pure arithmetic, no pixels.
 *
 * Axes: x to the right, y down, origin at the top left corner of the picture. Coordinates are continuous: the pixel in
 * column 0 covers 0 <= x < 1. Photo coordinates are pixels of the upright photo (after orientation), whole photo even
 * when only a region of it goes to the model; model coordinates are pixels of the n * tile square the crops are cut from.
 */
import { AppError } from '../../preload/contract/errors.ts';
import type { Point, Rect, Size } from '../../preload/contract/geometry.ts';

/** A part of the photo that becomes the picture: whole pixels inside the photo (`checkRegion`). */
export type Region = Rect;

/** The square that the model sees: the photo (or a region of it) padded on two sides, and how many pixels it becomes. */
export interface ModelSquare {
  /** Top left corner in photo pixels; negative where padding reaches beyond the photo. */
  readonly x: number;
  readonly y: number;
  /** Side in photo pixels: the longer side of the padded rectangle. */
  readonly side: number;
  /** Side in model pixels: n * tile. */
  readonly pixels: number;
  /** The part of the photo inside the square; the rest of the square is padding. */
  readonly region: Region;
}

/** The whole photo as a rectangle. */
export function wholePhoto({ width, height }: Size): Region {
  return { x: 0, y: 0, width, height };
}

/**
 * Pads `region` to a square as the authors' `expand2square` does: centred, the offset rounded down, so that an odd
 * remainder goes to the right or the bottom.
 */
export function padToSquare(region: Region, pixels: number): ModelSquare {
  const side = Math.max(region.width, region.height);
  return {
    x: region.x - Math.floor((side - region.width) / 2),
    y: region.y - Math.floor((side - region.height) / 2),
    side,
    pixels,
    region,
  };
}

/** A square of `side` pixels in which the picture takes `region`; the rest is padding. */
export interface PaddedRegion {
  readonly side: number;
  readonly region: Rect;
}

/** Pixels of padding on each side. */
export interface Border {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What of a padded square must be resized: the rest of the result is padding. */
export interface SeenPart {
  /** Pixels of padding to leave around the region. */
  readonly border: Border;
  /** Where the region with this border lies in the resized square. */
  readonly part: Rect;
}

/**
 * The part of a square that anything of its region shows in once it is resized to `pixels` a side, on whole pixels before
 * and after.
 * @param reach how far from the region it still shows, in resized pixels
 */
export function seenPart({ side, region }: PaddedRegion, pixels: number, reach: number): SeenPart {
  const across = seenLength(side, region.x, region.width, pixels, reach);
  const down = seenLength(side, region.y, region.height, pixels, reach);
  return {
    border: { left: across.before, right: across.after, top: down.before, bottom: down.after },
    part: { x: across.first, y: down.first, width: across.length, height: down.length },
  };
}

function seenLength(side: number, offset: number, length: number, pixels: number, reach: number) {
  // `unit` pixels of the square are `step` of the result: the shortest lengths that are whole in both.
  const divisor = greatestCommonDivisor(side, pixels);
  const [unit, step] = [side / divisor, pixels / divisor];
  const margin = (reach * unit) / step;
  const first = Math.max(0, Math.floor((offset - margin) / unit));
  const end = Math.min(divisor, Math.ceil((offset + length + margin) / unit));
  return {
    ...{ before: offset - first * unit, after: end * unit - offset - length },
    ...{ first: first * step, length: (end - first) * step },
  };
}

/**
 * The smallest side, from `least` up to but without `limit`, at which the region lies in the square on whole pixels, and
 * where it lies there; null when there is none. Most cameras' shapes (3:2, 4:3, 16:9) have one.
 */
export function wholePixelSquare(
  { x, y, side, region }: ModelSquare,
  least: number,
  limit: number,
): PaddedRegion | null {
  const offset = { x: region.x - x, y: region.y - y };
  // Every length is a multiple of `unit`: a side that is one of `side / unit` gives all of them whole pixels.
  const unit = [region.width, region.height, offset.x, offset.y].reduce(greatestCommonDivisor, side);
  const step = side / unit;
  const whole = Math.ceil(least / step) * step;
  if (whole >= limit) return null;
  const scale = whole / side;
  return {
    side: whole,
    region: {
      x: Math.round(offset.x * scale),
      y: Math.round(offset.y * scale),
      width: Math.round(region.width * scale),
      height: Math.round(region.height * scale),
    },
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function photoToModel(point: Point, square: ModelSquare): Point {
  const scale = square.pixels / square.side;
  return { x: (point.x - square.x) * scale, y: (point.y - square.y) * scale };
}

export function modelToPhoto(point: Point, square: ModelSquare): Point {
  const scale = square.side / square.pixels;
  return { x: square.x + point.x * scale, y: square.y + point.y * scale };
}

export function photoRectangleToModel(rectangle: Rect, square: ModelSquare): Rect {
  const scale = square.pixels / square.side;
  return {
    ...photoToModel(rectangle, square),
    width: rectangle.width * scale,
    height: rectangle.height * scale,
  };
}

export function modelRectangleToPhoto(rectangle: Rect, square: ModelSquare): Rect {
  const scale = square.side / square.pixels;
  return {
    ...modelToPhoto(rectangle, square),
    width: rectangle.width * scale,
    height: rectangle.height * scale,
  };
}

/** The common part, or null when they share no area. */
export function intersect(a: Rect, b: Rect): Rect | null {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/**
 * The rectangle of the photo that image token `token` stands for, in photo pixels; parts outside `square.region` are
 * padding (`intersect` cuts them off). The `grid` x grid tokens (grid = tile / patch, 24 in the published model) lie in
 * rows before columns over the whole square: a token's base feature is that patch of the base image, and the DEM feature
 * averaged with it is sampled at the patch's centre.
 */
export function tokenToPhoto(token: number, grid: number, square: ModelSquare): Rect {
  if (!Number.isInteger(token) || token < 0 || token >= grid * grid) {
    throw new RangeError(`token ${token} of a ${grid} x ${grid} grid`);
  }
  const side = square.side / grid;
  return {
    x: square.x + (token % grid) * side,
    y: square.y + Math.floor(token / grid) * side,
    width: side,
    height: side,
  };
}

/** In tokens: how far rounding may put an edge that lies on a token's border to its other side. */
const roundingSlack = 1e-9;

/** The token that covers a point of the photo, or null outside the square. */
export function tokenAtPhoto(point: Point, grid: number, square: ModelSquare): number | null {
  const column = Math.floor(((point.x - square.x) * grid) / square.side + roundingSlack);
  const row = Math.floor(((point.y - square.y) * grid) / square.side + roundingSlack);
  return column >= 0 && row >= 0 && column < grid && row < grid ? row * grid + column : null;
}

/** The tokens that share any area with a rectangle of the photo, ascending. */
export function tokensOverPhoto(rectangle: Rect, grid: number, square: ModelSquare): number[] {
  const { side } = square;
  const common = intersect(rectangle, { x: square.x, y: square.y, width: side, height: side });
  if (!common) return [];
  const first = (from: number): number => Math.floor((from * grid) / side + roundingSlack);
  const end = (to: number): number => Math.min(grid, Math.ceil((to * grid) / side - roundingSlack));
  const [x, y] = [common.x - square.x, common.y - square.y];
  const tokens: number[] = [];
  for (let row = first(y); row < end(y + common.height); row++) {
    for (let column = first(x); column < end(x + common.width); column++) tokens.push(row * grid + column);
  }
  return tokens;
}

/** Throws `wrong-usage` unless the region is whole pixels, not empty and inside the photo. */
export function checkRegion(region: Region, photo: Size): void {
  const { x, y, width, height } = region;
  const whole = [x, y, width, height].every(Number.isInteger);
  const inside =
    x >= 0 && y >= 0 && width >= 1 && height >= 1 && x + width <= photo.width && y + height <= photo.height;
  if (!whole || !inside) {
    throw new AppError(
      'wrong-usage',
      `Region ${x},${y},${width},${height} is not inside the photo of ${photo.width} x ${photo.height} pixels.`,
    );
  }
}
