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
  for (let channel = 0; channel < 3; channel++) {
    // Only 256 values occur: as many divisions, rounded to float32 step by step as NumPy and PyTorch round them.
    const table = new Float32Array(256);
    const [m, s] = [Math.fround(mean[channel]!), Math.fround(std[channel]!)];
    for (let value = 0; value < 256; value++) {
      table[value] = Math.fround(Math.fround(value / 255) - m) / s;
    }
    const base = channel * size;
    for (let i = 0, from = channel; i < size; i++, from += 3) out[base + i] = table[data[from]!]!;
  }
  return out;
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
