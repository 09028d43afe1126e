import { fractalNoise, mix } from '../noise.ts';
import type { Point } from '../xml.ts';
import type { Street } from './city-plan.ts';

/** Size of the map and width of its frame, in pixels. */
export const MAP = { width: 2400, height: 1800, margin: 54 } as const;
/** The river's middle line and half its width, from the hills to the bay. */
const RIVER: readonly (readonly [x: number, y: number, half: number])[] = [
  [2560, 150, 44],
  [2250, 330, 46],
  [1990, 420, 50],
  [1800, 640, 54],
  [1700, 840, 58],
  [1440, 930, 62],
  [1160, 1000, 68],
  [930, 1180, 84],
  [760, 1420, 120],
  [560, 1640, 190],
  [380, 1900, 270],
];

function sampledRiver(): readonly (readonly [number, number, number])[] {
  const at = (i: number) => RIVER[Math.min(RIVER.length - 1, Math.max(0, i))]!;
  const samples: [number, number, number][] = [];
  for (let i = 0; i < RIVER.length - 1; i++) {
    for (let step = 0; step < 24; step++) {
      const t = step / 24;
      const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
      const spline = (k: 0 | 1 | 2) =>
        0.5 *
        (2 * b[k] +
          (c[k] - a[k]) * t +
          (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * t * t +
          (3 * b[k] - a[k] - 3 * c[k] + d[k]) * t ** 3);
      samples.push([spline(0), spline(1), spline(2)]);
    }
  }
  return samples;
}

/** Points along the middle of the river, with half its width there. */
export const river = sampledRiver();

/** Pixels from the water's edge; negative in the water. */
export function fromWater([x, y]: Point): number {
  let least = Infinity;
  for (const [rx, ry, half] of river)
    least = Math.min(least, Math.sqrt((x - rx) ** 2 + (y - ry) ** 2) - half);
  return least;
}

const bendX = fractalNoise('city/x', 2);
const bendY = fractalNoise('city/y', 2);
/** Middle of the oldest part, where streets are narrow and wind about. */
export const OLD_TOWN: Point = [1450, 560];

/** From the plan's straight lines to the city's bent ones. */
export function bent([x, y]: Point): Point {
  const distance = Math.hypot(x - OLD_TOWN[0], y - OLD_TOWN[1]);
  const turn = 0.75 * Math.exp(-((distance / 420) ** 2));
  const [dx, dy] = [x - OLD_TOWN[0], y - OLD_TOWN[1]];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return [
    OLD_TOWN[0] + dx * cos - dy * sin + 75 * bendX(x / 800, y / 800),
    OLD_TOWN[1] + dx * sin + dy * cos + 75 * bendY(x / 800, y / 800),
  ];
}

/** A straight line of the plan as the city has it, in steps of at most 16 pixels. */
export function bentLine(from: Point, to: Point): Point[] {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 16));
  return Array.from({ length: steps + 1 }, (_, i) =>
    bent([mix(from[0], to[0], i / steps), mix(from[1], to[1], i / steps)]),
  );
}

/** An area of the plan as the city has it. */
export function bentArea(corners: readonly Point[]): Point[] {
  return corners.flatMap((corner, i) => bentLine(corner, corners[(i + 1) % corners.length]!).slice(0, -1));
}

/** Pixels from one point to another. */
export const near = ([ax, ay]: Point, [bx, by]: Point) => Math.hypot(ax - bx, ay - by);
/** The ferry's course from its pier out of the bay. */
export const FERRY: readonly Point[] = [
  [700, 1318],
  [600, 1440],
  [460, 1560],
  [300, 1690],
  [220, 1790],
];

/** Piers, from the bank into the water. */
export const PIERS: readonly (readonly [Point, Point])[] = [
  [
    [610, 1254],
    [704, 1322],
  ],
  [
    [540, 1326],
    [622, 1388],
  ],
  [
    [944, 1404],
    [862, 1362],
  ],
  [
    [890, 1500],
    [800, 1452],
  ],
];

/** The stretch of a street that lies over the river, from bank to bank. */
export interface Bridge {
  readonly street: number;
  readonly line: readonly Point[];
}

/** The avenues and streets that cross from bank to bank, at least 230 pixels apart. */
export function bridgesOf(streets: readonly Street[]): Bridge[] {
  const found: Bridge[] = [];
  const order = [...streets.keys()].filter((id) => streets[id]!.rank !== 'lane');
  for (const id of order) {
    const line = bentLine(streets[id]!.from, streets[id]!.to);
    const wet = line.map((point) => fromWater(point) < 0);
    const first = wet.indexOf(true);
    const last = wet.lastIndexOf(true);
    if (first < 2 || last > line.length - 3 || last - first > 14 || wet.slice(first, last).includes(false))
      continue;
    const middle = line[(first + last) >> 1]!;
    if (middle[0] < 700 || found.some((other) => near(other.line[other.line.length >> 1]!, middle) < 230))
      continue;
    found.push({ street: id, line: line.slice(first - 2, last + 3) });
  }
  return found;
}

/** Whether a point lies in an area. */
export function inside([x, y]: Point, area: readonly Point[]): boolean {
  return area.reduce((odd, [ax, ay], i) => {
    const [bx, by] = area[(i + 1) % area.length]!;
    return ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay) ? !odd : odd;
  }, false);
}
