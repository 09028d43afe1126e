/**
 * Which picture of a TIFF is opened, whether it can be, and the pixels of kinds that libvips reads wrongly or not at all:
 * pictures with more channels than colours, numbers that are no brightness from 0 to 255 or 65535, and CIELab.
 */
import { labToSrgb } from './lab.ts';
import { photoUnsupported } from './photo-errors.ts';
import type { Size } from '../../preload/contract/geometry.ts';
import type { RawPicture } from './raw-picture.ts';
import type { Sharp } from './sharp.ts';
import { readTiff, tiffTags, withFirst, withValue, type TiffDirectory, type TiffFile } from './tiff.ts';

/**
 * `extras`: channels beside the colours that are no transparency, or more than one. `scaled`: signed, 32-bit or
 * floating-point values. `lab`: CIELab as TIFF stores it, `icc-lab` with a and b offset.
 */
export type TiffConversion = 'extras' | 'scaled' | 'lab' | 'icc-lab';

export interface TiffPicture {
  /** The file, changed in its header only, so that libvips takes this picture and no other. */
  readonly bytes: Uint8Array;
  /** What has to be done about its samples; null where libvips reads them as they are meant. */
  readonly conversion: TiffConversion | null;
  readonly bits: number;
  readonly sampleFormat: number;
  /** Which of the channels behind the colours is the alpha channel; -1 for none. */
  readonly alpha: number;
  /** Whether the least of the values to be scaled is white. */
  readonly isInverted: boolean;
}

/** Compressions that libtiff, as sharp brings it, does not decode. Numbers: TIFF 6.0, libtiff's `tiff.h`, DNG 1.7. */
const unreadable: ReadonlyMap<number, string> = new Map([
  [6, 'old-style JPEG'],
  [32908, 'PixarFilm'],
  [32909, 'PixarLog'],
  [33003, 'JPEG 2000'],
  [33004, 'JPEG 2000'],
  [33005, 'JPEG 2000'],
  [34661, 'JBIG'],
  [34712, 'JPEG 2000'],
  [34713, 'NEF'],
  [34887, 'LERC'],
  [34892, 'lossy JPEG'],
  [34925, 'LZMA'],
  [50000, 'ZSTD'],
  [50002, 'JPEG XL'],
  [52546, 'JPEG XL'],
]);
const readable = [1, 2, 3, 4, 5, 7, 8, 32766, 32771, 32773, 32809, 32946, 34676, 34677, 50001];

/** Values of SampleFormat. */
const unsigned = 1;
const signed = 2;
const floating = 3;
const sampleNames = ['uint', 'uint', 'int', 'float', 'uint', 'complex', 'complex'];
const readableBits: Readonly<Record<number, readonly number[]>> = {
  [unsigned]: [1, 2, 4, 8, 16, 32],
  [signed]: [8, 16, 32],
  [floating]: [32],
};

/** Values of PhotometricInterpretation. */
const leastIsWhite = 0;
const leastIsBlack = 1;
const rgb = 2;
const palette = 3;
const transparencyMask = 4;
const cmyk = 5;
const yCbCr = 6;
const cieLab = 8;
const iccLab = 9;
/** Channels that are colours, by PhotometricInterpretation; 1 for the others (grey, palettes, luminance). */
const colourChannels: Readonly<Record<number, number>> = { 2: 3, 5: 4, 6: 3, 8: 3, 9: 3, 10: 3, 32845: 3 };

/** Size of the picture that is opened, as the file states it; null where it holds none. */
export function tiffSize(bytes: Uint8Array): Size | null {
  const directory = mainDirectory(readTiff(bytes));
  return directory ? { width: directory.width, height: directory.height } : null;
}

/** Throws `photo-unsupported` for what no part of this program decodes, and says what it is. */
export function chooseTiffPicture(bytes: Uint8Array, name: string): TiffPicture {
  const file = readTiff(bytes);
  const directory = mainDirectory(file);
  if (!directory) {
    return { bytes, conversion: null, bits: 8, sampleFormat: unsigned, alpha: -1, isInverted: false };
  }
  const facts = samplesOf(directory);
  checkReadable(directory, facts, name);
  const conversion = conversionOf(facts);
  const chosen = directory === file.pages[0] ? bytes : withFirst(bytes, directory, file);
  return {
    ...facts,
    bytes: disguised(withLegalHints(chosen, directory, file), directory, file, conversion, facts),
    conversion,
    // Of values that are scaled only colours in floating point have an alpha channel of a known range, 0 to 1.
    alpha: conversion === 'scaled' && !isFloatRgb(facts) ? -1 : facts.alpha,
    isInverted: facts.photometric === leastIsWhite,
  };
}

/** Entries that say nothing of the pixels: the values that they may have (TIFF 6.0, section 8), and the one to take otherwise. */
const hints = [
  { tag: tiffTags.orientation, most: 8, usual: 1 },
  { tag: tiffTags.resolutionUnit, most: 3, usual: 2 },
] as const;

/** A value out of range is to libtiff an error of the file like any other, and would be told as missing pixels. */
function withLegalHints(bytes: Uint8Array, directory: TiffDirectory, file: TiffFile): Uint8Array {
  return hints.reduce((legal, { tag, most, usual }) => {
    const value = directory.value(tag) ?? usual;
    return value >= 1 && value <= most ? legal : withValue(legal, directory, tag, usual, file);
  }, bytes);
}

const isFloatRgb = ({ sampleFormat, photometric }: Samples): boolean =>
  sampleFormat === floating && photometric === rgb;

/** The first page, unless it says to be a reduced copy of another: then the largest that does not. */
function mainDirectory({ pages, below }: TiffFile): TiffDirectory | undefined {
  const isReduced = (one: TiffDirectory): boolean => ((one.value(tiffTags.newSubfileType) ?? 0) & 1) !== 0;
  const [first] = pages;
  if (!first || !isReduced(first)) return first;
  const area = ({ width, height }: TiffDirectory): number => width * height;
  return [...pages, ...below]
    .filter((one) => !isReduced(one))
    .reduce((best, one) => (area(one) > area(best) ? one : best), first);
}

interface Samples {
  readonly bits: number;
  readonly sampleFormat: number;
  readonly photometric: number;
  readonly channels: number;
  readonly extras: number;
  readonly alpha: number;
}

function samplesOf(directory: TiffDirectory): Samples {
  const photometric = directory.value(tiffTags.photometric) ?? 0;
  const channels = directory.value(tiffTags.samplesPerPixel) ?? 1;
  const format = directory.value(tiffTags.sampleFormat) ?? unsigned;
  return {
    bits: directory.value(tiffTags.bitsPerSample) ?? 1,
    // 4 is "not known", which everybody takes for plain numbers.
    sampleFormat: format === 4 ? unsigned : format,
    photometric,
    channels,
    extras: Math.max(0, channels - (colourChannels[photometric] ?? 1)),
    // 1: associated alpha, 2: unassociated; 0, unspecified, is no transparency (TIFF 6.0, section 18).
    alpha: directory.values(tiffTags.extraSamples).findIndex((kind) => kind === 1 || kind === 2),
  };
}

function checkReadable(directory: TiffDirectory, facts: Samples, name: string): void {
  const compression = directory.value(tiffTags.compression) ?? 1;
  if (!readable.includes(compression)) {
    const known = unreadable.get(compression) ?? `compression ${compression}`;
    throw photoUnsupported(name, `this TIFF uses ${known}, which cannot be opened`, {
      reason: 'compression',
      name: known,
    });
  }
  const { bits, sampleFormat, photometric, channels } = facts;
  const isPlain = sampleFormat === unsigned && bits <= 16;
  // Colours of other types are read by nobody, or wrongly.
  const isRead =
    readableBits[sampleFormat]?.includes(bits) === true &&
    (bits >= 8 || channels === 1) &&
    (photometric !== cmyk || isPlain) &&
    ((photometric !== yCbCr && photometric !== palette) || (isPlain && bits <= 8));
  if (!isRead) {
    const kind = `${sampleNames[sampleFormat] ?? 'format '}${bits}`;
    throw photoUnsupported(name, `this TIFF has samples of the type ${kind}, which cannot be opened`, {
      reason: 'samples',
      name: kind,
    });
  }
  if (photometric === transparencyMask || photometric === 10 || (photometric === iccLab && bits > 16)) {
    const kind = photometric === transparencyMask ? 'transparency mask' : 'ITULab';
    throw photoUnsupported(name, `this TIFF holds a picture in ${kind}, which cannot be opened`, {
      reason: 'colours',
      name: kind,
    });
  }
}

function conversionOf({ bits, sampleFormat, photometric, extras, alpha }: Samples): TiffConversion | null {
  if (photometric === iccLab) return 'icc-lab';
  if (photometric === cieLab && bits <= 16) return 'lab';
  if (photometric === cieLab) return null;
  if (sampleFormat === signed || (sampleFormat === unsigned && bits === 32)) return 'scaled';
  if (sampleFormat === floating && photometric <= rgb) return 'scaled';
  return extras > 1 || (extras === 1 && alpha !== 0) ? 'extras' : null;
}

/** Lab as RGB, numbers to be scaled as unsigned and from black to white: libvips then hands them over as they are stored. */
function disguised(
  bytes: Uint8Array,
  directory: TiffDirectory,
  file: TiffFile,
  conversion: TiffConversion | null,
  { bits, sampleFormat, photometric }: Samples,
): Uint8Array {
  if (conversion === 'lab' || conversion === 'icc-lab')
    return withValue(bytes, directory, tiffTags.photometric, rgb, file);
  let disguise = bytes;
  if (sampleFormat === signed && bits < 32)
    disguise = withValue(disguise, directory, tiffTags.sampleFormat, unsigned, file);
  if (conversion === 'scaled' && photometric === leastIsWhite)
    disguise = withValue(disguise, directory, tiffTags.photometric, leastIsBlack, file);
  return disguise;
}

/** Samples decoded at a time: pictures of any size and number of channels stay within this beside the result. */
const stripBytes = 256e6;

/**
 * Decodes the picture to 8-bit sRGB. `open` gives the picture as sharp reads it, colours converted by a profile if there is
 * one. Scaled values: those within 0..1 from black to white, others from the least to the greatest; what is no number is
 * black. Throws where no value is a number.
 */
export async function decodeTiffSamples(
  { conversion, bits, sampleFormat, alpha, isInverted }: TiffPicture,
  size: Size,
  channels: number,
  open: () => Sharp,
): Promise<RawPicture> {
  const hasAlpha = alpha >= 0;
  const outChannels = hasAlpha ? 4 : 3;
  const data = new Uint8Array(size.width * size.height * outChannels);
  const strips = () => readStrips(open, size, channels, conversion === 'extras' ? 8 : bits, sampleFormat);
  const convert = converter(
    conversion,
    bits,
    conversion === 'scaled' ? await rangeOf(strips(), channels, isInverted) : [0, 1],
  );
  /** What one step of the 255 is in the alpha channel. */
  const alphaUnit = (sample: SampleArray): number =>
    sample instanceof Float32Array ? 1 / 255 : sample instanceof Uint16Array ? 257 : 1;
  for await (const { top, samples, channels: found } of strips()) {
    let to = top * size.width * outChannels;
    for (let from = 0; from < samples.length; from += found, to += outChannels) {
      convert(samples, from, data, to, found);
      if (hasAlpha) data[to + 3] = byteOf(samples[from + 3 + alpha]! / alphaUnit(samples));
    }
  }
  return { ...size, channels: outChannels, data, icc: null, complete: true };
}

type SampleArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Float32Array;

interface Strip {
  readonly top: number;
  readonly samples: SampleArray;
  readonly channels: number;
}

async function* readStrips(
  open: () => Sharp,
  { width, height }: Size,
  channels: number,
  bits: number,
  sampleFormat: number,
): AsyncGenerator<Strip> {
  const depth = bits === 32 ? 'float' : bits === 16 ? 'ushort' : 'uchar';
  // libvips makes three equal channels of grey.
  const rowBytes = width * Math.max(3, channels + 2) * (depth === 'float' ? 4 : depth === 'ushort' ? 2 : 1);
  const rows = Math.max(1, Math.floor(stripBytes / rowBytes));
  for (let top = 0; top < height; top += rows) {
    const picture = open().extract({ left: 0, top, width, height: Math.min(rows, height - top) });
    if (depth === 'ushort') picture.toColourspace(channels < 3 ? 'grey16' : 'rgb16');
    // libvips would take the numbers for linear light.
    if (sampleFormat === floating && channels >= 3) picture.toColourspace('scrgb');
    const { data, info } = await picture.raw({ depth }).toBuffer({ resolveWithObject: true });
    yield { top, samples: asSamples(data, depth, sampleFormat), channels: info.channels };
  }
}

function asSamples(data: Buffer, depth: string, sampleFormat: number): SampleArray {
  const { byteOffset, length } = data;
  const buffer = data.buffer as ArrayBuffer;
  const isSigned = sampleFormat === signed;
  if (depth === 'float') return new Float32Array(buffer, byteOffset, length / 4);
  if (depth === 'ushort') return new (isSigned ? Int16Array : Uint16Array)(buffer, byteOffset, length / 2);
  return isSigned ? new Int8Array(buffer, byteOffset, length) : data;
}

/** The values that become black and white. */
async function rangeOf(
  strips: AsyncGenerator<Strip>,
  channels: number,
  isInverted: boolean,
): Promise<readonly [number, number]> {
  let [least, most] = [Infinity, -Infinity];
  for await (const { samples, channels: found } of strips) {
    const colours = found < 3 ? 1 : 3;
    for (let from = 0; from < samples.length; from += found) {
      for (let at = from; at < from + colours; at++) {
        const value = samples[at]!;
        if (value < least && value > -Infinity) least = value;
        if (value > most && value < Infinity) most = value;
      }
    }
  }
  if (least > most) throw new Error('none of its values is a number');
  if (least >= 0 && most <= 1) [least, most] = [0, 1];
  // Colours keep their black, or they would be others.
  else if (channels >= 3) least = Math.min(0, least);
  return isInverted ? [most, least] : [least, most];
}

type Converter = (samples: SampleArray, from: number, out: Uint8Array, to: number, channels: number) => void;

function converter(
  conversion: TiffConversion | null,
  bits: number,
  [black, white]: readonly [number, number],
): Converter {
  if (conversion === 'lab' || conversion === 'icc-lab') return labToSrgb(conversion, bits);
  const factor = conversion === 'scaled' ? 255 / (white - black || 1) : 1;
  const start = conversion === 'scaled' ? black : 0;
  return (samples, from, out, to, channels) => {
    for (let channel = 0; channel < 3; channel++) {
      out[to + channel] = byteOf((samples[from + (channels < 3 ? 0 : channel)]! - start) * factor);
    }
  };
}

/** What is no number is 0: black, or transparent. */
const byteOf = (value: number): number => (value > 255 ? 255 : value > 0 ? Math.round(value) : 0);
