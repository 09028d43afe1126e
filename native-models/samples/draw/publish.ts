import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { sharp } from '../../image/sharp.ts';
import { samplesName, samplesSchema } from '../samples.ts';
import type { SampleEntry } from '../samples.ts';
import type { Measured } from './measure.ts';
import type { Picture } from './picture.ts';
import { pictures } from './pictures/index.ts';
import { render, svgOf } from './render.ts';

/** Small print stays clean, and eight pictures together stay within what a download of the program can bear. */
const WEBP = { quality: 80, effort: 6, smartSubsample: true } as const;

function questionsOf({ id, questions }: Picture, details: readonly Measured[]): SampleEntry['questions'] {
  return questions.map(({ en, ko, answer, at }) => {
    const found = details.flatMap(({ text }, index) => (text === at ? [index] : []));
    if (found.length !== 1) throw new Error(`${id}: "${at}" is written ${found.length} times.`);
    return { en, ko, answer, detail: found[0]! };
  });
}

/** Names the drawing behind a picture by its content. */
export const drawingOf = (picture: Picture) => createHash('sha256').update(svgOf(picture)).digest('hex');

/** Draws every picture and writes it and the list of all; says what was written, line by line. */
export async function* publish(browser: Browser, folder: string): AsyncGenerator<string> {
  const samples: SampleEntry[] = [];
  for (const picture of pictures) {
    const { id, title, width, height } = picture;
    const { png, details, problems } = await render(picture, browser);
    if (problems.length > 0) throw new Error(`${id}: ${problems.join('; ')}`);
    const file = `${id}.webp`;
    const { size } = await sharp(png).removeAlpha().webp(WEBP).toFile(path.join(folder, file));
    const questions = questionsOf(picture, details);
    samples.push({ id, file, title, drawing: drawingOf(picture), width, height, questions, details });
    yield `${file} ${width} x ${height}, ${Math.round(size / 1024)} KiB, ${details.length} details`;
  }
  const list = v.parse(samplesSchema, { samples });
  await writeFile(path.join(folder, samplesName), `${JSON.stringify(list, undefined, 2)}\n`);
}
