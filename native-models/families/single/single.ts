import type { OpenedPhoto } from '../../image/decode.ts';
import { padToSquare, wholePhoto, type Region } from '../../image/geometry.ts';
import type { RgbImage } from '../../image/pixels.ts';
import { modelPixels } from '../../image/preprocess.ts';
import type { ViewsOf } from '../../package/manifest.ts';
import type { Family, PreparedPicture, PrepareOptions } from '../family.ts';
import type { Seeing } from '../seeing.ts';
import { prepareSquare } from '../square.ts';
import type { ViewPlan } from '../view-plan.ts';

/** LLaVA-1.5: the photo padded to a square is the only view. */
export class Single implements Family {
  readonly details = [];
  readonly #seeing: Seeing<ViewsOf<'single'>>;
  readonly amongSeveral = null;

  constructor(seeing: Seeing<ViewsOf<'single'>>) {
    this.#seeing = seeing;
  }

  plan(region: Region): ViewPlan {
    const { views, vision } = this.#seeing;
    const square = padToSquare(region, views.tile);
    const whole = { x: square.x, y: square.y, width: square.side, height: square.side };
    const grid = Math.floor(views.tile / vision.patch);
    const only = { first: 0, count: 1 };
    return {
      region,
      size: { width: views.tile, height: views.tile },
      canvas: whole,
      views: [{ kind: 'base', index: 0, side: views.tile, region: whole }],
      grid: { columns: 0, rows: 0 },
      connections: [{ form: 'short', hasDem: false, inputs: { base: only } }],
      order: null,
      tokenGrids: [{ view: 0, first: 0, columns: grid, rows: grid, stride: grid, region: whole }],
      rows: grid ** 2,
      pieces: [{ rows: grid ** 2 }],
      traced: [{ ...only, pixels: 'base_pixels', features: 'base_features', isList: false }],
    };
  }

  atDetail(): Seeing {
    return this.#seeing;
  }

  overview(): null {
    return null;
  }

  prepare(photo: OpenedPhoto, options: PrepareOptions = {}): Promise<PreparedPicture> {
    const plan = this.plan(options.region ?? wholePhoto(photo.info));
    return prepareSquare(photo, { ...this.#seeing.views, n: 1 }, options, plan);
  }

  views(picture: RgbImage): () => Float32Array {
    const { views, normalisation } = this.#seeing;
    const pixels = modelPixels(picture, { n: 1, tile: views.tile }, normalisation);
    return () => pixels;
  }

  whole(picture: RgbImage): RgbImage {
    return picture;
  }
}
