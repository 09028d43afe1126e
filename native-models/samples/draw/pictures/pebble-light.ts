import { clamp, fractalNoise, mix, smoothstep } from '../noise.ts';
import { seeded } from '../../../random.ts';
import { colour, paint } from '../raster.ts';
import type { Colour, Raster } from '../raster.ts';
import { FIELD, heightOf } from './pebble-field.ts';
import type { Field, Lump } from './pebble-field.ts';

type Light = readonly [number, number, number];

const linear = (hex: string): Colour => colour(hex).map((c) => (c / 255) ** 2.2) as unknown as Colour;

/** Kinds of rock: ground colour, colour of its grains, how much they show, whether it is banded. */
const ROCKS = [
  { ground: linear('#7f8183'), grains: linear('#505356'), speckle: 0.35, bands: 0.1, share: 5 },
  { ground: linear('#a39e95'), grains: linear('#5b5853'), speckle: 0.75, bands: 0, share: 4 },
  { ground: linear('#515357'), grains: linear('#707276'), speckle: 0.25, bands: 0.2, share: 4 },
  { ground: linear('#b39a88'), grains: linear('#7f6557'), speckle: 0.5, bands: 0.35, share: 3 },
  { ground: linear('#cdc6b8'), grains: linear('#a89f90'), speckle: 0.35, bands: 0.15, share: 2 },
  { ground: linear('#8d6354'), grains: linear('#644137'), speckle: 0.4, bands: 0.6, share: 2 },
  { ground: linear('#6d7670'), grains: linear('#4c5850'), speckle: 0.4, bands: 0.5, share: 2 },
  { ground: linear('#b5a682'), grains: linear('#877553'), speckle: 0.35, bands: 0.6, share: 1 },
  { ground: linear('#656d77'), grains: linear('#858d97'), speckle: 0.3, bands: 0.7, share: 2 },
] as const;
const ROCK_TABLE = ROCKS.flatMap((rock) => Array.from({ length: rock.share }, () => rock));

interface Rock {
  readonly kind: (typeof ROCKS)[number];
  readonly tone: number;
  /** Where a vein of quartz crosses it, if one does. */
  readonly vein: number | undefined;
}

function rockOf({ seed, rock }: Lump): Rock {
  const random = seeded(`rock ${seed}`);
  const kind = random.pick(ROCK_TABLE);
  const tone = random.between(0.75, 1.22);
  const veined = random.chance(0.2);
  const vein = random.between(-0.5, 0.5);
  if (rock !== undefined) return { kind: ROCKS[rock]!, tone: 1, vein: undefined };
  return { kind, tone, vein: veined ? vein : undefined };
}

const fine = fractalNoise('pebbles/fine', 3);
const broad = fractalNoise('pebbles/broad', 4);
const speck = fractalNoise('pebbles/speck', 2);

const between = (a: Light, b: Light, t: number): Light => [
  mix(a[0], b[0], t),
  mix(a[1], b[1], t),
  mix(a[2], b[2], t),
];

function rockColour(item: Lump, { kind, tone, vein }: Rock, x: number, y: number): Light {
  const [u, v] = [
    (x - item.x) * item.cos + (y - item.y) * item.sin,
    -(x - item.x) * item.sin + (y - item.y) * item.cos,
  ];
  const [su, sv] = [u + item.seed * 31, v + item.seed * 17];
  const grains = smoothstep(0.05, 0.35, speck(su / 2.6, sv / 2.6)) * kind.speckle;
  const warp = 0.7 * broad(su / 70, sv / 70);
  const bands = kind.bands * (0.5 + 0.5 * Math.sin((v / item.b) * 9 + warp * 6 + item.seed)) * 0.7;
  let shade = between(kind.ground, kind.grains, clamp(grains + bands));
  const mottle = tone * (1 + 0.28 * broad(su / 26, sv / 26) + 0.12 * fine(su / 2, sv / 2));
  if (vein !== undefined) {
    const off = Math.abs(v / item.b - vein - 0.5 * (u / item.a) + 0.16 * broad(su / 30, sv / 30));
    shade = between(shade, [0.72, 0.7, 0.65], smoothstep(0.075, 0.03, off));
  }
  return [shade[0] * mottle, shade[1] * mottle, shade[2] * mottle];
}

function shellColour(item: Lump, x: number, y: number): Light {
  const [dx, dy] = [x - item.x, y - item.y];
  const [u, v] = [dx * item.cos + dy * item.sin, -dx * item.sin + dy * item.cos];
  const radius = Math.hypot(u / item.a, v / item.a + 0.86);
  const rings = 0.5 + 0.5 * Math.sin(radius * 19 + 1.5 * fine(u / 30, v / 30) + item.seed);
  return between([0.78, 0.68, 0.56], [0.62, 0.3, 0.2], rings * 0.55 + 0.25 * smoothstep(0.6, 0, radius));
}

/** Colour of the surface in linear light. */
function surfaceColour(item: Lump | undefined, rock: Rock | undefined, x: number, y: number): Light {
  if (!item || !rock) {
    const grain = 0.8 + 0.35 * fine(x / 1.4, y / 1.4) + 0.2 * broad(x / 30, y / 30);
    return [0.3 * grain, 0.245 * grain, 0.175 * grain];
  }
  if (item.form === 'shell') return shellColour(item, x, y);
  if (item.form === 'star') {
    const knots = smoothstep(0.1, 0.5, speck(x / 5, y / 5));
    return between([0.6, 0.17, 0.06], [0.86, 0.45, 0.2], knots * 0.8);
  }
  if (item.form === 'glass') return item.seed % 2 < 1 ? [0.13, 0.33, 0.25] : [0.25, 0.38, 0.42];
  return rockColour(item, rock, x, y);
}

/** Direction to the sun (x right, y down, z up), about 36 degrees high, from the upper left. */
const SUN = [-0.62, -0.5, 0.6] as const;
const SUN_LENGTH = Math.hypot(...SUN);
const [SX, SY, SZ] = SUN.map((c) => c / SUN_LENGTH) as [number, number, number];
const SUN_COLOUR: Light = [3.1, 2.7, 2.2];
const SKY_COLOUR: Light = [0.36, 0.46, 0.62];

/** 0 in shadow to 1 in the sun, with a penumbra. */
function sunAt({ height }: Field, x: number, y: number, z: number): number {
  const { width, height: rows } = FIELD;
  const flat = Math.hypot(SX, SY);
  const [ux, uy, rise] = [SX / flat, SY / flat, SZ / flat];
  let light = 1;
  for (let t = 2; t < 150; t += t < 30 ? 2 : 4) {
    const [px, py] = [Math.round(x + ux * t), Math.round(y + uy * t)];
    if (px < 0 || py < 0 || px >= width || py >= rows) break;
    const over = z + 0.6 + rise * t - height[py * width + px]!;
    light = Math.min(light, 0.5 + (over * 5) / t);
    if (light <= 0) return 0;
  }
  return smoothstep(0, 1, light);
}

const DIRECTIONS = Array.from(
  { length: 10 },
  (_, i) => [Math.cos((i / 10) * 2 * Math.PI), Math.sin((i / 10) * 2 * Math.PI)] as const,
);
const DISTANCES = [3, 7, 15, 30, 54];

/** How much of the sky is seen, 0..1. */
function skyAt({ height }: Field, x: number, y: number, z: number): number {
  const { width, height: rows } = FIELD;
  let open = 0;
  for (const [dx, dy] of DIRECTIONS) {
    let horizon = 0;
    for (const far of DISTANCES) {
      const px = Math.min(width - 1, Math.max(0, Math.round(x + dx * far)));
      const py = Math.min(rows - 1, Math.max(0, Math.round(y + dy * far)));
      horizon = Math.max(horizon, (height[py * width + px]! - z) / far);
    }
    open += 1 / (1 + horizon * horizon) ** 0.5 - horizon * 0.08;
  }
  return clamp(open / DIRECTIONS.length) ** 1.6;
}

/** 0 dry to 1 wet: the last wave came up from the lower left. */
function wetAt(x: number, y: number): number {
  const line = y + 0.42 * (FIELD.width - x) + 120 * broad(x / 420, y / 420);
  return smoothstep(1900, 2120, line);
}

/** Film response and gamma: linear light to sRGB 0..255. */
const film = (light: number) => 255 * (1 - Math.exp(-1.2 * light)) ** (1 / 2.2);

function lit(field: Field, rocks: readonly Rock[], x: number, y: number): readonly number[] {
  const at = y * FIELD.width + x;
  const item = field.lumps[field.owner[at]!];
  const rock = rocks[field.owner[at]!];
  const z = field.height[at]!;
  const rough = item?.form === 'glass' ? 0.05 : 0.3;
  const bump = rough * fine(x / 3.1 + (item?.seed ?? 0), y / 3.1);
  let [gx, gy] = [bump, rough * fine(x / 3.1, y / 3.1 + 40)];
  if (item) {
    const own = heightOf(item, x, y);
    const [right, down] = [heightOf(item, x + 1, y), heightOf(item, x, y + 1)];
    gx += right < 0 ? 1.4 : clamp(own - right, -2.2, 2.2);
    gy += down < 0 ? 1.4 : clamp(own - down, -2.2, 2.2);
  }
  const length = Math.hypot(gx, gy, 1);
  const [nx, ny, nz] = [gx / length, gy / length, 1 / length];
  const facing = Math.max(0, nx * SX + ny * SY + nz * SZ);
  const sun = facing > 0 ? sunAt(field, x, y, z) * facing : 0;
  const sky = skyAt(field, x, y, z) * (0.55 + 0.45 * nz);
  const wet = wetAt(x, y);
  const [hx, hy, hz] = [SX, SY, SZ + 1];
  const half = Math.max(0, (nx * hx + ny * hy + nz * hz) / Math.hypot(hx, hy, hz));
  const polish = item?.form === 'glass' ? 0.8 : mix(0.03, 0.55, wet);
  const glint = (sun > 0 ? sun : 0) * polish * half ** mix(14, 90, wet);
  const mirror = wet * 0.1 * (1 - nz * 0.6) * skyAt(field, x, y, z);
  const albedo = surfaceColour(item, rock, x, y);
  return albedo.map((c, i) => {
    const soaked = mix(c, c ** 1.35 * 0.72, wet);
    return film(
      soaked * (SUN_COLOUR[i]! * sun + SKY_COLOUR[i]! * sky + 0.05) +
        glint * SUN_COLOUR[i]! +
        mirror * SKY_COLOUR[i]!,
    );
  });
}

/** The beach in the light of a low sun. */
export function photograph(field: Field): Raster {
  const rocks = field.lumps.map(rockOf);
  return paint(FIELD.width, FIELD.height, (x, y) => lit(field, rocks, x, y));
}
