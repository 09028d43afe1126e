/**
 * The one module that imports sharp. It sets what holds for the whole process: which loaders may run, how many threads
 * a picture may use, and that nothing is cached. The modules beside it load it with the first photo: the window's own
 * process, which asks them for geometry alone, is spared libvips.
 */
import './vips-switches.ts';
import { availableParallelism } from 'node:os';
import sharp, { type Sharp } from 'sharp';
import type { Size } from '../../preload/contract/geometry.ts';
import type { RgbImage } from './pixels.ts';

/** Loaders of the formats that `sniffPhotoFormat` accepts; everything else libvips could open stays shut. */
const photoLoaders = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}`);
const svgLoader = { operation: ['VipsForeignLoadSvg'] };

/** Decoding one photo gains little from more threads, and other photos and the model want the rest. */
const maxThreads = 4;

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: photoLoaders });
// Photos come in as bytes, once: libvips's cache of operations would only hold memory.
sharp.cache(false);
sharp.concurrency(Math.min(maxThreads, availableParallelism()));

let drawing: Promise<unknown> = Promise.resolve();

/**
 * Draws an SVG written by this program as a PNG with alpha. The SVG loader is open only while a drawing runs, and
 * drawings take turns.
 */
export function drawSvg(svg: string): Promise<Buffer> {
  const job = drawing.then(async () => {
    sharp.unblock(svgLoader);
    try {
      return await sharp(Buffer.from(svg)).png().toBuffer();
    } finally {
      sharp.block(svgLoader);
    }
  });
  drawing = job.catch(() => undefined);
  return job;
}

export { sharp, type Sharp };

/** Resizes 8-bit pixels with libvips's antialiased cubic kernel. */
export async function resizeCubic({ width, height, data }: RgbImage, to: Size): Promise<RgbImage> {
  const resized = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(to.width, to.height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  return { ...to, data: resized };
}
