import { baseImage, cutCrop, globalPhase, localRectangle } from '../../image/dual-crops.ts';
import type { OpenedPhoto } from '../../image/decode.ts';
import { modelRectangleToPhoto, padToSquare, wholePhoto, type Region } from '../../image/geometry.ts';
import type { RgbImage } from '../../image/pixels.ts';
import { modelPixels, shownSquare } from '../../image/preprocess.ts';
import type { ViewsOf } from '../../package/manifest.ts';
import type { Family, PlanOptions, PreparedPicture, PrepareOptions } from '../family.ts';
import type { Seeing } from '../seeing.ts';
import { prepareSquare } from '../square.ts';
import type { View, ViewPlan } from '../view-plan.ts';

/**
 * INF-LLaVA: the photo padded to a square of n * tile pixels, n x n local crops (blocks of it), global crops (every n-th pixel
 * of it) and the base image, brought together by DEM into as many embeddings as one crop has tokens.
 */
export class Dual implements Family {
  readonly details = [];
  readonly #views: ViewsOf<'dual'>;
  readonly #seeing: Seeing<ViewsOf<'dual'>>;
  readonly amongSeveral = null;

  constructor(seeing: Seeing<ViewsOf<'dual'>>) {
    this.#seeing = seeing;
    this.#views = seeing.views;
  }

  plan(region: Region, { allViews = false }: PlanOptions = {}): ViewPlan {
    const { n, tile, globalsEncoded, baseIsGlobal } = this.#views;
    const square = padToSquare(region, n * tile);
    const whole = { x: square.x, y: square.y, width: square.side, height: square.side };
    const all = Array.from({ length: n * n }, (_, index) => index);
    const globals = allViews ? all : globalsEncoded;
    const local = (index: number): View => ({
      ...{ kind: 'local', index, side: tile },
      region: modelRectangleToPhoto(localRectangle(index, { n, tile }), square),
    });
    const views: View[] = [
      ...all.map(local),
      ...globals.map((index): View => ({
        kind: 'global',
        index,
        side: tile,
        region: whole,
        phase: globalPhase(index, n),
      })),
      // A pass of its own only where no global crop equals it.
      ...(baseIsGlobal === null ? [{ kind: 'base' as const, index: 0, side: tile, region: whole }] : []),
    ];
    const base = views.findIndex(
      ({ kind, index }) => kind === 'base' || (kind === 'global' && index === baseIsGlobal),
    );
    const ranges = {
      local: { first: 0, count: n * n },
      globals: { first: n * n, count: globals.length },
      base: { first: base, count: 1 },
    };
    const grid = Math.floor(tile / this.#seeing.vision.patch);
    const traced = (features: string, isList = true) => ({ features, isList, pixels: null });
    return {
      region,
      size: { width: n * tile, height: n * tile },
      canvas: whole,
      views,
      grid: { columns: n, rows: n },
      connections: [{ form: allViews ? 'full' : 'short', hasDem: true, inputs: ranges }],
      order: null,
      tokenGrids: [{ view: null, first: 0, columns: grid, rows: grid, stride: grid, region: whole }],
      rows: grid ** 2,
      pieces: [{ rows: grid ** 2 }],
      traced: [
        { ...ranges.base, pixels: 'base_pixels', features: 'base_features', isList: false },
        { ...ranges.local, ...traced('local_features') },
        { ...ranges.globals, ...traced('global_features') },
      ],
    };
  }

  atDetail(): Seeing {
    return this.#seeing;
  }

  /** What the authors' demo shows the model: all of its crops, with no more detail in them than one has. */
  overview(): Seeing {
    return { ...this.#seeing, views: { ...this.#views, mode: 'released-demo' } };
  }

  prepare(photo: OpenedPhoto, options: PrepareOptions = {}): Promise<PreparedPicture> {
    return prepareSquare(
      photo,
      this.#views,
      options,
      this.plan(options.region ?? wholePhoto(photo.info), options),
    );
  }

  views(picture: RgbImage, plan: ViewPlan): (index: number) => Float32Array {
    const grid = this.#views;
    const pixels = modelPixels(picture, grid, this.#seeing.normalisation);
    // Views are encoded one after the other: they take turns in the same memory.
    const crop = new Float32Array(3 * grid.tile ** 2);
    return (at) => {
      const { kind, index } = plan.views[at]!;
      return kind === 'base' ? baseImage(pixels, grid) : cutCrop(pixels, kind, index, grid, crop);
    };
  }

  whole(picture: RgbImage): RgbImage {
    return shownSquare(picture, this.#views.n * this.#views.tile);
  }
}
