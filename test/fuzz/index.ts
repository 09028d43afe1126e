/** `npm run fuzz [count] [seed] [target...]`: shows 60,000 changed files, or as many as asked for, to every checker, and the accepted ones to native code. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { fuzz } from './fuzz.ts';
import { NativeOpener } from './native-opener.ts';
import { makeTargets } from './targets.ts';

const [count = 60_000, seed = 1] = process.argv.slice(2, 4).map(Number);
/** All of them where none is named. */
const names = process.argv.slice(4);
const keepIn = fileURLToPath(new URL('../../build/fuzz', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'inf-llava-fuzz-'));
/** A line of the result. */
const say = (line: string) => process.stdout.write(`${line}\n`);
const opener = new NativeOpener();
try {
  const all = await makeTargets(folder);
  const targets = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  const started = performance.now();
  const { findings, ...counts } = await fuzz({
    ...{ targets, count, seed, opener, keepIn },
    onProgress: (done) => {
      if (done % 2000 === 0) process.stderr.write(`${done} of ${count}\n`);
    },
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  say(
    `${counts.mutants} changed files in ${seconds} s: ${counts.refused} refused, ${counts.accepted} accepted, ` +
      `${counts.opened} of them opened by native code.`,
  );
  for (const { target, seed: at, fault } of findings) say(`${target} ${at}: ${fault}`);
  if (findings.length > 0) say(`${findings.length} findings; their files are in ${keepIn}`);
  process.exitCode = findings.length === 0 ? 0 : 1;
} finally {
  opener.dispose();
  rmSync(folder, { recursive: true, force: true });
}
