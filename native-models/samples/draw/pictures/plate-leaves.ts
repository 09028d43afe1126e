import { mix } from '../noise.ts';
import type { Random } from '../../../random.ts';
import { curve, polyline, xml } from '../xml.ts';
import type { Point } from '../xml.ts';

/** Everything grows from (0, 0) upwards to (0, -length). */
export interface Leaf {
  readonly length: number;
  /** Greatest width of one half. */
  readonly half: number;
  /** Where along the leaf it is widest, 0 at the stalk to 1 at the tip. */
  readonly widest: number;
  /** Teeth along each edge and how deep they are, as a part of the half width. */
  readonly teeth: number;
  readonly depth: number;
  /** Pairs of side veins. */
  readonly veins: number;
  /** Degrees by which the leaf bends to one side. */
  readonly bend: number;
  readonly tones: readonly [light: string, dark: string];
  readonly stalk: number;
}

const INK = '#3a3226';

/** Watercolour over ink: a wash that pools, and a paper that shows through. */
export const leafDefs = xml`<defs>
  <filter id="wash" x="-0.05" y="-0.05" width="1.1" height="1.1"><feTurbulence type="fractalNoise" baseFrequency="0.018" numOctaves="4" seed="7" result="n"/><feColorMatrix in="n" type="matrix" values="0 0 0 0 1 0 0 0 0 0.97 0 0 0 0 0.85 0 0 0 1.1 -0.5" result="light"/><feComposite in="light" in2="SourceAlpha" operator="in" result="pool"/><feTurbulence type="fractalNoise" baseFrequency="0.5" numOctaves="2" seed="3"/><feColorMatrix type="matrix" values="0 0 0 0 0.2 0 0 0 0 0.16 0 0 0 0 0.08 0 0 0 0.9 -0.45"/><feComposite in2="SourceAlpha" operator="in" result="grain"/><feMerge><feMergeNode in="SourceGraphic"/><feMergeNode in="pool"/><feMergeNode in="grain"/></feMerge></filter>
</defs>`;

/** Half width of a blade at 0..1 of its length, without teeth. */
function halfAt({ half, widest }: Leaf, t: number): number {
  const power = Math.log(0.5) / Math.log(widest);
  return half * Math.sin(Math.PI * t ** power) ** 0.85;
}

/** A point of the blade: along its bent axis, `side` half widths to the right. */
function bladePoint(leaf: Leaf, t: number, offset: number): Point {
  const turn = (leaf.bend * Math.PI) / 180 || 1e-6;
  const angle = turn * t;
  const radius = leaf.length / turn;
  const [x, y] = [radius * (1 - Math.cos(angle)), -radius * Math.sin(angle)];
  return [x + offset * Math.cos(angle), y + offset * Math.sin(angle)];
}

function edge(leaf: Leaf, side: 1 | -1): Point[] {
  const steps = 140;
  return Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps;
    const saw = leaf.teeth ? ((t * leaf.teeth) % 1) * leaf.depth : 0;
    return bladePoint(leaf, t, side * halfAt(leaf, t) * (1 - saw));
  });
}

/** One simple blade with its veins, and fine hatching on the shaded half. */
export function simpleLeaf(leaf: Leaf, id: string): string {
  const outline = polyline([...edge(leaf, 1), ...edge(leaf, -1).reverse()], true);
  const veins: string[] = [];
  const hatch: string[] = [];
  for (let i = 1; i <= leaf.veins; i++) {
    const t = 0.06 + (0.86 * (i - 0.5)) / leaf.veins;
    for (const side of [1, -1]) {
      const reach = Math.min(0.97, t + 0.16);
      const tip = bladePoint(leaf, reach, side * halfAt(leaf, reach) * 0.93);
      const way = bladePoint(leaf, mix(t, reach, 0.35), side * halfAt(leaf, t) * 0.5);
      veins.push(curve([bladePoint(leaf, t, 0), way, tip]));
      for (let k = 1; k < 7; k++) {
        const from = mix(t, t + 0.86 / leaf.veins, k / 7);
        const to = Math.min(0.98, from + 0.13);
        const far = side === 1 ? 0.86 : 0.5;
        hatch.push(
          polyline([bladePoint(leaf, from, side * 1.5), bladePoint(leaf, to, side * halfAt(leaf, to) * far)]),
        );
      }
    }
  }
  const axis = curve(Array.from({ length: 9 }, (_, i) => bladePoint(leaf, i / 8, 0)));
  const shade = polyline(
    [...edge(leaf, 1), ...Array.from({ length: 20 }, (_, i) => bladePoint(leaf, 1 - i / 19, 0))],
    true,
  );
  return xml`<linearGradient id="${id}" x1="0" y1="1" x2="0.3" y2="0"><stop offset="0" stop-color="${leaf.tones[1]}"/><stop offset="1" stop-color="${leaf.tones[0]}"/></linearGradient>
    <path d="M0 0C${leaf.stalk * 0.1} ${leaf.stalk * 0.4} ${-leaf.stalk * 0.1} ${leaf.stalk * 0.7} ${leaf.stalk * 0.16} ${leaf.stalk}" fill="none" stroke="#6b6a3a" stroke-width="5" stroke-linecap="round"/>
    <g filter="url(#wash)"><path d="${outline}" fill="url(#${id})"/><path d="${shade}" fill="${leaf.tones[1]}" opacity="0.45"/></g>
    <path d="${hatch}" fill="none" stroke="${INK}" stroke-width="0.55" opacity="0.6"/><path d="${veins}" fill="none" stroke="#f0ecc4" stroke-width="2.2" opacity="0.75"/><path d="${axis}" fill="none" stroke="#f0ecc4" stroke-width="3.4" opacity="0.9"/>
    <path d="${veins}${axis}" fill="none" stroke="${INK}" stroke-width="0.7" opacity="0.7"/><path d="${outline}" fill="none" stroke="${INK}" stroke-width="1.3" stroke-linejoin="round"/>`;
}

/** Several blades from one point, as a maple or a chestnut has them. */
export function palmateLeaf(blades: number, spread: number, leaf: Leaf, id: string): string {
  const order = Array.from({ length: blades }, (_, i) => i - (blades - 1) / 2).sort(
    (a, b) => Math.abs(b) - Math.abs(a),
  );
  const parts = order.map((i) => {
    const scale = 1 - 0.16 * Math.abs(i);
    return xml`<g transform="rotate(${i * spread}) scale(${scale})">${simpleLeaf({ ...leaf, bend: i * 7, stalk: 0 }, `${id}${Math.round(i * 2 + 20)}`)}</g>`;
  });
  return xml`<path d="M0 0C8 60 -10 110 14 170" fill="none" stroke="#7c5a3a" stroke-width="6" stroke-linecap="round"/>${parts}`;
}

/** Pairs of leaflets along a stem, and one at its end. */
export function pinnateLeaf(pairs: number, length: number, leaf: Leaf, id: string): string {
  const stem = Array.from({ length: pairs + 1 }, (_, i): Point => [
    18 * Math.sin((i / pairs) * 2.4),
    (-length * i) / pairs,
  ]);
  const parts = stem.flatMap(([x, y], i) => {
    if (i === pairs)
      return [
        xml`<g transform="translate(${x} ${y}) rotate(4)">${simpleLeaf({ ...leaf, bend: 4 }, `${id}end`)}</g>`,
      ];
    if (i === 0) return [];
    return [-1, 1].map((side) => {
      const scale = 0.72 + 0.3 * Math.sin((i / pairs) * Math.PI);
      return xml`<g transform="translate(${x} ${y + side * 6}) rotate(${side * (66 - i * 3)}) scale(${scale})">${simpleLeaf({ ...leaf, bend: side * -14 }, `${id}${i}${side + 1}`)}</g>`;
    });
  });
  return xml`<path d="${curve([[-6, 60], ...stem])}" fill="none" stroke="#6b6a3a" stroke-width="5" stroke-linecap="round"/>${parts}`;
}

/** A frond: leaflets of leaflets, smaller and smaller towards the tip. */
export function fern(length: number, pairs: number, random: Random): string {
  const spine: Point[] = Array.from({ length: pairs + 1 }, (_, i) => {
    const t = i / pairs;
    return [52 * Math.sin(t * 2.3), -length * t ** 0.88];
  });
  const pinnae = spine.slice(1, -1).flatMap((at, i) => {
    const t = (i + 1) / pairs;
    const reach = length * 0.31 * (1 - t) ** 0.75 * (0.72 + 0.28 * Math.min(1, t * 5));
    return [-1, 1].map((side) => pinna(at, side, reach + 8, 58 - 34 * t, random));
  });
  return xml`<path d="${curve([[-6, 90], ...spine])}" fill="none" stroke="#5a4a2a" stroke-width="4.5" stroke-linecap="round"/><g filter="url(#wash)">${pinnae}</g><path d="${curve(spine)}" fill="none" stroke="${INK}" stroke-width="0.9"/>`;
}

/** One side branch of a frond; `rise` is its angle over the horizontal at the foot, which it loses on its way. */
function pinna([x, y]: Point, side: number, reach: number, rise: number, random: Random): string {
  const count = Math.max(4, Math.round(reach / 11));
  const tone = random.pick(['#5d8248', '#6a8f50', '#527640', '#7a9a58']);
  const lobes = Array.from({ length: count }, (_, i) => {
    const t = (i + 0.5) / count;
    const size = (6 + reach * 0.13) * (1 - t) ** 0.7 + 2.5;
    const lobe = (flank: number) =>
      xml`<path transform="translate(${reach * t} ${flank}) rotate(${flank * 62})" d="M0 -3C${size * 0.5} -5 ${size} -3 ${size} 0C${size} 3 ${size * 0.5} 4 0 3Z"/>`;
    return xml`${lobe(-1)}${lobe(1)}`;
  });
  const turn = -rise * 0.55 + random.between(-3, 3);
  return xml`<g transform="translate(${x} ${y}) scale(${side} 1) rotate(${turn})" fill="${tone}" stroke="${INK}" stroke-width="0.6"><path d="M0 0H${reach}" fill="none" stroke-width="1.3"/>${lobes}</g>`;
}
