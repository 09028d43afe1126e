/**
 * Windows and OS/2 bitmaps: 1, 4, 8, 16, 24 and 32 bits a pixel, palettes, run lengths, bit fields, both row orders.
 * Written here because libvips has no loader for them and the npm package bmp-ts misreads common ones (it stops after
 * the first row of a 4-bit picture of odd width, swaps the channels of palettes, ignores where the pixels start).
 * Layout: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 */
import type { Size } from '../../preload/contract/geometry.ts';
import { photoDamaged, photoUnsupported } from './photo-errors.ts';
import type { RawPicture } from './raw-picture.ts';

const fileHeaderBytes = 14;
const infoHeaderBytes = 40;
/** OS/2 1.x: 16-bit sizes, three bytes a colour. */
const coreHeaderBytes = 12;

/** Values of biCompression. */
const plain = 0;
const runLength8 = 1;
const runLength4 = 2;
const bitFields = 3;
const alphaBitFields = 6;

/** Bit masks of red, green, blue and alpha within a pixel of 16 or 32 bits; 0 for none. */
type Masks = readonly [number, number, number, number];

export interface BmpHeader {
  readonly size: Size;
  readonly hasAlpha: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly topDown: boolean;
  /** Where the pixels start in the file. */
  readonly dataOffset: number;
  /** RGB triples. */
  readonly palette: Uint8Array;
  readonly masks: Masks;
}

/** Throws `photo-damaged` and `photo-unsupported`. */
export function readBmpHeader(bytes: Uint8Array, name: string): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const header = parseHeader(view);
    checkHeader(header, name);
    return header;
  } catch (error) {
    // A read beyond the end of the file.
    if (error instanceof RangeError) throw photoDamaged(name, 'bmp', 'the header ends early', error);
    throw error;
  }
}

function parseHeader(view: DataView): BmpHeader {
  const at = fileHeaderBytes;
  const headerBytes = view.getUint32(at, true);
  const core = headerBytes === coreHeaderBytes;
  const width = core ? view.getUint16(at + 4, true) : view.getInt32(at + 4, true);
  const height = core ? view.getUint16(at + 6, true) : view.getInt32(at + 8, true);
  const bits = view.getUint16(core ? at + 10 : at + 14, true);
  const compression = headerBytes < infoHeaderBytes ? plain : view.getUint32(at + 16, true);
  const colours = headerBytes < infoHeaderBytes ? 0 : view.getUint32(at + 32, true);
  const dataOffset = view.getUint32(10, true);
  const masks = readMasks(view, headerBytes, bits, compression);
  const masksBehind =
    headerBytes === infoHeaderBytes ? { [bitFields]: 12, [alphaBitFields]: 16 }[compression] : 0;
  const paletteAt = at + headerBytes + (masksBehind ?? 0);
  return {
    size: { width, height: Math.abs(height) },
    hasAlpha: masks[3] !== 0,
    bits,
    compression,
    topDown: height < 0,
    dataOffset,
    palette:
      bits <= 8 ? readPalette(view, paletteAt, core ? 3 : 4, colours || 2 ** bits, bits) : new Uint8Array(),
    masks,
  };
}

function readMasks(view: DataView, headerBytes: number, bits: number, compression: number): Masks {
  if (compression === bitFields || compression === alphaBitFields) {
    // Behind the short header or inside the longer ones, at the same place.
    const [red, green, blue, alpha] = [0, 4, 8, 12].map(
      (offset) => fileHeaderBytes + infoHeaderBytes + offset,
    ) as [number, number, number, number];
    const hasAlpha = headerBytes >= 56 || compression === alphaBitFields;
    return [
      view.getUint32(red, true),
      view.getUint32(green, true),
      view.getUint32(blue, true),
      hasAlpha ? view.getUint32(alpha, true) : 0,
    ];
  }
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

function readPalette(
  view: DataView,
  at: number,
  entryBytes: number,
  colours: number,
  bits: number,
): Uint8Array {
  const palette = new Uint8Array(3 * 2 ** bits);
  for (let i = 0; i < Math.min(colours, 2 ** bits); i++) {
    for (let channel = 0; channel < 3; channel++) {
      palette[3 * i + channel] = view.getUint8(at + i * entryBytes + 2 - channel);
    }
  }
  return palette;
}

function checkHeader({ size, bits, compression }: BmpHeader, name: string): void {
  if (size.width < 1 || size.height < 1) throw photoDamaged(name, 'bmp', 'it has no pixels');
  const known =
    (compression === plain && [1, 4, 8, 16, 24, 32].includes(bits)) ||
    (compression === runLength8 && bits === 8) ||
    (compression === runLength4 && bits === 4) ||
    ((compression === bitFields || compression === alphaBitFields) && (bits === 16 || bits === 32));
  if (!known)
    throw photoUnsupported(name, `BMP with ${bits} bits and compression ${compression} is not supported`);
}

/** The memory it takes follows from `header.size`, which the caller has checked. */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): RawPicture {
  const data = bytes.subarray(header.dataOffset);
  const { compression, bits } = header;
  if (compression === runLength8 || compression === runLength4) return decodeRuns(data, header);
  const rowBytes = 4 * Math.ceil((header.size.width * bits) / 32);
  const readRow = bits <= 8 ? paletteRow : bits === 24 ? rgbRow : maskedRow;
  const picture = blank(header);
  const stored = Math.min(header.size.height, Math.floor(data.length / rowBytes));
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let row = 0; row < stored; row++)
    readRow(view, row * rowBytes, header, picture.data, rowStart(row, header));
  return { ...picture, complete: stored === header.size.height };
}

function blank({ size, hasAlpha }: BmpHeader): RawPicture {
  const channels = hasAlpha ? 4 : 3;
  const data = new Uint8Array(size.width * size.height * channels);
  return { ...size, channels, data, icc: null, complete: true };
}

/** Where the stored row begins in the picture. */
function rowStart(row: number, { size, topDown, hasAlpha }: BmpHeader): number {
  return (topDown ? row : size.height - 1 - row) * size.width * (hasAlpha ? 4 : 3);
}

type RowReader = (view: DataView, from: number, header: BmpHeader, out: Uint8Array, to: number) => void;

const paletteRow: RowReader = (view, from, { size, bits, palette }, out, to) => {
  const perByte = 8 / bits;
  for (let x = 0; x < size.width; x++) {
    const byte = view.getUint8(from + Math.floor(x / perByte));
    const index = (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
    for (let channel = 0; channel < 3; channel++) out[to++] = palette[3 * index + channel]!;
  }
};

const rgbRow: RowReader = (view, from, { size }, out, to) => {
  for (let i = 0; i < 3 * size.width; i += 3) {
    out[to + i] = view.getUint8(from + i + 2);
    out[to + i + 1] = view.getUint8(from + i + 1);
    out[to + i + 2] = view.getUint8(from + i);
  }
};

const maskedRow: RowReader = (view, from, { size, bits, masks, hasAlpha }, out, to) => {
  const channels = hasAlpha ? masks : masks.slice(0, 3);
  const scales = channels.map((mask) => {
    const lowest = (mask & -mask) >>> 0;
    return lowest === 0 ? { lowest: 1, factor: 0 } : { lowest, factor: 255 / ((mask >>> 0) / lowest) };
  });
  for (let x = 0; x < size.width; x++) {
    const pixel = bits === 16 ? view.getUint16(from + 2 * x, true) : view.getUint32(from + 4 * x, true);
    for (const [channel, mask] of channels.entries()) {
      const { lowest, factor } = scales[channel]!;
      out[to++] = Math.round((((pixel & mask) >>> 0) / lowest) * factor);
    }
  }
};

/**
 * Run lengths: pairs of a count and a colour (for 4 bits, two colours in turn), or an escape: 0 ends the row, 1 the
 * picture, 2 moves right and up, more is that many literal pixels, padded to two bytes. Pixels left out have colour 0.
 */
function decodeRuns(data: Uint8Array, header: BmpHeader): RawPicture {
  const { size, bits, palette } = header;
  const picture = blank(header);
  Buffer.from(picture.data.buffer).fill(palette.subarray(0, 3));
  const colour = (byte: number, i: number): number =>
    bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15;
  let [at, x, row] = [0, 0, 0];
  const put = (index: number): void => {
    if (x < size.width && row < size.height) {
      picture.data.set(palette.subarray(3 * index, 3 * index + 3), rowStart(row, header) + 3 * x);
    }
    x++;
  };
  while (at + 1 < data.length && row < size.height) {
    const count = data[at]!;
    const value = data[at + 1]!;
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(colour(value, i));
    } else if (value === 0) {
      [x, row] = [0, row + 1];
    } else if (value === 1) {
      return picture;
    } else if (value === 2) {
      [x, row, at] = [x + (data[at] ?? 0), row + (data[at + 1] ?? 0), at + 2];
    } else {
      const literalBytes = Math.ceil((value * bits) / 8);
      for (let i = 0; i < value; i++) put(colour(data[at + Math.floor((i * bits) / 8)] ?? 0, i));
      at += literalBytes + (literalBytes % 2);
    }
  }
  return { ...picture, complete: row >= size.height };
}
