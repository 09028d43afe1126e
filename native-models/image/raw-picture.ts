/** What our own decoders (BMP, HEIC) give: 8-bit pixels, upright, before any colour conversion. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** RGB or RGBA (alpha not premultiplied), rows before columns. */
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
  readonly icc: Uint8Array | null;
  /** False when the file ended before the picture did; the missing pixels are black. */
  readonly complete: boolean;
}

/** Field types of TIFF 6.0, section 2. */
const short = 3;
const long = 4;
const undefinedBytes = 7;

/**
 * The picture as an uncompressed TIFF. libvips takes a colour profile from a file only, not beside raw pixels, and this
 * way every format goes through one pipeline.
 */
export function toTiff({ width, height, channels, data, icc }: RawPicture): Buffer {
  const alpha = channels === 4;
  const fields: [tag: number, type: number, count: number, value: number][] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, channels, 0], // bits per sample: behind the directory, see below
    [259, short, 1, 1], // not compressed
    [262, short, 1, 2], // RGB
    [273, long, 1, 0], // where the pixels start
    [277, short, 1, channels],
    [278, long, 1, height], // one strip
    [279, long, 1, data.length],
    ...(alpha ? [[338, short, 1, 2] as [number, number, number, number]] : []),
    ...(icc ? [[34675, undefinedBytes, icc.length, 0] as [number, number, number, number]] : []),
  ];
  const bitsAt = 8 + 2 + 12 * fields.length + 4;
  const iccAt = bitsAt + 2 * channels;
  const pixelsAt = iccAt + (icc ? icc.length + (icc.length % 2) : 0);
  const places = new Map([
    [258, bitsAt],
    [273, pixelsAt],
    [34675, iccAt],
  ]);

  const tiff = Buffer.alloc(pixelsAt + data.length);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(fields.length, 8);
  fields.forEach(([tag, type, count, value], i) => {
    const at = 10 + 12 * i;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(places.get(tag) ?? value, at + 8);
  });
  for (let channel = 0; channel < channels; channel++) tiff.writeUInt16LE(8, bitsAt + 2 * channel);
  if (icc) tiff.set(icc, iccAt);
  tiff.set(data, pixelsAt);
  return tiff;
}
