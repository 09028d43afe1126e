import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharp } from '../../native-models/image/sharp.ts';
import { previewFolder, smallSamples } from './draw-previews.ts';

/** Mean difference of a channel that WebP makes at this quality, with room; another picture is 40 and more away. */
const mostDifference = 8;

test('every sample has a small picture that comes with the window, and it is a picture of that sample', async () => {
  const samples = await smallSamples();
  expect((await readdir(previewFolder)).sort()).toEqual([...samples.keys()].sort());
  for (const [name, sample] of samples) {
    const raw = { resolveWithObject: true } as const;
    const preview = await sharp(await readFile(join(previewFolder, name)))
      .removeAlpha()
      .raw()
      .toBuffer(raw);
    const exact = await sample.removeAlpha().raw().toBuffer(raw);
    expect(preview.info).toMatchObject({ width: exact.info.width, height: exact.info.height });
    const sum = exact.data.reduce((total, value, at) => total + Math.abs(value - preview.data[at]!), 0);
    expect(sum / exact.data.length, name).toBeLessThan(mostDifference);
  }
});
