import { clamp, fractalNoise, smoothstep } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { isHangul } from '../placement.ts';
import { seeded } from '../../../random.ts';
import { curve, label, together, xml } from '../xml.ts';
import type { Lettering, Point } from '../xml.ts';

const WIDTH = 1500;
const HEIGHT = 2100;
const MARGIN = 90;
const NAVY = '#1c2457';
const CORAL = '#ff5c45';
const BLUE = '#2f66c4';
const YELLOW = '#ffbf3c';
const PAPER = '#f4ecdc';
const SANS = 'League Spartan';
const TEXT = 'Inter';
const HANGUL = 'Noto Sans CJK KR';

const MOON = { x: 815, y: 770, r: 430 } as const;
const HORIZON = 1085;
const WATER_END = 1545;

/** Three printing inks, each a little uneven, laid over one another. */
const inks = xml`<defs>
  <filter id="ink" x="0" y="0" width="1" height="1" filterUnits="objectBoundingBox"><feTurbulence type="fractalNoise" baseFrequency="0.4" numOctaves="2" seed="4" result="n"/><feColorMatrix in="n" type="matrix" values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -9 6.7" result="m"/><feComposite in="SourceGraphic" in2="m" operator="in"/></filter>
  <filter id="fibres" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.35" numOctaves="3" seed="9"/><feColorMatrix type="matrix" values="0 0 0 0 0.45 0 0 0 0 0.36 0 0 0 0 0.22 0 0 0 0.2 -0.07"/></filter>
  <clipPath id="moon"><circle cx="${MOON.x}" cy="${MOON.y}" r="${MOON.r}"/></clipPath>
  <clipPath id="sky"><rect width="${WIDTH}" height="${HORIZON}"/></clipPath>
</defs>`;

/** The moon's shadow and seas as a screen of dots: the larger the dot, the darker the place. */
function moonScreen(): string {
  const seas = fractalNoise('poster/seas', 4);
  const pitch = 10.5;
  const dots: string[] = [];
  const [cos, sin] = [Math.cos(0.42), Math.sin(0.42)];
  for (let i = -60; i <= 60; i++) {
    for (let j = -60; j <= 60; j++) {
      const [dx, dy] = [(i * cos - j * sin) * pitch, (i * sin + j * cos) * pitch];
      const far = Math.hypot(dx, dy) / MOON.r;
      if (far > 1) continue;
      const limb = smoothstep(0.15, 1.05, (dx * 0.62 + dy * 0.5) / MOON.r) * 0.85;
      const [u, v] = [(dx * 0.8 - dy * 0.6) / 190, (dx * 0.6 + dy * 0.8) / 190];
      const sea = smoothstep(0, 0.4, seas(u + 7.3 + 0.8 * seas(v, u), v + 2.2 + 0.8 * seas(u + 5, v))) * 0.45;
      const radius = pitch * 0.62 * Math.sqrt(clamp(limb + sea * (1 - limb), 0, 1));
      if (radius > 0.9) dots.push(xml`<circle cx="${MOON.x + dx}" cy="${MOON.y + dy}" r="${radius}"/>`);
    }
  }
  return xml`<g clip-path="url(#moon)"><g clip-path="url(#sky)" fill="${NAVY}" opacity="0.82">${dots}</g></g>`;
}

/** One wave: a band between two wandering lines that swells and thins along its way. */
function wave(y: number, thickness: number, phase: number, from: number, to: number): string {
  const edge = (side: number): Point[] =>
    Array.from({ length: 31 }, (_, i) => {
      const x = from + ((to - from) * i) / 30;
      const swell = Math.sin(x / 97 + phase) + 0.5 * Math.sin(x / 41 - phase * 1.7);
      const taper = Math.min(1, (i + 0.2) / 4, (30.2 - i) / 4);
      return [
        x,
        y +
          swell * thickness * 0.36 +
          side * thickness * 0.5 * (0.55 + 0.45 * Math.sin(x / 139 - phase)) * taper,
      ];
    });
  return `${curve(edge(-1))}L${curve(edge(1).reverse()).slice(1)}Z`;
}

function water(): { coral: string; blue: string } {
  const random = seeded('poster/water');
  const blue: string[] = [];
  const coral: string[] = [];
  for (let i = 0, y = HORIZON + 8; y < WATER_END - 20; i++) {
    const thickness = 7 + i * 1.05;
    blue.push(wave(y, thickness, i * 1.3, -20, WIDTH + 20));
    const half = MOON.r * (1.02 - (y - HORIZON) / 620) * random.between(0.72, 1.08);
    const shift = random.normal(0, 16);
    coral.push(
      wave(
        y + thickness * 0.9,
        thickness * 1.15,
        i * 1.3 + 0.6,
        MOON.x - half + shift,
        MOON.x + half + shift,
      ),
    );
    y += thickness * 1.62;
  }
  return { coral: coral.join(''), blue: blue.join('') };
}

/** A string of lanterns between two mastheads. */
function lanterns([ax, ay]: Point, [bx, by]: Point, sag: number, count: number): string {
  const at = (t: number): Point => [ax + (bx - ax) * t, ay + (by - ay) * t + sag * 4 * t * (1 - t)];
  const line = curve(Array.from({ length: 13 }, (_, i) => at(i / 12)));
  const lights = Array.from({ length: count }, (_, i) => {
    const [x, y] = at((i + 1) / (count + 1));
    return xml`<g transform="translate(${x} ${y})"><path d="M0 0V9" stroke="${NAVY}" stroke-width="2"/><ellipse cy="24" rx="13" ry="16" fill="${YELLOW}"/><path d="M-6 9H6M-6 39H6M-11 18H11M-11 30H11" stroke="${NAVY}" stroke-width="2"/></g>`;
  });
  return xml`<path d="${line}" fill="none" stroke="${NAVY}" stroke-width="2.4"/>${lights}`;
}

function boat(x: number, y: number, size: number, player: string): string {
  return xml`<g transform="translate(${x} ${y}) scale(${size})" fill="${NAVY}"><path d="M-130 -16C-150 -22 -168 -42 -176 -60C-150 -40 -110 -32 -60 -30H60C110 -32 150 -40 176 -60C168 -42 150 -22 130 -16C100 6 -100 6 -130 -16Z"/><path d="M-3 -28V-232H3V-28Z"/>${player}</g>`;
}

const CELLIST =
  '<g transform="translate(-62 -30)"><circle cy="-74" cx="-4" r="12"/><path d="M-20 0C-26 -34 -20 -58 -6 -60C10 -60 14 -40 12 0Z"/><path d="M20 2C8 -8 12 -22 18 -26C14 -34 18 -42 24 -42C30 -42 33 -34 30 -26C37 -20 38 -6 28 2ZM22 -42L16 -84H21L27 -42Z"/><path d="M-6 -24L44 -16L44 -13L-7 -20Z"/></g>';
const SINGER =
  '<g transform="translate(58 -30)"><circle cy="-88" r="11"/><path d="M-16 0L-7 -72C-4 -78 5 -78 8 -72L18 0Z"/><path d="M6 -70L34 -92L36 -89L10 -60ZM-6 -70L-32 -50L-30 -46L-6 -58Z"/></g>';
const ACCORDION =
  '<g transform="translate(-58 -30)"><circle cy="-80" r="11"/><path d="M-14 0C-18 -40 -14 -66 0 -66C14 -66 18 -40 14 0Z"/><path d="M-26 -58L-6 -50V-22L-26 -16ZM26 -58L6 -50V-22L26 -16Z"/></g>';
const FLUTIST =
  '<g transform="translate(60 -30)"><circle cy="-84" r="11"/><path d="M-13 0C-17 -40 -12 -70 0 -70C12 -70 16 -40 13 0Z"/><path d="M-6 -78L46 -70V-66L-6 -74ZM4 -62L30 -72L32 -68L8 -54Z"/></g>';

function fleet(): string {
  const mastheads: Point[] = [
    [262, 905],
    [800, 868],
    [1262, 912],
  ];
  return xml`${lanterns([-10, 800], mastheads[0]!, 52, 4)}${lanterns(mastheads[0]!, mastheads[1]!, 74, 8)}${lanterns(mastheads[1]!, mastheads[2]!, 70, 7)}${lanterns(mastheads[2]!, [1510, 830], 44, 4)}
    ${boat(262, 1116, 0.92, ACCORDION + FLUTIST)}${boat(800, 1128, 1.12, CELLIST + SINGER)}${boat(1262, 1118, 0.9, CELLIST)}`;
}

const NIGHTS: readonly { day: string; acts: readonly (readonly [time: string, act: string])[] }[] = [
  {
    day: 'Thu 12 June',
    acts: [
      ['19:30', 'The Copper Herons'],
      ['21:00', 'Ilva Marrow Quartet'],
      ['22:40', 'Nine Lamps'],
      ['00:10', 'Moth & Signal'],
    ],
  },
  {
    day: 'Fri 13 June',
    acts: [
      ['19:30', 'Tidewater Choir'],
      ['20:50', '달무리 앙상블'],
      ['22:15', 'Saltglass'],
      ['23:55', 'Orla Venn, solo'],
    ],
  },
  {
    day: 'Sat 14 June',
    acts: [
      ['18:45', 'Pale Orchard'],
      ['20:20', 'Slow Cartographers'],
      ['22:05', 'Dunes of Ten'],
      ['00:30', 'Lantern parade'],
    ],
  },
  {
    day: 'Sun 15 June',
    acts: [
      ['17:30', 'Children’s brass'],
      ['19:15', '강물 세 사람'],
      ['21:00', 'Harrow & the Quay'],
      ['22:30', 'All boats, one song'],
    ],
  },
];

function programme(): string {
  const column = (WIDTH - 2 * MARGIN) / 4;
  return NIGHTS.map(({ day, acts }, i) => {
    const x = MARGIN + i * column;
    const rows = acts.map(([time, act], k) => {
      const y = 1702 + k * 37;
      const korean = isHangul(act);
      const hour = label(x, y, time, { size: 22, font: TEXT, weight: 500, fill: BLUE });
      const style = {
        size: korean ? 22 : 23,
        font: korean ? HANGUL : TEXT,
        weight: 600,
        fill: NAVY,
      } as const;
      return together(`${time} ${act}`, [hour, label(x + 72, y, act, style)]);
    });
    return xml`<path d="M${x} 1618H${x + column - 26}" stroke="${NAVY}" stroke-width="4"/>${label(x, 1656, day, { size: 29, font: SANS, weight: 700, fill: CORAL })}${rows}`;
  }).join('');
}

function smallPrint(): string {
  const style: Lettering = { size: 21, font: TEXT, weight: 500, fill: NAVY };
  const fine: Lettering = { ...style, size: 15.5, weight: 400 };
  const column = (WIDTH - 2 * MARGIN) / 4;
  const [a, b, c] = [MARGIN, MARGIN + column, MARGIN + 2 * column];
  const rows: [number, number, string, Lettering][] = [
    [a, 1898, 'One night: 18 crowns', style],
    [a, 1926, 'All four: 52 crowns', style],
    [a, 1954, 'Under 16: 6 crowns', style],
    [b, 1898, 'Trams 1 and 3', style],
    [b, 1926, 'to Low Market,', style],
    [b, 1954, 'last tram 01:25', style],
    [c, 1898, 'Rowing boats from pier 7, four persons', style],
    [c, 1926, 'to a boat, 9 crowns an hour; bring a coat.', style],
    [c, 1954, 'If it rains: Opera on the Quay.', style],
    [
      a,
      2010,
      'Sound carries far over water: please keep engines off from 18:00 inside the buoys. Dogs welcome on the quay, not on the stage.',
      fine,
    ],
    [
      a,
      2034,
      'Tickets at the Fish Hall, door 3, or from any lamplighter. 예매는 생선 시장 3번 문에서. Drawn by S. Ilvane; printed in three inks, 400 copies, by Coble & Daughters, Chart Row 31.',
      fine,
    ],
  ];
  return xml`<path d="M${MARGIN} 1862H${WIDTH - MARGIN}M${MARGIN} 1982H${WIDTH - MARGIN}" stroke="${NAVY}" stroke-width="1.5"/>${rows.map(([x, y, text, how]) => label(x, y, text, how))}`;
}

function title(): string {
  return xml`${label(MARGIN - 10, 262, 'Lumen', { size: 262, font: SANS, weight: 800, fill: NAVY, spacing: -9 })}
    ${label(MARGIN - 4, 456, 'Tide', { size: 262, font: SANS, weight: 800, fill: NAVY, spacing: -9 })}
    ${label(WIDTH - MARGIN, 126, 'Night music', { size: 44, font: SANS, weight: 600, fill: NAVY, anchor: 'end' })}
    ${label(WIDTH - MARGIN, 174, 'on the water', { size: 44, font: SANS, weight: 600, fill: NAVY, anchor: 'end' })}
    ${label(WIDTH - MARGIN, 240, '물 위의 밤 음악제', { size: 40, font: HANGUL, weight: 700, fill: CORAL, anchor: 'end' })}
    ${label(MARGIN, 560, '12–15', { size: 92, font: SANS, weight: 700, fill: CORAL })}
    ${label(MARGIN, 622, 'June', { size: 60, font: SANS, weight: 700, fill: CORAL })}
    ${label(MARGIN, 672, 'Port Maren', { size: 34, font: SANS, weight: 600, fill: NAVY })}`;
}

export const festivalPoster: Picture = {
  id: 'festival-poster',
  title: { en: 'Festival poster', ko: '음악제 포스터' },
  width: WIDTH,
  height: HEIGHT,
  questions: [
    {
      en: 'When does Saltglass play on Friday?',
      ko: '금요일에 Saltglass는 몇 시에 연주하나요?',
      answer: '22:15',
      at: '22:15 Saltglass',
    },
    {
      en: 'What does a ticket cost for someone under 16?',
      ko: '16세 미만 입장권은 얼마인가요?',
      answer: '6 crowns',
      at: 'Under 16: 6 crowns',
    },
    {
      en: 'When does the last tram leave?',
      ko: '마지막 전차는 몇 시에 떠나나요?',
      answer: '01:25',
      at: 'last tram 01:25',
    },
  ],
  draw() {
    const { coral, blue } = water();
    const over = 'style="mix-blend-mode:multiply" filter="url(#ink)"';
    const body = xml`${inks}<rect width="${WIDTH}" height="${HEIGHT}" fill="${PAPER}"/>
      <rect width="${WIDTH}" height="${HEIGHT}" filter="url(#fibres)" pointer-events="none"/>
      <g ${over}><circle cx="${MOON.x}" cy="${MOON.y}" r="${MOON.r}" fill="${CORAL}" clip-path="url(#sky)"/><path d="${coral}" fill="${CORAL}"/></g>
      <g ${over}><path d="${blue}" fill="${BLUE}"/></g>
      <g ${over}>${moonScreen()}</g>${fleet()}${title()}${programme()}${smallPrint()}`;
    return { body };
  },
};
