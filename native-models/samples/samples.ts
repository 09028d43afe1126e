import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { AppError, toAppError } from '../../preload/contract/errors.ts';

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(400));
const words = { en: text, ko: text };
const pixels = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8192));
const length = v.pipe(pixels, v.minValue(1));

const questionSchema = v.object({
  ...words,
  /** As written in the picture, or the part of it that answers. */
  answer: text,
  /** Where that is written, in photo pixels from the upper left corner. */
  place: v.object({ x: pixels, y: pixels, width: length, height: length }),
  /** Font size in photo pixels: what a smaller version of the picture still shows follows from it. */
  letterHeight: v.pipe(v.number(), v.minValue(1)),
});

const sampleSchema = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,40}$/)),
    file: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,40}\.webp$/, 'a plain file name')),
    title: v.object(words),
    width: length,
    height: length,
    /** Of the file, and of its bytes: nobody has to read it to know what it holds. */
    bytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    questions: v.pipe(v.array(questionSchema), v.minLength(1)),
  }),
  v.check(
    ({ questions, width, height }) =>
      questions.every(({ place }) => place.x + place.width <= width && place.y + place.height <= height),
    'an answer lies outside the picture',
  ),
);

/** `samples.json`: the sample pictures of the folder, with questions and where their answers are written. */
const samplesSchema = v.object({ samples: v.array(sampleSchema) });

export type SampleEntry = v.InferOutput<typeof sampleSchema>;

/** A sample picture with the absolute path of its file. */
export interface SampleFile extends SampleEntry {
  readonly path: string;
}

/** Name of the list in the folder of sample pictures. */
export const samplesName = 'samples.json';

/**
 * The pictures that come with the program, in the order of the gallery, from the folder of this module or another one (an
 * absolute path). The pictures themselves are not opened. Throws `file-missing`, or `file-unreadable` with the fault.
 */
export async function loadSamples(
  folder = fileURLToPath(new URL('.', import.meta.url)),
): Promise<SampleFile[]> {
  const list = join(folder, samplesName);
  const json = await readFile(list, 'utf8').catch((error: unknown) => {
    throw toAppError(error);
  });
  try {
    const { samples } = v.parse(samplesSchema, JSON.parse(json));
    return samples.map((sample) => ({ ...sample, path: join(folder, sample.file) }));
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'file-unreadable',
      `${list}: not a list of samples (${fault}).`,
      { file: list },
      { cause: error },
    );
  }
}
