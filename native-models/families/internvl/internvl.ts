import type { OpenedPhoto } from '../../image/decode.ts';
import type { Size } from '../../../preload/contract/geometry.ts';
import { wholePhoto, type Region } from '../../image/geometry.ts';
import { resize } from '../../image/pillow-resize.ts';
import type { RgbImage } from '../../image/pixels.ts';
import type { ViewsOf } from '../../package/manifest.ts';
import type { Family, PreparedPicture, PrepareOptions } from '../family.ts';
import type { Seeing } from '../seeing.ts';
import { cutTiles, planTiles, prepareTiles, putTogether, stackedViews } from '../tiles.ts';
import type { ViewPlan } from '../view-plan.ts';

/**
 * InternVL 2.5, 3 and 3.5 (`image_processing_got_ocr2.py` of transformers): the photo is stretched to the grid of tiles whose
 * shape is nearest to its own; where that is more than one tile, the whole photo follows, stretched to one.
 */
export class InternVl implements Family {
  readonly details: readonly number[];
  readonly #seeing: Seeing<ViewsOf<'internvl'>>;
  /** The prompt for "multiple images" of its model cards, which are trained with it. */
  readonly amongSeveral = (index: number) => `Image-${index + 1}: `;

  constructor(seeing: Seeing<ViewsOf<'internvl'>>) {
    this.#seeing = seeing;
    const { leastTiles, mostTiles } = seeing.views;
    this.details = Array.from({ length: mostTiles - leastTiles + 1 }, (_, more) => leastTiles + more);
  }

  plan(region: Region): ViewPlan {
    const { columns, rows } = this.#grid(region);
    const isCut = columns * rows > 1;
    const grid = isCut ? { columns, rows } : { columns: 0, rows: 0 };
    return planTiles(this.#seeing, region, grid, (rowsOfView) => [
      { text: '<img>' },
      { rows: rowsOfView * (isCut ? columns * rows + 1 : 1) },
      { text: '</img>\n' },
    ]);
  }

  atDetail(most: number): Seeing {
    const { views } = this.#seeing;
    const mostTiles = Math.max(views.leastTiles, Math.min(views.mostTiles, most));
    return { ...this.#seeing, views: { ...views, mostTiles } };
  }

  overview(): Seeing | null {
    const { leastTiles, mostTiles } = this.#seeing.views;
    return leastTiles === 1 && mostTiles > 1 ? this.atDetail(1) : null;
  }

  prepare(photo: OpenedPhoto, options: PrepareOptions = {}): Promise<PreparedPicture> {
    const { tile } = this.#seeing.views;
    const region = options.region ?? wholePhoto(photo.info);
    const { columns, rows } = this.#grid(region);
    const size = { width: columns * tile, height: rows * tile };
    const plan = this.plan(region);
    return prepareTiles(photo, plan, size, options, (image) => {
      const tiles = plan.views.length === 1 ? [] : cutTiles(resize(image, size, 'bicubic'), tile);
      return [...tiles, resize(image, { width: tile, height: tile }, 'bicubic')];
    });
  }

  views(picture: RgbImage): (index: number) => Float32Array {
    return stackedViews(picture, this.#seeing);
  }

  whole(picture: RgbImage, plan: ViewPlan): RgbImage {
    return putTogether(picture, plan);
  }

  #grid(photo: Size): { columns: number; rows: number } {
    const { tile, leastTiles, mostTiles } = this.#seeing.views;
    return nearestGrid(photo, tile, leastTiles, mostTiles);
  }
}

/** Of all grids of `least` to `most` tiles the one nearest in shape; of equally near ones a larger one for a large photo. */
function nearestGrid({ width, height }: Size, tile: number, least: number, most: number) {
  const grids: { columns: number; rows: number }[] = [];
  for (let columns = 1; columns <= most; columns++) {
    for (let rows = 1; columns * rows <= most; rows++) {
      if (columns * rows >= least) grids.push({ columns, rows });
    }
  }
  grids.sort((a, b) => a.columns * a.rows - b.columns * b.rows);
  let [best, smallest] = [grids[0]!, Infinity];
  for (const grid of grids) {
    const { columns, rows } = grid;
    const difference = Math.abs(width / height - columns / rows);
    const isTie = difference === smallest && width * height > 0.5 * tile * tile * columns * rows;
    if (difference < smallest || isTie) [best, smallest] = [grid, difference];
  }
  return best;
}
