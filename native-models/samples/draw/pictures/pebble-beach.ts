import type { Picture } from '../picture.ts';
import { curve, label, xml } from '../xml.ts';
import type { Lettering, Point } from '../xml.ts';
import { FIELD, beach } from './pebble-field.ts';
import type { Placed } from './pebble-field.ts';
import { photograph } from './pebble-light.ts';

const DARK_ROCK = 2;
const WHITE_ROCK = 4;

const PLACED: readonly Placed[] = [
  { form: 'star', x: 1150, y: 800, a: 270, b: 270, rise: 50, turn: 0.4, foot: 30 },
  { form: 'stone', x: 400, y: 470, a: 262, b: 200, rise: 100, turn: 0.14, seed: 31.4, rock: WHITE_ROCK },
  { form: 'stone', x: 470, y: 1450, a: 226, b: 178, rise: 92, turn: -0.12, seed: 77.1, rock: DARK_ROCK },
  { form: 'stone', x: 1270, y: 250, a: 190, b: 140, rise: 80, turn: -0.2, seed: 12.9 },
  { form: 'stone', x: 1190, y: 1480, a: 205, b: 160, rise: 90, turn: 0.5, seed: 140.2 },
  { form: 'shell', x: 640, y: 960, a: 112, b: 112, rise: 56, turn: -2.5, foot: 14 },
  { form: 'shell', x: 890, y: 1950, a: 92, b: 92, rise: 46, turn: 0.6, foot: 12 },
  { form: 'shell', x: 150, y: 880, a: 70, b: 70, rise: 36, turn: 2.2, foot: 10 },
];

const SERIF = 'EB Garamond';
const SCRIPT = 'Dancing Script';
const PEN = 'Nanum Pen Script';
const PRINT = 'Cabin';
const INK = '#2b2a33';

/** Paper in the same sun as the stones: lit from the upper left, its shadow to the lower right. */
const defs = xml`<defs>
  <filter id="cast" x="-0.3" y="-0.3" width="1.6" height="1.6"><feGaussianBlur stdDeviation="5"/></filter>
  <filter id="pulp" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.04 0.06" numOctaves="5" seed="3"/><feColorMatrix type="matrix" values="0 0 0 0 0.42 0 0 0 0 0.32 0 0 0 0 0.18 0 0 0 0.9 -0.36"/><feComposite in2="SourceGraphic" operator="in"/></filter>
  <linearGradient id="sheet" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f6edd6"/><stop offset="0.55" stop-color="#ecdfc2"/><stop offset="1" stop-color="#d6c6a4"/></linearGradient>
</defs>`;

type Line = readonly [y: number, text: string, style: Partial<Lettering>];

function lines(x: number, list: readonly Line[], style: Lettering): string {
  return list.map(([y, text, more]) => label(x, y, text, { ...style, ...more })).join('');
}

/** A sheet of paper of that outline, with its shadow. */
function sheet(shape: string): string {
  return xml`<path d="${shape}" transform="translate(9 11)" fill="#120d08" opacity="0.6" filter="url(#cast)"/><path d="${shape}" fill="url(#sheet)"/><path d="${shape}" filter="url(#pulp)" pointer-events="none"/><path d="${shape}" fill="none" stroke="#fff8e6" stroke-opacity="0.7" stroke-width="1.5"/>`;
}

/** A luggage tag with its eye on the left, and the twine that goes off from it. */
function tag(
  x: number,
  y: number,
  turn: number,
  size: readonly [number, number],
  twine: readonly Point[],
  text: string,
): string {
  const [width, height] = size;
  const cut = 34;
  const path = curve([[32, height / 2], ...twine]);
  const string = xml`<path d="${path}" transform="translate(7 8)" fill="none" stroke="#1b140c" stroke-width="5" opacity="0.5" filter="url(#cast)"/><path d="${path}" fill="none" stroke="#7b623c" stroke-width="5.5"/><path d="${path}" fill="none" stroke="#c9ab78" stroke-width="3.4" stroke-dasharray="5 2.5"/>`;
  return xml`<g transform="translate(${x} ${y}) rotate(${turn})">${sheet(xml`M${cut} 0H${width}V${height}H${cut}L0 ${height - cut}V${cut}Z`)}<circle cx="32" cy="${height / 2}" r="17" fill="#b98d55"/><circle cx="32" cy="${height / 2}" r="8" fill="#3a2f24"/>${string}${text}</g>`;
}

function starTag(): string {
  const list: readonly Line[] = [
    [54, 'Five arms, 26 cm', { size: 42, weight: 600 }],
    [100, 'found 16:05, put back 16:40', {}],
    [138, 'by Wenna and the twins', {}],
  ];
  const text = lines(66, list, { size: 27.5, font: SCRIPT, fill: '#1f3563', weight: 500 });
  return tag(
    1016,
    1100,
    -7,
    [452, 166],
    [
      [-20, 60],
      [-60, 96],
      [-118, 60],
      [-150, 84],
    ],
    text,
  );
}

function shellTag(): string {
  const list: readonly Line[] = [
    [48, 'No. 27 · 부채조개', { size: 38 }],
    [88, '61 g, width 9.4 cm', { size: 27, font: SERIF, italic: true }],
    [124, '해변 끝 바위 밑에서', { size: 33 }],
  ];
  return tag(
    316,
    1016,
    5,
    [338, 146],
    [
      [-10, 40],
      [60, -30],
      [210, -20],
      [300, -52],
    ],
    lines(66, list, { size: 36, font: PEN, fill: INK }),
  );
}

/** A printed tide table that was folded once. */
function tideTable(): string {
  const rows: readonly Line[] = [
    [54, 'TIDES', { size: 40, font: 'League Spartan', weight: 700, fill: '#1f4f6e', spacing: 3 }],
    [92, 'Orrin Head, Fri 6 June', { size: 25 }],
    [140, '05:12 low 0.4 m', {}],
    [176, '11:31 high 3.9 m', {}],
    [212, '17:40 low 0.6 m', {}],
    [248, '23:58 high 3.7 m', {}],
    [290, 'harbour office, sheet 23', { size: 19, fill: '#6b5a3c', weight: 400 }],
  ];
  return xml`<g transform="translate(1222 1812) rotate(9)">${sheet('M0 0H300V316H0Z')}<rect width="150" height="316" fill="#fff" opacity="0.14" pointer-events="none"/><path d="M150 0V316" stroke="#8f7c58" stroke-opacity="0.5" stroke-width="2"/><path d="M28 106H272" stroke="${INK}" stroke-width="1.5"/>${lines(28, rows, { size: 26, font: PRINT, weight: 500, fill: INK })}</g>`;
}

/** Written on the stones themselves: ink on the white one, paint on the dark one. */
function inscriptions(): string {
  const ink = {
    size: 46,
    font: SCRIPT,
    weight: 600,
    fill: '#3b3440',
    anchor: 'middle',
    opacity: 0.86,
  } as const;
  const white = {
    size: 54,
    font: SCRIPT,
    weight: 700,
    fill: '#efe9da',
    anchor: 'middle',
    opacity: 0.88,
  } as const;
  const first = lines(
    392,
    [
      [440, 'the first stone', {}],
      [488, 'carried 412 steps', { size: 32 }],
      [530, '3 May 1987', { size: 32 }],
    ],
    ink,
  );
  return xml`<g transform="rotate(7 400 470)">${first}</g><g transform="rotate(-6 470 1450)">${lines(
    462,
    [
      [1432, 'keep', { size: 84 }],
      [1494, '7 of 12', {}],
    ],
    white,
  )}</g>`;
}

export const pebbleBeach: Picture = {
  id: 'pebble-beach',
  title: { en: 'Pebble beach', ko: '자갈 해변' },
  width: FIELD.width,
  height: FIELD.height,
  questions: [
    {
      en: 'When was the starfish put back?',
      ko: '불가사리를 언제 다시 놓아주었나요?',
      answer: '16:40',
      at: 'found 16:05, put back 16:40',
    },
    {
      en: 'How high is the water at 11:31?',
      ko: '11시 31분의 물 높이는 얼마인가요?',
      answer: '3.9 m',
      at: '11:31 high 3.9 m',
    },
    {
      en: 'How much does shell No. 27 weigh?',
      ko: '27번 조개의 무게는 얼마인가요?',
      answer: '61 g',
      at: '61 g, width 9.4 cm',
    },
  ],
  draw() {
    const body = xml`${defs}<image href="layer:beach" width="${FIELD.width}" height="${FIELD.height}"/>${inscriptions()}${starTag()}${shellTag()}${tideTable()}`;
    return { body, layers: { beach: () => photograph(beach(PLACED)) } };
  },
};
