import type { OpenedPhoto } from '../../image/decode.ts';
import type { Rect, Size } from '../../../preload/contract/geometry.ts';
import { wholePhoto, type Region } from '../../image/geometry.ts';
import { resize } from '../../image/pillow-resize.ts';
import type { RgbImage } from '../../image/pixels.ts';
import type { ViewsOf } from '../../package/manifest.ts';
import type { Family, PreparedPicture, PrepareOptions } from '../family.ts';
import type { Seeing } from '../seeing.ts';
import { cutTiles, prepareTiles, putTogether, stackedViews } from '../tiles.ts';
import type { RowRun, TokenGrid, View, ViewPlan } from '../view-plan.ts';
import { bestGrid, canvasToPhoto, fit, padding, type Fitted, type TileGrid } from './grid.ts';

/** The grid chosen for a photo, and the photo on its canvas. */
interface Canvas {
  readonly grid: TileGrid;
  /** Pixels. */
  readonly size: Size;
  readonly fitted: Fitted;
}

/**
 * LLaVA-NeXT, published as LLaVA-1.6 (`image_processing_pil_llava_next.py` and `modeling_llava_next.py` of transformers): the
 * whole photo, stretched to one tile, comes first; then the photo is fitted into the grid of tiles that keeps most of it, on
 * black. The embeddings of the tiles are put together as they lie in the photo, those of padding alone are left out, and a
 * learned embedding ends every line.
 */
export class Next implements Family {
  readonly details: readonly number[];
  readonly #seeing: Seeing<ViewsOf<'next'>>;
  readonly amongSeveral = null;

  constructor(seeing: Seeing<ViewsOf<'next'>>) {
    this.#seeing = seeing;
    this.details = [...new Set(seeing.views.grids.map(tilesOf))].sort((one, other) => one - other);
  }

  plan(region: Region): ViewPlan {
    const { tile } = this.#seeing.views;
    const canvas = this.#canvas(region);
    const { grid, size } = canvas;
    const toPhoto = (rectangle: Rect) => canvasToPhoto(rectangle, canvas.fitted, region);
    const places = cellsOf(grid).map(({ row, column }) =>
      toPhoto({ x: column * tile, y: row * tile, width: tile, height: tile }),
    );
    const views: View[] = [
      { kind: 'global', index: 0, region, side: tile },
      ...places.map((place, index): View => ({ kind: 'local', index, region: place, side: tile })),
    ];
    const { tokenGrids, order } = this.#arrange(region, canvas);
    const rows = order.reduce((sum, run) => sum + (run === 'line-end' ? 1 : run.count), 0);
    const all = { first: 0, count: views.length };
    return {
      region,
      size,
      canvas: toPhoto({ x: 0, y: 0, ...size }),
      views,
      grid,
      connections: views.map((_, first) => ({
        form: 'short',
        hasDem: false,
        inputs: { base: { first, count: 1 } },
      })),
      order,
      tokenGrids,
      rows,
      pieces: [{ rows }],
      traced: [{ ...all, pixels: 'view_pixels', features: 'view_features', isList: true }],
    };
  }

  /** Of the published grids only those of so many tiles. */
  atDetail(mostTiles: number): Seeing {
    const { views } = this.#seeing;
    const most = Math.max(this.details[0]!, mostTiles);
    const grids = views.grids.filter((grid) => tilesOf(grid) <= most);
    return { ...this.#seeing, views: { ...views, grids } };
  }

  /** Its tiles are always there. */
  overview(): null {
    return null;
  }

  prepare(photo: OpenedPhoto, options: PrepareOptions = {}): Promise<PreparedPicture> {
    const { tile } = this.#seeing.views;
    const region = options.region ?? wholePhoto(photo.info);
    const { fitted, size } = this.#canvas(region);
    const largest = { width: Math.max(fitted.width, tile), height: Math.max(fitted.height, tile) };
    return prepareTiles(photo, this.plan(region), largest, options, (image) => [
      resize(image, { width: tile, height: tile }, 'bicubic'),
      ...cutTiles(onBlack(resize(image, fitted, 'bicubic'), fitted, size), tile),
    ]);
  }

  views(picture: RgbImage): (index: number) => Float32Array {
    return stackedViews(picture, this.#seeing);
  }

  whole(picture: RgbImage, plan: ViewPlan): RgbImage {
    return putTogether(picture, plan);
  }

  #canvas(photo: Size): Canvas {
    const { tile, grids } = this.#seeing.views;
    const grid = bestGrid(photo, grids, tile);
    const size = { width: grid.columns * tile, height: grid.rows * tile };
    return { grid, size, fitted: fit(photo, size) };
  }

  /** Where the embeddings of the views stand in the prompt (`pack_image_features`), and what of the photo they saw. */
  #arrange(region: Region, { grid, fitted }: Canvas) {
    const { tile } = this.#seeing.views;
    const { patch } = this.#seeing.vision;
    const side = tile / patch;
    const size = { width: grid.columns * side, height: grid.rows * side };
    const left = padding(region, size);
    const [columns, lines] = [size.width - 2 * left.x, size.height - 2 * left.y];
    const stride = columns + 1;
    const whole = side ** 2;
    const tokenGrids: TokenGrid[] = [{ view: 0, first: 0, columns: side, rows: side, stride: side, region }];
    const runsOfLine = Array.from({ length: lines }, (): RowRun[] => []);
    for (const [index, cell] of cellsOf(grid).entries()) {
      // What is not padding alone, in tokens of the canvas.
      const x = within(cell.column * side, side, left.x, columns);
      const y = within(cell.row * side, side, left.y, lines);
      if (x.count === 0 || y.count === 0) continue;
      tokenGrids.push({
        view: index + 1,
        first: whole + (y.from - left.y) * stride + (x.from - left.x),
        ...{ columns: x.count, rows: y.count, stride },
        region: canvasToPhoto(
          { x: x.from * patch, y: y.from * patch, width: x.count * patch, height: y.count * patch },
          fitted,
          region,
        ),
      });
      for (let line = y.from; line < y.from + y.count; line++) {
        const first = whole * (index + 1) + (line - cell.row * side) * side + (x.from - cell.column * side);
        runsOfLine[line - left.y]!.push({ first, count: x.count });
      }
    }
    const order: (RowRun | 'line-end')[] = [
      { first: 0, count: whole },
      ...runsOfLine.flatMap((runs) => [...runs, 'line-end' as const]),
    ];
    return { tokenGrids, order };
  }
}

const tilesOf = ({ columns, rows }: TileGrid): number => columns * rows;

/** Line by line. */
function cellsOf({ columns, rows }: TileGrid): { row: number; column: number }[] {
  return Array.from({ length: rows * columns }, (_, at) => ({
    row: Math.floor(at / columns),
    column: at % columns,
  }));
}

/** What `start` to `start + length` and `from` to `from + count` have in common. */
function within(start: number, length: number, from: number, count: number) {
  const first = Math.max(start, from);
  return { from: first, count: Math.max(0, Math.min(start + length, from + count) - first) };
}

/** A picture on a black canvas. */
function onBlack({ width, height, data }: RgbImage, { left, top }: Fitted, size: Size): RgbImage {
  const all = new Uint8Array(3 * size.width * size.height);
  for (let y = 0; y < height; y++) {
    all.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * size.width + left));
  }
  return { ...size, data: all };
}
