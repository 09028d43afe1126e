import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { convertCheckpoint } from '../../native-models/convert/convert.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = join(root, 'build', 'test-packages');

/** What decides the bytes of a converted package: the golden case and the code that converts it. */
const sources = [
  ...['files', 'formats', 'image', 'package', 'families', 'convert'].map(
    (folder) => `native-models/${folder}`,
  ),
  'test/golden/tower-inside/checkpoint',
];

/** A lock that its owner has not renewed for so long was left behind by a process that was killed. */
const staleMilliseconds = 10_000;
const pollMilliseconds = 100;

let converted: Promise<string> | undefined;

/**
 * Folder of the golden case `tower-inside` as a package, all in float32. Converted once and kept in `build/` until the
 * case or the converter changes; test files that run at the same time wait for the one that converts.
 */
export function goldenPackage(): Promise<string> {
  converted ??= convertOnce();
  return converted;
}

async function convertOnce(): Promise<string> {
  const out = join(packages, `tower-inside-${await hashOfSources()}`);
  await mkdir(packages, { recursive: true });
  const lock = `${out}.lock`;
  while (!existsSync(out)) {
    if (!(await takeLock(lock))) {
      await wait(pollMilliseconds);
      continue;
    }
    const renewal = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), 1000);
    try {
      if (!existsSync(out)) await convert(out);
    } finally {
      clearInterval(renewal);
      await rm(lock, { force: true });
    }
  }
  return out;
}

async function convert(out: string): Promise<void> {
  const golden = join(root, 'test', 'golden', 'tower-inside');
  await convertCheckpoint({
    checkpoint: join(golden, 'checkpoint'),
    clip: join(golden, 'clip'),
    out,
    vision: 'f32',
    llm: 'f32',
    name: 'Golden case',
  });
}

async function takeLock(lock: string): Promise<boolean> {
  const held = await stat(lock).catch(() => null);
  if (held && Date.now() - held.mtimeMs > staleMilliseconds) await rm(lock, { force: true });
  return writeFile(lock, String(process.pid), { flag: 'wx' }).then(
    () => true,
    () => false,
  );
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
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
