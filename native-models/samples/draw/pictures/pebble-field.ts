import { fractalNoise } from '../noise.ts';
import { seeded } from '../../../random.ts';
import type { Random } from '../../../random.ts';

export const FIELD = { width: 1650, height: 2200 } as const;

export type Form = 'stone' | 'shell' | 'star' | 'glass';

/** One thing on the beach, as a height over the plane of the picture (pixels). */
export interface Lump {
  readonly form: Form;
  readonly x: number;
  readonly y: number;
  /** Half axes across the picture, and height of the top over the foot. */
  readonly a: number;
  readonly b: number;
  readonly rise: number;
  readonly foot: number;
  /** Radians. */
  readonly turn: number;
  readonly cos: number;
  readonly sin: number;
  /** 2 is an ellipse; more is boxier. */
  readonly square: number;
  /** Where in the noise this one's outline and pattern lie. */
  readonly seed: number;
  /** A certain kind of rock, or whichever the seed gives. */
  readonly rock?: number;
}

export interface Field {
  readonly lumps: readonly Lump[];
  /** Height of the surface at every pixel. */
  readonly height: Float32Array;
  /** Index of the topmost thing at every pixel, -1 for sand. */
  readonly owner: Int32Array;
}

const wobble = fractalNoise('pebbles/outline', 2);
const dents = fractalNoise('pebbles/dents', 3);

/** Distance from the rim inwards, 1 at the middle to 0 at the rim and below outside; and height there. */
function stoneHeight(u: number, v: number, lump: Lump): number {
  const { a, b, square, seed } = lump;
  const angle = Math.atan2(v / b, u / a);
  const rim = 1 + 0.13 * wobble(Math.cos(angle) * 1.1 + seed, Math.sin(angle) * 1.1 + seed * 1.7);
  const d = (Math.abs(u / a) ** square + Math.abs(v / b) ** square) ** (1 / square) / rim;
  if (d >= 1) return -1;
  const dome = (1 - d ** 2.1) ** 0.56;
  return lump.rise * dome * (1 + 0.09 * dents(u / (a * 0.8) + seed, v / (a * 0.8) - seed));
}

/** A fan of ribs that opens towards +v; its hinge is at the foot. */
function shellHeight(u: number, v: number, { a, rise }: Lump): number {
  const [x, y] = [u / a, v / a + 0.86];
  const radius = Math.hypot(x, y);
  const angle = Math.atan2(x, y);
  if (Math.abs(angle) > 1.02) return -1;
  const rim = 1.72 - 0.24 * angle * angle + 0.02 * Math.cos(angle * 26);
  const d = radius / rim;
  if (d >= 1) return -1;
  const side = 1 - (angle / 1.02) ** 4;
  const dome = Math.sin(Math.PI * Math.min(1, d * 0.93 + 0.05)) ** 0.7;
  return (
    rise * side * (0.16 + 0.84 * dome) * (1 + 0.085 * Math.cos(angle * 26) * Math.min(1, d * 2.2)) +
    0.02 * rise * Math.sin(d * 42)
  );
}

/** Five tapering arms with rows of knobs. */
function starHeight(u: number, v: number, { a, rise, seed }: Lump): number {
  const radius = Math.hypot(u, v) / a;
  if (radius >= 1) return -1;
  const turn = Math.atan2(v, u) + 0.12 * Math.sin(radius * 4 + seed);
  const sector = (2 * Math.PI) / 5;
  const angle = turn - Math.round(turn / sector) * sector;
  const across = radius * Math.sin(Math.abs(angle));
  const along = radius * Math.cos(angle);
  const half = 0.215 * (1 - along) ** 0.8 + 0.028;
  const d = across / half;
  if (d >= 1 || along > 0.985) return -1;
  const ridge = Math.sqrt(1 - d * d) * (0.35 + 0.65 * (1 - along));
  const knobs = 0.1 * Math.max(0, Math.cos(along * 62)) * Math.max(0, Math.cos(d * 9));
  return rise * (ridge + knobs * (1 - 0.6 * along));
}

/** Height of the thing at picture point (x, y) over its own foot, or negative outside it. */
export function heightOf(lump: Lump, x: number, y: number): number {
  const [dx, dy] = [x - lump.x, y - lump.y];
  const u = dx * lump.cos + dy * lump.sin;
  const v = -dx * lump.sin + dy * lump.cos;
  if (lump.form === 'shell') return shellHeight(u, v, lump);
  if (lump.form === 'star') return starHeight(u, v, lump);
  return stoneHeight(u, v, lump);
}

export type Placed = Pick<Lump, 'form' | 'x' | 'y' | 'a'> & Partial<Lump>;

export function lump(plan: Placed, random: Random): Lump {
  const turn = plan.turn ?? random.between(0, Math.PI);
  const flat = random.between(0.62, 0.95);
  const b = plan.b ?? plan.a * flat;
  return {
    b,
    rise: b * random.between(0.5, 0.74),
    foot: 0,
    square: random.between(2, 2.7),
    seed: random.between(0, 500),
    ...plan,
    turn,
    cos: Math.cos(turn),
    sin: Math.sin(turn),
  };
}

/** Adds things of one size class where they keep their distance from those of `before`. */
function scatter(
  count: number,
  low: number,
  high: number,
  tuck: number,
  before: Lump[],
  random: Random,
): Lump[] {
  const added: Lump[] = [];
  for (let tries = 0; tries < count * 14 && added.length < count; tries++) {
    const [x, y] = [random.between(-60, FIELD.width + 60), random.between(-60, FIELD.height + 60)];
    const a = low + (high - low) * random.next() ** 1.7;
    const clear = [...before, ...added].every((other) => {
      const taken = other.form === 'star' ? other.a * 0.3 : other.a;
      const reach = (a + taken) * (taken > a * 1.8 ? tuck : 0.84);
      return (x - other.x) ** 2 + (y - other.y) ** 2 > reach * reach;
    });
    if (clear)
      added.push(
        lump(
          {
            form: random.chance(0.012) && a < 40 ? 'glass' : 'stone',
            x,
            y,
            a,
            foot: random.between(0, a * 0.16),
          },
          random,
        ),
      );
  }
  return added;
}

/** The whole beach: first what the picture is about, then ever smaller stones in the gaps. */
export function beach(placed: readonly Placed[]): Field {
  const random = seeded('pebbles');
  const lumps = placed.map((plan) => lump(plan, random));
  lumps.push(...scatter(16, 100, 150, 0.9, lumps, random));
  lumps.push(...scatter(120, 48, 84, 0.86, lumps, random));
  lumps.push(...scatter(620, 24, 44, 0.82, lumps, random));
  lumps.push(...scatter(2600, 11, 22, 0.8, lumps, random));
  lumps.push(...scatter(5200, 5, 9, 0.86, lumps, random));
  return { lumps, ...surface(lumps) };
}

function surface(lumps: readonly Lump[]): Pick<Field, 'height' | 'owner'> {
  const { width, height: rows } = FIELD;
  const height = new Float32Array(width * rows);
  const owner = new Int32Array(width * rows).fill(-1);
  const sand = fractalNoise('pebbles/sand', 4);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < width; x++, at++) height[at] = 1.6 * sand(x / 9, y / 9);
  }
  lumps.forEach((item, index) => {
    const reach = item.a * (item.form === 'shell' ? 1.4 : 1.25);
    const [left, right] = [
      Math.max(0, Math.floor(item.x - reach)),
      Math.min(width - 1, Math.ceil(item.x + reach)),
    ];
    const [top, bottom] = [
      Math.max(0, Math.floor(item.y - reach)),
      Math.min(rows - 1, Math.ceil(item.y + reach)),
    ];
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const own = heightOf(item, x, y);
        const at = y * width + x;
        if (own < 0 || own + item.foot <= height[at]!) continue;
        height[at] = own + item.foot;
        owner[at] = index;
      }
    }
  });
  return { height, owner };
}
