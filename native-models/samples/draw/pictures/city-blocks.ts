import { mix } from '../noise.ts';
import { seeded } from '../../../random.ts';
import { curve, polyline, xml } from '../xml.ts';
import type { Point } from '../xml.ts';
import { OLD_TOWN, bent, bentArea, fromWater, inside, near } from './city-ground.ts';
import { parks, places } from './city-names.ts';
import { WIDTH, housesOf, middleOf, shrunk } from './city-plan.ts';
import type { Piece, Street } from './city-plan.ts';

/** Whether one of the parks has its middle on this piece. */
export const isPark = ({ corners }: Piece) => parks.some(({ at }) => inside(at, bentArea(corners)));

const halfWidth = (streets: readonly Street[]) => (side: number) =>
  streets[side] ? WIDTH[streets[side].rank] / 2 : 0;

const HOUSE_TONES = ['#e0d2c0', '#dccbb6', '#e4d8c8'];
const PUBLIC_TONE = '#d3a58c';

/** What stands on a block: houses in one tone, or a park. */
export function blockPart(block: Piece, streets: readonly Street[], isPublic: boolean): string {
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

/** Middle of a block in the city. */
export const centreOf = (block: Piece) => bent(middleOf(block.corners));

/** The block on which each numbered place stands: the nearest one that is dry, no park, clear of the key and not taken. */
export function sitesOf(blocks: readonly Piece[]): Piece[] {
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
export function parkPlaces(blocks: readonly Piece[]): Point[] {
  return parks.map(({ at }) => centreOf(blocks.find((block) => inside(at, bentArea(block.corners)))!));
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
