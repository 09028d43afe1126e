import { afterAll, beforeAll, expect, test } from 'vitest';

import { temporaryFolder } from '../support/temporary-folder.ts';
import { fuzz, type FuzzReport } from './fuzz.ts';
import { Chance } from './mutate.ts';
import { NativeOpener } from './native-opener.ts';
import type { Target } from './target.ts';
import { makeTargets } from './targets.ts';

const opener = new NativeOpener();
let targets: Target[];
let report: FuzzReport;

/** A sample of `npm run fuzz`, of other files than its. */
const count = 500;
beforeAll(async () => {
  targets = await makeTargets(temporaryFolder());
  report = await fuzz({ targets, count, seed: 7_000_000, opener, keepIn: null });
});
afterAll(() => opener.dispose());

test('changed files are accepted, or refused with the right error, and native code survives those accepted', () => {
  expect(report.findings).toEqual([]);
  expect(report.mutants).toBe(count);
});

test('the sample shows both outcomes, and the native code something', () => {
  expect(report.refused).toBeGreaterThan(count / 2);
  expect(report.accepted).toBeGreaterThan(count / 20);
  expect(report.opened).toBeGreaterThan(count / 50);
});

test('the same seed gives the same files', () => {
  for (const target of targets) {
    expect(target.mutant(new Chance(5)).equals(target.mutant(new Chance(5))), target.name).toBe(true);
  }
});

test('the unchanged files are accepted, by native code as well', async () => {
  const unchanged = targets.map((target) => ({ ...target, weight: 1, mutant: () => target.valid }));
  const all = await fuzz({ targets: unchanged, count: unchanged.length, seed: 1, opener, keepIn: null });
  expect(all.findings).toEqual([]);
  expect(all.accepted).toBe(targets.length);
});

test('a process that dies, and one that hangs on to an error, are findings', async () => {
  const [target] = targets;
  const broken: Target = {
    ...target!,
    native: 'llama',
    mutant: () => Buffer.from('not a model'),
    check: () => Promise.resolve(),
  };
  const { findings } = await fuzz({ targets: [broken], count: 1, seed: 1, opener, keepIn: null });
  expect(findings).toHaveLength(1);
  const wrong: Target = { ...broken, check: () => Promise.reject(new TypeError('x is undefined')) };
  const thrown = await fuzz({ targets: [wrong], count: 1, seed: 1, opener, keepIn: null });
  expect(thrown.findings[0]!.fault).toContain('x is undefined');
});
