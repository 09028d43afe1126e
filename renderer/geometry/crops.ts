import type { CropKind, CropPlan, Rect } from '../../preload/contract/api.ts';

/** One of the crops of a plan. */
export interface CropRef {
  readonly kind: CropKind;
  readonly index: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const sameCrop = (a: CropRef | null, b: CropRef | null) =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.index === b.index);

/** Side in model pixels of the picture the crops are cut from. */
export const modelSide = (plan: CropPlan) => plan.n * plan.tile;

/** The model pixel (whole numbers, from 0) that covers a place given in photo pixels; null outside the padded square. */
export function photoToModel(plan: CropPlan, point: Point): Point | null {
  const x = Math.floor((point.x - plan.square.x) * plan.scale);
  const y = Math.floor((point.y - plan.square.y) * plan.scale);
  const side = modelSide(plan);
  return x >= 0 && y >= 0 && x < side && y < side ? { x, y } : null;
}

/** The region in photo pixels that a model pixel covers. */
export function modelToPhoto(plan: CropPlan, pixel: Point): Rect {
  const side = 1 / plan.scale;
  return {
    x: plan.square.x + pixel.x * side,
    y: plan.square.y + pixel.y * side,
    width: side,
    height: side,
  };
}

/** The local crop and the global crop that a place of the photo, in photo pixels, goes to; null outside the square. */
export function cropsAt(plan: CropPlan, point: Point): { local: CropRef; global: CropRef } | null {
  const pixel = photoToModel(plan, point);
  if (!pixel) return null;
  const { n, tile } = plan;
  const local = Math.floor(pixel.y / tile) * n + Math.floor(pixel.x / tile);
  const global = (pixel.y % n) * n + (pixel.x % n);
  return { local: { kind: 'local', index: local }, global: { kind: 'global', index: global } };
}

/** The region in photo pixels that a crop draws on: its own tile, or for a global crop the whole square. */
export function placeOf(plan: CropPlan, crop: CropRef): Rect {
  return crop.kind === 'local' ? plan.locals[crop.index]!.place : plan.square;
}

export function reachesAnswer(plan: CropPlan, crop: CropRef): boolean {
  return (crop.kind === 'local' ? plan.locals : plan.globals)[crop.index]!.reachesAnswer;
}

/** All crops of a plan, local ones first, in row-major order. */
export function allCrops(plan: CropPlan): readonly CropRef[] {
  return [
    ...plan.locals.map(({ index }) => ({ kind: 'local', index }) as const),
    ...plan.globals.map(({ index }) => ({ kind: 'global', index }) as const),
  ];
}
