/**
 * Capital letters and digits as strokes, for drawings that must look the same everywhere: a machine need not have a
 * single font. Points are pairs of digits, x from 0 to 4 and y (down) from 0 to 6, a blank between points and a bar
 * between strokes; a stroke of one point is a dot.
 */
const glyphs: Readonly<Record<string, string>> = {
  '0': '10 30 41 45 36 16 05 01 10',
  '1': '11 20 26|16 36',
  '2': '01 10 30 41 42 06 46',
  '3': '01 10 30 41 42 33 13|33 44 45 36 16 05',
  '4': '36 30 04 44',
  '5': '40 00 03 33 44 45 36 06',
  '6': '30 10 01 05 16 36 45 44 33 03',
  '7': '00 40 16',
  '8': '13 02 01 10 30 41 42 33 13 04 05 16 36 45 44 33',
  '9': '16 36 45 41 30 10 01 02 13 43',
  A: '06 20 46|14 34',
  B: '00 06 36 45 44 33 03|33 42 41 30 00',
  C: '41 30 10 01 05 16 36 45',
  D: '00 06 26 44 42 20 00',
  E: '40 00 06 46|03 33',
  F: '40 00 06|03 33',
  G: '41 30 10 01 05 16 36 45 43 23',
  H: '00 06|40 46|03 43',
  I: '10 30|16 36|20 26',
  J: '40 45 36 16 05',
  K: '00 06|40 03 46',
  L: '00 06 46',
  M: '06 00 23 40 46',
  N: '06 00 46 40',
  O: '10 30 41 45 36 16 05 01 10',
  P: '06 00 30 41 42 33 03',
  Q: '10 30 41 45 36 16 05 01 10|34 46',
  R: '06 00 30 41 42 33 03|23 46',
  S: '41 30 10 01 02 13 33 44 45 36 16 05',
  T: '00 40|20 26',
  U: '00 05 16 36 45 40',
  V: '00 26 40',
  W: '00 16 22 36 40',
  X: '00 46|40 06',
  Y: '00 23 40|23 26',
  Z: '00 40 06 46',
  ':': '22|25',
  ',': '25 17',
};

const glyphHeight = 6;
const glyphWidth = 4;
const advance = 6;

/** Width in pixels of a text whose letters are `height` pixels high. */
export function strokeTextWidth(text: string, height: number): number {
  return ((text.length * advance - (advance - glyphWidth)) * height) / glyphHeight;
}

/** A straight piece of a letter: from (x0, y0) to (x1, y1). */
export type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

/** The strokes of a text in straight pieces; (x, y) is the top left corner of its first letter. Dots are left out. */
export function strokesOf(text: string, x: number, y: number, height: number): Segment[] {
  const unit = height / glyphHeight;
  return [...text.toUpperCase()].flatMap((letter, i) =>
    (glyphs[letter] ?? '').split('|').flatMap((stroke) => {
      const points = stroke
        .split(' ')
        .map((point) => [x + (i * advance + Number(point[0])) * unit, y + Number(point[1]) * unit] as const);
      return points.slice(1).map((to, k): Segment => [...points[k]!, ...to]);
    }),
  );
}

/** SVG path data of a text; (x, y) is the top left corner of its first letter. Unknown characters are blanks. */
export function strokeText(text: string, x: number, y: number, height: number): string {
  const unit = height / glyphHeight;
  const place = (point: string, i: number): string =>
    `${(x + (i * advance + Number(point[0])) * unit).toFixed(2)} ${(y + Number(point[1]) * unit).toFixed(2)}`;
  return [...text.toUpperCase()]
    .flatMap((letter, i) => (glyphs[letter] ?? '').split('|').map((stroke) => ({ stroke, i })))
    .filter(({ stroke }) => stroke !== '')
    .map(({ stroke, i }) => {
      const points = stroke.split(' ').map((point) => place(point, i));
      // A line to itself: round caps make it a dot.
      return `M${points[0]}L${points.slice(1).join(' ') || points[0]}`;
    })
    .join('');
}
