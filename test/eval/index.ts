/**
 * `npm run eval [-- --package DIR] [--scenes N] [--threads N] [--card FILE] [--wrong] [--unknown DIR] [--json]`: how often the demo model
 * is right about the held-out scenes, through the app's own engine, by kind of question, in the words of its training and in
 * other ones, and how often it says so of pictures that it does not know. `--card` writes the figures into that card, which
 * the app shows; `--wrong` prints every wrong answer; `--unknown DIR` asks about the pictures of that folder instead. `--answers FILE` counts what
 * `native-models/training/evaluate.py` has written instead; `--data FILE` asks what is in that file of `draw.py` alone.
 * `npm run eval -- --lens [--calibrate] [--scenes N] [--card FILE]`: how often its attention maps, and covering a thing, are right;
 * `--calibrate` first finds the heads that tell and writes them beside the package.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { parseCard } from '../../native-models/demo/card.ts';
import { reportError } from '../../main/cli/terminal.ts';
import { AppError } from '../../preload/contract/errors.ts';
import { declined, evaluate, type EvaluateOptions, tallyOf, type Tally } from './evaluate.ts';
import { heldOut, readScenes, unknownPictures } from './held-out.ts';
import { evaluateLens, lensTable } from './lens.ts';

/** Of every turn, by scene and conversation. */
const answersSchema = v.array(v.array(v.array(v.string())));

/** What `--unknown` asks about every picture. */
const questions = ['What do you see?', 'What colour is the star?', 'what does it say'];

const root = join(import.meta.dirname, '..', '..');

const { values } = parseArgs({
  options: {
    package: { type: 'string', default: join(root, 'native-models', 'demo', 'package') },
    scenes: { type: 'string' },
    threads: { type: 'string' },
    card: { type: 'string' },
    wrong: { type: 'boolean', default: false },
    lens: { type: 'boolean', default: false },
    calibrate: { type: 'boolean', default: false },
    answers: { type: 'string' },
    data: { type: 'string' },
    unknown: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

try {
  await run();
} catch (error) {
  process.exitCode = reportError(error, values.json);
}

async function run(): Promise<void> {
  const { scenes, sha256 } = await (values.data === undefined ? heldOut() : readScenes(values.data));
  if (values.answers !== undefined) {
    const answers = v.parse(answersSchema, JSON.parse(await readFile(values.answers, 'utf8')));
    const tally = tallyOf(scenes, answers);
    console.log(values.json ? JSON.stringify(tally, null, 2) : table(tally));
    return;
  }
  const count = wholeNumber('--scenes', values.scenes) ?? scenes.length;
  const asked = scenes.slice(0, count);
  if (values.card !== undefined && (asked.length < scenes.length || values.data !== undefined)) {
    throw new AppError(
      'wrong-usage',
      'A card takes the figures of all held-out scenes: leave out --scenes and --data.',
    );
  }
  const threads = wholeNumber('--threads', values.threads);
  if (values.lens) {
    const figures = await evaluateLens(values.package, asked, {
      ...{ threads, calibrate: values.calibrate },
      onScene: (done) => {
        if (done % 25 === 0) console.error(`${done} of ${asked.length} scenes`);
      },
    });
    if (values.card !== undefined) await writeCard(values.card, { lens: { ...figures, heldOut: sha256 } });
    console.log(values.json ? JSON.stringify(figures, null, 2) : lensTable(figures));
    return;
  }
  const options: EvaluateOptions = {
    threads,
    onScene: (done, total, { all }) => {
      if (done % 10 === 0 || done === total) console.error(`${done} of ${total} scenes: ${percent(all!)}`);
    },
    onWrong: (wrong) => {
      if (values.wrong) console.error(JSON.stringify(wrong));
    },
  };
  if (values.unknown !== undefined) {
    const folder = values.unknown;
    const pictures = (await readdir(folder)).map((file) => ({ path: join(folder, file), questions }));
    console.log(table({ all: await declined(values.package, pictures, options) }));
    return;
  }
  const { tally, package: opened } = await evaluate(values.package, asked, options);
  if (values.data !== undefined) {
    console.log(values.json ? JSON.stringify(tally, null, 2) : table(tally));
    return;
  }
  const other = await heldOut('other');
  const others = await evaluate(values.package, other.scenes.slice(0, count), options);
  for (const [kind, found] of Object.entries(others.tally)) tally[`other words: ${kind}`] = found;
  const parts = await heldOut('parts');
  const ofParts = await evaluate(values.package, parts.scenes.slice(0, count), options);
  tally['parts'] = ofParts.tally['all']!;
  tally['parts: known'] = ofParts.tally['known']!;
  tally['unknown pictures'] = await declined(values.package, await unknownPictures(), options);
  const { vision, language } = opened.manifest;
  const measured = {
    package: opened.contentSha256,
    scenes: asked.length,
    heldOut: sha256,
    otherWords: other.sha256,
    parts: parts.sha256,
    precision: `vision ${vision.precision}, language ${language.precision}`,
    accuracy: tally,
  };
  if (values.card !== undefined) await writeCard(values.card, { measured });
  console.log(values.json ? JSON.stringify(measured, null, 2) : table(tally));
}

async function writeCard(path: string, figures: object): Promise<void> {
  const card = parseCard({ ...JSON.parse(await readFile(path, 'utf8')), ...figures });
  await writeFile(path, `${JSON.stringify(card, null, 2)}\n`);
}

function table(tally: Tally): string {
  const { all, ...kinds } = tally;
  const rows = [...Object.entries(kinds).sort(([a], [b]) => a.localeCompare(b)), ['all', all!] as const];
  return rows
    .map(
      ([kind, count]) => `${kind.padEnd(26)} ${percent(count).padStart(7)}  ${count.right} of ${count.asked}`,
    )
    .join('\n');
}

function percent({ right, asked }: Tally[string]): string {
  return `${((100 * right) / asked).toFixed(1)} %`;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new AppError('wrong-usage', `${name} takes a whole number, not "${text}".`);
  return Number(text);
}
