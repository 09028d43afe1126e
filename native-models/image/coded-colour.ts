/**
 * Colours that a file gives as code points of ITU-T H.273 (nclx in HEIF and AVIF, cICP in PNG) instead of a profile, brought
 * to sRGB.
 *
 * Standard range: the transfer function's inverse (H.273, table 3), primaries to BT.709 (table 2) with Bradford's adaptation
 * where the whites differ, colours outside cut off, sRGB's curve. The video curve (1, 6, 14, 15) with the primaries of BT.709
 * or of standard definition video is taken for sRGB's, as browsers do: encoders write these code points for sRGB pictures.
 *
 * High range: PQ is absolute light (BT.2100-2, table 4); HLG is taken as the scene's light (table 5: the inverse OETF, no
 * OOTF), as BT.2408-7 describes for scene-referred mapping. HDR reference white, 203 cd/m² in PQ and 75 % in HLG (BT.2408-7,
 * table 1), becomes sRGB's white. What is brighter comes in by the curve of BT.2408-7, annex 5 (a straight line, then a
 * Hermite spline in PQ) from the picture's own greatest value to reference white, applied to the greatest of the three
 * channels of BT.709 so that hues stay. A picture with nothing above reference white is therefore not changed by it.
 */

export interface CodedColour {
  readonly primaries: number;
  readonly transfer: number;
  /** False for RGB from 16 to 235 (of 8 bits), which PNG allows. */
  readonly fullRange: boolean;
}

type Xy = readonly [x: number, y: number];

const d65: Xy = [0.3127, 0.329];
const d50: Xy = [0.3457, 0.3585];
const illuminantC: Xy = [0.31, 0.316];
const bt709 = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], d65] as const;

/** H.273, table 2: red, green, blue, white. */
const primariesTable: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  4: [[0.67, 0.33], [0.21, 0.71], [0.14, 0.08], illuminantC],
  5: [[0.64, 0.33], [0.29, 0.6], [0.15, 0.06], d65],
  6: [[0.63, 0.34], [0.31, 0.595], [0.155, 0.07], d65],
  7: [[0.63, 0.34], [0.31, 0.595], [0.155, 0.07], d65],
  8: [[0.681, 0.319], [0.243, 0.692], [0.145, 0.049], illuminantC],
  9: [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], d65],
  11: [
    [0.68, 0.32],
    [0.265, 0.69],
    [0.15, 0.06],
    [0.314, 0.351],
  ],
  12: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], d65],
  22: [[0.63, 0.34], [0.295, 0.605], [0.155, 0.077], d65],
};
const sdVideo = [5, 6, 7];
const videoCurves = [1, 6, 14, 15];
const pq = 16;
const hlg = 18;

/** cd/m² of HDR reference white, and the scene's light that HLG gives it. */
const referenceWhite = 203;
const hlgReference = hlgToScene(0.75);

/** Whether the values are sRGB's own already, or nothing is said. */
export function isSrgbCoded({ primaries, transfer, fullRange }: CodedColour): boolean {
  return fullRange && !(primaries in primariesTable) && curveOf(primaries, transfer) === srgbToLinear;
}

export function isHighRange({ transfer }: CodedColour): boolean {
  return transfer === pq || transfer === hlg;
}

/** Value in 0..1 to light, 1 being sRGB's white. H.273, table 3. */
function curveOf(primaries: number, transfer: number): (value: number) => number {
  if (videoCurves.includes(transfer))
    return primaries in primariesTable && !sdVideo.includes(primaries) ? videoToLinear : srgbToLinear;
  switch (transfer) {
    case 4:
      return (v) => v ** 2.2;
    case 5:
      return (v) => v ** 2.8;
    case 7:
      return (v) => (v < 0.0913 ? v / 4 : ((v + 0.1115) / 1.1115) ** (1 / 0.45));
    case 8:
      return (v) => v;
    case 9:
      return (v) => (v === 0 ? 0 : 10 ** (2 * (v - 1)));
    case 10:
      return (v) => (v === 0 ? 0 : 10 ** (2.5 * (v - 1)));
    case 11:
    case 12:
      return videoToLinear;
    case pq:
      return (v) => pqToLight(v) / referenceWhite;
    case 17:
      return (v) => (v ** 2.6 * 52.37) / 48;
    case hlg:
      return (v) => hlgToScene(v) / hlgReference;
    default:
      return srgbToLinear;
  }
}

function srgbToLinear(v: number): number {
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

function videoToLinear(v: number): number {
  const [alpha, beta] = [1.09929682680944, 0.018053968510807];
  return v < 4.5 * beta ? v / 4.5 : ((v + alpha - 1) / alpha) ** (1 / 0.45);
}

/** BT.2100-2, table 5: the inverse of HLG's OETF. */
function hlgToScene(v: number): number {
  const [a, b, c] = [0.17883277, 0.28466892, 0.55991073];
  return v <= 0.5 ? v ** 2 / 3 : (Math.exp((v - c) / a) + b) / 12;
}

/** Constants of BT.2100-2, table 4. */
const [m1, m2, c1, c2, c3] = [
  2610 / 16384,
  (2523 / 4096) * 128,
  3424 / 4096,
  (2413 / 4096) * 32,
  (2392 / 4096) * 32,
];

/** cd/m². */
function pqToLight(v: number): number {
  const root = v ** (1 / m2);
  return 10_000 * (Math.max(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1);
}

function lightToPq(light: number): number {
  const y = (light / 10_000) ** m1;
  return ((c1 + c2 * y) / (1 + c3 * y)) ** m2;
}

/** BT.2408-7, annex 5, steps 1 to 4 for black at 0: light to light, reference white being 1, `peak` the picture's greatest, above 1. */
function toneCurve(peak: number): (light: number) => number {
  const source = lightToPq(peak * referenceWhite);
  const target = lightToPq(referenceWhite) / source;
  const knee = 1.5 * target - 0.5;
  return (light) => {
    const e = lightToPq(light * referenceWhite) / source;
    if (e < knee) return light;
    const t = (e - knee) / (1 - knee);
    const [t2, t3] = [t ** 2, t ** 3];
    const mapped =
      (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * target;
    return pqToLight(mapped * source) / referenceWhite;
  };
}

type Matrix = readonly (readonly number[])[];

/** RGB of these primaries to XYZ in which white has Y = 1. */
function toXyz([red, green, blue, white]: readonly Xy[]): Matrix {
  const columns = [red!, green!, blue!].map(([x, y]) => [x / y, 1, (1 - x - y) / y]);
  const matrix = [0, 1, 2].map((row) => columns.map((column) => column[row]!));
  const amounts = apply(inverse(matrix), whiteXyz(white!));
  return matrix.map((row) => row.map((value, i) => value * amounts[i]!));
}

function whiteXyz([x, y]: Xy): readonly number[] {
  return [x / y, 1, (1 - x - y) / y];
}

/** Bradford's cone responses (ICC.1:2022, annex E). */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

function adapt(from: Xy, to: Xy): Matrix {
  const [source, target] = [from, to].map((white) => apply(bradford, whiteXyz(white)));
  const scale = bradford.map((row, i) => row.map((value) => (value * target![i]!) / source![i]!));
  return multiply(inverse(bradford), scale);
}

function apply(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i]!, 0));
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((row) =>
    b[0]!.map((_, column) => row.reduce((sum, value, i) => sum + value * b[i]![column]!, 0)),
  );
}

function inverse(m: Matrix): Matrix {
  const minor = (row: number, column: number): number => {
    const [r1, r2] = [(row + 1) % 3, (row + 2) % 3];
    const [c1, c2] = [(column + 1) % 3, (column + 2) % 3];
    return m[r1]![c1]! * m[r2]![c2]! - m[r1]![c2]! * m[r2]![c1]!;
  };
  const determinant = [0, 1, 2].reduce((sum, i) => sum + m[0]![i]! * minor(0, i), 0);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => minor(column, row) / determinant));
}

const xyzToSrgb = inverse(toXyz(bt709));
const d50ToSrgb = multiply(xyzToSrgb, adapt(d50, d65));

/** XYZ of D50, as profiles connect colours, to linear sRGB. */
export function fromXyzD50(x: number, y: number, z: number): readonly number[] {
  return apply(d50ToSrgb, [x, y, z]);
}

const encodeSteps = 65_535;
const encoded = Uint8Array.from({ length: encodeSteps + 1 }, (_, i) => {
  const linear = i / encodeSteps;
  return Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055));
});

/** Linear light to sRGB's 8 bits; what lies outside 0..1 is cut off. */
export function encodeSrgb(linear: number): number {
  return encoded[linear >= 1 ? encodeSteps : linear > 0 ? Math.round(linear * encodeSteps) : 0]!;
}

/**
 * Converts pixels to 8-bit sRGB.
 * @param samples RGB or RGBA; the largest value is `white` (255 of 8 bits)
 */
export function codedToSrgb(
  samples: Uint8Array | Uint16Array,
  channels: 3 | 4,
  white: number,
  colour: CodedColour,
): Uint8Array {
  const table = lightTable(white, colour);
  const primaries = primariesTable[colour.primaries] ?? bt709;
  const matrix = multiply(multiply(xyzToSrgb, adapt(primaries[3]!, d65)), toXyz(primaries));
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = matrix.flat() as NineNumbers;
  const light: [number, number, number] = [0, 0, 0];
  const read = (i: number): void => {
    const [r, g, b] = [table[samples[i]!]!, table[samples[i + 1]!]!, table[samples[i + 2]!]!];
    light[0] = rr * r + rg * g + rb * b;
    light[1] = gr * r + gg * g + gb * b;
    light[2] = br * r + bg * g + bb * b;
  };
  let peak = 1;
  for (let i = 0; i < samples.length && isHighRange(colour); i += channels) {
    read(i);
    peak = Math.max(peak, light[0], light[1], light[2]);
  }
  const gain = peak > 1 ? toneGains(peak) : null;
  const out = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i += channels) {
    read(i);
    const greatest = Math.max(0, light[0], light[1], light[2]);
    const factor = gain ? gain[Math.round(gainSteps * Math.sqrt(greatest / peak))]! : 1;
    for (let channel = 0; channel < 3; channel++) out[i + channel] = encodeSrgb(factor * light[channel]!);
    if (channels === 4) out[i + 3] = Math.round((255 * Math.min(samples[i + 3]!, white)) / white);
  }
  return out;
}

type NineNumbers = [number, number, number, number, number, number, number, number, number];

/** Light of every value that samples can have. */
function lightTable(white: number, { primaries, transfer, fullRange }: CodedColour): Float64Array {
  const curve = curveOf(primaries, transfer);
  const unit = (white + 1) / 256;
  const [black, range] = fullRange ? [0, white] : [16 * unit, 219 * unit];
  const values = white > 255 ? 65_536 : 256;
  return Float64Array.from({ length: values }, (_, i) =>
    curve(Math.min(1, Math.max(0, (i - black) / range))),
  );
}

const gainSteps = 16_383;

/** What the tone curve multiplies light by, in steps of the root of light / peak. */
function toneGains(peak: number): Float64Array {
  const curve = toneCurve(peak);
  return Float64Array.from({ length: gainSteps + 1 }, (_, i) => {
    const light = peak * (i / gainSteps) ** 2;
    return light > 0 ? curve(light) / light : 1;
  });
}
