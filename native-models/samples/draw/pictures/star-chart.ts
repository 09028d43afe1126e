import { clamp, fractalNoise, smoothstep } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { Occupied, textWidth } from '../placement.ts';
import type { Rectangle } from '../placement.ts';
import { seeded } from '../../../random.ts';
import type { Random } from '../../../random.ts';
import { paint } from '../raster.ts';
import type { Raster } from '../raster.ts';
import { label, labelAlong, xml } from '../xml.ts';
import type { Point } from '../xml.ts';
import { firstHalf } from './star-chart-figures.ts';
import type { Constellation } from './star-chart-figures.ts';
import { secondHalf } from './star-chart-more-figures.ts';

const constellations = [...firstHalf, ...secondHalf];

const SIDE = 2000;
const CENTRE = SIDE / 2;
/** Radius of the chart: the declination at its rim is RIM degrees. */
const RADIUS = 818;
const RIM = -30;
const GOLD = '#d9b978';
const PALE = '#f3ead2';
const BLUE = '#8fb3dd';
const SERIF = 'EB Garamond';
const HANGUL = 'Noto Serif CJK KR';
const GREEK_FONT = 'Liberation Serif';

/** Azimuthal equidistant about the pole: right ascension in hours runs counter-clockwise, from the right. */
function onChart(hours: number, declination: number): Point {
  const angle = (-hours / 24) * 2 * Math.PI;
  const radius = ((90 - declination) / (90 - RIM)) * RADIUS;
  return [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)];
}

/** 0..1: how much of the band of faint stars lies at a point of the chart. */
function bandAt(x: number, y: number): number {
  const across = (x - CENTRE) * 0.62 + (y - CENTRE) * 0.78 - 120 + 90 * Math.sin((x - y) / 420);
  return Math.exp(-((across / 210) ** 2));
}

function sky(): Raster {
  const clouds = fractalNoise('star-chart/clouds', 7);
  const lanes = fractalNoise('star-chart/lanes', 6);
  const side = SIDE / 2;
  return paint(side, side, (px, py) => {
    const [x, y] = [px * 2, py * 2];
    const warp = clouds(x / 300, y / 300) * 110;
    const band = bandAt(x + warp, y - warp);
    const dust = smoothstep(0.05, 0.5, lanes((x + warp) / 230, y / 230) + 0.25 * band - 0.1);
    const glow = band * (0.55 + 0.75 * clouds(x / 120 + 9, y / 120)) * (1 - 0.78 * dust * band);
    const light = clamp(glow, 0, 1);
    const far = Math.hypot(x - CENTRE, y - CENTRE) / RADIUS;
    const ground = 1 - 0.35 * far * far;
    const grain = clouds(x * 1.3, y * 1.3) * 2.5;
    return [
      17 * ground + 118 * light ** 1.25 + 26 * light * dust + grain,
      31 * ground + 122 * light ** 1.15 + grain,
      64 * ground + 128 * light + grain,
    ];
  });
}

/** Radius of a star's dot by its magnitude. */
const dotOf = (magnitude: number) => Math.max(0.9, 9.4 - 1.65 * magnitude);
const TINTS = ['#ffffff', '#dfe9ff', '#fff3dc', '#ffdfbd', '#cfdcff'];

function star([x, y]: Point, magnitude: number, tint: string): string {
  const radius = dotOf(magnitude);
  const halo =
    magnitude < 3
      ? xml`<circle cx="${x}" cy="${y}" r="${radius * 4.2}" fill="url(#glow)" opacity="${0.85 - magnitude * 0.16}"/>`
      : '';
  return xml`${halo}<circle cx="${x}" cy="${y}" r="${radius}" fill="${tint}"/>`;
}

function faintStars(random: Random): string {
  const stars: string[] = [];
  while (stars.length < 5200) {
    const angle = random.between(0, 2 * Math.PI);
    const radius = Math.sqrt(random.next()) * (RADIUS - 4);
    const [x, y] = [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)];
    if (!random.chance(0.3 + 0.7 * bandAt(x, y))) continue;
    const size = 0.45 + 1.5 * random.next() ** 4;
    stars.push(
      xml`<circle cx="${x}" cy="${y}" r="${size}" fill="${random.pick(TINTS)}" opacity="${random.between(0.35, 0.95)}"/>`,
    );
  }
  return stars.join('');
}

function grid(): string {
  const circles = [75, 60, 45, 30, 15, 0, -15].map((declination) => {
    const radius = ((90 - declination) / (90 - RIM)) * RADIUS;
    const equator = declination === 0;
    return xml`<circle cx="${CENTRE}" cy="${CENTRE}" r="${radius}" fill="none" stroke="${equator ? GOLD : BLUE}" stroke-width="${equator ? 1.4 : 0.8}" opacity="${equator ? 0.7 : 0.34}"/>`;
  });
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const [x1, y1] = onChart(hour, hour % 6 === 0 ? 90 : 80);
    const [x2, y2] = onChart(hour, RIM);
    return xml`<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${BLUE}" stroke-width="0.8" opacity="0.3"/>`;
  });
  const ecliptic = xml`<ellipse cx="${CENTRE + 70}" cy="${CENTRE - 118}" rx="612" ry="596" fill="none" stroke="${GOLD}" stroke-width="1.6" stroke-dasharray="10 7" opacity="0.75"/>`;
  return xml`${circles}${hours}${ecliptic}`;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Rim: hour numbers, ticks of ten minutes, and the month in which that hour is highest at midnight. */
function rim(): string {
  const ring = (radius: number, width: number) =>
    xml`<circle cx="${CENTRE}" cy="${CENTRE}" r="${radius}" fill="none" stroke="${GOLD}" stroke-width="${width}"/>`;
  const ticks = Array.from({ length: 144 }, (_, i) => {
    const angle = (i / 144) * 2 * Math.PI;
    const long = i % 6 === 0 ? 18 : i % 3 === 0 ? 11 : 6;
    const at = (radius: number) =>
      xml`${CENTRE + radius * Math.cos(angle)} ${CENTRE + radius * Math.sin(angle)}`;
    return xml`M${at(RADIUS + 10)}L${at(RADIUS + 10 + long)}`;
  });
  // The lower half runs the other way round, so that nothing stands on its head.
  const arc = (id: string, radius: number, middle: number, half: number, size: number) => {
    const below = middle > 12;
    const r = below ? radius + size * 0.62 : radius;
    const at = (hour: number) => {
      const angle = (-hour / 24) * 2 * Math.PI;
      return xml`${CENTRE + r * Math.cos(angle)} ${CENTRE + r * Math.sin(angle)}`;
    };
    const [from, to] = below ? [middle - half, middle + half] : [middle + half, middle - half];
    return xml`<path id="${id}" d="M${at(from)}A${r} ${r} 0 0 ${below ? 0 : 1} ${at(to)}" fill="none"/>`;
  };
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const id = `hour-${hour}`;
    return xml`${arc(id, RADIUS + 38, hour, 0.5, 26)}${labelAlong(id, `${hour}h`, { size: 26, font: SERIF, fill: PALE })}`;
  });
  const months = MONTHS.map((month, i) => {
    const id = `month-${i}`;
    const middle = (2 * i + 7) % 24;
    return xml`${arc(id, RADIUS + 75, middle, 1, 21)}${labelAlong(id, month.toUpperCase(), { size: 21, font: SERIF, fill: GOLD, spacing: 5 })}`;
  });
  return xml`${ring(RADIUS, 2.5)}${ring(RADIUS + 10, 1)}${ring(RADIUS + 64, 1)}${ring(RADIUS + 98, 3)}${ring(RADIUS + 104, 1)}<path d="${ticks}" stroke="${GOLD}" stroke-width="1.2"/>${hours}${months}`;
}

/** A figure's frame on the chart. */
function frameOf({ hours, declination, scale, turn }: Constellation): (x: number, y: number) => Point {
  const [cx, cy] = onChart(hours, declination);
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180) * scale, Math.sin((turn * Math.PI) / 180) * scale];
  return (x, y) => [cx + x * cos - y * sin, cy + x * sin + y * cos];
}

const GREEK = 'αβγδεζηθικλ';

/** Lines stop short of the dots, as engravers draw them. */
function figureLines(figure: Constellation): string {
  const at = frameOf(figure);
  const parts = figure.lines.flatMap((chain) =>
    chain.slice(1).map((to, i) => {
      const [ax, ay, am] = figure.stars[chain[i]!]!;
      const [bx, by, bm] = figure.stars[to]!;
      const [a, b] = [at(ax, ay), at(bx, by)];
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const [ux, uy] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
      const [ga, gb] = [dotOf(am) + 6, dotOf(bm) + 6];
      return xml`M${a[0] + ux * ga} ${a[1] + uy * ga}L${b[0] - ux * gb} ${b[1] - uy * gb}`;
    }),
  );
  return xml`<path d="${parts}" stroke="${GOLD}" stroke-width="1.8" opacity="0.82" fill="none"/>`;
}

/** Where a label of that size may stand about a star: right, left, above, below and between. */
function placesAbout([x, y]: Point, width: number, height: number, gap: number): Rectangle[] {
  const [right, left, top, bottom] = [x + gap, x - gap - width, y - gap - height, y + gap];
  const [midX, midY] = [x - width / 2, y - height / 2];
  const near = gap * 0.7;
  return [
    [right, midY],
    [left, midY],
    [midX, bottom],
    [midX, top],
    [x + near, y + near],
    [x + near, y - near - height],
    [x - near - width, y + near],
    [x - near - width, y - near - height],
  ].map(([px, py]) => ({ x: px!, y: py!, width, height }));
}

/** Whether all of it lies on the disc, clear of the rim. */
function onDisc({ x, y, width, height }: Rectangle): boolean {
  const farX = Math.max(CENTRE - x, x + width - CENTRE);
  const farY = Math.max(CENTRE - y, y + height - CENTRE);
  return Math.hypot(farX, farY) < RADIUS - 8;
}

function lineAreas(figure: Constellation): Rectangle[] {
  const at = frameOf(figure);
  return figure.lines.flatMap((chain) =>
    chain.slice(1).flatMap((to, i) => {
      const [ax, ay] = figure.stars[chain[i]!]!;
      const [bx, by] = figure.stars[to]!;
      return Array.from({ length: 13 }, (_, k) => {
        const [x, y] = at(ax + ((bx - ax) * k) / 12, ay + ((by - ay) * k) / 12);
        return { x: x - 5, y: y - 5, width: 10, height: 10 };
      });
    }),
  );
}

/** Names and magnitudes of the bright stars, or else Greek letters in the order of brightness where there is room. */
function starLabels(figure: Constellation, occupied: Occupied, named: boolean): string {
  const at = frameOf(figure);
  const byLight = [...figure.stars].sort((a, b) => a[2] - b[2]);
  const size = named ? 25 : 19;
  return byLight
    .map(([x, y, magnitude, name], rank) => {
      if ((name !== undefined) !== named) return '';
      const text = name ? `${name} ${magnitude.toFixed(1)}` : GREEK[rank]!;
      const width = textWidth(text, size, 0, 0.46) + 4;
      const gaps = named ? [7, 13, 20, 30] : [5];
      const places = gaps.flatMap((gap) => placesAbout(at(x, y), width, size * 0.9, dotOf(magnitude) + gap));
      const area = occupied.firstFree(places.filter(onDisc));
      if (!area) return '';
      const style = { size, font: named ? SERIF : GREEK_FONT, italic: !named, fill: named ? PALE : BLUE };
      return label(area.x + 2, area.y + size * 0.72, text, style);
    })
    .join('');
}

/** The name under its figure, or in the nearest free place to that. */
function figureName(figure: Constellation, occupied: Occupied): string {
  const [nx, ny] = frameOf(figure)(...figure.nameAt);
  const width = Math.max(textWidth(figure.name, 25, 7, 0.68), textWidth(figure.english, 22, 0, 0.44)) + 8;
  const offsets = Array.from({ length: 400 }, (_, i): Point => {
    const [distance, angle] = [i * 0.5, i * 2.4];
    return [nx + distance * Math.cos(angle) - width / 2, ny + distance * Math.sin(angle) - 22];
  });
  const places = offsets.map(([x, y]) => ({ x, y, width, height: 54 })).filter(onDisc);
  const area = occupied.firstFree(places);
  if (!area) throw new Error(`${figure.name}: no room for its name`);
  const [x, y] = [area.x + width / 2, area.y + 22];
  const english = { size: 22, font: SERIF, italic: true, fill: BLUE, anchor: 'middle' } as const;
  return xml`${label(x, y, figure.name, { size: 25, font: SERIF, fill: GOLD, spacing: 7, anchor: 'middle' })}${label(x, y + 23, figure.english, english)}`;
}

function figures(occupied: Occupied): string {
  for (const figure of constellations) {
    const at = frameOf(figure);
    lineAreas(figure).forEach((area) => occupied.take(area));
    for (const [sx, sy, magnitude] of figure.stars) {
      const [x, y] = at(sx, sy);
      const r = dotOf(magnitude) + 4;
      occupied.take({ x: x - r, y: y - r, width: 2 * r, height: 2 * r });
    }
  }
  const random = seeded('star-chart/figures');
  const drawn = constellations.map((figure) => {
    const at = frameOf(figure);
    const dots = figure.stars.map(([x, y, magnitude]) => star(at(x, y), magnitude, random.pick(TINTS)));
    return xml`${figureLines(figure)}${dots}`;
  });
  // What matters most chooses its place first.
  const stars = constellations.map((figure) => starLabels(figure, occupied, true));
  const names = constellations.map((figure) => figureName(figure, occupied));
  const letters = constellations.map((figure) => starLabels(figure, occupied, false));
  return xml`${drawn}${stars}${names}${letters}`;
}

/** Faint clusters and clouds of an invented catalogue, along the band and off it. */
function catalogue(occupied: Occupied): string {
  const random = seeded('star-chart/catalogue');
  const objects: string[] = [];
  for (let number = 3; objects.length < 26; number += random.whole(1, 9)) {
    const [x, y] = onChart(random.between(0, 24), random.between(-24, 74));
    const text = `H ${number}`;
    const area = { x: x - 16, y: y - 10, width: 24 + textWidth(text, 18, 0, 0.5), height: 20 };
    if (!occupied.free({ x: area.x - 8, y: area.y - 8, width: area.width + 16, height: 36 })) continue;
    occupied.take(area);
    const cluster = random.chance(0.5);
    const mark = cluster
      ? xml`<circle cx="${x}" cy="${y}" r="6" fill="none" stroke="${GOLD}" stroke-width="1.5" stroke-dasharray="2 2.2"/>`
      : xml`<ellipse cx="${x}" cy="${y}" rx="9" ry="4.5" transform="rotate(${random.whole(-60, 60)} ${x} ${y})" fill="#b9cbe8" fill-opacity="0.35" stroke="${BLUE}" stroke-width="1.2"/>`;
    objects.push(xml`${mark}${label(x + 13, y + 6, text, { size: 18, font: SERIF, fill: BLUE })}`);
  }
  return objects.join('');
}

/** Degrees of declination along the twelfth hour's meridian, and the names of the two great circles. */
function circleNames(occupied: Occupied): string {
  const degrees = [60, 30, -15].map((declination) => {
    const [x, y] = onChart(13.5, declination);
    occupied.take({ x: x - 24, y: y - 14, width: 48, height: 24 });
    return label(x, y + 6, `${declination}°`.replace('-', '−'), {
      size: 18,
      font: SERIF,
      fill: BLUE,
      anchor: 'middle',
    });
  });
  const radius = (90 / (90 - RIM)) * RADIUS - 7;
  const at = (degrees: number) => {
    const angle = (degrees * Math.PI) / 180;
    return xml`${CENTRE + radius * Math.cos(angle)} ${CENTRE + radius * Math.sin(angle)}`;
  };
  const style = { size: 18, font: SERIF, fill: GOLD, spacing: 3 } as const;
  for (let degrees = 57; degrees < 78; degrees += 1.5) {
    const [x, y] = at(degrees).split(' ').map(Number) as [number, number];
    occupied.take({ x: x - 10, y: y - 16, width: 20, height: 24 });
  }
  return xml`${degrees}<path id="equator" d="M${at(78)}A${radius} ${radius} 0 0 0 ${at(56)}" fill="none"/>${labelAlong('equator', 'CELESTIAL EQUATOR', style)}`;
}

function corners(): string {
  const small = { size: 20, font: SERIF, fill: BLUE } as const;
  const right = { ...small, anchor: 'end' } as const;
  const magnitudes = [0, 1, 2, 3, 4, 5].map(
    (m) =>
      xml`${star([86 + m * 44, 1908], m, '#fff')}${label(86 + m * 44, 1950, String(m), { ...small, anchor: 'middle' })}`,
  );
  return xml`
    ${label(70, 112, 'The Sky', { size: 66, font: SERIF, fill: PALE })}
    ${label(72, 160, 'over Orrin Head', { size: 36, font: SERIF, italic: true, fill: GOLD })}
    ${label(72, 204, '오린 곶의 밤하늘', { size: 26, font: HANGUL, fill: BLUE })}
    ${label(1930, 94, 'SHEET VII', { size: 26, font: SERIF, fill: GOLD, anchor: 'end', spacing: 5 })}
    ${label(1930, 128, 'from the pole to 30° south', right)}
    ${label(1930, 156, 'equinox of the year 412', right)}
    ${label(72, 1862, 'MAGNITUDES', { ...small, fill: GOLD, spacing: 4 })}${magnitudes}
    ${label(1930, 1862, 'drawn at the Observatory', right)}
    ${label(1930, 1890, 'by M. Harrow & S. Ilvane', right)}
    ${label(1930, 1918, 'engraved by T. Coble', right)}
    ${label(1930, 1950, 'second state, 240 copies', { ...right, fill: GOLD, italic: true })}`;
}

const defs = xml`<defs>
  <radialGradient id="glow"><stop offset="0" stop-color="#fff" stop-opacity="0.75"/><stop offset="0.25" stop-color="#cfe0ff" stop-opacity="0.3"/><stop offset="1" stop-color="#cfe0ff" stop-opacity="0"/></radialGradient>
  <radialGradient id="ground" r="0.75"><stop offset="0" stop-color="#16233f"/><stop offset="1" stop-color="#0a1122"/></radialGradient>
  <clipPath id="disc"><circle cx="${CENTRE}" cy="${CENTRE}" r="${RADIUS}"/></clipPath>
</defs>`;

export const starChart: Picture = {
  id: 'star-chart',
  title: { en: 'Star chart', ko: '별자리 지도' },
  width: SIDE,
  height: SIDE,
  questions: [
    {
      en: 'What is the magnitude of the star Velorin?',
      ko: '별 Velorin의 등급은 얼마인가요?',
      answer: '1.6',
      at: 'Velorin 1.6',
    },
    {
      en: 'Which bright star lies inside the Lantern?',
      ko: '등불자리(Laterna) 안에 있는 밝은 별의 이름은 무엇인가요?',
      answer: 'Corusk',
      at: 'Corusk 0.9',
    },
    {
      en: 'Who engraved the chart?',
      ko: '이 지도를 새긴 사람은 누구인가요?',
      answer: 'T. Coble',
      at: 'engraved by T. Coble',
    },
  ],
  draw() {
    const occupied = new Occupied();
    const body = xml`${defs}
      <rect width="${SIDE}" height="${SIDE}" fill="url(#ground)"/>
      <g clip-path="url(#disc)"><image href="layer:sky" width="${SIDE}" height="${SIDE}"/>${faintStars(seeded('star-chart'))}${grid()}</g>
      ${rim()}${circleNames(occupied)}${figures(occupied)}${catalogue(occupied)}${corners()}
      <rect x="26" y="26" width="${SIDE - 52}" height="${SIDE - 52}" fill="none" stroke="${GOLD}" stroke-width="2"/>
      <rect x="34" y="34" width="${SIDE - 68}" height="${SIDE - 68}" fill="none" stroke="${GOLD}" stroke-width="0.8"/>`;
    return { body, layers: { sky } };
  },
};
