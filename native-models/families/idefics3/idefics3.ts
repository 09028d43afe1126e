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
import { idefics3Pieces } from './prompt.ts';

/**
 * Idefics3 and SmolVLM (`image_processing_idefics3.py` of transformers): every photo, small ones too, is brought to
 * `longestEdge`, stretched to whole tiles and cut; the whole is that picture once more, reduced to a tile. A model that does not split
 * (`do_image_splitting`) has that picture stretched to one tile and nothing else.
 */
export class Idefics3 implements Family {
  readonly details: readonly number[];
  readonly #seeing: Seeing<ViewsOf<'idefics3'>>;
  /** One after the other, with nothing between them (the chat template of its processor). */
  readonly amongSeveral = () => '';

  constructor(seeing: Seeing<ViewsOf<'idefics3'>>) {
    this.#seeing = seeing;
    const { tile, longestEdge, splits = true } = seeing.views;
    const sides = splits ? Math.ceil(longestEdge / tile) : 0;
    this.details = Array.from({ length: sides }, (_, side) => (side + 1) ** 2);
  }

  plan(region: Region): ViewPlan {
    const { tile } = this.#seeing.views;
    const { stretched } = this.#sizes(region);
    const isCut = stretched.width > tile || stretched.height > tile;
    const columns = isCut ? stretched.width / tile : 0;
    const rows = isCut ? stretched.height / tile : 0;
    return planTiles(this.#seeing, region, { columns, rows }, (rowsOfView) =>
      idefics3Pieces(columns, rows, rowsOfView),
    );
  }

  /** The published way: a longest edge of so many tiles. */
  atDetail(mostTiles: number): Seeing {
    const { views } = this.#seeing;
    const side = Math.max(1, Math.floor(Math.sqrt(mostTiles)));
    const longestEdge = Math.min(views.longestEdge, side * views.tile);
    return { ...this.#seeing, views: { ...views, longestEdge } };
  }

  overview(): Seeing | null {
    return this.details.length > 1 ? this.atDetail(1) : null;
  }

  prepare(photo: OpenedPhoto, options: PrepareOptions = {}): Promise<PreparedPicture> {
    const { tile } = this.#seeing.views;
    const region = options.region ?? wholePhoto(photo.info);
    const { fitted, stretched } = this.#sizes(region);
    const plan = this.plan(region);
    return prepareTiles(photo, plan, fitted, options, (image) => {
      const whole = resize(resize(image, fitted, 'lanczos'), stretched, 'lanczos');
      const tiles = plan.views.length === 1 ? [] : cutTiles(whole, tile);
      return [...tiles, resize(whole, { width: tile, height: tile }, 'lanczos')];
    });
  }

  views(picture: RgbImage): (index: number) => Float32Array {
    return stackedViews(picture, this.#seeing);
  }

  whole(picture: RgbImage, plan: ViewPlan): RgbImage {
    return putTogether(picture, plan);
  }

  #sizes(photo: Size) {
    const { tile, longestEdge, splits = true } = this.#seeing.views;
    const fitted = fit(photo, longestEdge);
    return { fitted, stretched: splits ? stretch(fitted, tile) : { width: tile, height: tile } };
  }
}

/** The longer side becomes `edge`, the shorter one follows and is even, where the longer is the width or they are equal. */
function fit({ width, height }: Size, edge: number): Size {
  const ratio = width / height;
  const other = (length: number) => Math.max(1, length % 2 === 1 ? length + 1 : length);
  return width >= height
    ? { width: edge, height: other(Math.trunc(edge / ratio)) }
    : { width: other(Math.trunc(edge * ratio)), height: edge };
}

/** The next whole number of tiles for the longer side, then for what the shorter one becomes. */
function stretch({ width, height }: Size, tile: number): Size {
  const ratio = width / height;
  // A side of a few pixels may be rounded to none.
  const whole = (length: number) => Math.max(1, Math.ceil(length / tile)) * tile;
  return width >= height
    ? { width: whole(width), height: whole(Math.trunc(whole(width) / ratio)) }
    : { width: whole(Math.trunc(whole(height) * ratio)), height: whole(height) };
}
