import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openPhoto } from '../../native-models/image/decode.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { loadSamples, samplesName, type SampleFile } from '../../native-models/samples/samples.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the pictures may add to a download of the program. */
const MOST_BYTES = 3_500_000;
/** Sides of what the released model sees, and of one tile alone, in pixels. */
const SEEN = 1008;
const TILE = 336;
/** Font sizes in pixels: from the first on print can be read, up to the second it cannot. */
const READABLE = 9;
const UNREADABLE = 4.3;

const temporary = temporaryFolder();
const samples = await loadSamples();
const list = path.join(path.dirname(samples[0]!.path), samplesName);
const hangul = /[\uac00-\ud7a3]/;

test('there are eight pictures with different names, small enough to come with the program', async () => {
  expect(new Set(samples.map(({ id }) => id)).size).toBe(8);
  const sizes = await Promise.all(samples.map(async (sample) => (await stat(sample.path)).size));
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(MOST_BYTES);
});

test('every picture is a WebP of the stated size and content', async () => {
  for (const { path: file, width, height, bytes, sha256 } of samples) {
    const { info } = await openPhoto({ path: file });
    expect(info).toMatchObject({ format: 'webp', width, height, bytes, sha256, notes: [] });
  }
});

test('titles and questions are there in both languages', () => {
  for (const { title, questions } of samples) {
    expect(questions.length).toBeGreaterThanOrEqual(2);
    for (const { en, ko } of [title, ...questions]) {
      expect(ko).toMatch(hangul);
      expect(en).not.toMatch(hangul);
    }
  }
});

test('what a question asks can be read at the resolution of all tiles and not at that of one', () => {
  for (const { questions, width, height } of samples) {
    for (const { letterHeight } of questions) {
      const relative = letterHeight / Math.max(width, height);
      expect(relative * SEEN).toBeGreaterThanOrEqual(READABLE);
      expect(relative * TILE).toBeLessThanOrEqual(UNREADABLE);
    }
  }
});

test('where an answer is said to be, letters stand out from their ground', async () => {
  const CONTRAST = 8;
  for (const { path: file, questions, width } of samples) {
    const grey = await sharp(file).greyscale().raw().toBuffer();
    for (const { answer, place } of questions)
      expect(spread(grey, width, place), answer).toBeGreaterThan(CONTRAST);
  }
});

/** Standard deviation of the grey values in a rectangle. */
function spread(
  grey: Uint8Array,
  stride: number,
  { x, y, width, height }: SampleFile['questions'][number]['place'],
): number {
  let [sum, squares] = [0, 0];
  for (let row = y; row < y + height; row++) {
    for (const value of grey.subarray(row * stride + x, row * stride + x + width)) {
      sum += value;
      squares += value * value;
    }
  }
  const count = width * height;
  return Math.sqrt(squares / count - (sum / count) ** 2);
}

type Listed = { file: string; questions: { place: object; answer: string }[] };

async function listWith(change: (sample: Listed) => void) {
  const content = JSON.parse(await readFile(list, 'utf8'));
  change(content.samples[0]);
  const folder = await mkdtemp(path.join(temporary, 'list-'));
  await writeFile(path.join(folder, samplesName), JSON.stringify(content));
  return folder;
}

test('pictures are looked for in the folder that was named', async () => {
  const folder = await listWith(() => undefined);
  expect((await loadSamples(folder))[0]!.path).toBe(path.join(folder, samples[0]!.file));
});

test.each([
  [
    'an answer outside the picture',
    (s: Listed) => Object.assign(s.questions[0]!.place, { x: 2399, width: 2 }),
  ],
  ['an empty answer', (s: Listed) => Object.assign(s.questions[0]!, { answer: ' ' })],
  ['a question without its place', (s: Listed) => Object.assign(s.questions[0]!, { place: null })],
  ['a file in another folder', (s: Listed) => Object.assign(s, { file: '../city-map.webp' })],
])('a list with %s is refused', async (_, change) => {
  const folder = await listWith(change);
  await expect(loadSamples(folder)).rejects.toMatchObject({ code: 'file-unreadable' });
});

test('a folder without a list is said to lack it', async () => {
  await expect(loadSamples(await mkdtemp(path.join(temporary, 'none-')))).rejects.toMatchObject({
    code: 'file-missing',
  });
});
