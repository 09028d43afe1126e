import type {
  CropPlan,
  Look,
  LookedAt,
  LookGrid,
  LookMaps,
  LookWord,
  Picture,
  Rect,
  TokenRange,
} from '../../preload/contract/api.ts';
import { cropKeyOf, type CropRef } from './crops.ts';
import { pictureId } from './parts.ts';

/** Maps of an answer: which words there are, what they looked at, and where that is on the photo. */

/** The words of the sentence that word `at` stands in: from the first to before the last. */
export function sentenceAround(words: readonly LookWord[], at: number): TokenRange {
  const ends = (word: LookWord) => /[.!?。]["”')]*$/.test(word.text);
  let from = at;
  while (from > 0 && !ends(words[from - 1]!)) from--;
  let to = at;
  while (to < words.length - 1 && !ends(words[to]!)) to++;
  return { from: words[from]!.from, to: words[to]!.to };
}

/** The maps of some tokens added up, [size]. */
export function mapOf({ maps, size, peaks }: LookMaps, { from, to }: TokenRange): Float32Array {
  const bytes = atob(maps);
  const sum = new Float32Array(size);
  for (let token = from; token < to; token++)
    for (let at = 0; at < size; at++)
      sum[at]! += (bytes.charCodeAt(token * size + at) / 255) * (peaks[token] ?? 0);
  return sum;
}

/**
 * The picture among those of an answer that is in front: the very one, or of the same photo the one that the model looked at most;
 * null where it did not see that photo.
 */
export function pictureOf(look: Look, front: Picture, map: Float32Array): LookedAt | null {
  const isFront = (picture: Picture) => pictureId(picture) === pictureId(front);
  const ofPhoto = look.pictures.filter(({ photoId }) => photoId === front.photoId);
  return ofPhoto.find(isFront) ?? mostLookedAt(ofPhoto, map);
}

/**
 * The part that is in front, where it was marked on what the model saw; null where it is one of the pictures of the answer itself, and
 * where none of them shows it.
 */
export function markedOn(look: Look, front: Picture): Rect | null {
  const { photoId, region } = front;
  const ofPhoto = look.pictures.filter((picture) => picture.photoId === photoId);
  const isSeen = ofPhoto.some((picture) => pictureId(picture) === pictureId(front));
  if (region === null || isSeen) return null;
  const isShown = ofPhoto.some((picture) => picture.region === null || common(picture.region, region) > 0);
  return isShown ? region : null;
}

/** Places of a picture, or of some of its views. */
type Places = Pick<LookedAt, 'grids'>;

/** How much of the map lies on a picture. */
export function massOn({ grids }: Places, map: Float32Array): number {
  let sum = 0;
  for (const grid of grids)
    for (let row = 0; row < grid.rows; row++)
      for (let column = 0; column < grid.columns; column++) sum += valueAt(map, grid, row, column);
  return sum;
}

/** The picture that most of the map lies on; the first of equals, and null of none. */
export const mostLookedAt = (pictures: readonly LookedAt[], map: Float32Array): LookedAt | null =>
  pictures.reduce<LookedAt | null>(
    (best, each) => (best === null || massOn(each, map) > massOn(best, map) ? each : best),
    null,
  );

const valueAt = (map: Float32Array, { first, stride }: LookGrid, row: number, column: number) =>
  map[first + row * stride + column]!;

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

/**
 * The map over `area` as a picture of width x height numbers, 0..1: every grid gives each place what it has there, spread over its cells,
 * and is smooth between their middles. 1 is the highest place of the area, or where the map is as dense as `densest`.
 */
export function fieldOf(
  { grids }: Places,
  map: Float32Array,
  area: Rect,
  { width, height }: { width: number; height: number },
  densest?: number,
): Float32Array {
  const field = new Float32Array(width * height);
  for (const grid of grids) {
    const { region, columns, rows } = grid;
    const cell = { width: region.width / columns, height: region.height / rows };
    const perArea = 1 / (cell.width * cell.height);
    for (let y = 0; y < height; y++) {
      const down = (area.y + ((y + 0.5) / height) * area.height - region.y) / cell.height;
      if (down < 0 || down > rows) continue;
      const [top, bottom] = [clamp(Math.floor(down - 0.5), rows - 1), clamp(Math.ceil(down - 0.5), rows - 1)];
      const below = clamp(down - 0.5 - top, 1);
      for (let x = 0; x < width; x++) {
        const across = (area.x + ((x + 0.5) / width) * area.width - region.x) / cell.width;
        if (across < 0 || across > columns) continue;
        const [left, right] = [
          clamp(Math.floor(across - 0.5), columns - 1),
          clamp(Math.ceil(across - 0.5), columns - 1),
        ];
        const beside = clamp(across - 0.5 - left, 1);
        const line = (row: number) =>
          valueAt(map, grid, row, left) * (1 - beside) + valueAt(map, grid, row, right) * beside;
        field[y * width + x]! += (line(top) * (1 - below) + line(bottom) * below) * perArea;
      }
    }
  }
  const most = densest ?? field.reduce((one, other) => Math.max(one, other), 0);
  return most > 0 ? field.map((value) => value / most) : field;
}

/** Share of its peak above which a cell beside it belongs to what is under the lens. */
const underShare = 0.35;

interface Peak {
  readonly grid: LookGrid;
  readonly row: number;
  readonly column: number;
  /** Of the map a square photo pixel. */
  readonly density: number;
}

/** Where the map is densest; null where it is nowhere. */
export function peakOf({ grids }: Places, map: Float32Array): Peak | null {
  let best: Peak | null = null;
  for (const grid of grids) {
    const area = (grid.region.width / grid.columns) * (grid.region.height / grid.rows);
    for (let row = 0; row < grid.rows; row++)
      for (let column = 0; column < grid.columns; column++) {
        const density = valueAt(map, grid, row, column) / area;
        if (density > (best?.density ?? 0)) best = { grid, row, column, density };
      }
  }
  return best;
}

/** The part of the photo, in whole pixels, where the map is highest; null where it is nowhere. */
export function underLens(
  picture: Places,
  map: Float32Array,
  photo: { width: number; height: number },
): Rect | null {
  const best = peakOf(picture, map);
  if (!best) return null;
  const { grid } = best;
  const least = valueAt(map, grid, best.row, best.column) * underShare;
  const seen = new Set([best.row * grid.columns + best.column]);
  for (const at of seen) {
    const [row, column] = [Math.floor(at / grid.columns), at % grid.columns];
    for (const [r, c] of [
      [row - 1, column],
      [row + 1, column],
      [row, column - 1],
      [row, column + 1],
    ] as const) {
      const isInside = r >= 0 && c >= 0 && r < grid.rows && c < grid.columns;
      if (isInside && valueAt(map, grid, r, c) >= least) seen.add(r * grid.columns + c);
    }
  }
  const [rows, columns] = [
    [...seen].map((at) => Math.floor(at / grid.columns)),
    [...seen].map((at) => at % grid.columns),
  ];
  const { region } = grid;
  const [width, height] = [region.width / grid.columns, region.height / grid.rows];
  const edge = (start: number, size: number, index: number, most: number) =>
    clamp(Math.round(start + size * index), most);
  const x = edge(region.x, width, Math.min(...columns), photo.width);
  const y = edge(region.y, height, Math.min(...rows), photo.height);
  const right = edge(region.x, width, Math.max(...columns) + 1, photo.width);
  const bottom = edge(region.y, height, Math.max(...rows) + 1, photo.height);
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null;
}

/**
 * How much of `all` each view has, 0..1, by `cropKeyOf`; where places are made of several views, the local ones share it by place.
 * @param all the whole map where it is left out
 */
export function sharesOf(
  plan: CropPlan,
  { grids }: Places,
  map: Float32Array,
  all: number = map.reduce((sum, value) => sum + value, 0),
): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  const give = (crop: CropRef, value: number) =>
    shares.set(cropKeyOf(crop), (shares.get(cropKeyOf(crop)) ?? 0) + value / all);
  if (all <= 0) return shares;
  for (const grid of grids) {
    const { region, columns, rows, kind, index } = grid;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const value = valueAt(map, grid, row, column);
        if (kind !== null) {
          give({ kind: kind === 'local' ? 'local' : 'global', index }, value);
          continue;
        }
        const [width, height] = [region.width / columns, region.height / rows];
        const cell = { x: region.x + column * width, y: region.y + row * height, width, height };
        for (const local of plan.locals)
          give({ kind: 'local', index: local.index }, (value * common(cell, local.place)) / (width * height));
      }
  }
  return shares;
}

function common(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
