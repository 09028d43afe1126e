import type { Random } from '../../../random.ts';
import { curve, xml } from '../xml.ts';
import type { Point } from '../xml.ts';

export interface Moth {
  /** From wing tip to wing tip in pixels. */
  readonly span: number;
  readonly fore: string;
  readonly hind: string;
  readonly band: string;
  readonly edge: string;
  readonly spot: string;
  readonly body: string;
  /** Length of the hind wings' tails, 0 for none. */
  readonly tail: number;
  /** Eyes on fore and hind wing, as parts of the half span; 0 for none. */
  readonly eyes: readonly [fore: number, hind: number];
  readonly bands: number;
}

const INK = '#2f2820';

/** Right wings in half spans about the shoulder: x outwards, y down. */
const FORE: readonly Point[] = [
  [0.02, -0.05],
  [0.3, -0.33],
  [0.66, -0.56],
  [0.96, -0.62],
  [1, -0.54],
  [0.93, -0.3],
  [0.84, -0.06],
  [0.7, 0.08],
  [0.4, 0.1],
  [0.06, 0.04],
];

function hind(tail: number): readonly Point[] {
  const reach = 0.56 + tail;
  return [
    [0.03, 0.02],
    [0.36, 0.06],
    [0.66, 0.12],
    [0.72, 0.3],
    [0.62, 0.48],
    [0.47, 0.55],
    [0.42, reach],
    [0.34, reach + 0.015],
    [0.29, 0.58],
    [0.16, 0.52],
    [0.06, 0.28],
  ];
}

/** Fine lines from the shoulder outwards: the scales, as an engraver shows them. */
function scales(from: number, to: number, count: number, random: Random): string {
  return Array.from({ length: count }, (_, i) => {
    const angle = from + ((to - from) * (i + random.between(-0.3, 0.3))) / count;
    const [near, far] = [random.between(0.1, 0.4), random.between(0.7, 1.25)];
    return xml`M${near * Math.cos(angle) * 1000} ${near * Math.sin(angle) * 1000}L${far * Math.cos(angle) * 1000} ${far * Math.sin(angle) * 1000}`;
  }).join('');
}

function eye(x: number, y: number, r: number, { spot, edge }: Moth): string {
  const rings = [
    [1, edge],
    [0.82, spot],
    [0.55, INK],
    [0.3, '#9fb6c9'],
  ] as const;
  const circles = rings.map(
    ([size, fill]) =>
      xml`<ellipse cx="${x}" cy="${y}" rx="${r * size}" ry="${r * size * 0.92}" fill="${fill}"/>`,
  );
  return xml`${circles}<circle cx="${x - r * 0.16}" cy="${y - r * 0.2}" r="${r * 0.13}" fill="#fff"/>`;
}

const VEINS = {
  fore: [
    [0.97, -0.58],
    [0.95, -0.42],
    [0.9, -0.24],
    [0.84, -0.08],
    [0.72, 0.06],
    [0.5, 0.09],
  ],
  hind: [
    [0.66, 0.14],
    [0.71, 0.3],
    [0.62, 0.46],
    [0.46, 0.54],
    [0.3, 0.57],
    [0.16, 0.5],
  ],
} as const;

/** One wing of the right side in a frame of 1000 units a half span. */
function wing(kind: 'fore' | 'hind', moth: Moth, id: string, random: Random): string {
  const points = (kind === 'fore' ? FORE : hind(moth.tail)).map(([x, y]): Point => [x * 1000, y * 1000]);
  const outline = curve(points, true);
  const fill = moth[kind];
  const bands = Array.from({ length: moth.bands }, (_, i) => {
    const scale = 0.9 - i * (0.62 / moth.bands);
    const wide = i % 2 === 0;
    return xml`<path d="${outline}" transform="scale(${scale})" fill="none" stroke="${wide ? moth.band : moth.edge}" stroke-width="${wide ? 34 : 11}" stroke-dasharray="${wide ? '' : '60 16 20 16'}" opacity="${wide ? 0.75 : 0.85}"/>`;
  });
  const margin = xml`<path d="${outline}" fill="none" stroke="${moth.edge}" stroke-width="70"/><path d="${outline}" fill="none" stroke="${moth.spot}" stroke-width="22" stroke-dasharray="20 34" transform="scale(0.968)"/>`;
  const veins = VEINS[kind].map(([x, y]) => xml`M20 0Q${x * 480} ${y * 380} ${x * 1000} ${y * 1000}`);
  const [foreEye, hindEye] = moth.eyes;
  const size = (kind === 'fore' ? foreEye : hindEye) * 1000;
  const mark = size === 0 ? '' : kind === 'fore' ? eye(600, -265, size, moth) : eye(455, 335, size, moth);
  const hatching = kind === 'fore' ? scales(-0.95, 0.3, 150, random) : scales(-0.1, 1.5, 130, random);
  return xml`<clipPath id="${id}-${kind}"><path d="${outline}"/></clipPath><g clip-path="url(#${id}-${kind})"><g filter="url(#wash)"><path d="${outline}" fill="${fill}"/></g>${bands}${margin}
    <ellipse rx="330" ry="300" fill="${moth.body}" opacity="0.2"/><path d="${hatching}" stroke="${INK}" stroke-width="1.6" opacity="0.32" fill="none"/><path d="${veins}" stroke="${INK}" stroke-width="4.5" opacity="0.55" fill="none"/>${mark}</g>
    <path d="${outline}" fill="none" stroke="${INK}" stroke-width="5"/>`;
}

function furryBody(moth: Moth, random: Random): string {
  const hairs = (y: number, half: number, length: number, count: number) =>
    Array.from({ length: count }, () => {
      const x = random.between(-half, half);
      const top = y + random.between(0, length);
      return xml`M${x} ${top}l${random.between(-9, 9)} ${random.between(16, 34)}`;
    });
  const rings = [130, 190, 250, 310, 362].map(
    (y, i) =>
      xml`<path d="M${-62 + i * 8} ${y}Q0 ${y + 24} ${62 - i * 8} ${y}" fill="none" stroke="${moth.edge}" stroke-width="13" opacity="0.8"/>`,
  );
  const plume = (side: number) =>
    Array.from({ length: 13 }, (_, i) => {
      const [x, y] = [side * (20 + i * 15), -150 - i * 16 + i * i * 0.55];
      return xml`M${x} ${y}l${side * 26} ${-2}M${x} ${y}l${side * 4} ${-26}`;
    });
  const stem = (side: number) => xml`M${side * 14} -138Q${side * 110} -300 ${side * 215} -262`;
  return xml`<ellipse cy="210" rx="70" ry="215" fill="${moth.body}"/>${rings}<ellipse cy="-30" rx="104" ry="118" fill="${moth.body}"/><ellipse cy="-136" rx="50" ry="42" fill="${moth.body}"/>
    <path d="${hairs(-130, 92, 190, 130)}${hairs(100, 58, 250, 70)}" stroke="${moth.spot}" stroke-width="3" opacity="0.6" fill="none"/>
    <path d="${stem(1)}${stem(-1)}" fill="none" stroke="${INK}" stroke-width="7"/><path d="${plume(1)}${plume(-1)}" stroke="${INK}" stroke-width="3.6" fill="none"/>
    <circle cx="-34" cy="-146" r="15" fill="${INK}"/><circle cx="34" cy="-146" r="15" fill="${INK}"/><ellipse cy="210" rx="70" ry="215" fill="none" stroke="${INK}" stroke-width="4"/>`;
}

/** A moth with spread wings about (0, 0). */
export function moth(plan: Moth, id: string, random: Random): string {
  const pair = (kind: 'fore' | 'hind') => {
    const right = wing(kind, plan, id, random);
    return xml`<g>${right}</g><g transform="scale(-1 1)">${right}</g>`;
  };
  return xml`<g transform="scale(${plan.span / 2000})">${pair('hind')}${pair('fore')}<g transform="scale(0.95)">${furryBody(plan, random)}</g></g>`;
}
