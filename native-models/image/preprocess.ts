/** From a photo to the square picture that the crops are cut from (docs/inference.md, Preprocessing). */
import { AppError } from '../../preload/contract/errors.ts';
import {
  openPhoto,
  withPartial,
  type OpenOptions,
  type OpenedPhoto,
  type PhotoInfo,
  type PixelOptions,
} from './decode.ts';
import { maxModelSide, type CropGrid } from './dual-crops.ts';
import type { Size } from '../../preload/contract/geometry.ts';
import {
  padToSquare,
  seenPart,
  wholePhoto,
  wholePixelSquare,
  type ModelSquare,
  type Region,
} from './geometry.ts';
import type { PhotoSource } from './photo-file.ts';
import { padAndResize, paste } from './pillow-resize.ts';
import { denormalise, normalise, type Normalisation, type Rgb, type RgbImage } from './pixels.ts';
import { torchBicubic } from './torch-bicubic.ts';

export interface PreprocessOptions extends CropGrid {
  /** sRGB of the padding, 0..255. */
  readonly padColour: Rgb;
  /**
   * `trained`: antialiased bicubic straight to n * tile, what training saw. `released-demo`: to one tile first and
   * upsampled from there, as the authors' demo does; its crops hold no detail.
   */
  readonly mode: 'trained' | 'released-demo';
  /** This part of the upright photo at its own resolution is the picture; the whole photo without. */
  readonly region?: Region | undefined;
  readonly allowPartial?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PreprocessedPhoto {
  readonly info: PhotoInfo;
  /** Where the picture lies in the photo. */
  readonly square: ModelSquare;
  /** What `modelPixels` starts from: n * tile a side (`trained`) or tile a side (`released-demo`). */
  readonly picture: RgbImage;
  /** The picture as the crops are cut from it, n * tile a side, for showing. */
  readonly shown: RgbImage;
  /** Milliseconds: reading and decoding (a first reduction of big photos included), padding and resizing. */
  readonly timings: { readonly decode: number; readonly preprocess: number };
}

/**
 * Up to this many pixels the resize is Pillow's bit for bit: the 12 megapixels of a phone. It takes 12 ms a megapixel,
 * so that bigger photos are first reduced by libvips while they are decoded.
 */
const exactPixels = 12.5e6;

/**
 * How many times the final size libvips reduces big photos to while it decodes them: less leaves its mark on
 * black-on-white text (49.6 dB against Pillow at 3, 51 at 3.5, 53 at 4), more costs time.
 */
export const reserve = 3.5;

/** libvips puts a box filter in front of its cubic kernel where it reduces by this or more: 49 dB on noise. */
const boxFilterFrom = 4;

/** Pixels of the result that libvips's cubic kernel reaches when it reduces: two, and one for rounding. */
const cubicReach = 3;

/** Throws what `openPhoto` and `OpenedPhoto.pixels` throw. */
export async function preprocessPhoto(
  source: PhotoSource,
  options: PreprocessOptions & OpenOptions,
): Promise<PreprocessedPhoto> {
  const start = performance.now();
  const photo = await openPhoto(source, options);
  const opened = performance.now() - start;
  const { timings, ...result } = await preprocess(photo, options);
  return { ...result, timings: { ...timings, decode: opened + timings.decode } };
}

/** The same for a photo that is open already. */
export async function preprocess(photo: OpenedPhoto, options: PreprocessOptions): Promise<PreprocessedPhoto> {
  const start = performance.now();
  const { n, tile, mode } = options;
  const side = n * tile;
  if (side > maxModelSide) {
    throw new AppError(
      'wrong-usage',
      `${n} x ${tile} pixels a side are more than the limit of ${maxModelSide}.`,
    );
  }
  const square = padToSquare(options.region ?? wholePhoto(photo.info), mode === 'trained' ? side : tile);
  const { picture, partial, decoded } = await squarePicture(photo, square, options);
  const shown = shownSquare(picture, side);
  return {
    info: withPartial(photo.info, partial),
    square: { ...square, pixels: side },
    picture,
    shown,
    timings: { decode: decoded - start, preprocess: performance.now() - decoded },
  };
}

/**
 * What the tower sees before cropping: [3, n * tile, n * tile], float32, normalised.
 * @param picture `PreprocessedPhoto.picture`
 */
export function modelPixels(
  picture: RgbImage,
  { n, tile }: CropGrid,
  normalisation: Normalisation,
): Float32Array {
  const pixels = normalise(picture, normalisation);
  const side = n * tile;
  return picture.width === side ? pixels : torchBicubic(pixels, picture.width, side);
}

/** The region padded and resized, square.pixels a side: exactly, or for big photos in a way that is as good as exact. */
async function squarePicture(photo: OpenedPhoto, square: ModelSquare, options: PreprocessOptions) {
  const { region, side, pixels } = square;
  const { padColour, allowPartial = false, signal } = options;
  const wanted: PixelOptions = { region, background: padColour, allowPartial, signal };
  const least = reserve * pixels;
  if (region.width * region.height <= exactPixels || least >= side) {
    const { image, partial } = await photo.pixels(wanted);
    const decoded = performance.now();
    return { picture: padAndResize(image, square, padColour), partial, decoded };
  }
  const { resizeCubic } = await import('./sharp.ts');
  const whole = wholePixelSquare(square, least, boxFilterFrom * pixels);
  if (whole) {
    const { border, part } = seenPart(whole, pixels, cubicReach);
    const { image, partial } = await photo.pixels({ ...wanted, size: whole.region, border });
    const decoded = performance.now();
    const picture = paste(await resizeCubic(image, part), part, pixels, padColour);
    return { picture, partial, decoded };
  }
  const { image, partial } = await photo.pixels({ ...wanted, size: scaled(region, least / side) });
  const decoded = performance.now();
  // The longer side needs no padding: libvips takes it all the way.
  const { width, height } = image;
  const longer = width >= height ? { width: pixels, height } : { width, height: pixels };
  return { picture: padAndResize(await resizeCubic(image, longer), square, padColour), partial, decoded };
}

function scaled({ width, height }: Size, scale: number): Size {
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** The square as the crops are cut from it, `side` pixels a side, for showing. */
export function shownSquare(picture: RgbImage, side: number): RgbImage {
  if (picture.width === side) return picture;
  const plain: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };
  return denormalise(torchBicubic(normalise(picture, plain), picture.width, side), side, side, plain);
}
