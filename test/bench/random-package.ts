import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { openPackage, type OpenedPackage } from '../../native-models/package/open-package.ts';
import { makeRandomCheckpoint } from '../support/random-checkpoint.ts';

/** A language model of 0.4 B parameters: large enough that arithmetic decides, small enough for two cores. */
const dimensions = {
  imageSize: 336,
  languageWidth: 1536,
  languageHeads: 12,
  keyValueHeads: 4,
  languageLayers: 12,
  languageIntermediate: 4096,
  vocabulary: 32_000,
} as const;

/** Runs `work` with a package of random weights, which is deleted afterwards. */
export async function withRandomPackage<T>(work: (opened: OpenedPackage) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-bench-'));
  try {
    const { checkpoint, clip } = makeRandomCheckpoint(folder, dimensions);
    const out = join(folder, 'package');
    await convertCheckpoint({ checkpoint, clip, out, vision: 'f32', llm: 'q8_0' });
    return await work(await openPackage(out));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
