import { throwIfCancelled } from '../../preload/contract/errors.ts';
import { cutCrop, globalsThatReachAnswer } from '../image/dual-crops.ts';
import { modelPixels, preprocessPhoto } from '../image/preprocess.ts';
import type { Manifest } from '../package/manifest.ts';

/** Of all pictures together: enough for the channels' ranges to settle, and a minute's work for a ViT-L tower. */
const maxCrops = 12;

export interface SamplePreprocess {
  /** Crops a side. */
  readonly n: number;
  /** Side of a crop in pixels. */
  readonly tile: number;
  readonly preprocess: Manifest['preprocess'];
}

/**
 * Crops of the sample pictures as the tower gets them, [3, S, S] each, normalised: from every picture the whole of it (a global
 * crop) and as many details (local crops, others from picture to picture) as there is room for. Throws what
 * `preprocessPhoto` throws, `cancelled`.
 */
export async function readSampleCrops(
  samples: readonly string[],
  { n, tile, preprocess }: SamplePreprocess,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  // The only crop of one by one is the whole picture again.
  const details = n === 1 ? 0 : Math.min(n * n, Math.max(0, Math.floor(maxCrops / samples.length) - 1));
  const crops: Float32Array[] = [];
  for (const [index, path] of samples.entries()) {
    throwIfCancelled(signal);
    const { picture } = await preprocessPhoto(path, { n, tile, ...preprocess });
    const pixels = modelPixels(picture, { n, tile }, preprocess);
    crops.push(cutCrop(pixels, 'global', globalsThatReachAnswer(n)[0]!, { n, tile }));
    for (let detail = 0; detail < details; detail++) {
      crops.push(cutCrop(pixels, 'local', (index * details + detail) % (n * n), { n, tile }));
    }
  }
  return crops;
}
