import type { OpenedPhoto, PhotoInfo } from '../image/decode.ts';
import type { Region } from '../image/geometry.ts';
import type { RgbImage } from '../image/pixels.ts';
import type { Seeing } from './seeing.ts';
import type { ViewPlan } from './view-plan.ts';

export interface PlanOptions {
  /** Every view that the family knows, those that cannot change the answer too. */
  readonly allViews?: boolean | undefined;
}

export interface PrepareOptions extends PlanOptions {
  /** This part of the upright photo at its own resolution is the picture; the whole photo without. */
  readonly region?: Region | undefined;
  /** Takes what can be read of a damaged file. */
  readonly allowPartial?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PreparedPicture {
  readonly info: PhotoInfo;
  readonly plan: ViewPlan;
  /** What the pixels of all views are made of: `Family.views`. */
  readonly picture: RgbImage;
  /** Milliseconds: reading and decoding (a first reduction of big photos included), and the resizing. */
  readonly timings: { readonly decode: number; readonly preprocess: number };
}

/** How the models of one family see, with the numbers of one package. */
export interface Family {
  /**
   * The most local views that a person can choose, ascending, the model's own number last; empty where there is no choice.
   */
  readonly details: readonly number[];
  /** The same way of seeing with at most so many local views. */
  atDetail(mostTiles: number): Seeing;
  /**
   * The same way of seeing without detail: the whole alone, as one coarse view of it has it; null where there is no such thing, or
   * nothing else.
   */
  overview(): Seeing | null;
  /** The plan of a picture: of a photo, or of a part of one. Throws `wrong-usage` for what it cannot cut. */
  plan(region: Region, options?: PlanOptions): ViewPlan;
  /** Decodes and resizes. Throws what `OpenedPhoto.pixels` throws. */
  prepare(photo: OpenedPhoto, options?: PrepareOptions): Promise<PreparedPicture>;
  /**
   * The views of a prepared picture as the tower gets them. The function gives view `index`, [3, side, side], normalised;
   * the array is only good until the next call.
   */
  views(picture: RgbImage, plan: ViewPlan): (index: number) => Float32Array;
  /**
   * What stands in front of each of several pictures of one question, by its number from 0 on, as the published models were
   * trained; null where they were shown one at a time.
   */
  readonly amongSeveral: ((index: number) => string) | null;
  /** All the detail the model gets, in one picture of `plan.size`, for showing. */
  whole(picture: RgbImage, plan: ViewPlan): RgbImage;
}
