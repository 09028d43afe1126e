/**
 * How a photo becomes the views that a tower sees and the rows of embeddings that a language model reads: plain data, made by a
 * family, that drives encoder, progress, estimates, cache keys, the prompt and everything that shows it to a person.
 *
 * Rectangles are in photo pixels (upright, origin at the top left, axes to the right and down) and continuous.
 */
import type { Phase } from '../image/dual-crops.ts';
import type { Size, Point, Rect } from '../../preload/contract/geometry.ts';
import { intersect, type Region } from '../image/geometry.ts';
import type { PicturePiece } from './picture-piece.ts';

/** `local`: a part of the photo in detail. `global`: the whole of it, coarser. `base`: the whole as a picture of its own beside global crops. */
export type ViewKind = 'local' | 'global' | 'base';

/** One pass through the tower. */
export interface View {
  readonly kind: ViewKind;
  /** Its number among the views of its kind that the family knows; not all of them need be encoded. */
  readonly index: number;
  /** The part of the photo it shows, padding included where it reaches beyond the photo. */
  readonly region: Rect;
  /** Pixels a side of the square the tower gets. */
  readonly side: number;
  /** Where it takes one pixel of every block of the picture: which one, as in `dual-crops.ts`. */
  readonly phase?: Phase | undefined;
}

/** Rows of embeddings that lie as a grid over a part of the photo, line by line. */
export interface TokenGrid {
  /** The view they were made of; null where they are made of several. */
  readonly view: number | null;
  /** The embedding of the top left corner. */
  readonly first: number;
  readonly columns: number;
  readonly rows: number;
  /** Embeddings from one line to the next: `columns`, and more where something stands at the end of a line. */
  readonly stride: number;
  /** What all of them together saw. */
  readonly region: Rect;
}

/** Views first to first + count - 1. */
export interface ViewRange {
  readonly first: number;
  readonly count: number;
}

/**
 * One run of a graph that turns features into embeddings: `short` or `full` form of `enhance.onnx`, each input given the
 * features [count, T, D] of some views. The embeddings of all runs follow each other.
 */
export interface Connector {
  readonly form: 'short' | 'full';
  /** Whether the graph also gives what DEM computed, `dem` [T, D]. */
  readonly hasDem: boolean;
  readonly inputs: Readonly<Record<string, ViewRange>>;
}

/** Rows of what the connectors give, `count` from `first` on. */
export interface RowRun {
  readonly first: number;
  readonly count: number;
}

/** What `trace` writes of some views: their pixels and features under these names, null for none. */
export interface TracedViews extends ViewRange {
  readonly pixels: string | null;
  readonly features: string;
  /** Written as a list even where it is one view. */
  readonly isList: boolean;
}

export interface ViewPlan {
  /** The part of the photo that is the picture. */
  readonly region: Region;
  /** Pixels of the picture that the local views are cut from; of the only view where there are none. */
  readonly size: Size;
  /** The part of the photo that a picture of `size` shows, padding included. */
  readonly canvas: Rect;
  /** In the order in which they are encoded. */
  readonly views: readonly View[];
  /** How the local views lie; 0 x 0 where there are none. */
  readonly grid: { readonly columns: number; readonly rows: number };
  readonly connections: readonly Connector[];
  /** How the embeddings of the connectors stand in the prompt, with the one that ends a line; null: as they come. */
  readonly order: readonly (RowRun | 'line-end')[] | null;
  readonly tokenGrids: readonly TokenGrid[];
  /** Rows of embeddings in all. */
  readonly rows: number;
  /** The picture in the prompt: as many rows as `rows` says, and the text around them. */
  readonly pieces: readonly PicturePiece[];
  readonly traced: readonly TracedViews[];
}

/** The part of the photo that an embedding stands for; null for one that marks something (the end of a line). */
export function placeOf(plan: Pick<ViewPlan, 'tokenGrids'>, embedding: number): TokenPlace | null {
  for (const grid of plan.tokenGrids) {
    const at = embedding - grid.first;
    const [row, column] = [Math.floor(at / grid.stride), at % grid.stride];
    if (at < 0 || row >= grid.rows || column >= grid.columns) continue;
    const { region } = grid;
    const [width, height] = [region.width / grid.columns, region.height / grid.rows];
    const place = { x: region.x + column * width, y: region.y + row * height, width, height };
    return { view: grid.view, row, column, place };
  }
  return null;
}

export interface TokenPlace {
  readonly view: number | null;
  readonly row: number;
  readonly column: number;
  readonly place: Rect;
}

/** In tokens: how far rounding may put an edge that lies on a token's border to its other side. */
const roundingSlack = 1e-9;

/** The embeddings that saw a point of the photo, ascending: usually one of a local view and one of the global view. */
export function embeddingsAt(plan: Pick<ViewPlan, 'tokenGrids'>, { x, y }: Point): number[] {
  const found: number[] = [];
  for (const { first, columns, rows, stride, region } of plan.tokenGrids) {
    const column = Math.floor(((x - region.x) * columns) / region.width + roundingSlack);
    const row = Math.floor(((y - region.y) * rows) / region.height + roundingSlack);
    if (column >= 0 && row >= 0 && column < columns && row < rows) found.push(first + row * stride + column);
  }
  return found.sort((a, b) => a - b);
}

/** The embeddings that share any area with a rectangle of the photo, ascending. */
export function embeddingsOver(plan: Pick<ViewPlan, 'tokenGrids'>, rectangle: Rect): number[] {
  const found: number[] = [];
  for (const { first, columns, rows, stride, region } of plan.tokenGrids) {
    const common = intersect(rectangle, region);
    if (common === null) continue;
    const [across, down] = [columns / region.width, rows / region.height];
    const from = (start: number, scale: number) => Math.floor(start * scale + roundingSlack);
    const to = (end: number, scale: number, limit: number) =>
      Math.min(limit, Math.ceil(end * scale - roundingSlack));
    const [x, y] = [common.x - region.x, common.y - region.y];
    for (let row = from(y, down); row < to(y + common.height, down, rows); row++) {
      for (let column = from(x, across); column < to(x + common.width, across, columns); column++) {
        found.push(first + row * stride + column);
      }
    }
  }
  return found.sort((a, b) => a - b);
}
