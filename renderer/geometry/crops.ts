import type { CropKind, CropPlan, CropView, Point, Rect } from '../../preload/contract/api.ts';

/** One of the crops of a plan. */
export interface CropRef {
  readonly kind: CropKind;
  readonly index: number;
}

export const sameCrop = (a: CropRef | null, b: CropRef | null) =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.index === b.index);

/** A name of a crop among all of a plan. */
export const cropKeyOf = ({ kind, index }: CropRef) => `${kind}-${index}`;

/** Model pixels per photo pixel: below 1 when detail is lost, above 1 when the photo is smaller than the model's picture. */
export const modelScale = ({ size, region }: CropPlan): Point => ({
  x: size.width / region.width,
  y: size.height / region.height,
});

/** How much of the photo is lost and changed on its way into views of `width` x `height` pixels in all. */
export interface Loss {
  /** Photo pixels of a line that become one pixel, along the axis that loses more; below 1 where pixels are added. */
  readonly factor: number;
  /** By how much more one axis is enlarged than the other (0.33: by a third), and which; null where the shape is kept. */
  readonly stretch: { readonly axis: 'width' | 'height'; readonly by: number } | null;
}

/** Rounding to whole pixels changes the shape a little; nobody sees that. */
const leastStretch = 0.02;

export function lossOf({ region }: Pick<CropPlan, 'region'>, size: { width: number; height: number }): Loss {
  const [across, down] = [region.width / size.width, region.height / size.height];
  const by = Math.max(across, down) / Math.min(across, down) - 1;
  const stretch = { axis: across > down ? 'height' : 'width', by } as const;
  return { factor: Math.max(across, down), stretch: by < leastStretch ? null : stretch };
}

/** What is lost in the views of a kind: of the canvas that they make together, or of what each shows by itself. */
export const lossIn = (plan: CropPlan, kind: CropKind): Loss =>
  lossOf({ region: (kind === 'global' && plan.globals[0]?.place) || plan.region }, sizeOf(plan, kind));

/** Whether the model's picture shows more than the photo: padding. */
export const isPadded = ({ region }: CropPlan, photo: { width: number; height: number }) =>
  region.width > photo.width || region.height > photo.height;

/** The model pixel (whole numbers, from 0) that covers a place given in photo pixels; null outside the picture. */
export function modelPixelAt(plan: CropPlan, point: Point): Point | null {
  const scale = modelScale(plan);
  const x = Math.floor((point.x - plan.region.x) * scale.x);
  const y = Math.floor((point.y - plan.region.y) * scale.y);
  return x >= 0 && y >= 0 && x < plan.size.width && y < plan.size.height ? { x, y } : null;
}

/** The region in photo pixels that a model pixel covers. */
export function modelPixelArea(plan: CropPlan, pixel: Point): Rect {
  const scale = modelScale(plan);
  const [width, height] = [1 / scale.x, 1 / scale.y];
  return { x: plan.region.x + pixel.x * width, y: plan.region.y + pixel.y * height, width, height };
}

/** The views that a place of the photo, in photo pixels, goes to; null outside the picture and where the model has none. */
export function cropsAt(plan: CropPlan, point: Point): { local: CropRef; global: CropRef } | null {
  const pixel = modelPixelAt(plan, point);
  if (!pixel || !hasCrops(plan)) return null;
  const { grid, size, lattice } = plan;
  const row = Math.floor((pixel.y * grid.rows) / size.height);
  const column = Math.floor((pixel.x * grid.columns) / size.width);
  const global = lattice === null ? 0 : (pixel.y % lattice) * lattice + (pixel.x % lattice);
  return {
    local: { kind: 'local', index: row * grid.columns + column },
    global: { kind: 'global', index: global },
  };
}

/** Whether there is anything to be told apart: a model that sees the photo once has no crops. */
export const hasCrops = (plan: CropPlan) => plan.locals.length > 1;

export function viewOf(plan: CropPlan, crop: CropRef): CropView {
  return (crop.kind === 'local' ? plan.locals : plan.globals)[crop.index]!;
}

export const viewsOf = (plan: CropPlan, kind: CropKind) => (kind === 'local' ? plan.locals : plan.globals);

/** `crop` where the plan has it; null where it was one of another plan. */
export const cropIn = (plan: CropPlan, crop: CropRef | null) =>
  crop && viewsOf(plan, crop.kind)[crop.index] ? crop : null;

/** The views of a kind that the answer is made of. */
export const reachingOf = (plan: CropPlan, kind: CropKind) =>
  viewsOf(plan, kind).filter(({ reachesAnswer }) => reachesAnswer);

/** Columns for `count` views of a kind: as they lie in the picture where all of them are shown. */
export const columnsFor = (plan: CropPlan, kind: CropKind, count: number) =>
  count === viewsOf(plan, kind).length ? columnsOf(plan, kind) : Math.ceil(Math.sqrt(count));

/** Side in pixels of the picture that INF-LLaVA as published cuts: 3 x 3 tiles of 336 (docs/inference.md). */
const publishedSide = 1008;

/** Photo pixels of a line that become one pixel of that picture, which is padded to a square. */
export const publishedLoss = (photo: { width: number; height: number }) =>
  Math.max(photo.width, photo.height) / publishedSide;

/** Columns in which the views of a kind are shown. */
export const columnsOf = ({ grid, lattice }: CropPlan, kind: CropKind) =>
  kind === 'local' ? grid.columns : (lattice ?? 1);

/** The pixels that the views of a kind have of the whole: those of one view, where each shows the whole. */
export function sizeOf(plan: CropPlan, kind: CropKind): { width: number; height: number } {
  const side = plan.globals[0]?.side ?? 0;
  return kind === 'local' ? plan.size : { width: side, height: side };
}

/** All crops of a plan, local ones first, in row-major order. */
export function allCrops(plan: CropPlan): readonly CropRef[] {
  return [
    ...plan.locals.map(({ index }) => ({ kind: 'local', index }) as const),
    ...plan.globals.map(({ index }) => ({ kind: 'global', index }) as const),
  ];
}
