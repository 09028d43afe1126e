import type { Random } from '../../../random.ts';
import { curve, label, xml } from '../xml.ts';
import type { Point } from '../xml.ts';
import type { Thing } from './pantry-things.ts';

const LEAF_TONES = ['#4f7a3f', '#5f8f49', '#437036', '#74a057', '#3a6331'];

/** A heart-shaped leaf with its veins, pointing along +x. */
function leaf(x: number, y: number, turn: number, size: number, tone: string): string {
  const s = size;
  return xml`<g transform="translate(${x} ${y}) rotate(${turn})"><path d="M0 0C${s * 0.06} ${-s * 0.5} ${s * 0.62} ${-s * 0.52} ${s} 0C${s * 0.62} ${s * 0.52} ${s * 0.06} ${s * 0.5} 0 0Z" fill="${tone}" stroke="#1d3318" stroke-opacity="0.45" stroke-width="1.2"/><path d="M0 0C${s * 0.06} ${-s * 0.5} ${s * 0.62} ${-s * 0.52} ${s} 0Z" fill="#fff" opacity="0.12"/><path d="M0 0H${s * 0.9}M${s * 0.25} 0L${s * 0.42} ${-s * 0.24}M${s * 0.25} 0L${s * 0.42} ${s * 0.24}M${s * 0.5} 0L${s * 0.66} ${-s * 0.18}M${s * 0.5} 0L${s * 0.66} ${s * 0.18}" stroke="#e5f0c8" stroke-opacity="0.45" stroke-width="1.3" fill="none"/></g>`;
}

function vine(points: readonly Point[], random: Random): string {
  const leaves = points.slice(1).map(([x, y], i) => {
    const [px, py] = points[i]!;
    const along = (Math.atan2(y - py, x - px) * 180) / Math.PI;
    const side = i % 2 ? 1 : -1;
    return leaf(
      (x + px) / 2,
      (y + py) / 2,
      along + side * random.between(35, 75),
      random.between(34, 54),
      random.pick(LEAF_TONES),
    );
  });
  return xml`<path d="${curve(points)}" fill="none" stroke="#3d5a2c" stroke-width="4"/>${leaves}`;
}

/** A pot of ivy whose vines hang far below its foot. */
export function plant(random: Random): Thing {
  const hang = (x: number, reach: number, sway: number): Point[] => {
    const steps = Math.round(reach / 34);
    return Array.from({ length: steps + 1 }, (_, i) => {
      const t = i / steps;
      return [
        x * (0.35 + 1.1 * Math.min(1, t * 4)) + sway * Math.sin(t * 7 + x),
        -190 + (t < 0.16 ? -40 * Math.sin((t / 0.16) * Math.PI) : 0) + reach * t,
      ];
    });
  };
  const crown = Array.from({ length: 26 }, () =>
    leaf(
      random.normal(0, 26),
      -170 - random.between(0, 70),
      random.between(-200, 20),
      random.between(40, 66),
      random.pick(LEAF_TONES),
    ),
  );
  const pot = xml`<path d="M-86 -150L-66 0H66L86 -150Z" fill="#b5643c"/><path d="M-86 -150L-66 0H66L86 -150Z" filter="url(#speckle)"/><rect x="-96" y="-186" width="192" height="42" rx="6" fill="#c06d43"/><path d="M-96 -186H96V-144H86L66 0H-66L-86 -144H-96Z" fill="url(#round)"/>`;
  const body = xml`${vine(hang(-60, 330, 12), random)}${crown}${pot}${vine(hang(-84, 420, 14), random)}${vine(hang(66, 560, 18), random)}${vine(hang(30, 250, 10), random)}`;
  return { width: 270, body, outline: 'M-66 0L-96 -186L-70 -250H70L96 -186L66 0Z' };
}

/** A note pinned to the wall: what is to be bought. */
export function note(x: number, y: number): string {
  const lines = ['to buy', 'salt, 2 bags', 'yeast', '3 lemons', '실 2타래'];
  const rows = lines.map((line, i) => {
    const style = {
      size: i === 0 ? 30 : 27,
      font: i === 4 ? 'Nanum Pen Script' : 'Dancing Script',
      weight: i === 0 ? 700 : 500,
      fill: '#26395c',
    } as const;
    return label(20, 46 + i * 33, line, style);
  });
  return xml`<g transform="translate(${x} ${y}) rotate(-4)"><rect x="9" y="10" width="176" height="206" fill="#000" opacity="0.4" filter="url(#soft)"/><rect width="176" height="206" fill="#f3edd6"/><path d="M20 54H120" stroke="#26395c" stroke-width="2"/>${rows}<circle cx="88" cy="10" r="9" fill="#c0392b"/><circle cx="85" cy="7" r="3" fill="#fff" opacity="0.7"/></g>`;
}
