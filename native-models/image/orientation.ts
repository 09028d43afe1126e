/** EXIF orientation: how the stored picture has to be turned to stand upright. Pure geometry. */
import type { Size, Rect } from '../../preload/contract/geometry.ts';

/** Values of the EXIF tag 0x0112. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What makes the stored picture upright, in this order. */
export interface OrientationTransform {
  /** Upside down, mirrored at the horizontal axis. */
  readonly flip: boolean;
  /** Mirrored at the vertical axis. */
  readonly flop: boolean;
  /** Degrees clockwise. */
  readonly rotate: 0 | 90 | 180 | 270;
}

const turns: Readonly<Record<Orientation, OrientationTransform>> = {
  1: { flip: false, flop: false, rotate: 0 },
  2: { flip: false, flop: true, rotate: 0 },
  3: { flip: false, flop: false, rotate: 180 },
  4: { flip: true, flop: false, rotate: 0 },
  5: { flip: false, flop: true, rotate: 270 },
  6: { flip: false, flop: false, rotate: 90 },
  7: { flip: false, flop: true, rotate: 90 },
  8: { flip: false, flop: false, rotate: 270 },
};

/** The tag's value; 1 when it is missing or not a known one. */
export function toOrientation(value: number | undefined): Orientation {
  return value !== undefined && value in turns ? (value as Orientation) : 1;
}

export function transformOf(orientation: Orientation): OrientationTransform {
  return turns[orientation];
}

/** Rows and columns change places. */
function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** Size of the upright picture from that of the stored one, and the other way round. */
export function turnedSize({ width, height }: Size, orientation: Orientation): Size {
  return swapsSides(orientation) ? { width: height, height: width } : { width, height };
}

/** Where a rectangle of the upright picture lies in the stored one, whose size is `stored`. */
export function uprightToStored(rectangle: Rect, stored: Size, orientation: Orientation): Rect {
  const { flip, flop, rotate } = turns[orientation];
  const upright = turnedSize(stored, orientation);
  const fromRight = upright.width - rectangle.x - rectangle.width;
  const fromBottom = upright.height - rectangle.y - rectangle.height;
  // Undo the turn clockwise: then only mirroring is left.
  const [x, y] = {
    0: [rectangle.x, rectangle.y],
    90: [rectangle.y, fromRight],
    180: [fromRight, fromBottom],
    270: [fromBottom, rectangle.x],
  }[rotate] as [number, number];
  const { width, height } = turnedSize(rectangle, orientation);
  return { x: flop ? stored.width - x - width : x, y: flip ? stored.height - y - height : y, width, height };
}
