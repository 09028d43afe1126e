/**
 * The small pictures of the samples that come with the window, so that the gallery shows them before the program has decoded
 * the samples themselves. `node test/renderer/draw-previews.ts` draws them anew; a test compares them with the samples.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharp } from '../../native-models/image/sharp.ts';
import { loadSamples } from '../../native-models/samples/samples.ts';

/** Enough for a card on a screen of two pixels to a CSS pixel. */
const longestSide = 640;

export const previewFolder = new URL('../../renderer/public/previews/', import.meta.url).pathname;

/** By name of the file: the sample as small as its preview, raw RGB. */
export async function smallSamples(): Promise<ReadonlyMap<string, ReturnType<typeof sharp>>> {
  const samples = await loadSamples();
  const small = async (path: string) =>
    sharp(await readFile(path)).resize({ width: longestSide, height: longestSide, fit: 'inside' });
  return new Map(
    await Promise.all(samples.map(async ({ id, path }) => [`sample-${id}.webp`, await small(path)] as const)),
  );
}

if (import.meta.main) {
  await mkdir(previewFolder, { recursive: true });
  for (const [name, picture] of await smallSamples()) {
    await writeFile(join(previewFolder, name), await picture.webp({ quality: 72 }).toBuffer());
  }
}
