import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { Catalogue } from '../../native-models/install/catalogue/catalogue.ts';
import type { CatalogueEntry } from '../../native-models/install/catalogue/entry.ts';
import type { InstallJob } from '../../native-models/install/jobs/job.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { expectFault } from '../support/faults.ts';
import { folderHash } from '../support/folder-hash.ts';
import { writeGoldenPair, type PairFiles } from '../support/golden-pair.ts';
import { TestHub } from '../support/hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { jobIn, noQuestion, openInstalls } from './support/installs.ts';

const folder = temporaryFolder();
const asItIs = { vision: 'f32', llm: null } as const;
let hub: TestHub;
let pair: PairFiles;
let data: string;
let entry: CatalogueEntry;
let count = 0;

beforeAll(async () => {
  hub = await TestHub.start();
  pair = await writeGoldenPair(join(folder, 'files'));
});
beforeEach(async () => {
  data = join(folder, `data-${count++}`);
  entry = (await new Catalogue(data).addPair(pair, 'LLaVA')).entry;
});
afterAll(() => hub.close());

test('a pair is installed with progress and a first answer; the language file is used where it lies', async () => {
  const before = readFileSync(pair.language);
  const seen: InstallJob[] = [];
  const installs = await openInstalls(hub, data, { onChange: ([job]) => job && seen.push(job) });
  const { id } = await installs.start(entry, asItIs, null);
  const job = await jobIn(installs, id, 'done');
  expect(job).toMatchObject({ name: 'LLaVA', packageFolder: join(data, 'packages', entry.id), error: null });
  expect(job.proof).toMatchObject(await noQuestion());
  const fractions = seen.map(({ progress }) => progress.fraction);
  expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
  expect(fractions.some((fraction) => fraction > 0 && fraction < 1)).toBe(true);
  expect(seen.map(({ state }) => state)).not.toContain('downloading');

  const { manifest, path } = await openPackage(job.packageFolder!, { verify: true });
  expect(manifest.views).toMatchObject({ family: 'single' });
  expect(path('language.gguf')).toBe(pair.language);
  expect(readdirSync(job.packageFolder!)).not.toContain('language.gguf');
  expect(readFileSync(pair.language).equals(before)).toBe(true);
  expect(readdirSync(join(data, 'installs', id))).toEqual(['job.json']);
  expect(hub.requests).toEqual([]);
});

test('paused before it is proved and resumed by another process, it gives the package of an import', async () => {
  const proving = Promise.withResolvers<undefined>();
  const first = await openInstalls(hub, data, {
    prove: (_, signal) => {
      proving.resolve(undefined);
      return new Promise((__, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    },
  });
  const { id } = await first.start(entry, asItIs, null);
  await proving.promise;
  await first.pause(id);
  const graph = join(data, 'installs', id, 'package', 'vision.onnx.data');
  const { ino } = statSync(graph);
  await first.dispose();
  const second = await openInstalls(hub, data);
  await second.resume(id);
  const { packageFolder } = await jobIn(second, id, 'done');
  // What was made is not made again.
  expect(statSync(join(packageFolder!, 'vision.onnx.data')).ino).toBe(ino);
  const out = join(folder, 'imported', 'LLaVA');
  await importPair({ ...pair, out, vision: 'f32', name: 'LLaVA' });
  expect(folderHash(packageFolder!)).toBe(folderHash(out));
});

test('cancelled, it leaves nothing but the files of the person', async () => {
  const installs = await openInstalls(hub, data, { prove: () => new Promise(() => undefined) });
  const { id } = await installs.start(entry, asItIs, null);
  await jobIn(installs, id, 'proving', 'converting');
  const before = folderHash(join(folder, 'files'));
  await installs.cancel(id);
  expect(readdirSync(join(data, 'installs'))).toEqual([]);
  expect(readdirSync(join(data, 'packages'))).toEqual([]);
  expect(folderHash(join(folder, 'files'))).toBe(before);
});

test('its language model has no precision to choose, and any other model has', async () => {
  const installs = await openInstalls(hub, data);
  const precise = { vision: 'f32', llm: 'q8_0' } as const;
  await expectFault(installs.start(entry, precise, null), 'wrong-usage', 'as it is');
  const checkpoint = { ...entry, source: { kind: 'folder', checkpoint: folder, clip: null } } as const;
  await expectFault(installs.start(checkpoint, asItIs, null), 'wrong-usage', 'precision');
  expect(installs.list()).toEqual([]);
});

test('a file that was replaced meanwhile fails with what is wrong, and makes no package', async () => {
  const other = await writeGoldenPair(join(folder, 'replaced'));
  const replaced = (await new Catalogue(data).addPair(other, 'Replaced')).entry;
  writeFileSync(other.mmproj, 'Something else by now.');
  const installs = await openInstalls(hub, data);
  const { id } = await installs.start(replaced, asItIs, null);
  const { error } = await jobIn(installs, id, 'failed');
  expect(error).toMatchObject({ code: 'checkpoint-invalid', details: { reason: 'not-gguf' } });
  expect(readdirSync(join(data, 'installs', id))).toEqual(['job.json']);
  expect(readdirSync(join(data, 'packages'))).toEqual([]);
});

test.each(['done', 'failed', 'paused', 'cancelled'] as const)(
  'it is told to be %s once the disk says so and nothing is left to do',
  async (end) => {
    const proving = Promise.withResolvers<undefined>();
    const prove = (_: string, signal: AbortSignal) => {
      proving.resolve(undefined);
      if (end === 'done') return noQuestion();
      if (end === 'failed') return Promise.reject(new Error('No answer.'));
      return new Promise<never>((__, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    };
    /** The states of the jobs and what their folders hold at the moments at which something is told. */
    const told: { states: string[]; held: string[] }[] = [];
    const journal = (id: string) =>
      JSON.parse(readFileSync(join(data, 'installs', id, 'job.json'), 'utf8')) as InstallJob;
    const onChange = (jobs: readonly InstallJob[]) => {
      const ids = readdirSync(join(data, 'installs'));
      const held = ids.flatMap((id) => [
        journal(id).state,
        ...readdirSync(join(data, 'installs', id)).sort(),
      ]);
      told.push({ states: jobs.map(({ state }) => state), held });
    };
    const installs = await openInstalls(hub, data, { onChange, prove });
    const { id } = await installs.start(entry, asItIs, null);
    await proving.promise;
    if (end === 'paused') await installs.pause(id);
    else if (end === 'cancelled') await installs.cancel(id);
    else await jobIn(installs, id, end);

    const states = end === 'cancelled' ? [] : [end];
    const first = told.find((one) => one.states.join() === states.join())!;
    const package_ = end === 'failed' || end === 'paused' ? ['package'] : [];
    expect(first.held).toEqual(end === 'cancelled' ? [] : [end, 'job.json', ...package_]);
    expect(told.flatMap((one) => one.states)).not.toContain('cancelled');
  },
);
