import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import {
  convertedHash,
  entryFor,
  f32,
  publishModel,
  type PublishedModel,
} from '../install/support/installs.ts';
import { familyGolden, type FamilyCase } from '../support/family-golden.ts';
import { folderHash } from '../support/folder-hash.ts';
import { writeGoldenPair } from '../support/golden-pair.ts';
import { goldenCase } from '../support/golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli, type RunOptions } from './support.ts';

const folder = temporaryFolder();
let model: PublishedModel;
let undisturbed: string;
let data: string;
let count = 0;

const licence = {
  id: 'some-terms',
  name: 'Some Terms',
  url: 'https://example.test/terms',
  covers: 'everything',
  mustAccept: true,
};
const precisions = ['--vision', 'f32', '--llm', 'f32'];

beforeAll(async () => {
  model = await publishModel(join(folder, 'published'));
  undisturbed = await convertedHash(model, f32, join(folder, 'converted'));
});

beforeEach(() => {
  data = join(folder, `data-${count++}`);
  model.hub.fault = () => null;
  model.hub.release();
});

afterAll(() => model.hub.close());

function models(args: readonly string[], options: RunOptions = {}) {
  const env = {
    INF_LLAVA_DATA: data,
    HF_ENDPOINT: model.hub.endpoint,
    HTTP_PROXY: '',
    HTTPS_PROXY: '',
    http_proxy: '',
    https_proxy: '',
  };
  return runCli(['models', ...args], { ...options, env });
}

async function addTiny(): Promise<void> {
  const path = join(folder, `entry-${count}.json`);
  writeFileSync(path, JSON.stringify(entryFor({ licences: [licence] })));
  const run = await models(['add', path]);
  expect(run.code, run.stderr).toBe(0);
}

const get = (...rest: string[]) => ['get', 'tiny', ...precisions, '--accept-licence', ...rest];

test('list shows the models that INF-LLaVA published, with sizes and licences', async () => {
  const run = await models(['list']);
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/inf-llava +16\.7 GB to download/);
  expect(run.stdout).toContain('inf-star-llava');
  expect(run.stdout).toMatch(/smolvlm-500m +546 MB to download .*as it is: .*Apache/);
  const { catalogue } = JSON.parse((await models(['list', '--json'])).stdout) as {
    catalogue: { licencesToAccept: string[]; needs: object[] }[];
  };
  expect(catalogue.map(({ licencesToAccept }) => licencesToAccept)).toEqual([
    ['llama3'],
    ['llama3'],
    ...[[], [], [], []],
  ]);
  expect(catalogue[0]!.needs.length).toBeGreaterThan(5);
});

test('add, get, verify, remove: with progress on stderr and the result on stdout', async () => {
  await addTiny();
  const refused = await models(['get', 'tiny', ...precisions]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('https://example.test/terms');
  expect(refused.stderr).toContain('--accept-licence');

  const run = await models(get('--json'));
  expect(run.code, run.stderr).toBe(0);
  const job = JSON.parse(run.stdout) as {
    packageFolder: string;
    proof: { question: string; answer: string };
  };
  expect(job.packageFolder).toBe(join(data, 'packages', 'tiny-f32'));
  expect(job.proof.question).not.toBe('');
  expect(folderHash(job.packageFolder)).toBe(undisturbed);
  expect(run.stderr).toContain('download and convert');
  expect(existsSync(join(data, 'installs'))).toBe(true);
  expect(readdirSync(join(data, 'installs'))).toEqual([]);

  // Every request that was made is on the list that the app shows, without the signatures of the storage.
  const listed = readFileSync(join(data, 'network-requests.jsonl'), 'utf8');
  expect(listed).toContain('Download Tiny: model-00001-of-00004.safetensors');
  expect(listed).toContain(`${model.hub.storage}/storage/`);
  expect(listed).not.toContain('X-Amz');

  expect((await models(['list'])).stdout).toContain('tiny-f32');
  expect((await models(['verify', 'tiny-f32'])).code).toBe(0);
  const file = join(job.packageFolder, 'vision.onnx.data');
  const bytes = readFileSync(file);
  bytes[999]! ^= 1;
  writeFileSync(file, bytes);
  const damaged = await models(['verify', 'tiny-f32', '--json']);
  expect(damaged.code).toBe(1);
  expect(JSON.parse(damaged.stdout)).toMatchObject({ error: { code: 'package-invalid' } });

  // A file of somebody else in the folder stays.
  writeFileSync(join(job.packageFolder, 'thesis.txt'), 'irreplaceable');
  const removed = await models(['remove', 'tiny-f32']);
  expect(removed.code, removed.stderr).toBe(0);
  expect(removed.stdout).toContain('thesis.txt');
  expect(readdirSync(job.packageFolder)).toEqual(['thesis.txt']);
  expect((await models(['remove', 'tiny'])).stdout).toContain('no longer in the catalogue');
});

test('Ctrl-C keeps what there is, and the same command goes on from there', async () => {
  await addTiny();
  model.hub.hold(50_000);
  const interrupted = await models(get(), { interruptAt: ({ stderr }) => stderr.includes('download') });
  expect(interrupted.code).toBe(1);
  expect(interrupted.stderr).toContain('the same command goes on');
  expect((await models(['list'])).stdout).toMatch(/tiny +f32 +paused/);
  model.hub.release();
  const run = await models(get());
  expect(run.code, run.stderr).toBe(0);
  expect(folderHash(join(data, 'packages', 'tiny-f32'))).toBe(undisturbed);
});

test('an unfinished download can be removed', async () => {
  await addTiny();
  model.hub.fault = ({ kind }) => (kind === 'storage' ? { kind: 'status', status: 404 } : null);
  expect((await models(get())).code).toBe(1);
  expect((await models(['remove', 'tiny'])).stdout).toContain('unfinished download');
  expect(readdirSync(join(data, 'installs'))).toEqual([]);
});

test('with the network switched off in the app, nothing is asked of anybody', async () => {
  await addTiny();
  writeFileSync(join(data, 'settings.json'), JSON.stringify({ networkAllowed: false }));
  const before = model.hub.requests.length;
  const run = await models(get());
  expect(run.code).toBe(1);
  expect(run.stderr).toContain('switched off');
  expect(model.hub.requests.length).toBe(before);
});

test('a folder on this machine is added and converted; removing the entry leaves it', async () => {
  const { checkpoint, clip } = goldenCase('tower-inside');
  const before = folderHash(checkpoint);
  const added = await models(['add', checkpoint, '--clip', clip, '--name', 'Golden', '--json']);
  const { entry } = JSON.parse(added.stdout) as { entry: { id: string } };
  const run = await models(['get', entry.id, ...precisions]);
  expect(run.code, run.stderr).toBe(0);
  expect((await models(['remove', entry.id])).code).toBe(0);
  expect(folderHash(checkpoint)).toBe(before);
});

test('a pair of GGUF files is added and made a package, as `import` makes one', async () => {
  const pair = await writeGoldenPair(join(folder, 'pair'));
  const halves = ['--mmproj', pair.mmproj, '--language', pair.language];
  const added = await models(['add', ...halves, '--name', 'Pair']);
  expect(added.code, added.stderr).toBe(0);
  expect(added.stdout).toContain(`${pair.language} is used where it lies`);
  const id = /models get (\S+)/.exec(added.stdout)![1]!;
  expect((await models(['list'])).stdout).toMatch(new RegExp(`${id} +on this machine +as it is: `));
  const refused = await models(['get', id, '--llm', 'q4_k_m']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('uses its language file as it is');
  const run = await models(['get', id, '--vision', 'f32']);
  expect(run.code, run.stderr).toBe(0);
  const out = join(folder, 'imported', 'package');
  const imported = await runCli(['import', ...halves, '--name', 'Pair', '--vision', 'f32', '--out', out]);
  expect(imported.code, imported.stderr).toBe(0);
  expect(folderHash(join(data, 'packages', id))).toBe(folderHash(out));

  const exchanged = await models(['add', '--mmproj', pair.language, '--language', pair.mmproj]);
  expect(exchanged.code).toBe(1);
  expect(exchanged.stderr).toContain('language.gguf: general.architecture is "llama", not clip');
  expect(readdirSync(join(data, 'catalogue'))).toEqual([`${id}.json`]);
});

test('of a folder of GGUF files the only pair is added, and of several the one that is named', async () => {
  const mixed = join(folder, 'mixed');
  mkdirSync(mixed);
  const put = (name: FamilyCase) => {
    const from = join(familyGolden(name).folder, 'pair');
    cpSync(join(from, 'language.gguf'), join(mixed, `${name}-Q8_0.gguf`));
    cpSync(join(from, 'mmproj.gguf'), join(mixed, `mmproj-${name}-f16.gguf`));
  };
  const idOf = ({ stdout }: { stdout: string }) => /models get (\S+)/.exec(stdout)![1]!;
  put('internvl-a');
  const alone = await models(['add', mixed]);
  expect(alone.code, alone.stderr).toBe(0);
  expect(alone.stdout).toContain('internvl-a-Q8_0 is in the catalogue');
  put('smolvlm-a');
  const several = await models(['add', mixed]);
  expect(several.code).toBe(2);
  expect(several.stderr).toContain(
    'holds 2 pairs; name one: --language internvl-a-Q8_0.gguf --mmproj mmproj-internvl-a-f16.gguf, or ',
  );
  const none = await models(['add', mixed, '--language', 'other.gguf']);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('holds no such pair');
  const named = await models(['add', mixed, '--language', 'smolvlm-a-Q8_0.gguf']);
  expect(named.code, named.stderr).toBe(0);
  for (const added of [alone, named]) expect((await models(['remove', idOf(added)])).code).toBe(0);
  rmSync(join(mixed, 'mmproj-internvl-a-f16.gguf'));
  rmSync(join(mixed, 'smolvlm-a-Q8_0.gguf'));
  const apart = await models(['add', mixed]);
  expect(apart.code).toBe(1);
  expect(apart.stderr).toMatch(/internvl-a-Q8_0\.gguf: lacks the tokens .*mmproj-smolvlm-a-f16\.gguf: \d+/);
});

describe('called wrongly, it exits with 2 and says what is right', () => {
  test.each([
    [['add']],
    [['add', '--mmproj', 'alone.gguf']],
    [['add', '.', '--mmproj', 'a.gguf', '--language', 'b.gguf']],
    [['add', '--mmproj', 'a.gguf', '--language', 'b.gguf', '--clip', 'folder']],
    [['get']],
    [['get', 'no-such-model']],
    [['get', 'inf-llava', '--llm', 'q9']],
    [['get', 'inf-llava', '--endpoint', 'ftp://example.test']],
    [['get', 'inf-llava', '--limit', 'fast']],
    [['verify', '../elsewhere']],
    [['remove', 'nothing']],
    [['remove', 'inf-llava']],
    [['frobnicate']],
  ])('%j', async (args) => {
    const run = await models(args);
    expect(run.code, run.stderr).toBe(2);
    expect(run.stderr).not.toBe('');
    expect(run.stdout).toBe('');
  });
});
