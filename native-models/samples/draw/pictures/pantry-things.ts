import { isHangul, textWidth } from '../placement.ts';
import type { Random } from '../../../random.ts';
import { label, xml } from '../xml.ts';

/** A thing that stands on a shelf, drawn about the middle of its foot at (0, 0), upwards. */
export interface Thing {
  readonly width: number;
  readonly body: string;
  /** Outline, for the shadow on the wall. */
  readonly outline: string;
  /** Stands against the thing before it, as books do. */
  readonly leans?: boolean;
}

export interface Card {
  /** Large, on one line. */
  readonly name: string;
  readonly note?: string;
  /** The smallest print, at the foot of the card. */
  readonly fine: string;
  readonly hand?: boolean;
}

const INK = '#2f2620';
const HANGUL = 'Noto Serif CJK KR';
const HAND_HANGUL = 'Nanum Pen Script';

/** Gradients and filters that all things share. */
export const thingDefs = xml`<defs>
  <linearGradient id="round"><stop offset="0" stop-color="#000" stop-opacity="0.42"/><stop offset="0.16" stop-color="#000" stop-opacity="0.1"/><stop offset="0.36" stop-color="#fff" stop-opacity="0.16"/><stop offset="0.6" stop-color="#000" stop-opacity="0.02"/><stop offset="1" stop-color="#000" stop-opacity="0.5"/></linearGradient>
  <linearGradient id="paper-round"><stop offset="0" stop-color="#000" stop-opacity="0.2"/><stop offset="0.3" stop-color="#fff" stop-opacity="0.1"/><stop offset="0.65" stop-color="#000" stop-opacity="0.03"/><stop offset="1" stop-color="#000" stop-opacity="0.28"/></linearGradient>
  <linearGradient id="clear"><stop offset="0" stop-color="#e8f3ee" stop-opacity="0.6"/><stop offset="0.07" stop-color="#cfe0da" stop-opacity="0.16"/><stop offset="0.5" stop-color="#dfeee8" stop-opacity="0.05"/><stop offset="0.93" stop-color="#9fb8b0" stop-opacity="0.22"/><stop offset="1" stop-color="#dcebe6" stop-opacity="0.5"/></linearGradient>
  <linearGradient id="brass"><stop offset="0" stop-color="#5d4413"/><stop offset="0.22" stop-color="#d9b25a"/><stop offset="0.36" stop-color="#fff0b8"/><stop offset="0.55" stop-color="#c2953b"/><stop offset="1" stop-color="#4c360d"/></linearGradient>
  <linearGradient id="steel"><stop offset="0" stop-color="#4d5356"/><stop offset="0.25" stop-color="#c9d0d2"/><stop offset="0.4" stop-color="#f4f7f7"/><stop offset="0.7" stop-color="#8d9699"/><stop offset="1" stop-color="#3d4244"/></linearGradient>
  <linearGradient id="cork"><stop offset="0" stop-color="#7d5834"/><stop offset="0.4" stop-color="#d3a876"/><stop offset="1" stop-color="#6b4826"/></linearGradient>
  <filter id="soft" x="-0.5" y="-0.5" width="2" height="2"><feGaussianBlur stdDeviation="5"/></filter>
  <filter id="speckle" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.35" numOctaves="2" seed="5"/><feColorMatrix type="matrix" values="0 0 0 0 0.2 0 0 0 0 0.12 0 0 0 0 0.05 0 0 0 3 -1.75"/><feComposite in2="SourceGraphic" operator="in"/></filter>
  <filter id="foxing" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.05 0.08" numOctaves="4" seed="8"/><feColorMatrix type="matrix" values="0 0 0 0 0.5 0 0 0 0 0.33 0 0 0 0 0.12 0 0 0 1.1 -0.45"/><feComposite in2="SourceGraphic" operator="in"/></filter>
</defs>`;

/** Font size at which a text is as wide as `room`, but at most `most`. */
function fitted(text: string, room: number, most: number, perLetter: number): number {
  return Math.min(most, Math.round((room / textWidth(text, 1, 0, perLetter)) * 2) / 2);
}

/** A paper label of that size, its middle at (0, y). */
export function card(
  { name, note, fine, hand = false }: Card,
  width: number,
  height: number,
  y: number,
): string {
  const room = width - 32;
  const font = isHangul(name) ? (hand ? HAND_HANGUL : HANGUL) : hand ? 'Dancing Script' : 'EB Garamond';
  const nameSize = fitted(name, room, height * 0.33, hand ? 0.46 : 0.48);
  const noteFont = note && isHangul(note) ? HANGUL : 'EB Garamond';
  const noteLine = note
    ? label(0, y + height * 0.13, note, {
        size: fitted(note, room, Math.min(26, height * 0.19), 0.44),
        font: noteFont,
        italic: !isHangul(note),
        fill: '#7a3b25',
        anchor: 'middle',
      })
    : '';
  const fineFont = isHangul(fine) ? 'Noto Sans CJK KR' : 'Cabin';
  const top = y - height / 2;
  return xml`<g><rect x="${-width / 2}" y="${top}" width="${width}" height="${height}" rx="4" fill="#f2e8d0"/>
    <rect x="${-width / 2}" y="${top}" width="${width}" height="${height}" rx="4" filter="url(#foxing)" pointer-events="none"/>
    <rect x="${-width / 2 + 6}" y="${top + 6}" width="${width - 12}" height="${height - 12}" fill="none" stroke="${INK}" stroke-width="1.6"/>
    <rect x="${-width / 2 + 10}" y="${top + 10}" width="${width - 20}" height="${height - 20}" fill="none" stroke="${INK}" stroke-width="0.7"/>
    ${label(0, y - height * (note ? 0.1 : 0.02), name, { size: nameSize, font, weight: hand ? 600 : 500, fill: INK, anchor: 'middle' })}${noteLine}
    ${label(0, y + height * 0.36, fine, { size: fitted(fine, room, 22, 0.52), font: fineFont, fill: INK, anchor: 'middle' })}
    <rect x="${-width / 2}" y="${top}" width="${width}" height="${height}" rx="4" fill="url(#paper-round)" pointer-events="none"/></g>`;
}

const shine = (x: number, top: number, bottom: number, width: number, opacity: number) =>
  xml`<path d="M${x} ${top}C${x + width * 0.5} ${top - 8} ${x + width} ${top} ${x + width} ${top + 14}V${bottom - 10}C${x + width * 0.7} ${bottom} ${x + width * 0.2} ${bottom} ${x} ${bottom - 10}Z" fill="#fff" opacity="${opacity}" filter="url(#soft)" pointer-events="none"/>`;

const foot = (width: number) =>
  xml`<ellipse cx="8" cy="2" rx="${width * 0.54}" ry="9" fill="#120a04" opacity="0.55" filter="url(#soft)"/>`;

/** What fills a jar: shapes of a few colours, heaped. */
export interface Filling {
  readonly shape: 'bean' | 'ball' | 'leaf' | 'powder' | 'stick' | 'star';
  readonly size: number;
  readonly tones: readonly string[];
}

function grain({ shape, size, tones }: Filling, x: number, y: number, random: Random): string {
  const tone = random.pick(tones);
  const turn = random.whole(0, 180);
  const at = xml`transform="translate(${x} ${y}) rotate(${turn})"`;
  switch (shape) {
    case 'bean':
      return xml`<g ${at}><ellipse rx="${size}" ry="${size * 0.6}" fill="${tone}" stroke="#000" stroke-opacity="0.3" stroke-width="1"/><ellipse cx="${-size * 0.25}" cy="${-size * 0.2}" rx="${size * 0.4}" ry="${size * 0.15}" fill="#fff" opacity="0.35"/></g>`;
    case 'ball':
      return xml`<circle cx="${x}" cy="${y}" r="${size}" fill="${tone}" stroke="#000" stroke-opacity="0.32" stroke-width="1"/><circle cx="${x - size * 0.3}" cy="${y - size * 0.35}" r="${size * 0.28}" fill="#fff" opacity="0.4"/>`;
    case 'leaf':
      return xml`<path ${at} d="M${-size} 0Q0 ${-size * 0.8} ${size} 0Q0 ${size * 0.8} ${-size} 0M${-size} 0H${size}" fill="${tone}" stroke="#000" stroke-opacity="0.28" stroke-width="1"/>`;
    case 'stick':
      return xml`<rect ${at} x="${-size}" y="${-size * 0.13}" width="${size * 2}" height="${size * 0.26}" rx="2" fill="${tone}" stroke="#000" stroke-opacity="0.35" stroke-width="0.8"/>`;
    case 'star': {
      const arms = Array.from(
        { length: 8 },
        (_, i) =>
          xml`<ellipse transform="rotate(${i * 45})" cx="${size * 0.58}" rx="${size * 0.46}" ry="${size * 0.17}" fill="${tone}" stroke="#000" stroke-opacity="0.4" stroke-width="0.8"/>`,
      );
      return xml`<g ${at}>${arms}</g>`;
    }
    case 'powder':
      return xml`<circle cx="${x}" cy="${y}" r="${size * random.between(0.5, 1.5)}" fill="${tone}"/>`;
  }
}

function heap(filling: Filling, width: number, height: number, random: Random): string {
  const step = filling.shape === 'powder' ? filling.size * 2.6 : filling.size * 1.05;
  const parts: string[] = [];
  for (let y = -8; y > -height; y -= step * 0.72) {
    for (let x = -width / 2; x < width / 2; x += step) {
      parts.push(grain(filling, x + random.between(0, step), y + random.between(-step, step) * 0.35, random));
    }
  }
  return xml`<rect x="${-width / 2}" y="${-height}" width="${width}" height="${height}" fill="${filling.tones[0]!}"/>${parts}`;
}

export interface JarPlan {
  readonly width: number;
  readonly height: number;
  readonly level: number;
  readonly filling: Filling;
  readonly lid: 'cork' | 'steel' | 'brass';
  readonly card: Card;
}

/** A straight glass jar with a lid, a filling and a paper label. */
export function jar(
  { width: w, height: h, level, filling, lid, card: text }: JarPlan,
  random: Random,
): Thing {
  const half = w / 2;
  const glass = xml`M${-half} -16V${-h + 74}C${-half} ${-h + 46} ${-half + 26} ${-h + 46} ${-half + 26} ${-h + 34}H${half - 26}C${half - 26} ${-h + 46} ${half} ${-h + 46} ${half} ${-h + 74}V-16C${half} -4 ${half - 10} 0 ${half - 22} 0H${-half + 22}C${-half + 10} 0 ${-half} -4 ${-half} -16Z`;
  const id = `jar-${random.whole(0, 1e9)}`;
  const top = xml`<rect x="${-half + 16}" y="${-h - 8}" width="${w - 32}" height="50" rx="${lid === 'cork' ? 8 : 5}" fill="url(#${lid})"/>`;
  const grip =
    lid === 'cork'
      ? xml`<rect x="${-half + 16}" y="${-h - 8}" width="${w - 32}" height="50" rx="8" filter="url(#speckle)"/>`
      : xml`<path d="M${-half + 16} ${-h + 8}H${half - 16}M${-half + 16} ${-h + 28}H${half - 16}" stroke="#000" stroke-opacity="0.25" stroke-width="3"/>`;
  const body = xml`${foot(w)}<clipPath id="${id}"><path d="${glass}"/></clipPath><path d="${glass}" fill="#1d2b28" opacity="0.35"/>
    <g clip-path="url(#${id})">${heap(filling, w, h * level, random)}<path d="${glass}" fill="url(#round)"/></g>
    <path d="${glass}" fill="url(#clear)" stroke="#e9f4f0" stroke-opacity="0.55" stroke-width="2.5"/>${top}${grip}
    ${card(text, w - 30, Math.min(152, h * 0.44), -h * 0.42)}
    ${shine(-half + 12, -h + 84, -18, 15, 0.6)}${shine(half - 26, -h + 92, -60, 8, 0.32)}`;
  return {
    width: w,
    body,
    outline: xml`M${-half} 0V${-h + 50}L${-half + 20} ${-h - 8}H${half - 20}L${half} ${-h + 50}V0Z`,
  };
}

export interface BottlePlan {
  readonly width: number;
  readonly height: number;
  readonly glass: string;
  readonly liquid: string;
  readonly level: number;
  readonly stopper: 'cork' | 'ball';
  readonly card: Card;
}

/** A round-shouldered bottle of coloured glass. */
export function bottle(
  { width: w, height: h, glass, liquid, level, stopper, card: text }: BottlePlan,
  random: Random,
): Thing {
  const half = w / 2;
  const neck = w * 0.17;
  const shoulder = -h * 0.66;
  const shape = xml`M${-half} -18V${shoulder + 36}C${-half} ${shoulder - 28} ${-neck} ${shoulder - 14} ${-neck} ${shoulder - 70}V${-h + 16}H${neck}V${shoulder - 70}C${neck} ${shoulder - 14} ${half} ${shoulder - 28} ${half} ${shoulder + 36}V-18C${half} -4 ${half - 10} 0 ${half - 24} 0H${-half + 24}C${-half + 10} 0 ${-half} -4 ${-half} -18Z`;
  const id = `bottle-${random.whole(0, 1e9)}`;
  const surface = -h * level;
  const cork = xml`<path d="M${-neck + 3} ${-h + 18}L${-neck - 1} ${-h - 24}H${neck + 1}L${neck - 3} ${-h + 18}Z" fill="url(#cork)"/><path d="M${-neck + 3} ${-h + 18}L${-neck - 1} ${-h - 24}H${neck + 1}L${neck - 3} ${-h + 18}Z" filter="url(#speckle)"/>`;
  const ball = xml`<circle cy="${-h - 22}" r="${neck * 1.25}" fill="${glass}"/><circle cy="${-h - 22}" r="${neck * 1.25}" fill="url(#round)"/><circle cx="${-neck * 0.4}" cy="${-h - 32}" r="${neck * 0.3}" fill="#fff" opacity="0.8"/>`;
  const body = xml`${foot(w)}${stopper === 'cork' ? cork : ball}<clipPath id="${id}"><path d="${shape}"/></clipPath><path d="${shape}" fill="${glass}" opacity="0.8"/>
    <g clip-path="url(#${id})"><rect x="${-half}" y="${surface}" width="${w}" height="${-surface}" fill="${liquid}" opacity="0.85"/><ellipse cy="${surface}" rx="${half}" ry="7" fill="#fff" opacity="0.18"/><path d="${shape}" fill="url(#round)"/></g>
    <path d="${shape}" fill="none" stroke="#fff" stroke-opacity="0.22" stroke-width="2.5"/>
    <rect x="${-neck - 6}" y="${-h + 10}" width="${neck * 2 + 12}" height="18" rx="7" fill="${glass}"/><rect x="${-neck - 6}" y="${-h + 10}" width="${neck * 2 + 12}" height="18" rx="7" fill="url(#round)"/>
    ${card(text, w - 16, h * 0.35, -h * 0.3)}
    ${shine(-half + 9, shoulder + 30, -16, 12, 0.62)}${shine(-neck + 4, -h + 40, shoulder - 50, 6, 0.6)}${shine(half - 20, shoulder + 44, -50, 7, 0.3)}`;
  return {
    width: w,
    body,
    outline: xml`M${-half} 0V${shoulder}L${-neck} ${shoulder - 60}V${-h - 30}H${neck}V${shoulder - 60}L${half} ${shoulder}V0Z`,
  };
}

export interface TinPlan {
  readonly width: number;
  readonly height: number;
  readonly colour: string;
  readonly trim: string;
  readonly card: Card;
}

/** A round tin with a domed lid and a printed pattern of lozenges. */
export function tin({ width: w, height: h, colour, trim, card: text }: TinPlan, random: Random): Thing {
  const half = w / 2;
  const id = `tin-${random.whole(0, 1e9)}`;
  const body = xml`${foot(w)}<pattern id="${id}" width="28" height="28" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="28" height="28" fill="${colour}"/><rect x="3" y="3" width="22" height="22" fill="none" stroke="${trim}" stroke-width="1.6" opacity="0.7"/><circle cx="14" cy="14" r="3" fill="${trim}" opacity="0.8"/></pattern>
    <rect x="${-half}" y="${-h + 40}" width="${w}" height="${h - 40}" rx="5" fill="url(#${id})"/><path d="M${-half} -14H${half}M${-half} -22H${half}" stroke="${trim}" stroke-width="3"/>
    <path d="M${-half - 5} ${-h + 62}V${-h + 24}C${-half} ${-h + 6} ${-half * 0.5} ${-h} 0 ${-h}C${half * 0.5} ${-h} ${half} ${-h + 6} ${half + 5} ${-h + 24}V${-h + 62}Z" fill="${colour}"/><path d="M${-half - 5} ${-h + 50}H${half + 5}" stroke="${trim}" stroke-width="3"/>
    <path d="M${-half - 5} ${-h + 62}V${-h + 24}C${-half} ${-h + 6} ${-half * 0.5} ${-h} 0 ${-h}C${half * 0.5} ${-h} ${half} ${-h + 6} ${half + 5} ${-h + 24}V${-h + 62}H${half}V0H${-half}V${-h + 62}Z" fill="url(#round)"/>
    ${card(text, w - 26, Math.min(150, h * 0.5), -h * 0.4)}${shine(-half + 14, -h + 74, -20, 12, 0.3)}`;
  return { width: w + 10, body, outline: xml`M${-half} 0V${-h}H${half}V0Z` };
}

export interface BookPlan {
  readonly width: number;
  readonly height: number;
  readonly cloth: string;
  readonly gilt: string;
  readonly title: string;
  readonly author: string;
  readonly volume: string;
}

/** A book, its spine towards us. The title runs down the spine. */
export function book({ width: w, height: h, cloth, gilt, title, author, volume }: BookPlan): Thing {
  const half = w / 2;
  const bands = [0.07, 0.1, 0.84, 0.87].map(
    (at) => xml`<path d="M${-half} ${-h * at}H${half}" stroke="${gilt}" stroke-width="2.4"/>`,
  );
  const font = isHangul(title) ? HANGUL : 'EB Garamond';
  const titleSize = fitted(title, h * 0.66, w * 0.46, 0.5);
  const writer = label(0, -h * 0.905, author, {
    size: fitted(author, w - 12, 19, 0.5),
    font: isHangul(author) ? HANGUL : 'EB Garamond',
    fill: gilt,
    anchor: 'middle',
  });
  const body = xml`${foot(w)}<rect x="${-half}" y="${-h}" width="${w}" height="${h}" rx="5" fill="${cloth}"/><rect x="${-half}" y="${-h}" width="${w}" height="${h}" rx="5" filter="url(#speckle)" opacity="0.5"/>${bands}
    <rect x="${-half}" y="${-h}" width="${w}" height="${h}" rx="5" fill="url(#round)"/>
    ${label(-titleSize * 0.3, -h * 0.47, title, { size: titleSize, font, weight: 500, fill: gilt, anchor: 'middle', turn: 90 })}${writer}
    ${label(0, -h * 0.025, volume, { size: 19, font: 'EB Garamond', fill: gilt, anchor: 'middle' })}`;
  return { width: w, body, outline: xml`M${-half} 0V${-h}H${half}V0Z`, leans: true };
}

/** A brass weight with its mass cut into it. */
export function weight(size: number, mass: string): Thing {
  const half = size / 2;
  const body = xml`${foot(size)}<path d="M${-half} 0V${-size * 0.9}C${-half} ${-size} ${half} ${-size} ${half} ${-size * 0.9}V0Z" fill="url(#brass)"/><rect x="${-size * 0.12}" y="${-size * 1.16}" width="${size * 0.24}" height="${size * 0.24}" fill="url(#brass)"/><ellipse cy="${-size * 1.2}" rx="${size * 0.26}" ry="${size * 0.14}" fill="url(#brass)"/>${label(0, -size * 0.36, mass, { size: size * 0.27, font: 'Cabin', weight: 700, fill: '#3a2808', anchor: 'middle' })}`;
  return { width: size, body, outline: xml`M${-half} 0V${-size}H${half}V0Z` };
}
