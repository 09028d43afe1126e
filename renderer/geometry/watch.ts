import type { CropPlan, Point, Preparation, Rect } from '../../preload/contract/api.ts';
import { cropKeyOf, hasCrops, isPadded, reachingOf, viewOf, type CropRef } from './crops.ts';
import { rectToScreen } from './viewport.ts';

/** The way of a photo into the model as a person can watch it: its steps, and where each piece of the photo is. */

/**
 * The photo is padded to a square; becomes the pixels that the model gets; its tiles part; the small whole is gathered; all
 * flow into the answer.
 */
export type WatchStep = 'pad' | 'reduce' | 'part' | 'gather' | 'join';

/** The steps that this model takes with this photo. */
export function stepsOf(plan: CropPlan, photo: { width: number; height: number }): readonly WatchStep[] {
  const hasWhole = hasCrops(plan) && reachingOf(plan, 'global').length > 0;
  return [
    ...(isPadded(plan, photo) ? (['pad'] as const) : []),
    'reduce',
    ...(hasCrops(plan) ? (['part'] as const) : []),
    ...(hasWhole ? (['gather'] as const) : []),
    'join',
  ];
}

type Progress = Pick<Preparation, 'stage' | 'encoded' | 'read'>;

/** Whether the photo itself is far enough for what follows `step`. @param progress null where nothing is under way */
export function canLeave(step: WatchStep, next: WatchStep | undefined, progress: Progress | null): boolean {
  if (progress === null) return true;
  if (step === 'join') return false;
  return next !== 'join' || progress.stage === 'prefill';
}

/** One piece of what the model gets, in CSS pixels of the stage. */
export interface WatchPiece {
  /** Null for a picture that is seen once, as a whole. */
  readonly crop: CropRef | null;
  readonly key: string;
  /** Where its pixels are in the photo. */
  readonly from: Rect;
  /** Where it lies by itself. */
  readonly to: Rect;
}

export interface WatchLayout {
  /** All that the model's picture shows, padding included. */
  readonly square: Rect;
  readonly photo: Rect;
  readonly pieces: readonly WatchPiece[];
}

/** Free space around everything, below for a caption, and between two pieces. */
const margin = 16;
const captionHeight = 92;
/** On a narrow stage a caption takes more lines. */
const narrowStage = 480;
const narrowCaptionHeight = 112;
const gap = 10;
/** Between the tiles and the small whole. */
const spaceToWhole = 40;

/** Where everything lies on a stage of that size. */
export function layoutOf(
  plan: CropPlan,
  photo: { width: number; height: number },
  stage: { width: number; height: number },
): WatchLayout {
  const below = stage.width < narrowStage ? narrowCaptionHeight : captionHeight;
  const frame = {
    x: margin,
    y: margin,
    width: Math.max(1, stage.width - 2 * margin),
    height: Math.max(1, stage.height - margin - below),
  };
  const square = fitted(plan.region, frame);
  const zoom = square.width / plan.region.width;
  const view = { left: square.x - plan.region.x * zoom, top: square.y - plan.region.y * zoom, zoom };
  return {
    square,
    photo: rectToScreen(view, { x: 0, y: 0, ...photo }),
    pieces: hasCrops(plan)
      ? apart(plan, square, frame, (crop) => rectToScreen(view, viewOf(plan, crop).place))
      : [{ crop: null, key: 'whole', from: square, to: square }],
  };
}

/**
 * The tiles with a little space between them, and beside or below them the small whole. All are at one scale: it is as
 * small beside them as its pixels are few.
 */
function apart(
  plan: CropPlan,
  square: Rect,
  frame: Rect,
  placeOf: (crop: CropRef) => Rect,
): readonly WatchPiece[] {
  const { grid } = plan;
  const global = reachingOf(plan, 'global')[0];
  const part = global ? wholeIn(plan, global.side) : { width: 0, height: 0 };
  const isBelow = frame.height > frame.width;
  const between = global ? spaceToWhole : 0;
  const gaps = {
    width: gap * (grid.columns - 1) + (isBelow ? 0 : between),
    height: gap * (grid.rows - 1) + (isBelow ? between : 0),
  };
  const all = {
    width: square.width * (1 + (isBelow ? 0 : part.width)),
    height: square.height * (1 + (isBelow ? part.height : 0)),
  };
  const scale = Math.min(
    1,
    (frame.width - gaps.width) / all.width,
    (frame.height - gaps.height) / all.height,
  );
  const left = frame.x + (frame.width - all.width * scale - gaps.width) / 2;
  const top = frame.y + (frame.height - all.height * scale - gaps.height) / 2;
  const size = { width: square.width * scale, height: square.height * scale };
  const tile = { width: size.width / grid.columns, height: size.height / grid.rows };
  const tiles = plan.locals.map(({ index }): WatchPiece => {
    const [column, row] = [index % grid.columns, Math.floor(index / grid.columns)];
    const to = { x: left + column * (tile.width + gap), y: top + row * (tile.height + gap), ...tile };
    return pieceOf({ kind: 'local', index }, placeOf({ kind: 'local', index }), to);
  });
  if (!global) return tiles;
  const block = {
    width: size.width + gap * (grid.columns - 1),
    height: size.height + gap * (grid.rows - 1),
  };
  const whole = { width: size.width * part.width, height: size.height * part.height };
  const at = isBelow
    ? { x: left + (block.width - whole.width) / 2, y: top + block.height + between }
    : { x: left + block.width + between, y: top + (block.height - whole.height) / 2 };
  const crop = { kind: 'global', index: global.index } as const;
  return [...tiles, pieceOf(crop, { x: left, y: top, ...block }, { ...at, ...whole })];
}

/**
 * Where a round glass lies beside the small whole, over no piece: above it where it lies beside the tiles, at its left where it lies
 * below them.
 * @param most largest diameter
 */
export function besideWhole({ pieces }: WatchLayout, most: number): Point & { readonly side: number } {
  const { from: block, to } = pieces.at(-1)!;
  const isBelow = to.y >= block.y + block.height;
  const free = isBelow ? to.x - block.x : to.y - block.y;
  const side = Math.max(0, Math.min(most, free - gap));
  return isBelow
    ? { side, x: to.x - gap - side / 2, y: to.y + to.height / 2 }
    : { side, x: to.x + to.width / 2, y: to.y - gap - side / 2 };
}

const pieceOf = (crop: CropRef, from: Rect, to: Rect): WatchPiece => ({
  crop,
  key: cropKeyOf(crop),
  from,
  to,
});

/** Sides of the small whole as parts of those of the picture. */
const wholeIn = ({ size }: CropPlan, side: number) => ({
  width: side / size.width,
  height: side / size.height,
});

/** As large as it fits, in the middle. */
function fitted({ width, height }: { width: number; height: number }, frame: Rect): Rect {
  const zoom = Math.min(frame.width / width, frame.height / height);
  const size = { width: width * zoom, height: height * zoom };
  return {
    x: frame.x + (frame.width - size.width) / 2,
    y: frame.y + (frame.height - size.height) / 2,
    ...size,
  };
}

/**
 * The place in a picture, [height x width x 4] bytes, with the most detail: of its squares of `side` pixels the one where
 * neighbours differ most, both across and down. Its middle, in pixels.
 */
export function busiestPlace({ data, width, height }: ImageData, side: number): Point {
  const columns = Math.max(1, Math.floor(width / side));
  const rows = Math.max(1, Math.floor(height / side));
  const sums = new Float64Array(columns * rows);
  for (let y = 1; y < Math.min(height, rows * side); y++) {
    for (let x = 1; x < Math.min(width, columns * side); x++) {
      // Green is most of what is seen as brightness.
      const at = 4 * (y * width + x) + 1;
      const across = Math.abs(data[at]! - data[at - 4]!);
      const down = Math.abs(data[at]! - data[at - 4 * width]!);
      sums[Math.floor(y / side) * columns + Math.floor(x / side)]! += Math.min(across, down);
    }
  }
  const best = sums.indexOf(Math.max(...sums));
  return { x: ((best % columns) + 0.5) * side, y: (Math.floor(best / columns) + 0.5) * side };
}
