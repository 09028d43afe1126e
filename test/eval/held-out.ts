import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { sceneSchema } from '../../native-models/demo/scenes/scene.ts';

/** The held-out scenes, pictures and questions: made by `native-models/training/draw.py`, never by hand. */

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
      /** What is looked at: left, top and side of a square part; the whole scene where it is left out. */
      part: v.optional(v.tuple([v.number(), v.number(), v.number()])),
      conversations: v.pipe(v.array(conversationSchema), v.minLength(1)),
    }),
  ),
});

export type Turn = v.InferOutput<typeof turnSchema>;
export type HeldOut = v.InferOutput<typeof heldOutSchema>;

/** The lists that the repository brings. */
const files = { own: 'held-out.json.gz', other: 'other-words.json.gz', parts: 'parts.json.gz' };

/**
 * The scenes, and the sha256 of the JSON they are in: asked about in the words of the training; in those that are held out of it,
 * of other scenes, every second one fuller; and parts of scenes, in the training's words.
 */
export async function heldOut(
  which: keyof typeof files = 'own',
): Promise<HeldOut & { readonly sha256: string }> {
  return readScenes(fileURLToPath(new URL(files[which], import.meta.url)));
}

/** Scenes as `draw.py` writes them, as JSON or gzipped JSON, and the sha256 of the JSON. */
export async function readScenes(path: string): Promise<HeldOut & { readonly sha256: string }> {
  const file = await readFile(path);
  const bytes = path.endsWith('.gz') ? gunzipSync(file) : file;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...v.parse(heldOutSchema, JSON.parse(bytes.toString('utf8'))), sha256 };
}

/** A picture that is no drawn scene, as a file, and questions about it. */
export interface UnknownPicture {
  readonly path: string;
  readonly questions: readonly string[];
}

/** Pictures of makes that are held out of the training, and those that the app shows for real models. */
export async function unknownPictures(): Promise<UnknownPicture[]> {
  const text = await readFile(new URL('unknown/questions.json', import.meta.url), 'utf8');
  const asked = v.parse(v.record(v.string(), v.array(v.string())), JSON.parse(text));
  return Object.entries(asked).map(([file, questions]) => {
    const folder = file.startsWith('samples/') ? '../../native-models/' : 'unknown/';
    return { path: fileURLToPath(new URL(folder + file, import.meta.url)), questions };
  });
}
