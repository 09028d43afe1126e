import { Occupied, textWidth } from '../placement.ts';
import { seeded } from '../../../random.ts';
import { curve, label, labelAlong, polyline, xml } from '../xml.ts';
import type { Lettering, Point } from '../xml.ts';
import { KEY_AREA } from './city-key.ts';
import { FERRY, MAP, PIERS, bentLine, fromWater } from './city-ground.ts';
import type { Bridge } from './city-ground.ts';
import {
  avenueNames,
  bridgeNames,
  districts,
  laneNames,
  parks,
  stopNames,
  streetNames,
  tramLines,
} from './city-names.ts';
import type { Street } from './city-plan.ts';

const FONT = 'Cabin';
const HANGUL = 'Noto Sans CJK KR';
const INK = '#4f443a';
const NAMES = { avenue: avenueNames, street: streetNames, lane: laneNames } as const;
const STYLE: Readonly<Record<Street['rank'], Lettering>> = {
  avenue: { size: 23, font: FONT, weight: 600, fill: '#5b4a2e', spacing: 0.6 },
  street: { size: 15.5, font: FONT, weight: 500, fill: INK, halo: ['#fffdf8', 3] },
  lane: { size: 12, font: FONT, weight: 500, fill: INK, halo: ['#fffdf8', 2.5] },
};
/** A long street is named again after this many pixels. */
const REPEAT = 760;

const boxAt = ([x, y]: Point, half: number) => ({
  x: x - half,
  y: y - half,
  width: 2 * half,
  height: 2 * half,
});

function onMap([x, y]: Point): boolean {
  const { width, height, margin } = MAP;
  return x > margin + 14 && y > margin + 14 && x < width - margin - 14 && y < height - margin - 14;
}

function lengthOf(line: readonly Point[]): number {
  return line.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - line[i]![0], y - line[i]![1]), 0);
}

/** The stretch of a line from `start` to `end`, measured along it, in steps of 8 pixels. */
function stretch(line: readonly Point[], start: number, end: number): Point[] {
  const points: Point[] = [];
  let travelled = 0;
  let next = start;
  for (let i = 1; i < line.length; i++) {
    const [[ax, ay], [bx, by]] = [line[i - 1]!, line[i]!];
    const length = Math.hypot(bx - ax, by - ay);
    for (; next <= Math.min(end, travelled + length); next += 8) {
      const t = (next - travelled) / length;
      points.push([ax + (bx - ax) * t, ay + (by - ay) * t]);
    }
    travelled += length;
  }
  return points;
}

/** Free stretches of a street that are long enough for its name, from the middle outwards. */
function roomsFor(
  line: readonly Point[],
  width: number,
  size: number,
  occupied: Occupied,
): Point[] | undefined {
  const total = lengthOf(line);
  const slack = total - width - 30;
  for (let i = 0; i * 9 < slack / 2; i++) {
    for (const shift of i === 0 ? [0] : [i * 9, -i * 9]) {
      const start = slack / 2 + shift + 5;
      const points = stretch(line, start, start + width + 16);
      const free = points.every(
        (point) => onMap(point) && fromWater(point) > size * 0.8 && occupied.free(boxAt(point, size * 0.62)),
      );
      if (free) return points;
    }
  }
  return undefined;
}

/** The street cut into as many parts as it shall have names. */
function parts(line: readonly Point[]): Point[][] {
  const visible = line.filter(onMap);
  const count = Math.max(1, Math.round(lengthOf(visible) / REPEAT));
  const each = Math.ceil(visible.length / count);
  return Array.from({ length: count }, (_, i) => visible.slice(i * each, (i + 1) * each + 1)).filter(
    (part) => part.length > 1,
  );
}

function streetLabels(streets: readonly Street[], occupied: Occupied): string {
  const used = { avenue: 0, street: 0, lane: 0 };
  const written: string[] = [];
  for (const rank of ['avenue', 'street', 'lane'] as const) {
    for (const street of streets.filter((candidate) => candidate.rank === rank)) {
      const name = NAMES[rank][used[rank]];
      if (!name) break;
      const style = STYLE[rank];
      let found = false;
      for (const part of parts(bentLine(street.from, street.to))) {
        const room = roomsFor(part, textWidth(name, style.size, style.spacing, 0.54), style.size, occupied);
        if (!room) continue;
        found = true;
        room.forEach((point) => occupied.take(boxAt(point, style.size * 0.5)));
        const forward = room[0]![0] <= room.at(-1)![0];
        const id = `street-${written.length}`;
        const path = polyline(forward ? room : room.reverse());
        written.push(
          xml`<path id="${id}" d="${path}" fill="none"/>${labelAlong(id, name, style, style.size * 0.33)}`,
        );
      }
      if (found) used[rank]++;
    }
  }
  return written.join('');
}

/** A label in the first free place right, left, below or above of a point. */
function beside([x, y]: Point, gap: number, text: string, style: Lettering, occupied: Occupied): string {
  const width = textWidth(text, style.size, style.spacing, 0.52);
  const height = style.size;
  const place = occupied.firstFree(
    [
      { x: x + gap, y: y - height / 2, width, height },
      { x: x - gap - width, y: y - height / 2, width, height },
      { x: x - width / 2, y: y + gap, width, height },
      { x: x - width / 2, y: y - gap - height, width, height },
    ].filter((area) => onMap([area.x, area.y]) && onMap([area.x + width, area.y + height])),
  );
  return place ? label(place.x, place.y + height * 0.8, text, style) : '';
}

function stops(lines: readonly (readonly Point[])[], occupied: Occupied): string {
  let used = 0;
  return lines
    .map((line, i) => {
      const { colour, number } = tramLines[i]!;
      const visible = line.filter(onMap);
      const every = stretch(visible, 90, lengthOf(visible) - 60).filter((_, k) => k % 29 === 0);
      const marks = every.map((point, k) => {
        if (!occupied.free(boxAt(point, 10)) || fromWater(point) < 24) return '';
        occupied.take(boxAt(point, 11));
        if (k % 4 === 2) {
          return xml`<rect x="${point[0] - 13}" y="${point[1] - 13}" width="26" height="26" rx="6" fill="${colour}" stroke="#fff" stroke-width="2.5"/>${label(point[0], point[1] + 7, number, { size: 20, font: FONT, weight: 700, fill: '#fff', anchor: 'middle' })}`;
        }
        const name = stopNames[used++];
        const style = { size: 16, font: FONT, weight: 700, fill: colour, halo: ['#fffdf8', 4] } as const;
        return xml`<circle cx="${point[0]}" cy="${point[1]}" r="8" fill="#fff" stroke="${colour}" stroke-width="4"/>${name ? beside(point, 14, name, style, occupied) : ''}`;
      });
      return marks.join('');
    })
    .join('');
}

/** Names beside the bridges, along them. */
function bridgeLabels(bridges: readonly Bridge[], occupied: Occupied): string {
  const style = {
    size: 23,
    font: FONT,
    italic: true,
    weight: 600,
    fill: '#245a74',
    halo: ['#a8d0de', 4],
  } as const;
  return bridges
    .map(({ line }, i) => {
      const [first, last] = [line[0]!, line.at(-1)!];
      const length = Math.hypot(last[0] - first[0], last[1] - first[1]);
      const [ux, uy] = [(last[0] - first[0]) / length, (last[1] - first[1]) / length];
      const [mx, my] = [(first[0] + last[0]) / 2 + uy * 34, (first[1] + last[1]) / 2 - ux * 34];
      const reach = Math.max(length / 2, textWidth(bridgeNames[i]!, 23, 0, 0.56) / 2 + 10);
      const ends: Point[] = [
        [mx - ux * reach, my - uy * reach],
        [mx + ux * reach, my + uy * reach],
      ];
      stretch(ends, 0, 2 * reach).forEach((point) => occupied.take(boxAt(point, 15)));
      if (ends[0]![0] > ends[1]![0]) ends.reverse();
      return xml`<path id="bridge-${i}" d="${polyline(ends)}" fill="none"/>${labelAlong(`bridge-${i}`, bridgeNames[i]!, style, 8)}`;
    })
    .join('');
}

/** Reserves room for the words before anything small is placed. */
function areaLabels({ sites, parks: parkAt }: City, occupied: Occupied): string {
  const named = districts.map(({ name, korean, at: [x, y] }) => {
    const width = textWidth(name, 38, 12, 0.62);
    occupied.take({ x: x - width / 2, y: y - 32, width, height: 76 });
    const style = {
      size: 38,
      font: FONT,
      weight: 600,
      fill: '#8a6f55',
      anchor: 'middle',
      halo: ['#f4ecdf', 7],
    } as const;
    return xml`${label(x, y, name, { ...style, spacing: 12 })}${label(x, y + 36, korean, { ...style, size: 26, font: HANGUL, spacing: 6 })}`;
  });
  const green = parks.map(({ name }, i) => {
    const [x, y] = parkAt[i]!;
    const width = textWidth(name, 21, 0, 0.5);
    occupied.take({ x: x - width / 2, y: y + 26, width, height: 24 });
    return label(x, y + 44, name, {
      size: 21,
      font: FONT,
      italic: true,
      weight: 600,
      fill: '#3f6b3a',
      anchor: 'middle',
      halo: ['#d9e8c4', 5],
    });
  });
  const numbered = sites.map(([x, y], i) => {
    occupied.take(boxAt([x, y], 17));
    return xml`<circle cx="${x}" cy="${y}" r="15" fill="#3d3a55" stroke="#fff" stroke-width="2.5"/>${label(x, y + 7, String(i + 1), { size: 19, font: FONT, weight: 700, fill: '#fff', anchor: 'middle' })}`;
  });
  return xml`${named}${green}${numbered}`;
}

function waterNames(occupied: Occupied): string {
  const style = { font: 'EB Garamond', italic: true, fill: '#2f6f8c' } as const;
  const bay: Point[] = [
    [420, 1730],
    [590, 1580],
    [740, 1430],
    [840, 1270],
  ];
  const upper = curve([
    [1250, 980],
    [1420, 942],
    [1600, 896],
    [1700, 830],
  ]);
  const ferry = FERRY.slice(1, 4)
    .map(([x, y]): Point => [x - 6, y - 12])
    .reverse();
  for (const line of [bay, FERRY])
    stretch(line, 0, lengthOf(line)).forEach((point) => occupied.take(boxAt(point, 34)));
  return xml`<path id="bay" d="${curve(bay)}" fill="none"/>${labelAlong('bay', 'MAREN BAY', { ...style, size: 58, spacing: 16 }, 16)}
    <path id="river" d="${upper}" fill="none"/>${labelAlong('river', 'River Ilv', { ...style, size: 38, spacing: 6 }, 12)}
    <path id="ferry" d="${curve(ferry)}" fill="none"/>${labelAlong('ferry', 'Ferry to Orrin Head, 40 min', { ...style, size: 22 })}
    ${soundings(occupied)}`;
}

/** Depths in metres, deeper towards the middle. */
function soundings(occupied: Occupied): string {
  const random = seeded('soundings');
  const written: string[] = [];
  for (let i = 0; i < 400; i++) {
    const at: Point = [random.between(100, 1000), random.between(1100, 1740)];
    const deep = -fromWater(at);
    if (deep < 30 || !occupied.free(boxAt(at, 30))) continue;
    occupied.take(boxAt(at, 30));
    const metres = Math.round(deep / 11 + random.between(0, 3));
    written.push(
      label(at[0], at[1], String(metres), {
        size: 15,
        font: 'EB Garamond',
        italic: true,
        fill: '#3f7f9c',
        anchor: 'middle',
      }),
    );
  }
  return written.join('');
}

/** What there is to name, where the drawing put it. */
export interface City {
  readonly streets: readonly Street[];
  readonly bridges: readonly Bridge[];
  /** Ways of the tram lines. */
  readonly trams: readonly (readonly Point[])[];
  /** The numbered places, and the parks, in the order of their lists. */
  readonly sites: readonly Point[];
  readonly parks: readonly Point[];
}

/** Everything written on the map itself, most important first. */
export function cityLabels(city: City): string {
  const occupied = new Occupied();
  occupied.take(KEY_AREA);
  PIERS.forEach((pier) =>
    stretch(pier, 0, lengthOf(pier)).forEach((point) => occupied.take(boxAt(point, 10))),
  );
  const areas = areaLabels(city, occupied);
  const crossing = bridgeLabels(city.bridges, occupied);
  const trams = stops(city.trams, occupied);
  // Names of streets do not run along the rails.
  city.trams.forEach((line) =>
    stretch(line, 0, lengthOf(line)).forEach((point) => occupied.take(boxAt(point, 4))),
  );
  return xml`${streetLabels(city.streets, occupied)}${trams}${areas}${crossing}${waterNames(occupied)}`;
}
