/** Every command on a computer on which the program has never run: a home folder that holds nothing. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { goldenCase } from '../support/golden.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { writeGoldenPair, type PairFiles } from '../support/golden-pair.ts';
import { TestHub } from '../support/hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli } from './support.ts';

const folder = temporaryFolder();
const golden = goldenCase('tower-inside');
const photo = join(golden.folder, 'photo.png');
let hub: TestHub;
let model: string;
let pair: PairFiles;
let count = 0;

beforeAll(async () => {
  hub = await TestHub.start();
  model = await goldenPackage();
  pair = await writeGoldenPair(join(folder, 'pair'));
});
afterAll(() => hub.close());

/** Runs a command in an empty home; also tells what is in it afterwards. */
async function run(...args: string[]) {
  const home = join(folder, `home-${count++}`);
  mkdirSync(home);
  const env = {
    HOME: home,
    USERPROFILE: home,
    APPDATA: join(home, 'AppData'),
    XDG_DATA_HOME: '',
    INF_LLAVA_DATA: '',
  };
  return { ...(await runCli(args, { env: { ...env, HF_ENDPOINT: hub.endpoint } })), home };
}

const out = () => join(folder, `out-${count}`);

test.each<[string, () => string[]]>([
  ['ask', () => ['ask', photo, 'What is this?', '--model', model, '--max-tokens', '1']],
  ['trace', () => ['trace', photo, 'What?', '--model', model, '--max-tokens', '1', '--out', out()]],
  ['crops', () => ['crops', photo, '--out', out()]],
  ['inspect', () => ['inspect', model]],
  [
    'convert',
    () => [
      'convert',
      golden.checkpoint,
      '--clip',
      golden.clip,
      '--llm',
      'f32',
      '--vision',
      'f32',
      '--out',
      out(),
    ],
  ],
  [
    'import',
    () => ['import', '--mmproj', pair.mmproj, '--language', pair.language, '--vision', 'f32', '--out', out()],
  ],
])('%s works and leaves nothing there', async (_, args) => {
  const { code, stderr, home } = await run(...args());
  expect(code, stderr).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});

test.each<[string, () => string[]]>([
  ['models list', () => ['models', 'list']],
  ['models add', () => ['models', 'add', '--mmproj', pair.mmproj, '--language', pair.language]],
])('%s works', async (_, args) => {
  const { code, stderr } = await run(...args());
  expect(code, stderr).toBe(0);
});

test('models get keeps the licence, and goes to the hub', async () => {
  const { code, stderr } = await run('models', 'get', 'inf-llava', '--accept-licence');
  expect(code, stderr).toBe(1);
  expect(stderr).not.toContain('no such file or folder');
  expect(hub.requests.map(({ kind }) => kind)).toContain('list');
});

test.each([
  ['verify', 'there is no'],
  ['remove', 'nothing of that name'],
])('models %s says that there is no such model', async (command, says) => {
  const { code, stderr } = await run('models', command, 'nothing');
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(says);
});
