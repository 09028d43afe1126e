/** Pairs of GGUF files that are published at a hub: golden pairs under the names of real ones. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { builtInEntries } from '../../native-models/install/catalogue/built-in.ts';
import { photoCost } from '../../native-models/install/catalogue/photo-cost.ts';
import { measureDownload } from '../../native-models/install/jobs/measure.ts';
import { clipForm } from '../../native-models/families/tower.ts';
import type { Seeing } from '../../native-models/families/index.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { expectFault } from '../support/faults.ts';
import { folderHash } from '../support/folder-hash.ts';
import { TestHub } from '../support/hub.ts';
import { publishPair } from '../support/published-pair.ts';
import { splitGguf } from '../support/split-gguf.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { connectionTo, jobIn, noQuestion, openInstalls } from './support/installs.ts';

const folder = temporaryFolder();
const asItIs = { vision: 'f32', llm: null } as const;
const entry = builtInEntries.find(({ id }) => id === 'smolvlm-500m')!;
const pair = 'test/golden/smolvlm-a/pair';
let hub: TestHub;
let data: string;
let count = 0;

beforeAll(async () => void (hub = await TestHub.start()));
beforeEach(async () => {
  data = join(folder, `data-${count++}`);
  mkdirSync(data);
  hub.fault = () => null;
  await publishPair(hub, join(folder, `published-${count}`), entry, 'smolvlm-a');
});
afterAll(() => hub.close());

test('it becomes the package that an import of the files makes, with a language model of its own', async () => {
  const installs = await openInstalls(hub, data);
  const { id } = await installs.start(entry, asItIs, null);
  const job = await jobIn(installs, id, 'done');
  expect(job).toMatchObject({ name: 'SmolVLM 500M', packageFolder: join(data, 'packages', 'smolvlm-500m') });
  expect(job.proof).toMatchObject(await noQuestion());
  const names = ['mmproj-SmolVLM-500M-Instruct-Q8_0.gguf', 'SmolVLM-500M-Instruct-Q8_0.gguf'];
  expect(job.files.map(({ name, state }) => [name, state])).toEqual(names.map((one) => [one, 'converted']));

  const { manifest, path } = await openPackage(job.packageFolder!, { verify: true });
  expect(manifest.views).toMatchObject({ family: 'idefics3' });
  expect(manifest.source.repository).toMatchObject({ repo: 'ggml-org/SmolVLM-500M-Instruct-GGUF' });
  expect(path('language.gguf')).toBe(join(job.packageFolder!, 'language.gguf'));
  expect(readFileSync(path('language.gguf')).equals(readFileSync(join(pair, 'language.gguf')))).toBe(true);
  // Nothing lies twice: the download went with its folder.
  expect(statSync(path('language.gguf')).nlink).toBe(1);
  expect(readdirSync(join(data, 'installs', id))).toEqual(['job.json']);

  const linked = join(folder, `linked-${count}`);
  await importPair({
    ...{ mmproj: join(pair, 'mmproj.gguf'), language: join(pair, 'language.gguf') },
    ...{ out: linked, vision: 'f32', name: entry.name },
  });
  const { contentSha256 } = await openPackage(linked);
  expect((await openPackage(job.packageFolder!)).contentSha256).toBe(contentSha256);
});

test('the vision half comes first; the other is asked for once that is known to be of a family', async () => {
  const wrong = join(folder, `wrong-${count}`);
  mkdirSync(wrong);
  const names = ['mmproj-SmolVLM-500M-Instruct-Q8_0.gguf', 'SmolVLM-500M-Instruct-Q8_0.gguf'] as const;
  for (const name of names) copyFileSync(join(pair, 'language.gguf'), join(wrong, name));
  await hub.publish('ggml-org/SmolVLM-500M-Instruct-GGUF', wrong);
  const before = hub.requests.length;
  const installs = await openInstalls(hub, data);
  const { id } = await installs.start(entry, asItIs, null);
  const { error } = await jobIn(installs, id, 'failed');
  expect(error).toMatchObject({ code: 'checkpoint-invalid', details: { file: names[0] } });
  expect(hub.requests.slice(before).map(({ file }) => file)).not.toContain(names[1]);
});

test('interrupted while it downloads and while it is proved, it goes on with what is there', async () => {
  hub.hold(360_000);
  const first = await openInstalls(hub, data, {
    patience: { stallMs: 60_000 },
    prove: (__, signal) =>
      new Promise((___, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  });
  const { id } = await first.start(entry, asItIs, null);
  await expect
    .poll(() => first.list()[0]!.progress.bytesReceived, { timeout: 60_000 })
    .toBeGreaterThan(340_000);
  await first.pause(id);
  hub.release();
  await first.resume(id);
  await jobIn(first, id, 'proving');
  const made = join(data, 'installs', id, 'package');
  const { ino } = statSync(join(made, 'vision.onnx.data'));
  await first.dispose();
  const requests = hub.requests.length;
  const second = await openInstalls(hub, data, { goOn: true });
  const { packageFolder } = await jobIn(second, id, 'done');
  expect(statSync(join(packageFolder!, 'vision.onnx.data')).ino).toBe(ino);
  expect(hub.requests.slice(requests).filter(({ kind }) => kind === 'storage')).toEqual([]);
  const whole = await openInstalls(hub, join(data, 'other'));
  const other = await whole.start(entry, asItIs, null);
  const job = await jobIn(whole, other.id, 'done');
  expect(folderHash(packageFolder!)).toBe(folderHash(job.packageFolder!));
});

test('a damaged file is fetched anew or told, and makes no package', async () => {
  hub.fault = ({ kind, file }) =>
    kind === 'storage' && file.startsWith('SmolVLM') ? { kind: 'corrupt', at: 300_000 } : null;
  const installs = await openInstalls(hub, data);
  const { id } = await installs.start(entry, asItIs, null);
  expect((await jobIn(installs, id, 'failed')).error).toMatchObject({ code: 'download-damaged' });
  expect(readdirSync(join(data, 'packages'))).toEqual([]);
});

test('the hub is asked which files are meant and how large they are, before anything is fetched', async () => {
  const before = hub.requests.length;
  const measured = await measureDownload(connectionTo(hub), entry, new AbortController().signal);
  const sizes = ['mmproj.gguf', 'language.gguf'].map((name) => statSync(join(pair, name)).size);
  expect(measured).toEqual({
    downloadBytes: sizes[0]! + sizes[1]!,
    largestFileBytes: Math.max(...sizes),
    files: ['mmproj-SmolVLM-500M-Instruct-Q8_0.gguf', 'SmolVLM-500M-Instruct-Q8_0.gguf'],
  });
  expect(hub.requests.slice(before).map(({ kind }) => kind)).toEqual(['list']);
});

test('a hub that is in trouble is asked once: somebody waits', async () => {
  const before = hub.requests.length;
  hub.fault = () => ({ kind: 'status', status: 503, headers: {} });
  const measured = measureDownload(connectionTo(hub), entry, new AbortController().signal);
  await expectFault(measured, 'network-failed');
  expect(hub.requests.length - before).toBe(1);
});

test.each([
  [
    'other forms are there too',
    ['mmproj-A-f16.gguf', 'mmproj-A-Q8_0.gguf', 'A-Q4_K_M.gguf', 'A-q8_0.gguf'],
    'A-q8_0.gguf',
  ],
  ['only the second choice is there', ['mmproj-A-f16.gguf', 'A-f16.gguf', 'A-Q4_0.gguf'], 'A-f16.gguf'],
  [
    'two fit alike',
    ['mmproj-A-f16.gguf', 'A-Q8_0.gguf', 'B-Q8_0.gguf'],
    ['several files', 'A-Q8_0.gguf, B-Q8_0.gguf'],
  ],
  ['there is none', ['mmproj-A-f16.gguf', 'A-Q2_K.gguf'], ['has no *Q8_0.gguf or *f16.gguf']],
  ['there is no vision half', ['A-Q8_0.gguf'], ['has no mmproj-*Q8_0.gguf']],
] as const)('which files are meant where %s', async (_, names, expected) => {
  const listed = join(folder, `listed-${count}`);
  mkdirSync(listed);
  for (const name of names) writeFileSync(join(listed, name), name);
  await hub.publish('ggml-org/SmolVLM-500M-Instruct-GGUF', listed);
  const measured = measureDownload(connectionTo(hub), entry, new AbortController().signal);
  if (typeof expected === 'string') expect((await measured).files[1]).toBe(expected);
  else await expectFault(measured, 'checkpoint-invalid', ...expected);
});

/** The dimensions in FAMILIES' tables: of SmolVLM-500M, and of InternVL3-1B with its projector's 256 rows a view. */
const towers = {
  'smolvlm-500m': {
    ...{ hiddenSize: 768, layersRun: 12, imageSize: 512, patchSize: 16, classToken: false },
    views: { family: 'idefics3', tile: 512, longestEdge: 2048, shuffle: 4 },
    multiplied: 361_944_960,
  },
  'internvl3-1b': {
    ...{ hiddenSize: 1024, layersRun: 24, imageSize: 448, patchSize: 14, classToken: true },
    views: { family: 'internvl', tile: 448, leastTiles: 1, mostTiles: 12, shuffle: 2 },
    multiplied: 493_798_016 - 135_899_904,
  },
} as const;

test.each(['smolvlm-500m', 'internvl3-1b'] as const)(
  'what a photo costs with %s is what the catalogue says',
  (id) => {
    const { views, multiplied, classToken, ...sizes } = towers[id];
    const size = builtInEntries.find((one) => one.id === id)!.size!;
    const vision = { ...sizes, form: { ...clipForm, classToken } };
    const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
    const seeing = { views, normalisation, vision: { patch: sizes.patchSize } } as Seeing;
    const cost = photoCost({ vision, seeing }, size.visionParameters, multiplied);
    expect(cost.vision / 1e12).toBeCloseTo(size.photo!.vision / 1e12, 1);
    expect(cost.prompt / 1e12).toBeCloseTo(size.photo!.prompt / 1e12, 1);
  },
);

test('a language model in parts is taken whole; one with a part missing is refused before any is fetched', async () => {
  const cut = join(folder, `cut-${count}`);
  mkdirSync(cut);
  copyFileSync(join(pair, 'mmproj.gguf'), join(cut, 'mmproj-SmolVLM-500M-Instruct-Q8_0.gguf'));
  const parts = await splitGguf(join(pair, 'language.gguf'), cut, 'SmolVLM-500M-Instruct-Q8_0', 3);
  await hub.publish('ggml-org/SmolVLM-500M-Instruct-GGUF', cut);
  const measured = await measureDownload(connectionTo(hub), entry, new AbortController().signal);
  expect(measured.files).toHaveLength(4);
  const installs = await openInstalls(hub, data);
  const { id } = await installs.start(entry, asItIs, null);
  const job = await jobIn(installs, id, 'done');
  expect(job.files.map(({ name }) => name).slice(1)).toEqual(parts.map((part) => basename(part)));
  const { manifest, path } = await openPackage(job.packageFolder!, { verify: true });
  expect(manifest.files['language.gguf']!.outside).toBeUndefined();
  const names = async (file: string) => (await readGguf(file)).tensors.map(({ name }) => name);
  expect(await names(path('language.gguf'))).toEqual(await names(join(pair, 'language.gguf')));
  expect(readdirSync(join(data, 'installs', id))).toEqual(['job.json']);

  rmSync(parts[1]!);
  await hub.publish('ggml-org/SmolVLM-500M-Instruct-GGUF', cut);
  const missing = measureDownload(connectionTo(hub), entry, new AbortController().signal);
  await expectFault(missing, 'checkpoint-invalid', 'lacks part 2 of 3');
});
