import { expect, test } from 'vitest';
import { decodePhoto, openPhoto } from '../../native-models/image/decode.ts';
import { distance, drawQuarters, quarterColours, quarterPixels, toSharp } from './pictures.ts';
import { writeTiff, type Directory } from './tiff-writer.ts';

const colourFilterArray = 32803;
const linearRaw = 34892;
const dngVersion = { tag: 50706, values: [1, 4] };

const jpeg = (width: number, height: number): Promise<Buffer> =>
  toSharp(drawQuarters())
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();

const thumbnail: Directory = {
  ...{ width: 160, height: 120, channels: 3, subfileType: 1, fields: [dngVersion] },
  data: new Uint8Array(160 * 120 * 3),
};
const sensor = (photometric: number, channels = 1): Directory => ({
  ...{ width: 1200, height: 800, photometric, channels },
  data: new Uint8Array(1200 * 800 * channels),
});

/** The preview as DNG has it: the only strip of a directory. */
const inStrip = (width: number, height: number, data: Uint8Array): Directory => ({
  ...{ width, height, channels: 3, photometric: 6, compression: 7, subfileType: 1, data },
});

test('of a DNG with a thumbnail first the largest preview is opened, and said so', async () => {
  const subIfds = [
    sensor(colourFilterArray),
    inStrip(768, 512, await jpeg(768, 512)),
    inStrip(1200, 800, await jpeg(1200, 800)),
  ];
  const { image, info } = await decodePhoto(writeTiff({ ...thumbnail, subIfds }));
  expect(info).toMatchObject({ format: 'raw', width: 1200, height: 800, notes: ['camera-preview'] });
  expect(distance(quarterPixels(image), quarterColours)).toBeLessThanOrEqual(4);
});

test('of a NEF the JPEG with a place of its own is opened, turned as the camera was held', async () => {
  const preview = await jpeg(1200, 800);
  const make = { tag: 271, values: [...Buffer.from('NIKON CORPORATION\0')] };
  const build = (at: number): Buffer =>
    writeTiff({
      ...thumbnail,
      // Turned a quarter clockwise.
      fields: [{ tag: 274, values: [6] }, make],
      subIfds: [
        {
          ...{ width: 1, height: 1, photometric: 6, compression: 6, data: preview },
          fields: [
            { tag: 513, values: [at], long: true },
            { tag: 514, values: [preview.length], long: true },
          ],
        },
        sensor(colourFilterArray),
      ],
    });
  const bytes = build(build(0).indexOf(preview.subarray(0, 200)));
  const { info } = await decodePhoto(bytes);
  expect(info).toMatchObject({ width: 800, height: 1200, orientation: 6, notes: ['camera-preview'] });
});

test('of a RAF the JPEG that its header names is opened', async () => {
  const preview = await jpeg(1200, 800);
  const head = Buffer.alloc(160);
  head.write('FUJIFILMCCD-RAW 0201', 'latin1');
  head.writeUInt32BE(160, 84);
  head.writeUInt32BE(preview.length, 88);
  const { info } = await decodePhoto(Buffer.concat([head, preview]));
  expect(info).toMatchObject({ format: 'raw', width: 1200, height: 800, notes: ['camera-preview'] });
});

const start = (text: string): Buffer => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(200)]);
const made = (by: string): Buffer =>
  writeTiff({
    ...{ ...thumbnail, fields: [{ tag: 271, values: [...Buffer.from(`${by}\0`)] }] },
    subIfds: [sensor(colourFilterArray)],
  });

test.each([
  ['DNG', () => writeTiff({ ...thumbnail, subIfds: [sensor(colourFilterArray)] })],
  ['DNG', () => writeTiff({ ...thumbnail, subIfds: [sensor(linearRaw, 3)] })],
  ['DNG', () => writeTiff({ ...sensor(colourFilterArray), fields: [dngVersion] })],
  ['NEF', () => made('NIKON CORPORATION')],
  ['ARW', () => made('SONY')],
  ['camera raw', () => made('Nobody')],
  ['CR2', () => start('II*\0\x10\0\0\0CR\x02\0')],
  ['CR3', () => start('\0\0\0\x18ftypcrx \0\0\0\x01crx isom')],
  ['RAF', () => start('FUJIFILMCCD-RAW 0201')],
  ['ORF', () => start('IIRO\x08\0\0\0')],
  ['RW2', () => start('IIU\0\x08\0\0\0')],
])('a %s without a preview is named, never called damaged', async (name, make) => {
  await expect(openPhoto(make())).rejects.toMatchObject({
    code: 'photo-unsupported',
    details: { reason: 'camera-raw', name },
    message: expect.stringContaining('export it as JPEG') as string,
  });
});

test('a thumbnail is no preview', async () => {
  const subIfds = [sensor(colourFilterArray), inStrip(320, 200, await jpeg(320, 200))];
  await expect(openPhoto(writeTiff({ ...thumbnail, subIfds }))).rejects.toMatchObject({
    details: { reason: 'camera-raw' },
  });
});

test.each([
  ['of 12 bits', 0xc1, 12, { reason: 'samples', name: 'uint12' }],
  ['that is lossless', 0xc3, 8, { reason: 'compression', name: 'lossless JPEG' }],
])('a JPEG %s is named, not called damaged', async (_, marker, precision, details) => {
  const bytes = await jpeg(96, 64);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes[frame + 1] = marker;
  bytes[frame + 4] = precision;
  await expect(openPhoto(bytes)).rejects.toMatchObject({ code: 'photo-unsupported', details });
});
