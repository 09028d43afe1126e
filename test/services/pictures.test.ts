/** Pictures of a photo as the window asks for them: tiles, crops, thumbnails. */
import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { photoUrls, viewerLevels, viewerTileSize } from '../../preload/contract/api.ts';
import { drawPhoto, get, goldenPhoto, newDataFolder, startProgram, testFolder } from './support/program.ts';

test('the plan of the crops says where each lies on the photo and which reach the answer', async () => {
  const services = await startProgram();
  const path = await drawPhoto(join(await testFolder(), 'a.png'), 0, { width: 60, height: 40 });
  const [photo] = await services.openPaths([path]);
  const plan = await services.api.getCropPlan({ photoId: photo!.id });
  expect(plan).toMatchObject({
    region: { x: 0, y: -10, width: 60, height: 60 },
    size: { width: 1008, height: 1008 },
    grid: { columns: 3, rows: 3 },
    lattice: 3,
    tokens: 576,
    passes: 10,
  });
  expect(plan.locals[5]).toMatchObject({
    ...{ index: 5, place: { x: 40, y: 10, width: 20, height: 20 } },
    ...{ side: 336, tokens: null, tag: '', reachesAnswer: true, isBase: false, phase: null },
  });
  expect(plan.globals).toHaveLength(9);
  expect(plan.globals.filter(({ reachesAnswer }) => reachesAnswer)).toMatchObject([
    { index: 4, phase: { row: 1, column: 1 }, isBase: true },
  ]);
});

test('the tiles of the viewer put together are the photo', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const { width, height, id } = photo!;
  const finest = viewerLevels(width, height) - 1;
  const original = await sharp(goldenPhoto).removeAlpha().raw().toBuffer();
  let difference = 0;
  for (let row = 0; row * viewerTileSize < height; row++) {
    for (let column = 0; column * viewerTileSize < width; column++) {
      const response = await get(services, photoUrls.tile(id, finest, column, row));
      expect(response!.headers.get('content-type')).toBe('image/jpeg');
      const { data, info } = await sharp(Buffer.from(await response!.arrayBuffer()))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info.width).toBe(Math.min(viewerTileSize, width - column * viewerTileSize));
      for (let y = 0; y < info.height; y++) {
        for (let x = 0; x < info.width * 3; x++) {
          const at = ((row * viewerTileSize + y) * width + column * viewerTileSize) * 3 + x;
          difference += Math.abs(data[y * info.width * 3 + x]! - original[at]!);
        }
      }
    }
  }
  expect(difference / original.length).toBeLessThan(2);
  const coarsest = await get(services, photoUrls.tile(id, 0, 0, 0));
  const { width: coarse } = await sharp(Buffer.from(await coarsest!.arrayBuffer())).metadata();
  expect(coarse).toBe(504);
  expect((await get(services, photoUrls.tile(id, finest, 9, 9)))!.status).toBe(404);
});

test('crops are shown pixel for pixel as the encoder gets them', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const pixels = async (path: string) => {
    const response = await get(services, path);
    expect(response!.headers.get('content-type')).toBe('image/png');
    return sharp(Buffer.from(await response!.arrayBuffer()))
      .removeAlpha()
      .raw()
      .toBuffer();
  };
  const plan = await services.api.getCropPlan({ photoId: photo!.id });
  // The golden photo passes through preprocessing unchanged.
  const original = await sharp(goldenPhoto).removeAlpha().raw().toBuffer();
  expect(await pixels(photoUrls.whole(plan))).toEqual(original);
  const local = await pixels(photoUrls.crop(plan, 'local', 5));
  expect(local.subarray(0, 3)).toEqual(original.subarray((336 * 1008 + 672) * 3, (336 * 1008 + 672) * 3 + 3));
  const global = await pixels(photoUrls.crop(plan, 'global', 5));
  expect(global.subarray(3, 6)).toEqual(original.subarray((1008 + 5) * 3, (1008 + 5) * 3 + 3));
});

test('a picture is sent once: asked for again with its tag, nothing is sent', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const path = photoUrls.thumbnail(photo!.id);
  const first = await get(services, path);
  expect(first!.headers.get('cache-control')).toBe('private, no-cache');
  const etag = first!.headers.get('etag')!;
  const again = await get(services, path, { 'if-none-match': etag });
  expect(again!.status).toBe(304);
  expect((await again!.arrayBuffer()).byteLength).toBe(0);
});

test.each([
  '/photos/unknown/thumbnail',
  '/photos/../../etc/passwd',
  '/photos//thumbnail',
  '/photos/ID/tiles/0/0_0/..',
  '/photos/ID/tiles/99999/0_0',
  '/photos/ID/tiles/99/0_0',
  '/photos/ID/tiles/-1/0_0',
  '/photos/ID/crops/local-9?seeing=SEEING',
  '/photos/ID/crops/local-0?seeing=unknown',
  '/photos/ID/crops/local-0',
  '/photos/ID/crops/base-0?seeing=SEEING',
  '/photos/ID/whole?seeing=',
  '/photos/ID/anything',
])('%s is no picture', async (path) => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const { seeing } = await services.api.getCropPlan({ photoId: photo!.id });
  const response = await get(services, path.replace('ID', photo!.id).replace('SEEING', seeing));
  expect(response?.status ?? 404).toBeGreaterThanOrEqual(404);
  expect(response?.status ?? 404).toBeLessThan(500);
});

test('kill -9 of the images process: the next picture is there', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([goldenPhoto]);
  const before = services.processes.images!;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => services.processes.images).toBeUndefined();
  const plan = await services.api.getCropPlan({ photoId: photo!.id });
  expect((await get(services, photoUrls.whole(plan)))!.status).toBe(200);
  expect(services.processes.images).not.toBe(before);
});

test('a thumbnail that was damaged on disk is made again', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const [photo] = await services.openPaths([goldenPhoto]);
  const path = photoUrls.thumbnail(photo!.id);
  const first = Buffer.from(await (await get(services, path))!.arrayBuffer());
  const folder = join(dataFolder, 'cache', 'thumbnails');
  const [name] = await readdir(folder);
  await truncate(join(folder, name!), 100);
  expect(Buffer.from(await (await get(services, path))!.arrayBuffer())).toEqual(first);
  await rm(folder, { recursive: true });
  expect((await get(services, path))!.status).toBe(200);
});
