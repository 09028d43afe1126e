import { crc32, deflateSync } from 'node:zlib';

/** sRGB with alpha, 8 bits, row-major. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export type Colour = readonly [red: number, green: number, blue: number];

/** `#rrggbb` as three values of 0..255. */
export function colour(hex: string): Colour {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Calls `shade` for every pixel; what it returns (0..255, alpha optional) becomes the pixel. */
export function paint(
  width: number,
  height: number,
  shade: (x: number, y: number) => readonly number[],
): Raster {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const pixel = shade(x, y);
      data[at] = pixel[0]!;
      data[at + 1] = pixel[1]!;
      data[at + 2] = pixel[2]!;
      data[at + 3] = pixel[3] ?? 255;
    }
  }
  return { width, height, data };
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, body: Buffer): Buffer {
  const result = Buffer.alloc(12 + body.length);
  result.writeUInt32BE(body.length, 0);
  result.write(type, 4, 'latin1');
  body.copy(result, 8);
  result.writeUInt32BE(crc32(result.subarray(4, 8 + body.length)), 8 + body.length);
  return result;
}

/** PNG (RGBA, 8 bits, "sub" filter): how a painted layer travels into the SVG. */
export function encodePng({ width, height, data }: Raster): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const stride = width * 4;
  const rows = Buffer.alloc((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1) + 1;
    const from = y * stride;
    rows[to - 1] = 1;
    for (let i = 0; i < stride; i++) {
      rows[to + i] = data[from + i]! - (i < 4 ? 0 : data[from + i - 4]!);
    }
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 3 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
