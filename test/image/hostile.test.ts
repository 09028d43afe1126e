import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../preload/contract/errors.ts';
import { decodePhoto, openPhoto } from '../../native-models/image/decode.ts';
import { drawPattern, drawQuarters, toSharp } from './pictures.ts';
import { writeTiff } from './tiff-writer.ts';

/** What a refusal may take, which needs the header alone. Decoding any of these takes far more, or all there is. */
const refusalKilobytes = 300_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  // The first use loads libvips; refusals are measured without it.
  await decodePhoto(await toSharp(drawPattern(8, 8)).png().toBuffer());
});
afterAll(() => rm(folder, { recursive: true }));

async function refusal(bytes: Uint8Array, name = 'photo.jpg'): Promise<AppError> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const before = process.resourceUsage().maxRSS;
  const error = await decodePhoto(path).then(
    () => {
      throw new Error('it was decoded');
    },
    (error: unknown) => error,
  );
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(refusalKilobytes);
  expect(error).toBeInstanceOf(AppError);
  const refused = error as AppError;
  expect(refused.message).toMatch(new RegExp(`^${name}: [^\n]+\\.$`));
  expect(refused.details).toMatchObject({ file: name });
  return refused;
}

test.each([
  ['an empty file', '', /the file is empty/],
  ['a text', 'Dear diary, today I took no photo.\n'.repeat(20), /this is text/],
  ['a Korean text', '오늘은 사진을 찍지 않았다.\n', /this is text/],
  ['a web page', '<!doctype html><title>photo</title>', /web page/],
  ['an SVG drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', /SVG/],
  [
    'an SVG drawing behind a declaration',
    '<?xml version="1.0"?>\n<!-- x -->\n<svg width="9" height="9" xmlns="http://www.w3.org/2000/svg"></svg>',
    /SVG/,
  ],
  ['a PDF', '%PDF-1.7\n1 0 obj\n', /PDF/],
  ['a text that begins like a bitmap', 'BMW builds cars, and cars are seen in photos.', /this is text/],
])('%s named .jpg is unsupported, and the message says what it is', async (_, content, says) => {
  const error = await refusal(Buffer.from(content));
  expect(error.code).toBe('photo-unsupported');
  expect(error.message).toMatch(says);
});

test.each([
  ['a video', Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1')],
  ['a JPEG XL', Buffer.from([0xff, 0x0a, 0xfa, 0x1f])],
  ['an ICO', Buffer.from([0, 0, 1, 0, 1, 0, 16, 16])],
  ['noise', Buffer.from(drawPattern(30, 30).data)],
])('%s is unsupported', async (_, bytes) => {
  expect((await refusal(bytes)).code).toBe('photo-unsupported');
});

test('a missing file is missing, a folder is no file', async () => {
  await expect(decodePhoto(join(folder, 'nowhere.png'))).rejects.toMatchObject({ code: 'file-missing' });
  await expect(decodePhoto(folder)).rejects.toMatchObject({ code: 'file-unreadable' });
});

const chunk = (name: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** A black PNG of one bit a pixel. */
function blackPng(width: number, height: number, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('a 30000 x 30000 PNG of a hundred kilobytes is too large, at once', async () => {
  const png = blackPng(30_000, 30_000, deflateSync(Buffer.alloc(30_000 * (30_000 / 8 + 1)), { level: 1 }));
  expect(png.length).toBeLessThan(1e6);
  const error = await refusal(png, 'bomb.png');
  expect(error.code).toBe('photo-too-large');
  expect(error.details).toMatchObject({ width: 30_000, height: 30_000, limit: 400 });
});

test.each([
  ['PNG', () => blackPng(900_000, 900_000, deflateSync(Buffer.alloc(10)))],
  ['PNG strip longer than any photo', () => blackPng(999_999_9, 1, deflateSync(Buffer.alloc(10)))],
  [
    'GIF',
    async () =>
      patched(await small().gif().toBuffer(), (file) => {
        // The screen, and the frame in it: a screen much larger than its frame is taken for a mistake.
        file.fill(0xff, 6, 10);
        const frame = file.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 40, 0, 30, 0]));
        file.fill(0xff, frame + 5, frame + 9);
      }),
  ],
  [
    'JPEG',
    async () =>
      patched(await small().jpeg().toBuffer(), (file) => {
        const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
        file.writeUInt16BE(65_000, frame + 5);
        file.writeUInt16BE(65_000, frame + 7);
      }),
  ],
])('a %s that claims to be enormous is too large', async (_, make) => {
  expect((await refusal(await make())).code).toBe('photo-too-large');
});

test('the limit is the caller’s to set', async () => {
  const bytes = await small().png().toBuffer();
  await expect(decodePhoto(bytes, { maxPixels: 40 * 30 })).resolves.toBeDefined();
  await expect(decodePhoto(bytes, { maxPixels: 40 * 30 - 1 })).rejects.toMatchObject({
    code: 'photo-too-large',
  });
});

const small = () => toSharp(drawPattern(40, 30));
const large = () => toSharp(drawPattern(400, 300));
const patched = (file: Buffer, change: (file: Buffer) => unknown): Buffer => {
  change(file);
  return file;
};

test.each([
  ['jpeg', () => large().jpeg()],
  ['progressive jpeg', () => large().jpeg({ progressive: true })],
  ['png', () => large().png()],
])(
  'a truncated %s is damaged; the part that is there can be had, and is said to be a part',
  async (_, encode) => {
    const bytes = await encode().toBuffer();
    const cut = bytes.subarray(0, bytes.length * 0.6);
    expect((await refusal(cut)).code).toBe('photo-damaged');
    const { image, info } = await decodePhoto(cut, { allowPartial: true });
    expect(info.notes).toContain('partial');
    const { image: whole } = await decodePhoto(bytes);
    // The first rows are intact; in a progressive JPEG they are coarse.
    const rows = 3 * 400 * 20;
    const off =
      image.data.subarray(0, rows).reduce((sum, value, i) => sum + Math.abs(value - whole.data[i]!), 0) /
      rows;
    expect(off).toBeLessThan(60);
  },
);

test('a JPEG without its end marker has all its pixels, and is said to end early', async () => {
  const bytes = await large().jpeg().toBuffer();
  const cut = bytes.subarray(0, -2);
  expect((await refusal(cut)).code).toBe('photo-damaged');
  const { image, info } = await decodePhoto(cut, { allowPartial: true });
  expect(info.notes).toEqual(['partial']);
  expect(image).toEqual((await decodePhoto(bytes)).image);
});

test.each([
  ['webp', () => large().webp()],
  ['lossless webp', () => large().webp({ lossless: true })],
  ['avif', () => small().avif()],
])('of a truncated %s no part can be had, and none is made up', async (_, encode) => {
  const bytes = await encode().toBuffer();
  for (const length of [0.5 * bytes.length, bytes.length - 2]) {
    const cut = bytes.subarray(0, length);
    await expect(decodePhoto(cut, { allowPartial: true })).rejects.toMatchObject({ code: 'photo-damaged' });
  }
});

test('a whole file is not called partial where a part would be allowed', async () => {
  const { info } = await decodePhoto(await large().jpeg().toBuffer(), { allowPartial: true });
  expect(info.notes).toEqual([]);
});

test.each([
  ['webp', () => large().webp()],
  ['tiff', () => large().tiff({ compression: 'lzw' })],
  ['gif', () => large().gif()],
  ['avif', () => small().avif()],
])('a truncated %s is damaged', async (_, encode) => {
  const bytes = await encode().toBuffer();
  for (const part of [0.02, 0.5, 0.9]) {
    expect((await refusal(bytes.subarray(0, Math.max(32, bytes.length * part)))).code).toBe('photo-damaged');
  }
});

test('a hole in a JPEG, as erased flash memory leaves it, is damage; stray bytes between its parts are not', async () => {
  const bytes = await large().jpeg().toBuffer();
  const middle = Math.floor(bytes.length / 2);
  const broken = patched(Buffer.from(bytes), (file) => file.fill(0xff, middle, middle + 300));
  expect((await refusal(broken)).code).toBe('photo-damaged');
  const stray = Buffer.concat([bytes.subarray(0, -2), Buffer.from([0x12, 0x34, 0x56]), bytes.subarray(-2)]);
  expect((await decodePhoto(stray)).info.notes).toEqual([]);
});

test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
  'bytes changed at random in a %s end in a picture or in one clear error',
  async (format) => {
    const bytes = await small().toFormat(format).toBuffer();
    let seed = 1;
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    for (let round = 0; round < 60; round++) {
      const changed = patched(Buffer.from(bytes), (file) => {
        for (let i = 0; i < 4; i++) file[random(file.length)] = random(256);
      });
      const outcome = await decodePhoto(changed).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(AppError);
        expect((outcome as AppError).code).toMatch(/^photo-(damaged|unsupported|too-large)$/);
      }
    }
  },
);

test('a photo that states more pixels than can be had is too large, also where its library reads no header of it', async () => {
  const png = await toSharp(drawQuarters()).png().toBuffer();
  png.writeUInt32BE(0x7fffffff, 16);
  const jpeg = await toSharp(drawQuarters()).jpeg().toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const tall = Buffer.from(jpeg);
  tall.writeUInt16BE(65_535, frame + 5);
  const huge = Buffer.from(tall);
  huge.writeUInt16BE(65_535, frame + 7);
  const wide = writeTiff({ width: 4_000_000_000, height: 3, data: new Uint8Array(5) });
  for (const bytes of [png, tall, huge, wide]) {
    await expect(openPhoto(bytes)).rejects.toMatchObject({ code: 'photo-too-large' });
  }
});
