/** A file of questions about photos: a TSV of VLMEvalKit, or JSON lines of one's own. */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import * as v from 'valibot';

import { AppError } from '../../preload/contract/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { metricNames, type ExpectedAnswer, type MetricName } from './metrics.ts';
import { pythonStrings } from './python-strings.ts';
import { openTsv, type TsvRow } from './tsv.ts';

export interface BenchItem extends ExpectedAnswer {
  /** As the file names it. */
  readonly index: string;
  /** A path, or the bytes of the photo. */
  readonly photo: string | Uint8Array;
  /** As it is asked, the benchmark's own words around it. */
  readonly prompt: string;
}

export interface Bench {
  readonly name: string;
  readonly metric: MetricName;
  /** Names, in the file's order, and no two alike. */
  readonly indices: readonly string[];
  /** Tells this file from another of its name. */
  readonly identity: { readonly bytes: number; readonly modifiedMs: number };
  read(at: number): Promise<BenchItem>;
  close(): Promise<void>;
}

/** Benchmarks by the beginning of their files' names, and how each is judged. */
const known: readonly (readonly [name: RegExp, metric: MetricName])[] = [
  [/^(mmbench|cc?bench|scienceqa|seed|mmstar|ai2d|mmmu|realworldqa)/i, 'choice'],
  [/^(mme\b|mme_|mme\.|pope|hallusionbench)/i, 'yes-no'],
  [/^textvqa/i, 'vqa'],
  [/^(docvqa|info(graphic)?vqa)/i, 'anls'],
  [/^chartqa/i, 'relaxed'],
  [/^ocrbench/i, 'contains'],
  [/^mm-?vet/i, 'collect'],
];

/** Most words of an answer, by what is asked for. */
export const maxTokensOf: Readonly<Record<MetricName, number>> = {
  ...{ choice: 32, 'yes-no': 32, vqa: 64, anls: 64, relaxed: 64, contains: 128, collect: 512 },
};

/** Throws `wrong-usage` for a file that is no benchmark, or one of which the metric is not known and not given. */
export async function openBench(
  path: string,
  given: MetricName | undefined,
  signal?: AbortSignal,
): Promise<Bench> {
  const name = basename(path);
  const { size: bytes, mtimeMs } = await stat(path).catch(() => {
    throw new AppError('file-missing', `${path}: no such file.`, { file: path });
  });
  const metric = given ?? known.find(([pattern]) => pattern.test(name))?.[1];
  if (metric === undefined) {
    const message = `${name}: say by --metric how its answers are judged (${metricNames.join(', ')}).`;
    throw new AppError('wrong-usage', message, { file: name });
  }
  const base = { name, metric, identity: { bytes, modifiedMs: Math.floor(mtimeMs) } };
  const opened = /\.jsonl?$/i.test(name)
    ? await openLines(path, metric, signal)
    : await openTable(path, metric, signal);
  const seen = new Set<string>();
  const twice = opened.indices.find((index) => seen.size === seen.add(index).size);
  if (twice !== undefined) {
    await opened.close();
    throw new AppError('wrong-usage', `${name}: has the index ${twice} twice.`, { file: name });
  }
  return { ...base, ...opened };
}

type Opened = Pick<Bench, 'indices' | 'read' | 'close'>;

async function openTable(path: string, metric: MetricName, signal?: AbortSignal): Promise<Opened> {
  const file = await openTsv(path, signal);
  const name = basename(path);
  const missing = ['index', 'question'].find((column) => !file.columns.includes(column));
  if (missing !== undefined || file.columns[0] !== 'index') {
    await file.close();
    const fault = missing === undefined ? 'its first column is not index' : `has no column ${missing}`;
    throw new AppError('wrong-usage', `${name}: ${fault}.`, { file: name });
  }
  const byIndex = new Map(file.rows.map((row) => [row.first, row]));
  return {
    indices: file.rows.map(({ first }) => first),
    close: () => file.close(),
    async read(at) {
      const row = file.rows[at]!;
      const fields = await file.read(row);
      const image = await imageOf(fields, byIndex, (other) => file.read(other));
      const folder = dirname(resolve(path));
      const photo = image ?? (fields.get('image_path') && resolve(folder, fields.get('image_path')!));
      if (!photo)
        throw new AppError('wrong-usage', `${name}: row ${row.first} has no photo.`, { file: name });
      return itemOf(fields, row.first, photo, metric);
    },
  };
}

/** Shorter than any picture in base64: then it names the row that has the picture. */
const shortestPicture = 64;

async function imageOf(
  fields: ReadonlyMap<string, string>,
  byIndex: ReadonlyMap<string, TsvRow>,
  read: (row: TsvRow) => Promise<ReadonlyMap<string, string>>,
): Promise<Uint8Array | null> {
  let image = fields.get('image') ?? '';
  const other = image.length <= shortestPicture ? byIndex.get(image) : undefined;
  if (other !== undefined) image = (await read(other)).get('image') ?? '';
  // A list of pictures: the first of them is asked about.
  if (image.startsWith('[')) image = pythonStrings(image)?.[0] ?? '';
  return image.length <= shortestPicture ? null : Buffer.from(image, 'base64');
}

function itemOf(
  fields: ReadonlyMap<string, string>,
  index: string,
  photo: string | Uint8Array,
  metric: MetricName,
): BenchItem {
  const text = (column: string) => fields.get(column)?.trim() ?? '';
  const letters = [...'ABCDEFGHIJ'].filter((letter) => isStated(fields.get(letter)));
  const options = Object.fromEntries(letters.map((letter) => [letter, text(letter)]));
  const answer = fields.get('answer') ?? '';
  return {
    ...{ index, photo, options },
    category: text('category') || text('split') || 'all',
    answers: pythonStrings(answer) ?? [answer],
    prompt: promptOf(metric, text('question'), options, isStated(fields.get('hint')) ? text('hint') : ''),
  };
}

/** What pandas writes for nothing is nothing. */
const isStated = (field: string | undefined): boolean =>
  field !== undefined && !['', 'nan', 'None'].includes(field.trim());

/** As LLaVA's scripts ask them (`llava/eval`, `docs/Evaluation.md`), by which the published figures were made. */
export function promptOf(
  metric: MetricName,
  question: string,
  options: Readonly<Record<string, string>>,
  hint: string,
): string {
  const asked = hint === '' ? question : `${hint}\n${question}`;
  if (metric === 'choice') {
    const lines = Object.entries(options).map(([letter, text]) => `${letter}. ${text}`);
    return [asked, ...lines, "Answer with the option's letter from the given choices directly."].join('\n');
  }
  if (metric === 'collect' || metric === 'contains') return asked;
  return `${asked}\nAnswer the question using a single word or phrase.`;
}

const lineSchema = v.object({
  index: v.optional(v.union([v.string(), v.pipe(v.number(), v.integer())])),
  photo: v.pipe(v.string(), v.minLength(1)),
  question: v.pipe(v.string(), v.minLength(1)),
  answers: v.optional(v.array(v.string()), []),
  options: v.optional(v.record(v.pipe(v.string(), v.regex(/^[A-Z]$/)), v.string()), {}),
  category: v.optional(v.string(), 'all'),
});

/** Photos are named, not held, by such a file. */
const maxLinesBytes = 2 ** 28;

async function openLines(path: string, metric: MetricName, signal?: AbortSignal): Promise<Opened> {
  const name = basename(path);
  const items: BenchItem[] = [];
  const text = (await readRegularFile(path, maxLinesBytes, { signal })).toString('utf8');
  for (const [at, line] of text.split('\n').entries()) {
    const number = at + 1;
    if (line.trim() === '') continue;
    const fault = (what: string) =>
      new AppError('wrong-usage', `${name}: line ${number} ${what}.`, { file: name });
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      throw fault('is no JSON');
    }
    const parsed = v.safeParse(lineSchema, json);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw fault(`(${v.getDotPath(issue) ?? 'the whole'}): ${issue.message}`);
    }
    const { photo, question, index = number, ...expected } = parsed.output;
    items.push({
      ...expected,
      index: String(index),
      photo: resolve(dirname(resolve(path)), photo),
      prompt: promptOf(metric, question, expected.options, ''),
    });
  }
  return {
    indices: items.map(({ index }) => index),
    read: async (at) => items[at]!,
    close: async () => undefined,
  };
}
