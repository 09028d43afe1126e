import { expect, test } from 'vitest';
import { decodePhoto } from '../../native-models/image/decode.ts';
import { drawImage } from './pictures.ts';
import type { RgbImage } from '../../native-models/image/pixels.ts';

const width = 7;
const height = 5;
const palette = Array.from({ length: 16 }, (_, i) => [i * 16, 255 - i * 16, i * 8] as const);
const index = (x: number, y: number): number => (x * 3 + y * 5) % 16;

const byPalette = (colours: number): RgbImage =>
  drawImage(width, height, (x, y) => palette[index(x, y) % colours]!);
const direct = drawImage(width, height, (x, y) => [x * 36, y * 50, (x * y * 9) % 256]);
const rows = (topDown: boolean): number[] =>
  Array.from({ length: height }, (_, i) => (topDown ? i : height - 1 - i));

interface Layout {
  bits: number;
  compression?: number;
  topDown?: boolean;
  masks?: number[];
  palette?: readonly (readonly [number, number, number])[];
  /** Blank bytes between the headers and the pixels. */
  gap?: number;
}

/** A bitmap with a header of 40 bytes around pixel rows. */
function bmp(layout: Layout, pixels: Buffer): Buffer {
  const { bits, compression = 0, topDown = false, masks = [], palette: colours = [], gap = 0 } = layout;
  const table = Buffer.from(colours.flatMap(([red, green, blue]) => [blue, green, red, 0]));
  const header = Buffer.alloc(54 + 4 * masks.length);
  const offset = header.length + table.length + gap;
  header.write('BM');
  header.writeUInt32LE(offset + pixels.length, 2);
  header.writeUInt32LE(offset, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(topDown ? -height : height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(colours.length, 46);
  masks.forEach((mask, i) => header.writeUInt32LE(mask, 54 + 4 * i));
  return Buffer.concat([header, table, Buffer.alloc(gap), pixels]);
}

/** Rows of indices, each padded to four bytes. */
function indexRows(bits: 1 | 4 | 8, topDown = false): Buffer {
  const rowBytes = 4 * Math.ceil((width * bits) / 32);
  return Buffer.concat(
    rows(topDown).map((y) => {
      const row = Buffer.alloc(rowBytes);
      for (let x = 0; x < width; x++) {
        const at = Math.floor((x * bits) / 8);
        row[at]! |= (index(x, y) % 2 ** bits) << (8 - bits - ((x * bits) % 8));
      }
      return row;
    }),
  );
}

function directRows(bytes: number, put: (row: Buffer, at: number, rgb: number[]) => void): Buffer {
  const rowBytes = 4 * Math.ceil((width * bytes) / 4);
  return Buffer.concat(
    rows(false).map((y) => {
      const row = Buffer.alloc(rowBytes);
      for (let x = 0; x < width; x++) {
        const at = 3 * (y * width + x);
        put(row, x * bytes, [...direct.data.subarray(at, at + 3)]);
      }
      return row;
    }),
  );
}

async function expectPicture(file: Buffer, expected: RgbImage): Promise<void> {
  const { image, info } = await decodePhoto(file);
  expect(info).toMatchObject({ format: 'bmp', width, height, notes: [] });
  expect([...image.data]).toEqual([...expected.data]);
}

test.each([1, 4, 8] as const)('a palette of %i bits a pixel, rows of odd length', async (bits) => {
  const colours = palette.slice(0, Math.min(16, 2 ** bits));
  await expectPicture(bmp({ bits, palette: colours }, indexRows(bits)), byPalette(colours.length));
});

test('rows from the top down', async () => {
  await expectPicture(bmp({ bits: 8, palette, topDown: true }, indexRows(8, true)), byPalette(16));
});

test('pixels start where the header says', async () => {
  await expectPicture(bmp({ bits: 8, palette, gap: 10 }, indexRows(8)), byPalette(16));
});

test('24 bits', async () => {
  const pixels = directRows(3, (row, at, [red, green, blue]) => row.set([blue!, green!, red!], at));
  await expectPicture(bmp({ bits: 24 }, pixels), direct);
});

test('32 bits: the fourth byte means nothing', async () => {
  const pixels = directRows(4, (row, at, [red, green, blue]) => row.set([blue!, green!, red!, 0], at));
  await expectPicture(bmp({ bits: 32 }, pixels), direct);
});

test('bit fields say where the channels are', async () => {
  const masks = [0xff, 0xff00, 0xff0000];
  const pixels = directRows(4, (row, at, rgb) => row.set(rgb, at));
  await expectPicture(bmp({ bits: 32, compression: 3, masks }, pixels), direct);
});

test('5 and 6 bits a channel span the whole range', async () => {
  const masks = [0xf800, 0x07e0, 0x001f];
  const pixels = directRows(2, (row, at, [red, green, blue]) =>
    row.writeUInt16LE(((red! >> 3) << 11) | ((green! >> 2) << 5) | (blue! >> 3), at),
  );
  const expected = drawImage(width, height, (x, y) => {
    const [red, green, blue] = direct.data.subarray(3 * (y * width + x));
    return [
      Math.round(((red! >> 3) * 255) / 31),
      Math.round(((green! >> 2) * 255) / 63),
      Math.round(((blue! >> 3) * 255) / 31),
    ];
  });
  await expectPicture(bmp({ bits: 16, compression: 3, masks }, pixels), expected);
});

test('alpha of a bit field shows the padding colour', async () => {
  const masks = [0xff, 0xff00, 0xff0000, 0xff000000];
  const pixels = directRows(4, (row, at, rgb) => row.set([...rgb, 0], at));
  const { image, info } = await decodePhoto(bmp({ bits: 32, compression: 6, masks }, pixels), {
    background: [1, 2, 3],
  });
  expect(info.notes).toEqual(['alpha-flattened']);
  expect([...image.data.subarray(0, 3)]).toEqual([1, 2, 3]);
});

test('run lengths of 8 bits: runs, literals, ends of rows', async () => {
  const pixels = rows(false).flatMap((y) => {
    const row = Array.from({ length: width }, (_, x) => index(x, y));
    // Two runs of one, five literals padded to six bytes, end of row.
    return [1, row[0]!, 1, row[1]!, 0, 5, ...row.slice(2), 0, 0, 0];
  });
  await expectPicture(
    bmp({ bits: 8, compression: 1, palette }, Buffer.from([...pixels, 0, 1])),
    byPalette(16),
  );
});

test('run lengths of 4 bits: two colours in turn, and a jump over pixels of colour 0', async () => {
  const pixels = Buffer.from([7, 0x12, 0, 2, 2, 1, 3, 0x34, 0, 1]);
  const { image } = await decodePhoto(bmp({ bits: 4, compression: 2, palette }, pixels));
  const colours = Array.from({ length: width * height }, (_, i) =>
    palette.findIndex((colour) => colour.every((value, c) => image.data[3 * i + c] === value)),
  );
  // The jump goes on from the end of the first run, column 7, so that the second run falls off the row.
  expect(colours.slice(-width)).toEqual([1, 2, 1, 2, 1, 2, 1]);
  expect(colours.slice(0, -width).every((colour) => colour === 0)).toBe(true);
});

test('a bitmap of OS/2 with its short header', async () => {
  const header = Buffer.alloc(26);
  header.write('BM');
  header.writeUInt32LE(26, 10);
  header.writeUInt32LE(12, 14);
  header.writeUInt16LE(width, 18);
  header.writeUInt16LE(height, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt16LE(24, 24);
  const pixels = directRows(3, (row, at, [red, green, blue]) => row.set([blue!, green!, red!], at));
  await expectPicture(Buffer.concat([header, pixels]), direct);
});

test('a bitmap cut off in its pixels is damaged; the rows that are there can be had', async () => {
  const whole = bmp({ bits: 8, palette }, indexRows(8));
  const cut = whole.subarray(0, whole.length - 12);
  await expect(decodePhoto(cut)).rejects.toMatchObject({ code: 'photo-damaged' });
  const { image, info } = await decodePhoto(cut, { allowPartial: true });
  expect(info.notes).toEqual(['partial']);
  const lastRow = 3 * width * (height - 1);
  expect([...image.data.subarray(lastRow)]).toEqual([...byPalette(16).data.subarray(lastRow)]);
});

test.each([
  ['cut off in its header', (file: Buffer) => file.subarray(0, 30), 'photo-damaged'],
  ['without pixels', (file: Buffer) => patched(file, 18, 0), 'photo-damaged'],
  ['of 50000 x 50000', (file: Buffer) => patched(patched(file, 18, 50_000), 22, 50_000), 'photo-too-large'],
  ['with an embedded JPEG', (file: Buffer) => patched(file, 30, 4), 'photo-unsupported'],
  ['whose palette lies beyond its end', (file: Buffer) => file.subarray(0, 60), 'photo-damaged'],
])('a bitmap %s is refused', async (_, change, code) => {
  const file = bmp({ bits: 8, palette }, indexRows(8));
  await expect(decodePhoto(change(file))).rejects.toMatchObject({ code });
});

function patched(file: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt32LE(value, at);
  return copy;
}
