import { fork } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRandomCheckpoint, publishedDimensions } from '../support/random-checkpoint.ts';
import type { Figure } from './figure.ts';
import type { ConversionResult } from './conversion-child.ts';

/** Four of 32 layers keep the published widths, and with them the largest tensor, in a checkpoint of over 4 GB. */
const languageLayers = 4;
/** What a conversion may hold besides the largest tensor. */
const allowedMegabytes = 1500;

/** Peak memory of converting a checkpoint of over 4 GB at published widths, as the app would. */
export async function measure(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-bench-'));
  try {
    const options = { ...publishedDimensions, languageLayers };
    const { checkpoint, clip } = makeRandomCheckpoint(folder, options);
    const bytes = readdirSync(checkpoint).reduce(
      (sum, name) => sum + statSync(join(checkpoint, name)).size,
      0,
    );
    const result = await convertInChild(checkpoint, clip, join(folder, 'package'));
    const largestTensor = (options.vocabulary * options.languageWidth * 2) / 1e6;
    const { size } = await stat(join(folder, 'package', 'language.gguf'));
    return [
      { what: 'checkpoint', value: bytes / 1e6, unit: 'MB', target: { atLeast: 4000 } },
      { what: 'language.gguf (q8_0)', value: size / 1e6, unit: 'MB' },
      { what: 'converting it (int8, q8_0)', value: result.seconds, unit: 's' },
      {
        what: 'peak memory',
        value: result.peakBytes / 1e6,
        unit: 'MB',
        target: { atMost: allowedMegabytes + largestTensor },
      },
      {
        what: 'int8 cosine per token, mean',
        value: result.cosineMean,
        unit: 'cosine',
        target: { atLeast: 0.999 },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A process of its own, so that its peak is the conversion's and not that of making the checkpoint. */
function convertInChild(checkpoint: string, clip: string, out: string): Promise<ConversionResult> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./conversion-child.ts', import.meta.url), [checkpoint, clip, out]);
    let result: ConversionResult | undefined;
    child.on('message', (message) => (result = message as ConversionResult));
    child.on('error', reject);
    child.on('exit', (code) =>
      result === undefined ? reject(new Error(`The conversion ended with code ${code}.`)) : resolve(result),
    );
  });
}
