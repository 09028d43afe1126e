import type { Random } from '../../../random.ts';
import type { Point } from '../xml.ts';

/** A street is one straight cut of the plan; the drawing bends it afterwards. */
export interface Street {
  readonly rank: 'avenue' | 'street' | 'lane';
  readonly from: Point;
  readonly to: Point;
  /** Where other streets meet it: fractions of its length, with the other's index. */
  readonly joints: { readonly at: number; readonly other: number }[];
}

/** A convex piece of the plan. `sides[i]` is the street along the edge from corner i to corner i + 1, or -1 at the border. */
export interface Piece {
  readonly corners: readonly Point[];
  readonly sides: readonly number[];
}

export interface CityPlan {
  readonly streets: Street[];
  readonly blocks: Piece[];
}

export const WIDTH = { avenue: 30, street: 19, lane: 12 } as const;
/** A piece larger than this (square pixels) is cut by an avenue, by a street; smaller ones by lanes. */
const AVENUE_AREA = 520_000;
const STREET_AREA = 62_000;

export function areaOf(corners: readonly Point[]): number {
  let twice = 0;
  corners.forEach(([x, y], i) => {
    const [nx, ny] = corners[(i + 1) % corners.length]!;
    twice += x * ny - nx * y;
  });
  return Math.abs(twice) / 2;
}

export function middleOf(corners: readonly Point[]): Point {
  const [x, y] = corners.reduce(([sx, sy], [cx, cy]) => [sx + cx, sy + cy], [0, 0]);
  return [x / corners.length, y / corners.length];
}

const between = ([ax, ay]: Point, [bx, by]: Point, t: number): Point => [
  ax + (bx - ax) * t,
  ay + (by - ay) * t,
];

interface Cut {
  readonly parts: readonly [Piece, Piece];
  readonly from: Point;
  readonly to: Point;
  /** Sides of the old piece that the cut ends on. */
  readonly ends: readonly [number, number];
}

/** Cuts a convex piece along the line through `point` in direction (dx, dy); the new edges belong to street `id`. */
function cut({ corners, sides }: Piece, point: Point, dx: number, dy: number, id: number): Cut | undefined {
  const sign = corners.map(([x, y]) => (x - point[0]) * dy - (y - point[1]) * dx);
  const left: { corners: Point[]; sides: number[] } = { corners: [], sides: [] };
  const right: { corners: Point[]; sides: number[] } = { corners: [], sides: [] };
  const crossings: Point[] = [];
  const ends: number[] = [];
  corners.forEach((corner, i) => {
    const next = (i + 1) % corners.length;
    const [here, there] = [sign[i]!, sign[next]!];
    const [mine, other] = here >= 0 ? [left, right] : [right, left];
    mine.corners.push(corner);
    mine.sides.push(sides[i]!);
    if (here >= 0 === there >= 0) return;
    const crossing = between(corner, corners[next]!, here / (here - there));
    crossings.push(crossing);
    ends.push(sides[i]!);
    mine.corners.push(crossing);
    mine.sides.push(id);
    other.corners.push(crossing);
    other.sides.push(sides[i]!);
  });
  if (crossings.length !== 2) return undefined;
  return { parts: [left, right], from: crossings[0]!, to: crossings[1]!, ends: [ends[0]!, ends[1]!] };
}

/** A cut across the longest edge, near its middle, turned by up to `unrest` radians. */
function crossCut(piece: Piece, id: number, unrest: number, random: Random): Cut | undefined {
  const { corners } = piece;
  let longest = 0;
  let edge = 0;
  corners.forEach(([x, y], i) => {
    const [nx, ny] = corners[(i + 1) % corners.length]!;
    const length = Math.hypot(nx - x, ny - y);
    if (length > longest) [longest, edge] = [length, i];
  });
  const [a, b] = [corners[edge]!, corners[(edge + 1) % corners.length]!];
  const angle = Math.atan2(b[1] - a[1], b[0] - a[0]) + Math.PI / 2 + random.between(-unrest, unrest);
  const point = between(a, b, random.between(0.38, 0.62));
  return cut(piece, point, Math.cos(angle), Math.sin(angle), id);
}

function joinAt(streets: Street[], id: number, point: Point, other: number): void {
  const street = streets[id];
  if (!street) return;
  const length = Math.hypot(street.to[0] - street.from[0], street.to[1] - street.from[1]);
  street.joints.push({
    at: Math.hypot(point[0] - street.from[0], point[1] - street.from[1]) / length,
    other,
  });
}

/** Cuts the ground again and again until every block is as small as blocks are in that place. */
export function planCity(
  ground: readonly Point[],
  blockArea: (piece: Piece) => number,
  unrest: (piece: Piece) => number,
  random: Random,
): CityPlan {
  const streets: Street[] = [];
  const blocks: Piece[] = [];
  const open: Piece[] = [{ corners: ground, sides: ground.map(() => -1) }];
  for (let piece = open.shift(); piece; piece = open.shift()) {
    const area = areaOf(piece.corners);
    const id = streets.length;
    const made =
      area > blockArea(piece) * random.between(0.8, 1.4)
        ? crossCut(piece, id, unrest(piece), random)
        : undefined;
    if (!made) {
      blocks.push(piece);
      continue;
    }
    const rank = area > AVENUE_AREA ? 'avenue' : area > STREET_AREA ? 'street' : 'lane';
    streets.push({ rank, from: made.from, to: made.to, joints: [] });
    joinAt(streets, made.ends[0], made.from, id);
    joinAt(streets, made.ends[1], made.to, id);
    joinAt(streets, id, made.from, made.ends[0]);
    joinAt(streets, id, made.to, made.ends[1]);
    open.push(...made.parts);
  }
  return { streets, blocks };
}

/** The part of a piece that lies `inset(side)` pixels inside each of its edges; empty when nothing is left. */
export function shrunk(piece: Piece, inset: (side: number) => number): Piece | undefined {
  let rest: Piece = piece;
  const middle = middleOf(piece.corners);
  for (const [i, [x, y]] of piece.corners.entries()) {
    const [nx, ny] = piece.corners[(i + 1) % piece.corners.length]!;
    const length = Math.hypot(nx - x, ny - y) || 1;
    const [dx, dy] = [(nx - x) / length, (ny - y) / length];
    // Towards the middle.
    const facing = (middle[0] - x) * -dy + (middle[1] - y) * dx > 0 ? 1 : -1;
    const by = inset(piece.sides[i]!) * facing;
    const point: Point = [x - dy * by, y + dx * by];
    const inside = (p: Point) => ((p[0] - point[0]) * -dy + (p[1] - point[1]) * dx) * facing;
    const made = cut(rest, point, dx, dy, piece.sides[i]!);
    if (made) rest = inside(middleOf(made.parts[0].corners)) > 0 ? made.parts[0] : made.parts[1];
    else if (inside(middleOf(rest.corners)) < 0) return undefined;
  }
  return rest;
}

/** Houses of a block: lots along its streets; what lies behind them stays a yard. */
export function housesOf(block: Piece, lotArea: number, random: Random): (readonly Point[])[] {
  const YARD = -2;
  const houses: (readonly Point[])[] = [];
  const open: Piece[] = [block];
  for (let lot = open.pop(); lot; lot = open.pop()) {
    const made =
      areaOf(lot.corners) > lotArea * random.between(0.7, 1.6)
        ? crossCut(lot, YARD, 0.05, random)
        : undefined;
    if (made) open.push(...made.parts);
    else if (lot.sides.some((side) => side !== YARD) && !random.chance(0.07)) {
      const house = shrunk(lot, () => 0.8);
      if (house && areaOf(house.corners) > 40) houses.push(house.corners);
    }
  }
  return houses;
}
