import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { lockFolder, releaseLock } from '../../native-models/files/folder-lock.ts';
import { AppError } from '../../preload/contract/errors.ts';
import { goldenCase } from './golden.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = join(root, 'build', 'test-packages');
const golden = goldenCase('tower-inside');

/** What decides the bytes of a converted package besides this file: the golden case and the code that converts it. */
const sources = [
  ...['files', 'formats', 'image', 'package', 'families', 'convert'].map(
    (folder) => `native-models/${folder}`,
  ),
  'test/golden/tower-inside/checkpoint',
];

const pollMilliseconds = 100;

let converted: Promise<string> | undefined;

/**
 * Folder of the golden case `tower-inside` as a package, all in float32, with one change: its language model writes letters
 * only and, asked at temperature 0, never ends an answer by itself, however a processor rounds its
 * numbers. Converted once and kept in `build/` until the case or the converter changes; test files that run at the
 * same time wait for the one that converts.
 */
export function goldenPackage(): Promise<string> {
  converted ??= convertOnce();
  return converted;
}

async function convertOnce(): Promise<string> {
  const out = join(packages, `tower-inside-${await hashOfSources()}`);
  const work = `${out}.work`;
  await mkdir(work, { recursive: true });
  while (!existsSync(out)) {
    try {
      await lockFolder(work);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'package-exists')) throw error;
      await wait(pollMilliseconds);
      continue;
    }
    try {
      if (!existsSync(out)) await convert(join(work, 'checkpoint'), out);
    } finally {
      await releaseLock(work);
    }
  }
  return out;
}

async function convert(checkpoint: string, out: string): Promise<void> {
  await cp(golden.checkpoint, checkpoint, { recursive: true });
  await silenceAllButLetters(checkpoint);
  await convertCheckpoint({
    ...{ checkpoint, out, clip: golden.clip },
    vision: 'f32',
    llm: 'f32',
    name: 'Golden case',
  });
}

/**
 * Makes every logit but those of tokens of letters exactly 0. Of a few hundred random ones, the largest is above that, so
 * that a sampler at temperature 0 takes no other.
 */
async function silenceAllButLetters(checkpoint: string): Promise<void> {
  const { model } = JSON.parse(await readFile(join(checkpoint, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
  };
  const letters = new Set(
    Object.entries(model.vocab).flatMap(([token, id]) => (/^Ġ?[A-Za-z]+$/.test(token) ? [id] : [])),
  );
  const path = join(checkpoint, 'model-00002-of-00002.safetensors');
  const file = await readFile(path);
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, headerEnd)) as Record<
    string,
    { shape: [number, number]; data_offsets: [number, number] }
  >;
  const {
    shape: [rows],
    data_offsets: [begin, end],
  } = header['lm_head.weight']!;
  const rowBytes = (end - begin) / rows;
  for (let id = 0; id < rows; id++) {
    const at = headerEnd + begin + id * rowBytes;
    if (!letters.has(id)) file.fill(0, at, at + rowBytes);
  }
  await writeFile(path, file);
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(fileURLToPath(import.meta.url)));
  for (const source of sources) {
    const folder = join(root, source);
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    for (const file of files.sort()) hash.update(file.slice(root.length)).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}
