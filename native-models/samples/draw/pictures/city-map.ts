import { fractalNoise, mix } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { seeded } from '../random.ts';
import { curve, label, polyline, xml } from '../xml.ts';
import type { Point } from '../xml.ts';
import { parks, places, tramLines } from './city-names.ts';
import { WIDTH, housesOf, middleOf, planCity, shrunk } from './city-plan.ts';
import type { Piece, Street } from './city-plan.ts';
import { routes } from './city-trams.ts';
import { cityLabels } from './city-labels.ts';
import { key } from './city-key.ts';

export const MAP = { width: 2400, height: 1800, margin: 54 } as const;
const INK = '#4a4038';

/** The river's middle line and half its width, from the hills to the bay. */
const RIVER: readonly (readonly [x: number, y: number, half: number])[] = [
  [2560, 150, 44],
  [2250, 330, 46],
  [1990, 420, 50],
  [1800, 640, 54],
  [1700, 840, 58],
  [1440, 930, 62],
  [1160, 1000, 68],
  [930, 1180, 84],
  [760, 1420, 120],
  [560, 1640, 190],
  [380, 1900, 270],
];

function sampledRiver(): readonly (readonly [number, number, number])[] {
  const at = (i: number) => RIVER[Math.min(RIVER.length - 1, Math.max(0, i))]!;
  const samples: [number, number, number][] = [];
  for (let i = 0; i < RIVER.length - 1; i++) {
    for (let step = 0; step < 24; step++) {
      const t = step / 24;
      const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
      const spline = (k: 0 | 1 | 2) =>
        0.5 *
        (2 * b[k] +
          (c[k] - a[k]) * t +
          (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * t * t +
          (3 * b[k] - a[k] - 3 * c[k] + d[k]) * t ** 3);
      samples.push([spline(0), spline(1), spline(2)]);
    }
  }
  return samples;
}

const river = sampledRiver();

/** Pixels from the water's edge; negative in the water. */
export function fromWater([x, y]: Point): number {
  return Math.min(...river.map(([rx, ry, half]) => Math.hypot(x - rx, y - ry) - half));
}

const bendX = fractalNoise('city/x', 2);
const bendY = fractalNoise('city/y', 2);
const OLD_TOWN: Point = [1450, 560];

/** From the plan's straight lines to the city's bent ones. */
export function bent([x, y]: Point): Point {
  const distance = Math.hypot(x - OLD_TOWN[0], y - OLD_TOWN[1]);
  const turn = 0.75 * Math.exp(-((distance / 420) ** 2));
  const [dx, dy] = [x - OLD_TOWN[0], y - OLD_TOWN[1]];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return [
    OLD_TOWN[0] + dx * cos - dy * sin + 75 * bendX(x / 800, y / 800),
    OLD_TOWN[1] + dx * sin + dy * cos + 75 * bendY(x / 800, y / 800),
  ];
}

/** A straight line of the plan as the city has it, in steps of at most 16 pixels. */
export function bentLine(from: Point, to: Point): Point[] {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 16));
  return Array.from({ length: steps + 1 }, (_, i) =>
    bent([mix(from[0], to[0], i / steps), mix(from[1], to[1], i / steps)]),
  );
}

function bentArea(corners: readonly Point[]): Point[] {
  return corners.flatMap((corner, i) => bentLine(corner, corners[(i + 1) % corners.length]!).slice(0, -1));
}

const near = ([ax, ay]: Point, [bx, by]: Point) => Math.hypot(ax - bx, ay - by);
const isPark = ({ corners }: Piece) => parks.some(({ at }) => inside(at, bentArea(corners)));

function plan() {
  const random = seeded('city-map');
  const ground: Point[] = [
    [-420, 60],
    [2300, -520],
    [2820, 1780],
    [40, 2360],
  ];
  return planCity(
    ground,
    (piece) =>
      isPark(piece) ? 58_000 : mix(5200, 11_500, Math.min(1, near(middleOf(piece.corners), OLD_TOWN) / 800)),
    (piece) => mix(0.28, 0.07, Math.min(1, near(middleOf(piece.corners), OLD_TOWN) / 500)),
    random,
  );
}

const halfWidth = (streets: readonly Street[]) => (side: number) =>
  streets[side] ? WIDTH[streets[side].rank] / 2 : 0;

const HOUSE_TONES = ['#e0d2c0', '#dccbb6', '#e4d8c8'];
const PUBLIC_TONE = '#d3a58c';

/** What stands on a block: houses in one tone, or a park. */
function blockPart(block: Piece, streets: readonly Street[], isPublic: boolean): string {
  const random = seeded(`block ${block.corners.join(' ')}`);
  const inner = shrunk(block, (side) => halfWidth(streets)(side) + 3);
  if (!inner) return '';
  if (isPark(block)) return parkPart(bentArea(inner.corners), random.whole(0, 999));
  const lot = mix(260, 620, Math.min(1, near(middleOf(block.corners), OLD_TOWN) / 900));
  const houses = housesOf(inner, isPublic ? lot * 6 : lot, random)
    .map(bentArea)
    .filter((house) => house.every((corner) => fromWater(corner) > 30))
    .map((house) => polyline(house, true));
  const tone = isPublic ? PUBLIC_TONE : random.pick(HOUSE_TONES);
  return xml`<path d="${houses}" fill="${tone}" stroke="#bfac95" stroke-width="0.8"/>`;
}

const centreOf = (block: Piece) => bent(middleOf(block.corners));

/** The block on which each numbered place stands: the nearest one that is dry, no park, clear of the key and not taken. */
function sitesOf(blocks: readonly Piece[]): Piece[] {
  const taken: Piece[] = [];
  for (const { at } of places) {
    const fit = blocks.filter(
      (block) => !taken.includes(block) && !isPark(block) && fromWater(centreOf(block)) > 60,
    );
    taken.push(
      fit.reduce((best, block) => (near(centreOf(block), at) < near(centreOf(best), at) ? block : best)),
    );
  }
  return taken;
}

/** Where each park's name goes. */
function parkPlaces(blocks: readonly Piece[]): Point[] {
  return parks.map(({ at }) => centreOf(blocks.find((block) => inside(at, bentArea(block.corners)))!));
}

function inside([x, y]: Point, area: readonly Point[]): boolean {
  return area.reduce((odd, [ax, ay], i) => {
    const [bx, by] = area[(i + 1) % area.length]!;
    return ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay) ? !odd : odd;
  }, false);
}

function parkPart(area: readonly Point[], seed: number): string {
  const random = seeded(`park ${seed}`);
  const [cx, cy] = middleOf(area);
  const clip = `park-${Math.round(cx)}-${Math.round(cy)}`;
  const paths = [0, 1, 2].map((i) => {
    const angle = (i / 3) * Math.PI + random.between(-0.3, 0.3);
    const [dx, dy] = [Math.cos(angle) * 220, Math.sin(angle) * 220];
    return curve([
      [cx - dx, cy - dy],
      [cx - dx * 0.3 + dy * 0.2, cy - dy * 0.3 - dx * 0.2],
      [cx + dx * 0.3 - dy * 0.2, cy + dy * 0.3 + dx * 0.2],
      [cx + dx, cy + dy],
    ]);
  });
  const trees: string[] = [];
  for (let i = 0; i < 260; i++) {
    const at: Point = [cx + random.between(-150, 150), cy + random.between(-130, 130)];
    const size = random.between(3.2, 6.4);
    if (!inside(at, area) || near(at, [cx, cy]) < 34) continue;
    trees.push(
      xml`<circle cx="${at[0] + 1.5}" cy="${at[1] + 2}" r="${size}" fill="#7f9f6a" opacity="0.5"/><circle cx="${at[0]}" cy="${at[1]}" r="${size}" fill="${random.pick(['#a3c48a', '#94ba7d', '#b1cd95'])}"/>`,
    );
  }
  return xml`<clipPath id="${clip}"><path d="${polyline(area, true)}"/></clipPath><g clip-path="url(#${clip})"><path d="${polyline(area, true)}" fill="#cfe0b6"/><path d="${paths}" stroke="#f3eedd" stroke-width="5" fill="none"/>${trees}<ellipse cx="${cx}" cy="${cy}" rx="30" ry="19" fill="#a9cfdc" stroke="#86b4c6" stroke-width="1.5"/></g>`;
}

/** All streets, widest last: first their edges, then their surfaces, so that crossings stay open. */
function streetPart(streets: readonly Street[]): string {
  const strokes = (['lane', 'street', 'avenue'] as const).map((rank) => {
    const lines = streets
      .filter((street) => street.rank === rank)
      .map(({ from, to }) => polyline(bentLine(from, to)));
    return { rank, path: lines.join('') };
  });
  const layer = (colour: (rank: Street['rank']) => string, extra: number) =>
    strokes.map(
      ({ rank, path }) =>
        xml`<path d="${path}" fill="none" stroke="${colour(rank)}" stroke-width="${WIDTH[rank] - 4 + extra}" stroke-linecap="round"/>`,
    );
  return xml`${layer(() => '#cfc4b4', 2.4)}${layer((rank) => (rank === 'avenue' ? '#fbe9b7' : '#fffdf8'), 0)}`;
}

function water(): string {
  const left: Point[] = [];
  const right: Point[] = [];
  river.forEach(([x, y, half], i) => {
    const [px, py] = river[Math.max(0, i - 1)]!;
    const [nx, ny] = river[Math.min(river.length - 1, i + 1)]!;
    const length = Math.hypot(nx - px, ny - py);
    const [ox, oy] = [((py - ny) / length) * half, ((nx - px) / length) * half];
    left.push([x + ox, y + oy]);
    right.unshift([x - ox, y - oy]);
  });
  const shore = polyline([...left, ...right], true);
  const lines = [34, 22, 12].map(
    (width, i) =>
      xml`<path d="${shore}" fill="none" stroke="${['#b3d6e2', '#bfdde7', '#cfe7ee'][i]}" stroke-width="${width}"/>`,
  );
  return xml`<clipPath id="water"><path d="${shore}"/></clipPath><path d="${shore}" fill="none" stroke="#fffdf8" stroke-width="36"/><path d="${shore}" fill="none" stroke="#cfc4b4" stroke-width="6"/><path d="${shore}" fill="#a8d0de"/><g clip-path="url(#water)">${lines}</g><path d="${shore}" fill="none" stroke="#7fb0c4" stroke-width="2.5"/>`;
}

/** Lawns along the banks, under the streets. */
function riverside(): string {
  const widest = river.map(([x, y, half]) => xml`<circle cx="${x}" cy="${y}" r="${half + 62}"/>`);
  return xml`<g fill="#dde6c6">${widest}</g>`;
}

/** The ferry's course from its pier out of the bay. */
export const FERRY: readonly Point[] = [
  [700, 1318],
  [600, 1440],
  [460, 1560],
  [300, 1690],
  [220, 1790],
];

/** Piers and the ferry. */
function bay(): string {
  const piers = [
    [
      [610, 1254],
      [704, 1322],
    ],
    [
      [540, 1326],
      [622, 1388],
    ],
    [
      [944, 1404],
      [862, 1362],
    ],
    [
      [890, 1500],
      [800, 1452],
    ],
  ]
    .map((pier) => polyline(pier as [number, number][]))
    .join('');
  return xml`<path d="${piers}" stroke="#8d8072" stroke-width="15"/><path d="${piers}" stroke="#efe3cb" stroke-width="11"/><path d="${curve(FERRY)}" fill="none" stroke="#3f7f9c" stroke-width="3" stroke-dasharray="12 9"/>`;
}

export interface Bridge {
  readonly street: number;
  readonly line: readonly Point[];
}

/** The avenues and streets that cross from bank to bank, at least 230 pixels apart. */
function bridgesOf(streets: readonly Street[]): Bridge[] {
  const found: Bridge[] = [];
  const order = [...streets.keys()].filter((id) => streets[id]!.rank !== 'lane');
  for (const id of order) {
    const line = bentLine(streets[id]!.from, streets[id]!.to);
    const wet = line.map((point) => fromWater(point) < 0);
    const first = wet.indexOf(true);
    const last = wet.lastIndexOf(true);
    if (first < 2 || last > line.length - 3 || last - first > 14 || wet.slice(first, last).includes(false))
      continue;
    const middle = line[(first + last) >> 1]!;
    if (middle[0] < 700 || found.some((other) => near(other.line[other.line.length >> 1]!, middle) < 230))
      continue;
    found.push({ street: id, line: line.slice(first - 2, last + 3) });
  }
  return found;
}

function bridgePart(bridges: readonly Bridge[]): string {
  const paths = bridges.map(({ line }) => polyline(line)).join('');
  return xml`<path d="${paths}" fill="none" stroke="#8d8072" stroke-width="30"/><path d="${paths}" fill="none" stroke="#fbe9b7" stroke-width="24"/>`;
}

function tramPart(
  streets: readonly Street[],
  bridges: readonly Bridge[],
): { drawn: string; lines: (readonly Point[])[] } {
  const lines = routes(
    streets,
    bridges,
    tramLines.map(({ through }) => through),
  );
  const drawn = lines.map((line, i) => {
    const path = polyline(line);
    return xml`<path d="${path}" fill="none" stroke="#fff" stroke-width="9" stroke-linejoin="round"/><path d="${path}" fill="none" stroke="${tramLines[i]!.colour}" stroke-width="5" stroke-linejoin="round"/>`;
  });
  return { drawn: drawn.join(''), lines };
}

function frame(): string {
  const { width, height, margin } = MAP;
  const style = { size: 26, font: 'Cabin', weight: 600, fill: INK, anchor: 'middle' } as const;
  const letters = [...'ABCDEFGH'].flatMap((letter, i) => {
    const x = margin + ((i + 0.5) * (width - 2 * margin)) / 8;
    return [label(x, 36, letter, style), label(x, height - 18, letter, style)];
  });
  const numbers = [...'123456'].flatMap((number, i) => {
    const y = margin + ((i + 0.5) * (height - 2 * margin)) / 6 + 9;
    return [label(27, y, number, style), label(width - 27, y, number, style)];
  });
  const edge = xml`M0 0H${width}V${height}H0ZM${margin} ${margin}V${height - margin}H${width - margin}V${margin}Z`;
  return xml`<path d="${edge}" fill="#fbf8f1"/><rect x="${margin}" y="${margin}" width="${width - 2 * margin}" height="${height - 2 * margin}" fill="none" stroke="${INK}" stroke-width="3"/><rect x="10" y="10" width="${width - 20}" height="${height - 20}" fill="none" stroke="${INK}" stroke-width="1.5"/>${letters}${numbers}`;
}

export const cityMap: Picture = {
  id: 'city-map',
  title: { en: 'City map', ko: '도시 지도' },
  width: MAP.width,
  height: MAP.height,
  questions: [
    {
      en: 'Which place has the number 2 on the map?',
      ko: '지도에서 2번은 어떤 곳인가요?',
      answer: 'Clock Museum',
      at: '2 Clock Museum',
    },
    {
      en: 'Which bridge does tram 1 cross?',
      ko: '1번 전차는 어느 다리를 건너나요?',
      answer: 'Rope Bridge',
      at: 'Rope Bridge',
    },
    {
      en: 'How long does the ferry to Orrin Head take?',
      ko: '오린 곶까지 가는 여객선은 얼마나 걸리나요?',
      answer: '40 min',
      at: 'Ferry to Orrin Head, 40 min',
    },
  ],
  draw() {
    const { streets, blocks } = plan();
    const bridges = bridgesOf(streets);
    const sites = sitesOf(blocks);
    const blockParts = blocks.map((block) => blockPart(block, streets, sites.includes(block)));
    const trams = tramPart(streets, bridges);
    const body = xml`<rect width="${MAP.width}" height="${MAP.height}" fill="#efe8db"/>
      ${riverside()}${blockParts}${streetPart(streets)}${water()}${bay()}${bridgePart(bridges)}${trams.drawn}
      ${cityLabels({ streets, bridges, trams: trams.lines, sites: sites.map(centreOf), parks: parkPlaces(blocks) })}
      ${frame()}${key()}`;
    return { body };
  },
};
