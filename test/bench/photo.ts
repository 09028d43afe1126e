import sharp from 'sharp';
import { cutCrop } from '../../native-models/image/dual-crops.ts';
import { modelPixels, preprocessPhoto } from '../../native-models/image/preprocess.ts';
import { inTurns, timed, type Figure } from './figure.ts';

const size = { width: 6000, height: 4000 };
const grid = { n: 3, tile: 336 };
const options = { ...grid, padColour: [122, 116, 104], mode: 'trained' } as const;
const normalisation = { mean: [0.481, 0.458, 0.408], std: [0.269, 0.261, 0.276] } as const;

/** A photo of 24 megapixels, as a camera writes it, to its crops; against sharp decoding it and nothing else. */
export async function measure(): Promise<Figure[]> {
  const jpeg = await cameraJpeg();
  const times = await inTurns(
    () => timed(() => cutAll(jpeg)),
    () => timed(() => sharp(jpeg).raw().toBuffer()),
  );
  return [
    { what: '24-megapixel JPEG', value: jpeg.length / 1e6, unit: 'MB' },
    { what: 'sharp decodes it', value: times.other, unit: 'ms' },
    { what: 'all crops cut from it', value: times.one, unit: 'ms' },
    {
      what: 'crops ready / sharp decodes',
      value: times.ratio,
      spread: times.spread,
      unit: 'x',
      target: { atMost: 1.5 },
    },
  ];
}

async function cutAll(jpeg: Uint8Array): Promise<void> {
  const { picture } = await preprocessPhoto(jpeg, options);
  const pixels = modelPixels(picture, grid, normalisation);
  const crop = new Float32Array(3 * grid.tile ** 2);
  for (let k = 0; k < grid.n ** 2; k++) {
    cutCrop(pixels, 'local', k, grid, crop);
    cutCrop(pixels, 'global', k, grid, crop);
  }
}

/** Detail at several scales and some grain compresses like a photo, to about 8 MB. */
async function cameraJpeg(): Promise<Buffer> {
  const noise = (width: number, height: number, sigma: number) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: '#808080',
        noise: { type: 'gaussian', mean: 128, sigma },
      },
    });
  const layer = async (width: number, sigma: number) =>
    noise(width, Math.round((width * size.height) / size.width), sigma)
      .resize(size.width, size.height, { fit: 'fill', kernel: 'cubic' })
      .png()
      .toBuffer();
  return sharp(await layer(30, 60))
    .composite([
      { input: await layer(600, 50), blend: 'overlay' },
      { input: await layer(3000, 18), blend: 'overlay' },
    ])
    .jpeg({ quality: 90 })
    .toBuffer();
}
