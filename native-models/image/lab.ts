/** CIE L*a*b* (D50) to sRGB. */
import { encodeSrgb, fromXyzD50 } from './coded-colour.ts';

/**
 * For three samples from `from` on, writes red, green and blue at `to`. `lab` is CIELab of TIFF 6.0 (section 23): L from 0
 * to 100 over all values, a and b signed. `icc-lab`: a and b with an offset of half the range; of 16 bits 0xff00 is L = 100.
 */
export function labToSrgb(
  kind: 'lab' | 'icc-lab',
  bits: number,
): (samples: ArrayLike<number>, from: number, out: Uint8Array, to: number) => void {
  const isDeep = bits === 16;
  const scale = isDeep ? 256 : 1;
  const white = !isDeep ? 255 : kind === 'lab' ? 0xffff : 0xff00;
  return (samples, from, out, to) => {
    const lightness = (samples[from]! * 100) / white;
    const [a, b] = [1, 2].map((i) => {
      const value = samples[from + i]! / scale;
      if (kind === 'icc-lab') return value - 128;
      return value < 128 ? value : value - 256;
    }) as [number, number];
    const fy = (lightness + 16) / 116;
    const linear = fromXyzD50(0.9642 * inverse(fy + a / 500), inverse(fy), 0.8249 * inverse(fy - b / 200));
    for (let channel = 0; channel < 3; channel++) out[to + channel] = encodeSrgb(linear[channel]!);
  };
}

/** CIE 15, 8.2.1. */
function inverse(f: number): number {
  return f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29);
}
