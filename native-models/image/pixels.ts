/** Pixels as 8-bit pictures (what is shown) and as the encoder's input (what is computed with). */

/** 8-bit sRGB, rows before columns, three bytes a pixel. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** sRGB, 0..255. */
export type Rgb = readonly [number, number, number];

/** Per channel, of values in 0..1, as a preprocessor configuration gives them. */
export interface Normalisation {
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** (value / 255 - mean) / std, channels first: [3, height, width]. */
export function normalise({ width, height, data }: RgbImage, { mean, std }: Normalisation): Float32Array {
  const size = width * height;
  const out = new Float32Array(3 * size);
  const [red, green, blue] = [0, 1, 2].map((channel) => normalised(mean[channel]!, std[channel]!));
  for (let i = 0, from = 0; i < size; i++, from += 3) {
    out[i] = red![data[from]!]!;
    out[size + i] = green![data[from + 1]!]!;
    out[2 * size + i] = blue![data[from + 2]!]!;
  }
  return out;
}

/** What each of the 256 values of a channel becomes, rounded to float32 step by step as NumPy and PyTorch round. */
function normalised(mean: number, std: number): Float32Array {
  const [m, s] = [Math.fround(mean), Math.fround(std)];
  return Float32Array.from({ length: 256 }, (_, value) => Math.fround(Math.fround(value / 255) - m) / s);
}

/** The picture that such values stand for, clipped to what can be shown: the inverse of `normalise`. */
export function denormalise(
  pixels: Float32Array,
  width: number,
  height: number,
  { mean, std }: Normalisation,
): RgbImage {
  const size = width * height;
  const data = new Uint8ClampedArray(3 * size);
  for (let channel = 0; channel < 3; channel++) {
    const [m, s] = [mean[channel]!, std[channel]!];
    for (let i = 0; i < size; i++) data[3 * i + channel] = (pixels[channel * size + i]! * s + m) * 255;
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}
