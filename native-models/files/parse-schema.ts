import * as v from 'valibot';

import { invalidCheckpoint } from './invalid.ts';

/** What a schema makes of JSON out of an untrusted file. Throws `checkpoint-invalid` naming the file and the key. */
export function parseSchema<Schema extends v.GenericSchema>(
  schema: Schema,
  json: unknown,
  file: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw invalidCheckpoint(file, `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
}
