/**
 * The answers of one package to one benchmark, a line of JSON each, written as they come: after any end of a run the next one
 * resumes behind the last whole line.
 */
import { mkdir, open, truncate, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as v from 'valibot';

import { AppError } from '../../preload/contract/errors.ts';
import { readTextIfThere } from '../files/regular-file.ts';

/** What a run is about; answers of another are not continued. */
export interface RunIdentity {
  readonly bench: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly metric: string;
  /** contentSha256 of the package. */
  readonly package: string;
  readonly maxTokens: number;
  /** `--preprocess`, where it was given. */
  readonly preprocess: string;
}

export interface Result {
  readonly index: string;
  readonly answer: string;
  readonly score: number;
  readonly category: string;
  /** Of yes / no questions: whether yes is right. */
  readonly isYes?: boolean | undefined;
  /** Why there is no answer: the photo could not be read. */
  readonly fault?: string | undefined;
}

const resultSchema = v.object({
  index: v.string(),
  answer: v.string(),
  score: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  category: v.string(),
  isYes: v.optional(v.boolean()),
  fault: v.optional(v.string()),
});

export interface ResultsFile {
  /** By index: those of earlier runs, and those added. */
  readonly results: ReadonlyMap<string, Result>;
  add(result: Result): Promise<void>;
  close(): Promise<void>;
}

/** A million answers of a page. */
const mostBytes = 2 ** 29;

/** Throws `wrong-usage` when the file at `path` holds another run. */
export async function openResults(path: string, identity: RunIdentity): Promise<ResultsFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const head = JSON.stringify(identity);
  const text = await readTextIfThere(path, mostBytes);
  // A line that was cut off when the run before ended.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first, ...lines] = whole.split('\n').slice(0, -1);
  if (first !== undefined && first !== head) {
    const name = basename(path);
    throw new AppError('wrong-usage', `${name}: holds the answers of another run; move it away.`, {
      file: name,
    });
  }
  const results = new Map<string, Result>();
  for (const line of lines) {
    const result = parse(line);
    if (result !== null) results.set(result.index, result);
  }
  if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
  const file: FileHandle = await open(path, 'a', 0o600);
  if (first === undefined) await file.write(`${head}\n`);
  return {
    results,
    async add(result) {
      await file.write(`${JSON.stringify(result)}\n`);
      results.set(result.index, result);
    },
    close: () => file.close(),
  };
}

function parse(line: string): Result | null {
  try {
    return v.parse(resultSchema, JSON.parse(line));
  } catch {
    return null;
  }
}
