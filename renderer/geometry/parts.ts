import type { CropPlan, Picture, Photo, Point, Rect, Size } from '../../preload/contract/api.ts';
import { cropsAt, modelScale, viewOf } from './crops.ts';

/** Parts of a photo that are shown to the model by themselves: whole photo pixels inside the photo. */

/** Names a picture among all; all of a photo goes by the photo's own id. */
export const pictureId = ({ photoId, region }: Picture) =>
  region === null ? photoId : `${photoId} ${[region.x, region.y, region.width, region.height].join()}`;

export const wholePicture = ({ id }: Pick<Photo, 'id'>): Picture => ({ photoId: id, region: null });

/** CSS pixels within which an edge that is dragged goes to a line. */
export const snapReach = 7;

const areaOf = ({ width, height }: Size) => width * height;

/** Photo pixels a side: less shows nothing, and could not be taken hold of. */
const leastSide = 16;

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);

/** What of a rectangle is inside the photo, in whole pixels and no smaller than a part can be; null where nothing is. */
export function partOf(rect: Rect, photo: Size): Rect | null {
  const { x, y, width, height } = rect;
  const isInside = x < photo.width && y < photo.height && x + width > 0 && y + height > 0;
  return isInside ? fitted(rect, photo) : null;
}

function fitted({ x, y, width, height }: Rect, photo: Size): Rect {
  const span = (from: number, size: number, most: number) => {
    const least = Math.min(leastSide, most);
    const start = clamp(Math.round(from), 0, most - least);
    return [start, clamp(Math.round(from + size), start + least, most) - start] as const;
  };
  const [left, across] = span(x, width, photo.width);
  const [top, down] = span(y, height, photo.height);
  return { x: left, y: top, width: across, height: down };
}

/** Null for one that is all of the photo. */
export const unlessWhole = (part: Rect | null, photo: Size): Rect | null =>
  part && areaOf(part) < areaOf(photo) ? part : null;

/** The part between two corners; null where that is beside the photo. */
export const partBetween = (one: Point, other: Point, photo: Size): Rect | null =>
  partOf(
    {
      x: Math.min(one.x, other.x),
      y: Math.min(one.y, other.y),
      width: Math.abs(one.x - other.x),
      height: Math.abs(one.y - other.y),
    },
    photo,
  );

/** Which edges move: -1 the first, 1 the second of an axis, 0 neither; null both, so that the size stays. */
export interface Grip {
  readonly x: -1 | 0 | 1 | null;
  readonly y: -1 | 0 | 1 | null;
}

export const wholeGrip: Grip = { x: null, y: null };

/** A part whose edges, those that a grip holds, have moved by so many photo pixels. */
export function moveEdges(part: Rect, grip: Grip, by: Point, photo: Size): Rect {
  const along = (held: Grip['x'], start: number, size: number, step: number, most: number) => {
    if (held === null) return [clamp(start + step, 0, most - size), size] as const;
    const least = Math.min(leastSide, most);
    const end = start + size;
    if (held < 0) {
      const from = clamp(start + step, 0, end - least);
      return [from, end - from] as const;
    }
    return [start, held > 0 ? clamp(end + step, start + least, most) - start : size] as const;
  };
  const [x, width] = along(grip.x, part.x, part.width, by.x, photo.width);
  const [y, height] = along(grip.y, part.y, part.height, by.y, photo.height);
  return fitted({ x, y, width, height }, photo);
}

/** Where edges like to lie: those of the photo and of the model's tiles. */
export function linesOf(photo: Size, plan: CropPlan | null): { readonly x: number[]; readonly y: number[] } {
  const places = [{ x: 0, y: 0, ...photo }, ...(plan?.locals ?? []).map(({ place }) => place)];
  return {
    x: places.flatMap(({ x, width }) => [x, x + width]),
    y: places.flatMap(({ y, height }) => [y, y + height]),
  };
}

/** The same part with its moving edges on lines that are no further away than `reach` photo pixels. */
export function snap(
  part: Rect,
  grip: Grip,
  lines: ReturnType<typeof linesOf>,
  reach: number,
  photo: Size,
): Rect {
  const nearest = (held: Grip['x'], start: number, size: number, all: readonly number[]) => {
    const edges = [
      ...(held === null || held < 0 ? [start] : []),
      ...(held === null || held > 0 ? [start + size] : []),
    ];
    const steps = edges.flatMap((edge) => all.map((line) => line - edge));
    const step = steps.reduce((best, each) => (Math.abs(each) < Math.abs(best) ? each : best), Infinity);
    return Math.abs(step) <= reach ? step : 0;
  };
  const by = {
    x: nearest(grip.x, part.x, part.width, lines.x),
    y: nearest(grip.y, part.y, part.height, lines.y),
  };
  return moveEdges(part, grip, by, photo);
}

/** The tile of the model in which a point of the photo lies, as far as it is photo; null where the photo is seen in one. */
export function tileAt(plan: CropPlan, point: Point, photo: Size): Rect | null {
  const crops = cropsAt(plan, point);
  return crops && partOf(viewOf(plan, crops.local).place, photo);
}

/** The tiles that show any of the photo. */
export const tilesInside = (plan: CropPlan, photo: Size): readonly number[] =>
  plan.locals.filter(({ place }) => partOf(place, photo) !== null).map(({ index }) => index);

/** Whether a point lies in a rectangle. */
export const isIn = ({ x, y, width, height }: Rect, at: Point) =>
  at.x >= x && at.y >= y && at.x < x + width && at.y < y + height;

export const middleOf = ({ x, y, width, height }: Rect): Point => ({ x: x + width / 2, y: y + height / 2 });

/** The middle half of what is shown: where marking begins. */
export const middlePart = ({ x, y, width, height }: Rect, photo: Size): Rect =>
  fitted({ x: x + width / 4, y: y + height / 4, width: width / 2, height: height / 2 }, photo);

/** Pixels of the photo, or of the part of it that a plan is of, and those that the model gets of them. */
export function pixelsOf(plan: CropPlan, photo: Size): { readonly there: number; readonly seen: number } {
  const there = areaOf(plan.part ?? photo);
  const scale = modelScale(plan);
  return { there, seen: Math.min(there, there * scale.x * scale.y) };
}

/** From here on a person is told that most of a photo is lost: half of the detail of every line. */
const farMore = 4;
export const isMostLost = ({ there, seen }: ReturnType<typeof pixelsOf>) => there / seen >= farMore;

/**
 * What to look at closer around a place that the model looked at: at the photo's own resolution where that shows enough of
 * it, and never all of the photo.
 */
export function closerPart(place: Rect, plan: CropPlan, photo: Size): Rect {
  const side = Math.max(2 * place.width, 2 * place.height, plan.size.width, plan.size.height);
  const area = plan.part ?? { x: 0, y: 0, ...photo };
  const [width, height] = [Math.min(side, area.width / 2), Math.min(side, area.height / 2)];
  const { x, y } = middleOf(place);
  return fitted(
    {
      x: clamp(x - width / 2, area.x, area.x + area.width - width),
      y: clamp(y - height / 2, area.y, area.y + area.height - height),
      ...{ width, height },
    },
    photo,
  );
}
