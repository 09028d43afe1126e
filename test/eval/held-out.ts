import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { sceneSchema } from '../../native-models/demo/scenes/scene.ts';

/** The held-out scenes and questions: made by `native-models/training/draw.py --data`, never by hand. */

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2000));

const turnSchema = v.object({
  question: text,
  /** The exact answer. */
  answer: text,
  /** What an answer in other words has to contain; of a description, left out, everything in it. */
  must: v.optional(v.pipe(v.array(text), v.minLength(1))),
});

const conversationSchema = v.object({ kind: text, turns: v.pipe(v.array(turnSchema), v.minLength(1)) });

const heldOutSchema = v.object({
  seed: v.number(),
  /** Side in pixels of the sharpest picture the model sees, in which lengths are given. */
  side: v.number(),
  scenes: v.array(
    v.object({
      number: v.number(),
      scene: sceneSchema,
      conversations: v.pipe(v.array(conversationSchema), v.minLength(1)),
    }),
  ),
});

export type Turn = v.InferOutput<typeof turnSchema>;
export type HeldOut = v.InferOutput<typeof heldOutSchema>;

/** The scenes, and the sha256 of the file they are in. */
export async function heldOut(): Promise<HeldOut & { readonly sha256: string }> {
  const bytes = await readFile(new URL('held-out.json', import.meta.url));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...v.parse(heldOutSchema, JSON.parse(bytes.toString('utf8'))), sha256 };
}
