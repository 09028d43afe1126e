/** Pictures whose colours are given by code points of ITU-T H.273, encoded by the standards' own formulas and matrices. */
import { crc32 } from 'node:zlib';
import { sharp } from '../../native-models/image/sharp.ts';
import type { RgbImage } from '../../native-models/image/pixels.ts';

/** Linear BT.709 to these primaries: SMPTE EG 432-1 by way of XYZ, and BT.2087-0 for BT.2020. */
const fromBt709: Readonly<Record<number, readonly (readonly [number, number, number])[]>> = {
  1: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  9: [
    [0.6274, 0.3293, 0.0433],
    [0.0691, 0.9195, 0.0114],
    [0.0164, 0.088, 0.8956],
  ],
  12: [
    [0.82246, 0.17754, 0],
    [0.03319, 0.96681, 0],
    [0.01708, 0.0724, 0.91052],
  ],
};

/** Linear light, 1 being white, to the value in 0..1. HDR reference white is 203 cd/m², and 75 % of HLG. */
const curves: Readonly<Record<number, (light: number) => number>> = {
  4: (light) => light ** (1 / 2.2),
  8: (light) => light,
  13: (light) => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055),
  14: (light) => (light < 0.018 ? 4.5 * light : 1.099 * light ** 0.45 - 0.099),
  16: (light) => {
    const y = ((light * 203) / 10_000) ** 0.1593017578125;
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375;
  },
  18: (light) => {
    const e = light * 0.26496;
    return e <= 1 / 12 ? Math.sqrt(3 * e) : 0.17883277 * Math.log(12 * e - 0.28466892) + 0.55991073;
  },
};

const srgbToLinear = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;

/** Samples of an sRGB picture in another space, the largest being `white`; all light times `brightness` before. */
function encodeColours(
  { data }: RgbImage,
  [primaries, transfer]: readonly [number, number],
  white: number,
  brightness = 1,
): number[] {
  const samples: number[] = [];
  for (let i = 0; i < data.length; i += 3) {
    const linear = [0, 1, 2].map((channel) => brightness * srgbToLinear(data[i + channel]! / 255));
    for (const row of fromBt709[primaries]!) {
      const light = row.reduce((sum, factor, channel) => sum + factor * linear[channel]!, 0);
      samples.push(Math.round(white * Math.min(1, curves[transfer]!(Math.max(0, light)))));
    }
  }
  return samples;
}

/** A PNG of 8 or 16 bits a channel with a cICP chunk. */
export async function codedPng(
  image: RgbImage,
  code: readonly [number, number],
  bits: 8 | 16,
  options: { brightness?: number; isNarrow?: boolean } = {},
): Promise<Buffer> {
  const { width, height } = image;
  const raw = { width, height, channels: 3 } as const;
  let samples = encodeColours(image, code, 2 ** bits - 1, options.brightness);
  if (options.isNarrow) samples = samples.map((value) => Math.round(16 + (value / 255) * 219));
  const png =
    bits === 8
      ? sharp(Uint8Array.from(samples), { raw }).png()
      : sharp(Uint16Array.from(samples), { raw }).toColourspace('rgb16').png();
  return withChunk(await png.toBuffer(), 'cICP', [...code, 0, options.isNarrow ? 0 : 1]);
}

/** Puts a chunk behind the header of a PNG. */
export function withChunk(png: Buffer, type: string, data: readonly number[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data)]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  const headerEnd = 8 + 25;
  return Buffer.concat([png.subarray(0, headerEnd), length, body, check, png.subarray(headerEnd)]);
}

/** An AVIF of 8 or 10 bits with a `colr` box of the type `nclx`, which sharp does not write. */
export async function codedAvif(
  image: RgbImage,
  code: readonly [number, number],
  bits: 8 | 10,
): Promise<Buffer> {
  const { width, height } = image;
  const raw = { width, height, channels: 3 } as const;
  const picture =
    bits === 8
      ? sharp(Uint8Array.from(encodeColours(image, code, 255)), { raw })
      : sharp(Uint16Array.from(encodeColours(image, code, 65_535)), { raw }).toColourspace('rgb16');
  const avif = await picture.avif({ quality: 95, chromaSubsampling: '4:4:4', bitdepth: bits }).toBuffer();
  return withNclx(avif, code);
}

/** Adds the property to the one item of an AVIF as sharp writes it: the boxes around grow, the picture moves. */
function withNclx(avif: Buffer, [primaries, transfer]: readonly [number, number]): Buffer {
  const at = (type: string): number => avif.indexOf(type) - 4;
  const [meta, iprp, ipco, ipma, iloc] = ['meta', 'iprp', 'ipco', 'ipma', 'iloc'].map(at) as number[];
  const colr = Buffer.alloc(19);
  colr.writeUInt32BE(19);
  colr.write('colrnclx', 4, 'latin1');
  colr.writeUInt16BE(primaries, 12);
  colr.writeUInt16BE(transfer, 14);
  colr.writeUInt16BE(6, 16);
  colr[18] = 0x80;
  const file = Buffer.from(avif);
  const grow = (box: number, bytes: number): void => {
    file.writeUInt32BE(file.readUInt32BE(box) + bytes, box);
  };
  for (const [box, bytes] of [
    [meta, 20],
    [iprp, 20],
    [ipco, 19],
    [ipma, 1],
  ] as const)
    grow(box!, bytes);
  // The one item's base offset: behind version, sizes, count, id and reference (and the method of version 1).
  grow(iloc! + 8 + 4 + 2 + 2 + 2 + (file[iloc! + 8] === 0 ? 0 : 2) + 2, 20);
  const ipcoEnd = ipco! + avif.readUInt32BE(ipco!);
  const ipmaEnd = ipma! + avif.readUInt32BE(ipma!);
  const count = ipma! + 8 + 4 + 4 + 2;
  file[count]! += 1;
  let properties = 0;
  for (let box = ipco! + 8; box < ipcoEnd; box += avif.readUInt32BE(box)) properties++;
  return Buffer.concat([
    file.subarray(0, ipcoEnd),
    colr,
    file.subarray(ipcoEnd, ipmaEnd),
    Buffer.from([properties + 1]),
    file.subarray(ipmaEnd),
  ]);
}
