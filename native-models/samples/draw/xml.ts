type Value = string | number | undefined | readonly Value[];

/** At most two decimals: a hundredth of a pixel, so that the last bits of a sine change nothing. */
export function fixed(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return Object.is(rounded, -0) ? '0' : String(rounded);
}

function written(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return fixed(value);
  if (typeof value === 'string') return value;
  return value.map(written).join('');
}

/** SVG from a template: numbers rounded, lists joined, undefined left out. Strings are markup: see `escaped`. */
export function xml(strings: TemplateStringsArray, ...values: readonly Value[]): string {
  return strings.reduce((text, piece, i) => text + written(values[i - 1]) + piece);
}

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}

export interface Lettering {
  readonly size: number;
  readonly font: string;
  readonly fill?: string;
  readonly weight?: number;
  readonly italic?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Extra space between letters in pixels. */
  readonly spacing?: number;
  /** Degrees clockwise about the anchor point. */
  readonly turn?: number;
  /** A band of this colour behind the letters, so that they stand out on a busy ground. */
  readonly halo?: readonly [colour: string, width: number];
  readonly opacity?: number;
}

function lettering(style: Lettering): string {
  const attributes: [name: string, value: string | number | undefined][] = [
    ['font-family', style.font],
    ['font-size', style.size],
    ['fill', style.fill],
    ['font-weight', style.weight],
    ['font-style', style.italic ? 'italic' : undefined],
    ['text-anchor', style.anchor],
    ['letter-spacing', style.spacing],
    ['opacity', style.opacity],
  ];
  if (style.halo) {
    attributes.push(['stroke', style.halo[0]], ['stroke-width', style.halo[1]]);
    attributes.push(['paint-order', 'stroke'], ['stroke-linejoin', 'round']);
  }
  return attributes
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => xml`${name}="${value}"`)
    .join(' ');
}

/**
 * One line of text with its baseline at (x, y), or with each letter at an x of its own. It becomes a detail of the
 * picture's ground truth.
 */
export function label(x: number | readonly number[], y: number, text: string, style: Lettering): string {
  const places = typeof x === 'number' ? [x] : x;
  const turn = style.turn ? xml` transform="rotate(${style.turn} ${places[0]} ${y})"` : '';
  return xml`<text x="${places.map(fixed).join(' ')}" y="${y}" ${lettering(style)}${turn}>${escaped(text)}</text>`;
}

/** Letterings that belong together: one detail, which reads as `text`. */
export function together(text: string, parts: readonly string[]): string {
  return xml`<g data-whole="${escaped(text)}">${parts}</g>`;
}

/** Text that follows the path of that id, centred on it. */
export function labelAlong(pathId: string, text: string, style: Lettering, shift = 0): string {
  return xml`<text ${lettering({ ...style, anchor: 'middle' })} dy="${shift}"><textPath href="#${pathId}" startOffset="50%">${escaped(text)}</textPath></text>`;
}

export type Point = readonly [x: number, y: number];

export function polyline(points: readonly Point[], closed = false): string {
  return `M${points.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join('L')}${closed ? 'Z' : ''}`;
}

/** A smooth path through the points (Catmull-Rom, as cubic Béziers). */
export function curve(points: readonly Point[], closed = false): string {
  const last = points.length - 1;
  const at = (i: number): Point =>
    closed ? points[(i + points.length) % points.length]! : points[Math.min(last, Math.max(0, i))]!;
  let path = `M${fixed(at(0)[0])} ${fixed(at(0)[1])}`;
  for (let i = 0; i < (closed ? points.length : last); i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const one: Point = [b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6];
    const two: Point = [c[0] - (d[0] - b[0]) / 6, c[1] - (d[1] - b[1]) / 6];
    path += `C${[...one, ...two, ...c].map(fixed).join(' ')}`;
  }
  return closed ? `${path}Z` : path;
}
