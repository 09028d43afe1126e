import { clamp, fractalNoise, mix, smoothstep, valueNoise } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { seeded } from '../../../random.ts';
import { colour, paint } from '../raster.ts';
import type { Colour, Raster } from '../raster.ts';
import { label, xml } from '../xml.ts';
import { ferry, rowingBoat, trawler } from './harbour-ships.ts';
import type { Vessel } from './harbour-ships.ts';
import { QUAY_FOOT, hill, hillTown, quay, sign } from './harbour-town.ts';

const WIDTH = 2560;
const HEIGHT = 1440;
const HORIZON = 822;
/** What is mirrored reaches this far over the edges, so that a wave can bring it in. */
const BLEED = 80;
const SUN = { x: 2020, y: 800 } as const;

const SKY: readonly (readonly [at: number, hex: Colour])[] = [
  [0, colour('#1c2750')],
  [0.3, colour('#3f4379')],
  [0.55, colour('#7d5f8c')],
  [0.75, colour('#cd7f78')],
  [0.9, colour('#f0a868')],
  [1, colour('#f8c987')],
];

function gradient(t: number): Colour {
  const next = Math.max(
    1,
    SKY.findIndex(([at]) => at >= t),
  );
  const [[from, a], [to, b]] = [SKY[next - 1]!, SKY[next]!];
  const part = clamp((t - from) / (to - from));
  return [mix(a[0], b[0], part), mix(a[1], b[1], part), mix(a[2], b[2], part)];
}

/** The evening sky at half size: banks of cloud, lit from below near the sun. */
function sky(): Raster {
  const shape = fractalNoise('harbour/clouds', 7);
  const warp = fractalNoise('harbour/warp', 3);
  return paint(WIDTH / 2, HORIZON / 2 + 4, (px, py) => {
    const [x, y] = [px * 2, py * 2];
    const t = clamp(y / HORIZON);
    const near = Math.hypot((x - SUN.x) / 900, (y - SUN.y) / 420);
    const glow = Math.exp(-near * near * 1.6);
    const base = gradient(clamp(t + 0.12 * glow));
    const [u, v] = [x / mix(520, 980, 1 - t), y / mix(62, 190, 1 - t)];
    const w = 0.7 * warp(u, v);
    const density = smoothstep(0.02, 0.5, shape(u + w, v + w * 0.6) + 0.06);
    const above = smoothstep(0.02, 0.5, shape(u + w, v + w * 0.6 + 0.16) + 0.06);
    const lit = clamp(0.35 + 1.5 * (density - above)) * (0.35 + 0.9 * glow + 0.4 * t);
    const cloud: Colour = [mix(78, 255, lit), mix(66, 168, lit), mix(104, 118, lit)];
    const cover = density * 0.82;
    return [0, 1, 2].map(
      (i) => mix(base[i]!, cloud[i]!, cover) + glow * [70, 44, 10][i]! * (1 - cover * 0.5),
    );
  });
}

/** What the wind does to the water: streaks of sky light and of shadow, finer with distance. Alpha is their strength. */
function ripples(): Raster {
  const wave = fractalNoise('harbour/waves', 4);
  const chop = valueNoise('harbour/chop');
  return paint(WIDTH, HEIGHT - HORIZON, (x, y) => {
    const depth = (y + 3) / (HEIGHT - HORIZON);
    const far = 1 / (0.035 + depth);
    const swell = wave((x * far) / 900 + 3, far * 9) + 0.5 * chop((x * far) / 260, far * 30);
    const path = Math.exp(-(((x - SUN.x) / (60 + 520 * depth)) ** 2));
    const bright = smoothstep(0.18, 0.75, swell + 0.35 * path);
    const dark = smoothstep(0.1, 0.8, -swell);
    if (bright > dark)
      return [
        255,
        mix(178, 200, path),
        mix(150, 110, path),
        255 * bright * mix(0.22, 0.75, path) * (1 - depth * 0.35),
      ];
    return [20, 24, 58, 255 * dark * mix(0.2, 0.46, depth)];
  });
}

function mountains(): string {
  const range = (name: string, base: number, high: number, fill: string) => {
    const line = fractalNoise(name, 5);
    const points = Array.from(
      { length: 130 },
      (_, i) =>
        xml`L${i * 21 - BLEED} ${base - high * (0.55 + 0.6 * line(i / 13, 0.5)) * smoothstep(2700, 1500, i * 20 - 350 * line(i / 40, 7))}`,
    );
    return xml`<path d="M${-BLEED} ${HORIZON}${points}V${HORIZON}Z" fill="${fill}"/>`;
  };
  return xml`${range('harbour/far', HORIZON, 250, '#8d6f92')}${range('harbour/mid', HORIZON, 170, '#6a5a85')}`;
}

function lighthouse(): string {
  return xml`<path d="M2210 ${HORIZON + 8}C2260 ${HORIZON - 34} 2330 ${HORIZON - 56} 2420 ${HORIZON - 70}C2480 ${HORIZON - 78} 2530 ${HORIZON - 66} 2660 ${HORIZON - 74}V${HORIZON + 8}Z" fill="#2f3052"/>
    <path d="M2426 ${HORIZON - 68}L2434 ${HORIZON - 210}H2464L2472 ${HORIZON - 68}Z" fill="#cfc6c4"/><path d="M2429 ${HORIZON - 120}L2431 ${HORIZON - 160}H2467L2469 ${HORIZON - 120}Z" fill="#a84438"/><path d="M2449 ${HORIZON - 210}V${HORIZON - 68}H2472L2464 ${HORIZON - 210}Z" fill="#141a38" opacity="0.3"/><rect x="2428" y="${HORIZON - 216}" width="42" height="8" fill="#2a2c44"/><rect x="2437" y="${HORIZON - 240}" width="24" height="26" fill="#fff2c4"/><path d="M2433 ${HORIZON - 240}h32l-16 -20z" fill="#2a2c44"/>
    <path filter="url(#bloom)" d="M2449 ${HORIZON - 228}L1500 ${HORIZON - 330}V${HORIZON - 250}Z" fill="url(#beam)"/><circle cx="2449" cy="${HORIZON - 227}" r="40" fill="#ffe9ae" opacity="0.8" filter="url(#glow)"/>
    <path d="M2330 ${HORIZON - 58}h34v-26l-17 -14l-17 14z" fill="#4a4568"/><rect x="2342" y="${HORIZON - 80}" width="9" height="11" fill="#ffd98a"/>`;
}

const vessels: readonly Vessel[] = [
  ferry({ id: 'ferry', x: 560, waterline: 985 }, 'ILVANE', 'PORT MAREN'),
  trawler(
    { id: 'saltglass', x: 1150, waterline: 1000, scale: 1, turned: false },
    { hull: '#2f5d5a', trim: '#e6c27a', house: '#cfc7b8' },
    'SALTGLASS',
    'PM 318',
  ),
  trawler(
    { id: 'byeolmuri', x: 1490, waterline: 1046, scale: 1.08, turned: true },
    { hull: '#8a3b34', trim: '#f0e2c4', house: '#c9d0cf' },
    '별무리호',
    'PM 127',
  ),
  trawler(
    { id: 'heron', x: 1890, waterline: 1012, scale: 0.92, turned: false },
    { hull: '#34406e', trim: '#d8dbe0', house: '#d8c8ae' },
    'HERON II',
    'PM 64',
  ),
  rowingBoat({ id: 'row-3', x: 760, waterline: 1130 }, '#7a4a2c', '3'),
  rowingBoat({ id: 'row-11', x: 1010, waterline: 1176 }, '#3a5a6a', '11'),
];

/** The near pier with its notice, dark against the water. */
function pier(): string {
  const planks = Array.from(
    { length: 24 },
    (_, i) => xml`<path d="M${1700 + i * 40} ${1292 - i * 2.2}l-26 60" stroke="#15141f" stroke-width="2.4"/>`,
  );
  const posts = [1740, 1960, 2180, 2400].map(
    (x, i) =>
      xml`<path d="M${x} ${1460}V${1208 - i * 6}h30V1460z" fill="#1d1a26"/><path d="M${x} ${1208 - i * 6}h10V1460h-10z" fill="#b56f52" opacity="0.4"/><path d="M${x - 3} ${1226 - i * 6}h36" stroke="#8a7a5c" stroke-width="7"/>`,
  );
  const rope = xml`<path d="M1755 1228Q1860 1300 1975 1222Q2085 1292 2195 1216Q2300 1286 2415 1210" fill="none" stroke="#c0a878" stroke-width="5"/>`;
  const text = { font: 'Cabin', fill: '#2b2418', anchor: 'middle' } as const;
  const notice = xml`<path d="M2052 1290V1050M2330 1282V1050" stroke="#2a2430" stroke-width="12"/><rect x="2022" y="1000" width="336" height="176" rx="5" fill="#e9dcbc"/><rect x="2022" y="1000" width="336" height="176" rx="5" fill="url(#board)"/><rect x="2030" y="1008" width="320" height="160" fill="none" stroke="#5b4a2e" stroke-width="2.5"/>
    ${label(2190, 1046, 'PIER 7', { ...text, size: 34, font: 'League Spartan', weight: 700, spacing: 3 })}${label(2190, 1080, 'Rowing boats, 9 crowns', { ...text, size: 24, weight: 600 })}${label(2190, 1110, 'an hour; back by 22:15', { ...text, size: 24, weight: 600 })}${label(2190, 1148, '노 젓는 배 · 구명조끼 필수', { ...text, size: 22, font: 'Noto Sans CJK KR', weight: 500 })}`;
  return xml`${notice}<path d="M1640 1300L2570 1244V1312L1612 1372Z" fill="#3a3038"/><path d="M1640 1300L2570 1244V1256L1634 1312Z" fill="#a86a55" opacity="0.6"/>${planks}<path d="M1612 1372L2570 1312V1344L1618 1404Z" fill="#1c1822"/>${posts}${rope}`;
}

const defs = xml`<defs>
  <filter id="glow" x="-2" y="-2" width="5" height="5"><feGaussianBlur stdDeviation="13"/></filter>
  <filter id="bloom" x="-0.1" y="-0.1" width="1.2" height="1.2"><feGaussianBlur stdDeviation="6"/></filter>
  <filter id="ripple" filterUnits="userSpaceOnUse" x="${-BLEED}" y="${HORIZON}" width="${WIDTH + 2 * BLEED}" height="${HEIGHT - HORIZON + BLEED}"><feGaussianBlur stdDeviation="1.2 5" result="b"/><feTurbulence type="fractalNoise" baseFrequency="0.006 0.055" numOctaves="3" seed="6" result="n"/><feDisplacementMap in="b" in2="n" scale="46" xChannelSelector="R" yChannelSelector="G"/></filter>
  <filter id="grain" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="0.8" numOctaves="1" seed="12"/><feColorMatrix type="matrix" values="0.4 0 0 0 0.3 0.4 0 0 0 0.3 0.4 0 0 0 0.3 0 0 0 0 1"/></filter>
  <linearGradient id="hull-shade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity="0.08"/><stop offset="0.5" stop-color="#0a0d20" stop-opacity="0.1"/><stop offset="1" stop-color="#0a0d20" stop-opacity="0.62"/></linearGradient>
  <linearGradient id="board" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#2a2450" stop-opacity="0.25"/><stop offset="1" stop-color="#ffb070" stop-opacity="0.22"/></linearGradient>
  <linearGradient id="beam" x1="1" x2="0"><stop offset="0" stop-color="#fff0c0" stop-opacity="0.5"/><stop offset="1" stop-color="#fff0c0" stop-opacity="0"/></linearGradient>
  <linearGradient id="deep" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#1a1f4a" stop-opacity="0.05"/><stop offset="1" stop-color="#0d1230" stop-opacity="0.72"/></linearGradient>
  <clipPath id="sea"><rect y="${HORIZON}" width="${WIDTH}" height="${HEIGHT - HORIZON}"/></clipPath>
</defs>`;

const SIGNS = [
  { x: 22, y: 726, width: 236, text: 'HOTEL MERIDIAN', board: '#23345a', ink: '#ffe7b0' },
  { x: 322, y: 640, width: 142, text: 'NET LOFT', board: '#5a2f2a', ink: '#ffe0b0' },
  { x: 812, y: 762, width: 138, text: '등대 찻집', board: '#f0d9a0', ink: '#5a2f2a' },
  { x: 985, y: 692, width: 150, text: 'FISH HALL', board: '#1f4a4a', ink: '#ffe7b0' },
  { x: 1232, y: 742, width: 186, text: 'CHANDLER 27', board: '#e8dcc0', ink: '#23345a' },
] as const;

/** Everything on land, its foot at the quay; the sky and hills beyond; and every ship: each is mirrored at its own waterline. */
function scene() {
  const random = seeded('harbour');
  const town = hillTown(random);
  const shore = xml`${hill()}${town.houses}<g filter="url(#bloom)" opacity="0.75" style="mix-blend-mode:screen">${town.lights}</g>${SIGNS.map(sign)}${quay(random)}`;
  const beyond = xml`<image href="layer:sky" x="${-BLEED}" width="${WIDTH + 2 * BLEED}" height="${HORIZON + 8}" preserveAspectRatio="none"/><circle cx="${SUN.x}" cy="${SUN.y + 6}" r="46" fill="#fff0c8"/><circle cx="${SUN.x}" cy="${SUN.y + 6}" r="90" fill="#ffd98a" opacity="0.5" filter="url(#glow)"/>${mountains()}${lighthouse()}`;
  return { shore, beyond };
}

export const harbour: Picture = {
  id: 'harbour',
  title: { en: 'Harbour at dusk', ko: '해 질 녘 항구' },
  width: WIDTH,
  height: HEIGHT,
  questions: [
    {
      en: 'What is the registration number of the green boat?',
      ko: '초록색 배의 등록 번호는 무엇인가요?',
      answer: 'PM 318',
      at: 'PM 318',
    },
    {
      en: 'By when must the rowing boats be back?',
      ko: '노 젓는 배는 몇 시까지 돌려주어야 하나요?',
      answer: '22:15',
      at: 'an hour; back by 22:15',
    },
    {
      en: 'Which number is painted on the ferry’s funnel?',
      ko: '여객선 굴뚝에 적힌 숫자는 무엇인가요?',
      answer: '7',
      at: '7',
    },
  ],
  draw() {
    const { shore, beyond } = scene();
    const mirrored = (id: string, x: number, waterline: number, from: number) =>
      xml`<use href="#${id}" transform="translate(${x} ${waterline}) scale(1 -1) translate(0 ${-from})"/>`;
    const ships = vessels.map(
      ({ id, x, waterline, body }) =>
        xml`<g transform="translate(${x} ${waterline})"><g id="${id}">${body}</g></g>`,
    );
    const reflected = vessels.map(({ id, x, waterline }) => mirrored(id, x, waterline, 0));
    const body = xml`${defs}<g id="beyond">${beyond}</g>
      <g clip-path="url(#sea)"><g filter="url(#ripple)">${mirrored('beyond', 0, HORIZON, HORIZON)}${mirrored('shore', 0, QUAY_FOOT, QUAY_FOOT)}${reflected}</g><rect y="${HORIZON}" width="${WIDTH}" height="${HEIGHT - HORIZON}" fill="url(#deep)"/></g>
      <image href="layer:ripples" y="${HORIZON}" width="${WIDTH}" height="${HEIGHT - HORIZON}"/>
      <g id="shore">${shore}</g>${ships}${pier()}
      <rect width="${WIDTH}" height="${HEIGHT}" filter="url(#grain)" opacity="0.1" style="mix-blend-mode:overlay" pointer-events="none"/>`;
    return { body, layers: { sky, ripples } };
  },
};
