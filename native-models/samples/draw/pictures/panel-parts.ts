import { isHangul, textWidth } from '../placement.ts';
import { label, xml } from '../xml.ts';

const GOTHIC = 'Routed Gothic';
const HANGUL = 'Noto Sans CJK KR';
export const PAPER = '#f0e7d0';
export const INK = '#22262a';

export const partDefs = xml`<defs>
  <linearGradient id="brass-a" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#fff1bd"/><stop offset="0.3" stop-color="#c99f4e"/><stop offset="0.55" stop-color="#76551d"/><stop offset="0.8" stop-color="#b98d3f"/><stop offset="1" stop-color="#4d360f"/></linearGradient>
  <linearGradient id="brass-b" x1="1" y1="1" x2="0" y2="0"><stop offset="0" stop-color="#f6dfa0"/><stop offset="0.4" stop-color="#a57d33"/><stop offset="1" stop-color="#3f2c0c"/></linearGradient>
  <linearGradient id="nickel" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#ffffff"/><stop offset="0.35" stop-color="#aeb4b6"/><stop offset="0.6" stop-color="#63696c"/><stop offset="1" stop-color="#2d3133"/></linearGradient>
  <radialGradient id="face-light" cx="0.38" cy="0.3" r="0.85"><stop offset="0.3" stop-color="#fff" stop-opacity="0.16"/><stop offset="1" stop-color="#3a2a10" stop-opacity="0.42"/></radialGradient>
  <radialGradient id="face-dark" cx="0.38" cy="0.3" r="0.85"><stop offset="0.2" stop-color="#fff" stop-opacity="0.1"/><stop offset="1" stop-color="#000" stop-opacity="0.5"/></radialGradient>
  <linearGradient id="glass" x1="0" y1="0" x2="0.7" y2="1"><stop offset="0" stop-color="#fff" stop-opacity="0.5"/><stop offset="0.45" stop-color="#fff" stop-opacity="0.05"/><stop offset="0.46" stop-color="#fff" stop-opacity="0"/></linearGradient>
  <linearGradient id="drum" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#000" stop-opacity="0.75"/><stop offset="0.35" stop-color="#000" stop-opacity="0.05"/><stop offset="0.6" stop-color="#fff" stop-opacity="0.12"/><stop offset="1" stop-color="#000" stop-opacity="0.8"/></linearGradient>
  <filter id="under" x="-0.4" y="-0.4" width="1.8" height="1.8"><feGaussianBlur stdDeviation="9"/></filter>
  <filter id="hair" x="-0.4" y="-0.4" width="1.8" height="1.8"><feGaussianBlur stdDeviation="3"/></filter>
  <filter id="worn" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.02 0.03" numOctaves="5" seed="14"/><feColorMatrix type="matrix" values="0 0 0 0 0.36 0 0 0 0 0.24 0 0 0 0 0.08 0 0 0 1.1 -0.5"/><feComposite in2="SourceGraphic" operator="in"/></filter>
</defs>`;

const polar = (radius: number, degrees: number) => {
  const angle = ((degrees - 90) * Math.PI) / 180;
  return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
};

function arc(radius: number, from: number, to: number): string {
  const [x1, y1] = polar(radius, from);
  const [x2, y2] = polar(radius, to);
  return xml`M${x1} ${y1}A${radius} ${radius} 0 ${to - from > 180 ? 1 : 0} 1 ${x2} ${y2}`;
}

/** A slotted screw. */
export function screw(x: number, y: number, turn: number, size = 11): string {
  return xml`<g transform="translate(${x} ${y})"><circle cx="2" cy="3" r="${size}" fill="#000" opacity="0.5" filter="url(#hair)"/><circle r="${size}" fill="url(#nickel)"/><circle r="${size * 0.8}" fill="url(#brass-b)" opacity="0.35"/><rect x="${-size}" y="-1.7" width="${size * 2}" height="3.4" fill="#15181a" transform="rotate(${turn})"/></g>`;
}

export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Step of the numbered marks, and how many parts each is cut into. */
  readonly step: number;
  readonly parts: number;
  /** Degrees of the first and last mark, 0 at the top, clockwise. */
  readonly start: number;
  readonly end: number;
}

export interface Dial {
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly title: string;
  readonly unit: string;
  readonly dark: boolean;
  readonly scale: Scale;
  readonly value: number;
  /** A coloured stretch of the scale. */
  readonly zone?: readonly [from: number, to: number, colour: string];
  /** Words instead of numbers, at these values. */
  readonly words?: readonly (readonly [value: number, word: string])[];
  readonly foot?: string;
}

const degreesOf = ({ from, to, start, end }: Scale, value: number) =>
  start + ((value - from) / (to - from)) * (end - start);

function marks(scale: Scale, r: number, ink: string, numbered: boolean): string {
  const count = Math.round(((scale.to - scale.from) / scale.step) * scale.parts);
  const lines = Array.from({ length: count + 1 }, (_, i) => {
    const long = i % scale.parts === 0;
    const turn = degreesOf(scale, scale.from + (i * scale.step) / scale.parts);
    const [x1, y1] = polar(r * 0.93, turn);
    const [x2, y2] = polar(r * (long ? 0.82 : i % scale.parts === scale.parts / 2 ? 0.855 : 0.88), turn);
    return xml`<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${ink}" stroke-width="${r * (long ? 0.017 : 0.008)}"/>`;
  });
  const numbers = Array.from({ length: numbered ? count / scale.parts + 1 : 0 }, (_, i) => {
    const text = String(Math.round((scale.from + i * scale.step) * 10) / 10);
    const size = Math.max(20, r * 0.13);
    const turn = degreesOf(scale, Number(text));
    // As close to its mark as its own width allows.
    const [across, down] = polar(1, turn);
    const reach = Math.abs(across) * textWidth(text, size / 2, 0, 0.56) + Math.abs(down) * size * 0.36;
    const [x, y] = polar(r * 0.79 - reach, turn);
    return label(x, y + size * 0.36, text, { size, font: GOTHIC, fill: ink, anchor: 'middle' });
  });
  return xml`${lines}${numbers}`;
}

function needle(r: number, turn: number, dark: boolean): string {
  const shape = xml`M${-r * 0.022} ${r * 0.2}L${-r * 0.012} ${-r * 0.6}L0 ${-r * 0.86}L${r * 0.012} ${-r * 0.6}L${r * 0.022} ${r * 0.2}Z`;
  const fill = dark ? '#f2b33d' : '#b02a20';
  return xml`<g pointer-events="none"><path d="${shape}" transform="translate(${r * 0.025} ${r * 0.035}) rotate(${turn})" fill="#000" opacity="0.45" filter="url(#hair)"/><path d="${shape}" transform="rotate(${turn})" fill="${fill}"/><circle r="${r * 0.075}" fill="url(#nickel)"/><circle r="${r * 0.035}" fill="#26292b"/></g>`;
}

/** A round instrument under glass in a brass bezel. */
export function dial({ x, y, r, title, unit, dark, scale, value, zone, words, foot }: Dial): string {
  const ink = dark ? '#ece4cd' : INK;
  const ground = dark ? '#1c2022' : PAPER;
  const band = zone
    ? xml`<path d="${arc(r * 0.905, degreesOf(scale, zone[0]), degreesOf(scale, zone[1]))}" fill="none" stroke="${zone[2]}" stroke-width="${r * 0.05}"/>`
    : '';
  const said = words?.map(([at, word]) => {
    const [wx, wy] = polar(r * 0.5, degreesOf(scale, at));
    return label(wx, wy + 7, word, {
      size: Math.max(20, r * 0.105),
      font: GOTHIC,
      fill: ink,
      anchor: 'middle',
    });
  });
  const middle = { font: GOTHIC, fill: ink, anchor: 'middle' } as const;
  const screws = [45, 135, 225, 315].map((turn) =>
    screw(...polar(r * 1.125, turn), turn * 1.7, Math.max(7, r * 0.045)),
  );
  return xml`<g transform="translate(${x} ${y})"><circle cx="${r * 0.05}" cy="${r * 0.08}" r="${r * 1.22}" fill="#000" opacity="0.6" filter="url(#under)"/><circle r="${r * 1.2}" fill="url(#brass-a)"/><circle r="${r * 1.17}" fill="none" stroke="#fff3c4" stroke-opacity="0.5" stroke-width="2"/>${screws}<circle r="${r * 1.055}" fill="url(#brass-b)"/><circle r="${r}" fill="${ground}"/>${dark ? '' : xml`<circle r="${r}" filter="url(#worn)" opacity="0.5"/>`}
    ${band}${marks(scale, r, ink, !words || words.length < 4)}${said}${label(0, r * 0.36, title, { ...middle, size: Math.max(21, r * 0.105), spacing: 1 })}${label(0, r * 0.52, unit, { ...middle, size: Math.max(20, r * 0.09) })}${foot ? label(0, r * 0.78, foot, { ...middle, size: Math.max(13, r * 0.05) }) : ''}
    <circle r="${r}" fill="url(#${dark ? 'face-dark' : 'face-light'})" pointer-events="none"/>${needle(r, degreesOf(scale, value), dark)}<circle r="${r * 0.985}" fill="url(#glass)" opacity="0.55" pointer-events="none"/><circle r="${r * 1.005}" fill="none" stroke="#1a1206" stroke-opacity="0.7" stroke-width="${r * 0.022}"/></g>`;
}

/** An engraved plate held by two screws; the first line is larger. */
export function plate(
  x: number,
  y: number,
  width: number,
  height: number,
  lines: readonly string[],
  look: { ground: string; ink: string; size: number },
): string {
  const rows = lines.map((line, i) => {
    const size = i === 0 ? look.size * 1.25 : look.size;
    return label(x + width / 2, y + (height * (i + 0.72)) / lines.length - (i === 0 ? 2 : 0), line, {
      size: isHangul(line) ? size * 0.92 : size,
      font: isHangul(line) ? HANGUL : GOTHIC,
      fill: look.ink,
      anchor: 'middle',
      spacing: i === 0 ? 1.5 : 0,
    });
  });
  return xml`<rect x="${x + 4}" y="${y + 6}" width="${width}" height="${height}" rx="8" fill="#000" opacity="0.55" filter="url(#hair)"/><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${look.ground}"/><rect x="${x + 5}" y="${y + 5}" width="${width - 10}" height="${height - 10}" rx="5" fill="none" stroke="${look.ink}" stroke-width="1.4" opacity="0.7"/>${rows}${screw(x + 17, y + height / 2, 30, 8)}${screw(x + width - 17, y + height / 2, 110, 8)}`;
}

/** Number drums behind a window. */
export function counter(x: number, y: number, digits: string, name: string): string {
  const cell = 42;
  const width = digits.length * cell;
  const drums = [...digits].map(
    (_, i) =>
      xml`<rect x="${x + i * cell + 2}" y="${y}" width="${cell - 4}" height="58" fill="${i === digits.length - 1 ? '#b3362b' : '#16191b'}"/>`,
  );
  const middles = [...digits].map((_, i) => x + (i + 0.5) * cell);
  const number = label(middles, y + 43, digits, {
    size: 38,
    font: GOTHIC,
    fill: '#f4ecd8',
    anchor: 'middle',
  });
  return xml`<rect x="${x - 14}" y="${y - 12}" width="${width + 28}" height="82" rx="8" fill="url(#brass-a)"/><rect x="${x - 4}" y="${y - 3}" width="${width + 8}" height="64" fill="#060708"/>${drums}${number}<rect x="${x - 4}" y="${y - 3}" width="${width + 8}" height="64" fill="url(#drum)" pointer-events="none"/>${label(x + width / 2, y + 98, name, { size: 22, font: GOTHIC, fill: '#efe6cd', anchor: 'middle', spacing: 1 })}`;
}

/** A bat switch with what it switches above, and its two positions. */
export function toggle(x: number, y: number, number: number, name: string, on: boolean): string {
  const tip = on ? -44 : 44;
  const style = { font: GOTHIC, fill: '#efe6cd', anchor: 'middle' } as const;
  return xml`${label(x, y - 74, name, { ...style, size: 21 })}<circle cx="${x + 3}" cy="${y + 5}" r="34" fill="#000" opacity="0.5" filter="url(#hair)"/><circle cx="${x}" cy="${y}" r="32" fill="url(#nickel)"/><circle cx="${x}" cy="${y}" r="19" fill="#15181a"/><path d="M${x - 7} ${y}L${x - 12} ${y + tip}A12 12 0 0 ${on ? 1 : 0} ${x + 12} ${y + tip}L${x + 7} ${y}Z" fill="url(#nickel)"/>${label(x + 50, y - 22, 'I', { ...style, size: 21 })}${label(x + 50, y + 36, 'O', { ...style, size: 21 })}${label(x - 50, y + 8, String(number), { ...style, size: 21, fill: '#d9b257' })}`;
}

/** A pilot lamp and what it tells. */
export function lamp(x: number, y: number, colour: string, lit: boolean, name: string): string {
  const shine = lit
    ? xml`<circle cx="${x}" cy="${y}" r="58" fill="${colour}" opacity="0.5" filter="url(#under)"/>`
    : '';
  return xml`<circle cx="${x + 3}" cy="${y + 5}" r="30" fill="#000" opacity="0.5" filter="url(#hair)"/><circle cx="${x}" cy="${y}" r="29" fill="url(#brass-a)"/><circle cx="${x}" cy="${y}" r="21" fill="${colour}" opacity="${lit ? 1 : 0.5}"/><circle cx="${x}" cy="${y}" r="21" fill="url(#face-dark)"/><ellipse cx="${x - 6}" cy="${y - 9}" rx="8" ry="5" fill="#fff" opacity="${lit ? 0.9 : 0.35}"/>${shine}${label(x, y + 62, name, { size: 21, font: GOTHIC, fill: '#efe6cd', anchor: 'middle' })}`;
}
