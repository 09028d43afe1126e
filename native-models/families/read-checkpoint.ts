import * as v from 'valibot';

import type { CheckpointFamily, CheckpointFiles } from './checkpoint-files.ts';
import { readIdefics3Checkpoint } from './idefics3/checkpoint.ts';
import { readInternVlCheckpoint } from './internvl/checkpoint.ts';

export type { CheckpointFamily, CheckpointFiles, StoredName } from './checkpoint-files.ts';

/** Who reads a `model_type` of config.json. */
const readers: ReadonlyMap<string, (files: CheckpointFiles) => CheckpointFamily> = new Map([
  ['idefics3', readIdefics3Checkpoint],
  ['smolvlm', readIdefics3Checkpoint],
  ['internvl', readInternVlCheckpoint],
  ['internvl_chat', readInternVlCheckpoint],
]);

const typed = v.object({ model_type: v.string() });

/** The reader of the family whose own a checkpoint is; null for one of none of them. */
export function checkpointReader(config: unknown): ((files: CheckpointFiles) => CheckpointFamily) | null {
  return v.is(typed, config) ? (readers.get(config.model_type) ?? null) : null;
}
