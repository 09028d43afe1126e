import * as v from 'valibot';

import { invalidCheckpoint, quoted } from '../files/invalid.ts';
import { parseSchema } from '../files/parse-schema.ts';
import { whyUnsupported } from '../package/unsupported-languages.ts';
import type { CheckpointFamily, CheckpointFiles } from './checkpoint-files.ts';
import { readIdefics3Checkpoint } from './idefics3/checkpoint.ts';
import { readInternVlCheckpoint } from './internvl/checkpoint.ts';
import { isNext, readNextCheckpoint, readOwnNextCheckpoint } from './next/checkpoint.ts';

export type { CheckpointFamily, CheckpointFiles, StoredName } from './checkpoint-files.ts';

/** Who reads a `model_type` of config.json. */
const readers: ReadonlyMap<string, (files: CheckpointFiles) => CheckpointFamily> = new Map([
  ['idefics3', readIdefics3Checkpoint],
  ['smolvlm', readIdefics3Checkpoint],
  ['internvl', readInternVlCheckpoint],
  ['internvl_chat', readInternVlCheckpoint],
  ['llava_next', readNextCheckpoint],
]);

const typed = v.object({ model_type: v.string() });

/** INF-LLaVA, whose configuration is one of a language model with additions. */
const dualTypes = ['llava_llama', 'llama'];

/**
 * The reader of the family whose own a checkpoint is; null for INF-LLaVA's. Throws `checkpoint-invalid` for another type of
 * model, with the reason where it is known.
 */
export function checkpointReader(config: unknown): ((files: CheckpointFiles) => CheckpointFamily) | null {
  const { model_type: type } = parseSchema(typed, config, 'config.json');
  const reader = type.startsWith('llava_') && isNext(config) ? readOwnNextCheckpoint : readers.get(type);
  if (reader || dualTypes.includes(type)) return reader ?? null;
  const reason = whyUnsupported(type);
  const known = [...readers.keys(), ...dualTypes].join(', ');
  const fault =
    reason === null
      ? `model_type is ${quoted(type)}; known are ${known}`
      : `model_type is ${quoted(type)}: its language model has ${reason}`;
  throw invalidCheckpoint('config.json', fault, { reason: 'unsupported-model' });
}
