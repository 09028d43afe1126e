import { clamp, mix, valueNoise } from '../noise.ts';
import { isHangul } from '../placement.ts';
import type { Random } from '../../../random.ts';
import { colour } from '../raster.ts';
import { label, xml } from '../xml.ts';

/** Where the quay's wall meets the street behind it, and the water. */
export const QUAY_TOP = 884;
export const QUAY_FOOT = 932;
export const QUAY_END = 1640;

const WALLS = ['#c9a58a', '#b98d86', '#a9a6a4', '#d2b48c', '#9fa9b0', '#c58f78', '#b7b09a', '#d8c3a5'];
const ROOFS = ['#8a4b3c', '#7a4238', '#96604a', '#5d5560', '#6d4a44'];
const LAMPS = ['#ffd98a', '#ffc76b', '#ffe7b3', '#ffb858', '#fff0cc'];
const DUSK = colour('#4a4a74');

/** A colour seen through `haze` (0..1) of the evening air. */
function hazy(hex: string, haze: number, light: number): string {
  const parts = colour(hex).map((c, i) => Math.round(clamp(mix(c * light, DUSK[i]!, haze), 0, 255)));
  return `#${parts.map((c) => c.toString(16).padStart(2, '0')).join('')}`;
}

const ridge = valueNoise('harbour/ridge');

/** Upper edge of the town's hill. */
function hillAt(x: number): number {
  const fall = 1 / (1 + Math.exp(-(x - 1130) / 190));
  return mix(372, 872, fall) + 26 * ridge(x / 210, 2) + (x < 300 ? (300 - x) * 0.18 : 0);
}

export interface Town {
  readonly houses: string;
  /** Lit panes alone, for their glow. */
  readonly lights: string;
}

interface House {
  readonly x: number;
  readonly base: number;
  readonly width: number;
  readonly height: number;
  readonly haze: number;
}

function panes(
  { x, base, width, height, haze }: House,
  lit: number,
  random: Random,
): { drawn: string; lights: string } {
  const size = clamp(width * 0.13, 4, 11);
  const columns = Math.max(2, Math.floor(width / (size * 2.5)));
  const rows = Math.max(1, Math.floor((height - size) / (size * 2.9)));
  const drawn: string[] = [];
  const lights: string[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const px = x + ((column + 0.5) * width) / columns - size / 2;
      const py = base - height + size * 1.1 + (row * (height - size * 1.2)) / rows;
      const on = random.chance(lit);
      const fill = on ? random.pick(LAMPS) : hazy('#2c3350', haze, 1);
      const pane = xml`<rect x="${px}" y="${py}" width="${size}" height="${size * 1.5}" fill="${fill}"/>`;
      drawn.push(pane);
      if (on) lights.push(pane);
      if (size > 7)
        drawn.push(
          xml`<path d="M${px + size / 2} ${py}V${py + size * 1.5}M${px} ${py + size * 0.7}H${px + size}" stroke="#3a2c2a" stroke-width="0.9"/>`,
        );
    }
  }
  return { drawn: drawn.join(''), lights: lights.join('') };
}

function roof({ x, base, width, height, haze }: House, random: Random): string {
  const top = base - height;
  const rise = width * random.between(0.2, 0.42);
  const tone = hazy(random.pick(ROOFS), haze, 0.78);
  const [left, right] = [x - 3, x + width + 3];
  if (random.chance(0.55)) {
    const chimney = x + width * random.between(0.15, 0.7);
    return xml`<rect x="${chimney}" y="${top - rise * 0.95}" width="${width * 0.1}" height="${rise}" fill="${hazy('#6b4a40', haze, 0.8)}"/><path d="M${left} ${top}L${x + width * 0.12} ${top - rise * 0.8}H${x + width * 0.88}L${right} ${top}Z" fill="${tone}"/>`;
  }
  return xml`<path d="M${left} ${top}L${x + width / 2} ${top - rise}L${right} ${top}Z" fill="${tone}"/>`;
}

function houseAt(house: House, lit: number, random: Random): { drawn: string; lights: string } {
  const { x, base, width, height, haze } = house;
  const wall = hazy(random.pick(WALLS), haze, random.between(0.56, 0.72));
  const { drawn, lights } = panes(house, lit, random);
  const shade = xml`<rect x="${x}" y="${base - height}" width="${width * 0.3}" height="${height}" fill="#141a38" opacity="0.22"/>`;
  return {
    drawn: xml`<rect x="${x}" y="${base - height}" width="${width}" height="${height + 30}" fill="${wall}"/>${shade}${drawn}${roof(house, random)}`,
    lights,
  };
}

/** Rows of houses from the ridge down to the quay, each before and larger than the last, with trees between. */
export function hillTown(random: Random): Town {
  const houses: string[] = [];
  const lights: string[] = [];
  const rows = 8;
  for (let row = 0; row < rows; row++) {
    const down = row / (rows - 1);
    const scale = mix(0.5, 1, down);
    const haze = mix(0.6, 0.08, down);
    for (let x = -110; x < QUAY_END - 40;) {
      const width = random.between(52, 96) * scale;
      const slope = hillAt(x + width / 2);
      const base = mix(slope + 26, QUAY_TOP, down ** 0.9) + random.between(-8, 8) * (1 - down);
      const height = random.between(54, 104) * scale * (row === rows - 1 ? 1.5 : 1);
      if (slope < base - 8 && base <= QUAY_TOP + 1) {
        const made = houseAt({ x, base, width, height, haze }, mix(0.34, 0.52, down), random);
        houses.push(made.drawn);
        lights.push(made.lights);
      }
      if (row < rows - 1 && random.chance(0.3)) {
        houses.push(tree(x + width, base + 6, random.between(16, 34) * scale, haze, random));
      }
      x += width + (row === rows - 1 ? 0 : random.between(-4, 16) * scale);
    }
  }
  return { houses: houses.join(''), lights: lights.join('') };
}

function tree(x: number, y: number, size: number, haze: number, random: Random): string {
  const leaves = Array.from(
    { length: 9 },
    () =>
      xml`<circle cx="${x + random.normal(0, size * 0.4)}" cy="${y - size * 0.8 + random.normal(0, size * 0.4)}" r="${size * random.between(0.24, 0.5)}" fill="${hazy(random.pick(['#2f4a3a', '#27402f', '#3a5540']), haze, 0.8)}"/>`,
  );
  return xml`${leaves}`;
}

/** The bare hill behind the houses. */
export function hill(): string {
  const line = Array.from({ length: 90 }, (_, i) => xml`L${i * 20} ${hillAt(i * 20)}`);
  return xml`<path d="M-100 ${QUAY_TOP}V${hillAt(-100)}${line}L${QUAY_END} ${QUAY_TOP}Z" fill="#3d4260"/>`;
}

export interface Sign {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly text: string;
  readonly board: string;
  readonly ink: string;
}

/** A lit shop sign on a house front. */
export function sign({ x, y, width, text, board, ink }: Sign): string {
  const font = isHangul(text) ? 'Noto Sans CJK KR' : 'League Spartan';
  return xml`<rect x="${x - 6}" y="${y - 6}" width="${width + 12}" height="46" rx="8" fill="#ffd890" opacity="0.4" filter="url(#glow)"/><rect x="${x}" y="${y}" width="${width}" height="34" rx="3" fill="${board}"/>${label(x + width / 2, y + 25.5, text, { size: 24, font, weight: 700, fill: ink, anchor: 'middle' })}`;
}

/** The quay's wall of stone blocks, with ladders, tyres and bollards. */
export function quay(random: Random): string {
  const blocks: string[] = [];
  for (let row = 0; row < 4; row++) {
    for (let x = -100 + (row % 2) * 22; x < QUAY_END; x += 46) {
      const light = random.between(0.75, 1.05);
      blocks.push(
        xml`<rect x="${x}" y="${QUAY_TOP + row * 12}" width="45" height="11.4" fill="${hazy('#8b8580', 0.15, light * 0.62)}"/>`,
      );
    }
  }
  const ladders = [220, 700, 1180, 1560].map((x) => {
    const rungs = [0, 10, 20, 30, 40].map((dy) => xml`M${x} ${QUAY_TOP + 4 + dy}h14`);
    return xml`<path d="M${x} ${QUAY_TOP}V${QUAY_FOOT}M${x + 14} ${QUAY_TOP}V${QUAY_FOOT}${rungs}" stroke="#22242f" stroke-width="2.2"/>`;
  });
  const lamps = Array.from({ length: 11 }, (_, i) => 60 + i * 150).map(
    (x) =>
      xml`<path d="M${x} ${QUAY_TOP}V${QUAY_TOP - 74}M${x} ${QUAY_TOP - 74}q0 -10 12 -10" stroke="#191b28" stroke-width="4" fill="none"/><circle cx="${x + 14}" cy="${QUAY_TOP - 80}" r="30" fill="#ffd27a" opacity="0.55" filter="url(#glow)"/><circle cx="${x + 14}" cy="${QUAY_TOP - 80}" r="5.5" fill="#fff3cf"/>`,
  );
  const bollards = [140, 420, 640, 930, 1260, 1480].map(
    (x) => xml`<path d="M${x} ${QUAY_TOP}v-12h-4v-6h18v6h-4v12z" fill="#171923"/>`,
  );
  return xml`<rect x="-100" y="${QUAY_TOP}" width="${QUAY_END + 100}" height="48" fill="#45434b"/>${blocks}<rect x="-100" y="${QUAY_TOP - 5}" width="${QUAY_END + 104}" height="8" fill="#75706d"/>${ladders}${bollards}${lamps}`;
}
