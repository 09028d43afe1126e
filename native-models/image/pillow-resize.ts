/**
 * Pillow's `Image.resize`, bit for bit: of a picture to any size, and of a picture padded to a square without ever building
 * the square: its padding is one colour, so its share of every sum is known (a square of a 1 x 20000 photo would hold 400
 * million pixels). These are the resizes that training used.
 *
 * The arithmetic follows Pillow's `Resample.c`: kernel stretched by the scale when shrinking (antialiasing), weights rounded
 * to 22 fractional bits, rows first, and 8 bits a value between the two passes.
 */
import type { Point, Size } from '../../preload/contract/geometry.ts';
import type { ModelSquare } from './geometry.ts';
import type { Rgb, RgbImage } from './pixels.ts';

/** A filter of `Resample.c`: its value at a distance in pixels, and the distance from which on it is 0. */
interface Kernel {
  readonly support: number;
  weight(distance: number): number;
}

/** BICUBIC: Keys' cubic kernel with a = -0.5 (Catmull-Rom), in the form Pillow evaluates. */
const a = -0.5;
const bicubic: Kernel = {
  support: 2,
  weight(distance) {
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
  },
};

/** LANCZOS: sinc(x) sinc(x / 3). */
const lanczos: Kernel = {
  support: 3,
  weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

const kernels = { bicubic, lanczos } as const;
export type KernelName = keyof typeof kernels;

const fractionBits = 22;
const half = 1 << (fractionBits - 1);

/** One axis of the square: `samples` pixels stand for `length` of its `side` photo pixels, from `offset` on. */
interface Axis {
  readonly side: number;
  readonly offset: number;
  readonly length: number;
  readonly samples: number;
  readonly target: number;
}

/** Weights of the outputs `begin` to `end` - 1, the only ones that see the photo; the others are padding. */
interface Taps {
  readonly begin: number;
  readonly end: number;
  /** Per output: the first sample, how many follow it, and the weight that falls on padding. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly padding: Int32Array;
  /** Weights of output i from `i * stride` on. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** `image.resize(size, kernel)`: stretched to `size`; the shape is not kept. */
export function resize(image: RgbImage, size: Size, kernel: KernelName): RgbImage {
  const axis = (samples: number, target: number): Axis => ({
    ...{ side: samples, offset: 0, length: samples, samples, target },
  });
  const across = axis(image.width, size.width);
  const down = axis(image.height, size.height);
  const narrow = isIdentity(across) ? image : resizeRows(image, axisTaps(across, kernels[kernel]), noPadding);
  return isIdentity(down) ? narrow : resizeColumns(narrow, axisTaps(down, kernels[kernel]), noPadding);
}

const noPadding: Rgb = [0, 0, 0];

/**
 * BICUBIC of the padded square.
 * @param image the pixels of `square.region`; may hold fewer pixels than the region when it was reduced before
 * @returns square.pixels on both sides
 */
export function padAndResize(image: RgbImage, square: ModelSquare, padColour: Rgb): RgbImage {
  const { side, region, pixels: target } = square;
  const across = { side, offset: region.x - square.x, length: region.width, samples: image.width, target };
  const down = { side, offset: region.y - square.y, length: region.height, samples: image.height, target };
  const pad = padColour.map(Math.round) as unknown as Rgb;
  const columns = isIdentity(across) ? null : axisTaps(across, bicubic);
  const rows = isIdentity(down) ? null : axisTaps(down, bicubic);
  const narrow = columns ? resizeRows(image, columns, pad) : image;
  const small = rows ? resizeColumns(narrow, rows, pad) : narrow;
  return paste(small, { x: columns?.begin ?? 0, y: rows?.begin ?? 0 }, target, pad);
}

function isIdentity({ side, length, samples, target }: Axis): boolean {
  return samples === target && length === side;
}

function axisTaps({ side, offset, length, samples, target }: Axis, kernel: Kernel): Taps {
  // In sample units, shifted by the fraction that separates samples from whole positions of the square; the fraction
  // is 0 unless the photo was reduced before, and the arithmetic then is exactly Pillow's.
  const unit = samples / length;
  const start = Math.floor(offset * unit);
  const fraction = offset * unit - start;
  const limit = Math.ceil(side * unit - fraction);
  const scale = (side * unit) / target;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const stride = 2 * Math.ceil(support) + 1;
  const [first, count, padding] = [new Int32Array(target), new Int32Array(target), new Int32Array(target)];
  const weights = new Int32Array(target * stride);
  let [begin, end] = [target, 0];
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale - fraction;
    const low = Math.max(Math.trunc(centre - support + 0.5), 0);
    const high = Math.min(Math.trunc(centre + support + 0.5), limit);
    let sum = 0;
    for (let position = low; position < high; position++)
      sum += kernel.weight((position - centre + 0.5) / stretch);
    first[i] = Math.max(low - start, 0);
    for (let position = low; position < high; position++) {
      const weight = fixedPoint(kernel.weight((position - centre + 0.5) / stretch) / sum);
      const sample = position - start;
      if (sample < 0 || sample >= samples) padding[i]! += weight;
      else weights[i * stride + count[i]!++] = weight;
    }
    if (count[i]! > 0) [begin, end] = [Math.min(begin, i), i + 1];
  }
  return { begin, end, first, count, padding, weights, stride };
}

function fixedPoint(weight: number): number {
  return Math.trunc(weight * 2 ** fractionBits + (weight < 0 ? -0.5 : 0.5));
}

function resizeRows({ width, height, data }: RgbImage, taps: Taps, [red, green, blue]: Rgb): RgbImage {
  const { begin, end, first, count, padding, weights, stride } = taps;
  const out = new Uint8ClampedArray(3 * (end - begin) * height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = 3 * y * width;
    for (let i = begin; i < end; i++) {
      let from = row + 3 * first[i]!;
      let r = half + padding[i]! * red;
      let g = half + padding[i]! * green;
      let b = half + padding[i]! * blue;
      // Math.imul and | 0 keep the sums in machine integers: twice as fast as plain numbers, never out of range.
      for (let tap = i * stride, last = tap + count[i]!; tap < last; tap++, from += 3) {
        const weight = weights[tap]!;
        r = (r + Math.imul(weight, data[from]!)) | 0;
        g = (g + Math.imul(weight, data[from + 1]!)) | 0;
        b = (b + Math.imul(weight, data[from + 2]!)) | 0;
      }
      out[to++] = r >> fractionBits;
      out[to++] = g >> fractionBits;
      out[to++] = b >> fractionBits;
    }
  }
  return { width: end - begin, height, data: new Uint8Array(out.buffer) };
}

function resizeColumns({ width, data }: RgbImage, taps: Taps, pad: Rgb): RgbImage {
  const { begin, end, first, count, padding, weights, stride } = taps;
  const line = 3 * width;
  const out = new Uint8ClampedArray(line * (end - begin));
  const sums = new Int32Array(line);
  const padded = repeat(pad, line);
  for (let i = begin; i < end; i++) {
    const outside = padding[i]!;
    for (let x = 0; x < line; x++) sums[x] = half + outside * padded[x]!;
    const last = i * stride + count[i]!;
    let from = first[i]! * line;
    for (let tap = i * stride; tap < last; tap += 4, from += 4 * line) {
      addFourRows(sums, data, from, line, weights, tap, last);
    }
    const to = (i - begin) * line;
    for (let x = 0; x < line; x++) out[to + x] = sums[x]! >> fractionBits;
  }
  return { width, height: end - begin, data: new Uint8Array(out.buffer) };
}

/** Four rows a pass, because most of the time goes into reading and writing the sums; rows past `last` count nothing. */
function addFourRows(
  sums: Int32Array,
  data: Uint8Array,
  from: number,
  line: number,
  weights: Int32Array,
  tap: number,
  last: number,
): void {
  const a = weights[tap]!;
  const b = tap + 1 < last ? weights[tap + 1]! : 0;
  const c = tap + 2 < last ? weights[tap + 2]! : 0;
  const d = tap + 3 < last ? weights[tap + 3]! : 0;
  const second = tap + 1 < last ? from + line : from;
  const third = tap + 2 < last ? second + line : from;
  const fourth = tap + 3 < last ? third + line : from;
  for (let x = 0; x < line; x++) {
    sums[x] =
      (sums[x]! +
        Math.imul(a, data[from + x]!) +
        Math.imul(b, data[second + x]!) +
        Math.imul(c, data[third + x]!) +
        Math.imul(d, data[fourth + x]!)) |
      0;
  }
}

/** Puts the part that sees the photo at its place in a square of padding. */
export function paste(
  { width, height, data }: RgbImage,
  { x: left, y: top }: Point,
  side: number,
  pad: Rgb,
): RgbImage {
  if (width === side && height === side) return { width, height, data };
  const out = repeat(pad, 3 * side * side);
  for (let y = 0; y < height; y++) {
    out.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * side + left));
  }
  return { width: side, height: side, data: out };
}

function repeat(colour: Rgb, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(colour);
  for (let filled = 3; filled < length; filled *= 2) out.copyWithin(filled, 0, filled);
  return out;
}
