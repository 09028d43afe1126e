/** Axes: x to the right, y down, origin at the top left corner. Coordinates are continuous; the space is said where they are used. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** From its top left corner (x, y) to, but without, (x + width, y + height). */
export interface Rect extends Point, Size {}
