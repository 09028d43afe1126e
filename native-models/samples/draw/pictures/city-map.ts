import { mix } from '../noise.ts';
import type { Picture } from '../picture.ts';
import { seeded } from '../../../random.ts';
import { curve, label, polyline, xml } from '../xml.ts';
import type { Point } from '../xml.ts';
import { blockPart, centreOf, isPark, parkPlaces, sitesOf } from './city-blocks.ts';
import { FERRY, MAP, OLD_TOWN, PIERS, bentLine, bridgesOf, near, river } from './city-ground.ts';
import type { Bridge } from './city-ground.ts';
import { key } from './city-key.ts';
import { cityLabels } from './city-labels.ts';
import { tramLines } from './city-names.ts';
import { WIDTH, middleOf, planCity } from './city-plan.ts';
import type { Street } from './city-plan.ts';
import { routes } from './city-trams.ts';

const INK = '#4a4038';

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

/** Piers and the ferry's course. */
function bay(): string {
  const piers = PIERS.map((pier) => polyline(pier));
  return xml`<path d="${piers}" stroke="#8d8072" stroke-width="15"/><path d="${piers}" stroke="#efe3cb" stroke-width="11"/><path d="${curve(FERRY)}" fill="none" stroke="#3f7f9c" stroke-width="3" stroke-dasharray="12 9"/>`;
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
