/**
 * What the families of tiles have in common. Idefics3 and InternVL: square tiles of a picture stretched to a whole number of
 * them, line by line, then the whole of it once more as one view; every view becomes a square of embeddings by itself.
 */
import { withPartial, type OpenedPhoto } from '../image/decode.ts';
import type { Size } from '../../preload/contract/geometry.ts';
import { wholePhoto, type Region } from '../image/geometry.ts';
import { normalise, type Rgb, type RgbImage } from '../image/pixels.ts';
import { reserve } from '../image/preprocess.ts';
import type { PicturePiece } from './picture-piece.ts';
import type { PreparedPicture, PrepareOptions } from './family.ts';
import type { Seeing } from './seeing.ts';
import type { TokenGrid, View, ViewPlan } from './view-plan.ts';

/** What stands behind transparent parts: `convert_to_rgb` of transformers. */
const background: Rgb = [255, 255, 255];

/** Thirteen views of 256 rows take 3,328 tokens; a conversation needs room beside them. */
export const longestContextOfTiles = 8192;

/** Numbers that they all have. */
type Tiled = Seeing & { readonly views: { readonly tile: number; readonly shuffle: number } };

/**
 * The plan of a picture in these tiles, and the whole of it; 0 x 0 where the whole is the only view.
 * @param pieces the prompt, of the embeddings of one view
 */
export function planTiles(
  { views: { tile, shuffle }, vision: { patch } }: Tiled,
  region: Region,
  { columns, rows }: ViewPlan['grid'],
  pieces: (rowsOfView: number) => readonly PicturePiece[],
): ViewPlan {
  const [width, height] = [region.width / columns, region.height / rows];
  const views: View[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = { x: region.x + column * width, y: region.y + row * height, width, height };
      views.push({ kind: 'local', index: views.length, region: place, side: tile });
    }
  }
  views.push({ kind: 'global', index: 0, region, side: tile });
  const patches = Math.floor(tile / patch);
  const side = patches / shuffle;
  // The convolution leaves out the pixels on the right and at the bottom that do not fill a patch.
  const covered = (patches * patch) / tile;
  const tokenGrids = views.map((view, index): TokenGrid => ({
    ...{ view: index, first: index * side ** 2, columns: side, rows: side, stride: side },
    region: { ...view.region, width: view.region.width * covered, height: view.region.height * covered },
  }));
  const all = { first: 0, count: views.length };
  return {
    region,
    size: { width: Math.max(1, columns) * tile, height: Math.max(1, rows) * tile },
    canvas: region,
    views,
    grid: { columns, rows },
    order: null,
    connections: views.map((_, first) => ({
      form: 'short',
      hasDem: false,
      inputs: { base: { first, count: 1 } },
    })),
    tokenGrids,
    rows: views.length * side ** 2,
    pieces: pieces(side ** 2),
    traced: [{ ...all, pixels: 'view_pixels', features: 'view_features', isList: true }],
  };
}

/**
 * Up to so many pixels the views are Pillow's bit for bit: 192 MB as they are decoded, and as much again where the rows are
 * resized to a target as wide.
 */
const exactPixels = 64e6;

/**
 * The photo, or the region of it, as pixels to resize to `target`. More than `exactPixels` are first reduced by libvips, each side
 * to no less than `reserve` times its target, so that memory stays bounded: a side that is short already stays as it is.
 */
async function decode(photo: OpenedPhoto, target: Size, options: PrepareOptions) {
  const { region = wholePhoto(photo.info), allowPartial = false, signal } = options;
  const { width, height } = region;
  // The rows are resized first, all of them.
  const work = Math.max(width, target.width) * height;
  const size = {
    width: Math.min(width, Math.ceil(reserve * target.width)),
    height: Math.min(height, Math.ceil(reserve * target.height)),
  };
  const isExact = work <= exactPixels || (size.width === width && size.height === height);
  return photo.pixels({ region, background, allowPartial, signal, ...(isExact ? {} : { size }) });
}

/**
 * Decodes a photo and makes its views of it, which lie one below the other in `picture`.
 * @param target the largest size the photo itself is resized to
 */
export async function prepareTiles(
  photo: OpenedPhoto,
  plan: ViewPlan,
  target: Size,
  options: PrepareOptions,
  makeViews: (image: RgbImage) => RgbImage[],
): Promise<PreparedPicture> {
  const start = performance.now();
  const { image, partial } = await decode(photo, target, options);
  const decoded = performance.now();
  const picture = stack(makeViews(image));
  return {
    info: withPartial(photo.info, partial),
    plan,
    picture,
    timings: { decode: decoded - start, preprocess: performance.now() - decoded },
  };
}

/** Blocks of `tile` pixels a side, line by line. */
export function cutTiles(image: RgbImage, tile: number): RgbImage[] {
  const tiles: RgbImage[] = [];
  for (let top = 0; top < image.height; top += tile) {
    for (let left = 0; left < image.width; left += tile) {
      const data = new Uint8Array(3 * tile * tile);
      for (let y = 0; y < tile; y++) {
        const from = 3 * ((top + y) * image.width + left);
        data.set(image.data.subarray(from, from + 3 * tile), 3 * y * tile);
      }
      tiles.push({ width: tile, height: tile, data });
    }
  }
  return tiles;
}

/** Pictures of one size as one, below each other. */
function stack(images: readonly RgbImage[]): RgbImage {
  const { width, height, data } = images[0]!;
  const all = new Uint8Array(images.length * data.length);
  images.forEach((image, index) => all.set(image.data, index * data.length));
  return { width, height: height * images.length, data: all };
}

/** The tiles of such a stack where they were cut from; without any, the only view. */
export function putTogether(picture: RgbImage, { grid: { columns }, size, views }: ViewPlan): RgbImage {
  if (columns === 0) return viewOf(picture, 0);
  const { width: tile } = picture;
  const first = views.findIndex(({ kind }) => kind === 'local');
  const data = new Uint8Array(3 * size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    for (let column = 0; column < columns; column++) {
      const { data: view } = viewOf(picture, first + Math.floor(y / tile) * columns + column);
      const from = 3 * tile * (y % tile);
      data.set(view.subarray(from, from + 3 * tile), 3 * (y * size.width + column * tile));
    }
  }
  return { ...size, data };
}

/** One picture of such a stack. */
function viewOf({ width, data }: RgbImage, index: number): RgbImage {
  const bytes = 3 * width * width;
  return { width, height: width, data: data.subarray(index * bytes, (index + 1) * bytes) };
}

/** The views of a stack, normalised. */
export function stackedViews(picture: RgbImage, { normalisation }: Seeing): (index: number) => Float32Array {
  return (index) => normalise(viewOf(picture, index), normalisation);
}
