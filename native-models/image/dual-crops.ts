/**
 * DCM, the dual-perspective cropping module (paper section 3.2; `crop_image` and `stride_image` in the authors'
 * `llava_arch.py`): n * n local crops and n * n global crops out of one square picture of n * tile pixels a side.
 * Crops are numbered rows before columns.
 */
import type { Rect } from '../../preload/contract/geometry.ts';
import type { CropKind } from '../../preload/contract/photos.ts';
import type { RgbImage } from './pixels.ts';
import { torchBicubic } from './torch-bicubic.ts';

/** Side of the square in pixels: 800 MB as float32, several times what any model takes. */
export const maxModelSide = 8192;

/** How a picture is cut: n x n crops of each kind, each tile x tile pixels. */
export interface CropGrid {
  readonly n: number;
  readonly tile: number;
}

/** Which pixels of the square a crop takes: from (x, y), every `step`-th to the right and down. */
export interface CropSampling {
  readonly x: number;
  readonly y: number;
  readonly step: number;
}

/** A global crop's place (row, column) within every n x n block of the square. */
export interface Phase {
  readonly row: number;
  readonly column: number;
}

/** Global crop k is `image[:, h::n, w::n]` with h = k div n and w = k mod n. */
export function globalPhase(k: number, n: number): Phase {
  checkIndex(k, n);
  return { row: Math.floor(k / n), column: k % n };
}

/** Local crop k is the block at row k div n, column k mod n, in pixels of the square. */
export function localRectangle(k: number, { n, tile }: CropGrid): Rect {
  checkIndex(k, n);
  return { x: (k % n) * tile, y: Math.floor(k / n) * tile, width: tile, height: tile };
}

export function cropSampling(kind: CropKind, k: number, grid: CropGrid): CropSampling {
  if (kind === 'local') {
    const { x, y } = localRectangle(k, grid);
    return { x, y, step: 1 };
  }
  const { row, column } = globalPhase(k, grid.n);
  return { x: column, y: row, step: grid.n };
}

/**
 * The global crops that reach the answer, ascending; all local crops do. DEM's fused map (n * g tokens a side) is
 * resized to g with bilinear interpolation, align_corners false, which reads it at n * i + (n - 1) / 2 alone: for odd n
 * the middle phase, for even n the two phases beside the middle, each way. Every other position of the map is thrown
 * away, and with it the global crops that sit there.
 */
export function globalsThatReachAnswer(n: number): number[] {
  checkIndex(0, n);
  const phases = n % 2 === 1 ? [(n - 1) / 2] : [n / 2 - 1, n / 2];
  return phases.flatMap((row) => phases.map((column) => row * n + column));
}

/**
 * The global crop that is the base image, pixel for pixel: the bicubic resize by 1/n falls on the middle pixel of every
 * block when n is odd. For even n there is none (null) and the base image is a picture of its own.
 */
export function baseIsGlobal(n: number): number | null {
  checkIndex(0, n);
  return n % 2 === 1 ? (n * n - 1) / 2 : null;
}

/**
 * Copies one crop.
 * @param pixels [3, n * tile, n * tile], channels first
 * @param out [3, tile, tile], for instance a part of a batch
 */
export function cutCrop(
  pixels: Float32Array,
  kind: CropKind,
  k: number,
  grid: CropGrid,
  out: Float32Array = new Float32Array(3 * grid.tile ** 2),
): Float32Array {
  const { tile } = grid;
  const side = grid.n * tile;
  if (pixels.length !== 3 * side * side || out.length !== 3 * tile * tile) {
    throw new RangeError(`a crop of ${tile} pixels a side cannot be cut from ${pixels.length} values`);
  }
  const start = cropSampling(kind, k, grid);
  let to = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < tile; y++) {
      let from = (channel * side + start.y + y * start.step) * side + start.x;
      if (start.step === 1) {
        out.set(pixels.subarray(from, from + tile), to);
        to += tile;
      } else for (let x = 0; x < tile; x++, from += start.step) out[to++] = pixels[from]!;
    }
  }
  return out;
}

/** The same crop of an 8-bit picture, for showing: what the encoder gets, padding included. */
export function cutCropImage(image: RgbImage, kind: CropKind, k: number, n: number): RgbImage {
  const tile = image.width / n;
  if (image.height !== image.width || !Number.isInteger(tile)) {
    throw new RangeError(`${image.width} x ${image.height} is not a square of ${n} x ${n} crops`);
  }
  const start = cropSampling(kind, k, { n, tile });
  const data = new Uint8Array(3 * tile * tile);
  let to = 0;
  for (let y = 0; y < tile; y++) {
    let from = 3 * ((start.y + y * start.step) * image.width + start.x);
    for (let x = 0; x < tile; x++, from += 3 * start.step) {
      data[to++] = image.data[from]!;
      data[to++] = image.data[from + 1]!;
      data[to++] = image.data[from + 2]!;
    }
  }
  return { width: tile, height: tile, data };
}

/**
 * The base image: the square at 1/n, [3, n * tile, n * tile] to [3, tile, tile], by
 * `F.interpolate(mode='bicubic', align_corners=False)` as in the authors' code.
 */
export function baseImage(pixels: Float32Array, { n, tile }: CropGrid): Float32Array {
  return torchBicubic(pixels, n * tile, tile);
}

function checkIndex(k: number, n: number): void {
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(k) || k < 0 || k >= n * n) {
    throw new RangeError(`crop ${k} of ${n} x ${n}`);
  }
}
