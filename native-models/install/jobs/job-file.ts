import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { readTextIfThere } from '../../files/regular-file.ts';
import * as v from 'valibot';

import { languagePrecisions } from '../../../preload/contract/models.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { knownFailure, type SentError } from '../../../preload/contract/errors.ts';
import { entryIdSchema, entrySchema } from '../catalogue/entry.ts';
import { commitSchema, repoSchema } from '../../package/hub-names.ts';
import { plainFileNameSchema } from '../../files/plain-names.ts';
import { packageNameSchema } from './package-name.ts';

/** Raised when an older program could not go on with what a newer one wrote. */
const jobVersion = 1;

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 44));

const pinSchema = v.object({
  repo: repoSchema,
  commit: commitSchema,
  files: v.array(
    v.object({
      name: plainFileNameSchema,
      bytes,
      hash: v.object({
        algorithm: v.picklist(['sha256', 'git-sha1']),
        value: v.pipe(v.string(), v.regex(/^[0-9a-f]+$/)),
      }),
    }),
  ),
});

/** `job.json` of an install: all of it that a new process must know. How far the files are, the files themselves say. */
export const storedJobSchema = v.object({
  schema: v.literal(jobVersion),
  id: entryIdSchema,
  entry: entrySchema,
  precision: v.object({
    vision: v.picklist(['f32', 'int8']),
    llm: v.nullable(v.picklist(languagePrecisions)),
  }),
  /** What people call the package. */
  name: v.pipe(v.string(), v.maxLength(200)),
  /** Its folder in `packages/`. */
  folder: packageNameSchema,
  state: v.picklist([
    'queued',
    'downloading',
    'paused',
    'converting',
    'proving',
    'done',
    'failed',
    'cancelled',
  ]),
  createdAt: v.number(),
  /** The repositories at the commits that were current when the install began. */
  pins: v.nullable(v.object({ checkpoint: pinSchema, clip: v.nullable(pinSchema) })),
  fraction: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  diskBytes: v.object({ peak: v.number(), installed: v.number() }),
  proof: v.nullable(
    v.object({
      cosine: v.object({ mean: v.number(), worst: v.number() }),
      question: v.string(),
      answer: v.string(),
    }),
  ),
  error: v.nullable(
    v.pipe(
      v.object({
        code: v.string(),
        message: v.string(),
        details: v.record(v.string(), v.union([v.string(), v.number()])),
      }),
      v.transform((error): SentError => ({ ...knownFailure(error), message: error.message })),
    ),
  ),
});

export type StoredJob = v.InferOutput<typeof storedJobSchema>;
export type Pin = v.InferOutput<typeof pinSchema>;

export const newJob = { schema: jobVersion, pins: null, fraction: 0, proof: null, error: null } as const;

const jobName = 'job.json';

export async function writeJob(folder: string, job: StoredJob): Promise<void> {
  makeFolder(folder);
  await replaceFile(join(folder, jobName), JSON.stringify(job));
}

/** The installs in a folder, oldest first. What holds no job that can be read is left alone and not listed. */
export async function readJobs(installsFolder: string): Promise<StoredJob[]> {
  const names = await readdir(installsFolder).catch(() => []);
  const jobs = await Promise.all(names.map((name) => readJob(join(installsFolder, name), name)));
  return jobs.filter((job) => job !== null).sort((a, b) => a.createdAt - b.createdAt);
}

export async function readJob(folder: string, id: string): Promise<StoredJob | null> {
  const text = await readTextIfThere(join(folder, jobName));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), storedJobSchema), text);
  return parsed.success && parsed.output.id === id ? parsed.output : null;
}
