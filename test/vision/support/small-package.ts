import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

import {
  enhancePrefix,
  openCheckpoint,
  projectorPrefix,
  type Checkpoint,
} from '../../../native-models/convert/checkpoint/open-checkpoint.ts';
import { convertEnhance } from '../../../native-models/convert/onnx/index.ts';
import { makeRandomCheckpoint, type RandomCheckpointOptions } from '../../support/random-checkpoint.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** A folder of its own, removed after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-vision-'));
  folders.push(folder);
  return folder;
}

/** Runs `use` with a random checkpoint, opened; in float32, so that graphs can be compared to rounding errors. */
export async function withRandomCheckpoint<T>(
  options: RandomCheckpointOptions,
  use: (checkpoint: Checkpoint, directory: string) => Promise<T>,
): Promise<T> {
  const directory = await temporaryFolder();
  const folders = makeRandomCheckpoint(directory, { dtype: 'f32', ...options });
  const checkpoint = await openCheckpoint(folders.checkpoint, { clip: folders.clip });
  try {
    return await use(checkpoint, directory);
  } finally {
    await checkpoint.close();
  }
}

/** Writes both forms of the DEM graph of a checkpoint into `directory`. */
export function convertEnhanceOf({ tensors, config }: Checkpoint, directory: string) {
  const prefixes = { enhance: enhancePrefix, projector: projectorPrefix };
  return convertEnhance({ tensors, prefixes, config, directory });
}
