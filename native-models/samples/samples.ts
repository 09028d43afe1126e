import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { AppError, toAppError } from '../../preload/contract/errors.ts';

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(400));
const words = { en: text, ko: text };
const pixels = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8192));
const length = v.pipe(pixels, v.minValue(1));

/** One lettering of the picture, as the generator set it; positions in photo pixels from the upper left corner. */
const detailSchema = v.object({
  text,
  x: pixels,
  y: pixels,
  width: length,
  height: length,
  /** Font size in photo pixels: what a smaller version of the picture still shows follows from it. */
  size: v.pipe(v.number(), v.minValue(1)),
});

const questionSchema = v.object({
  ...words,
  /** As written in the picture, or the part of it that answers. */
  answer: text,
  /** Index of the detail in which the answer is read. */
  detail: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

const sampleSchema = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,40}$/)),
    file: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,40}\.webp$/, 'a plain file name')),
    title: v.object(words),
    /** sha256 of the SVG it was rendered from, so that a test can tell whether `draw/` still draws this picture. */
    drawing: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    width: length,
    height: length,
    questions: v.pipe(v.array(questionSchema), v.minLength(1)),
    details: v.pipe(v.array(detailSchema), v.minLength(1)),
  }),
  v.check(
    ({ questions, details }) => questions.every(({ detail }) => detail < details.length),
    'a question points at a detail that is not there',
  ),
  v.check(
    ({ details, width, height }) =>
      details.every((at) => at.x + at.width <= width && at.y + at.height <= height),
    'a detail lies outside the picture',
  ),
);

/** `samples.json`: what is in the folder of sample pictures. Written by `draw/`, never by hand. */
export const samplesSchema = v.object({ samples: v.array(sampleSchema) });

export type SampleEntry = v.InferOutput<typeof sampleSchema>;

/** A sample picture with the absolute path of its file. */
export interface Sample extends SampleEntry {
  readonly path: string;
}

/** Name of the list in the folder of sample pictures. */
export const samplesName = 'samples.json';

/**
 * The pictures that come with the program, in the order of the gallery, from the folder of this module or another one (an
 * absolute path). The pictures themselves are not opened. Throws `file-missing`, or `file-unreadable` with the fault.
 */
export async function loadSamples(folder = fileURLToPath(new URL('.', import.meta.url))): Promise<Sample[]> {
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
