/** Which model answers: the one that is named, the one chosen in the app, or the one that comes with the program. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { goldenCase } from '../support/golden.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli } from './support.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const data = join(folder, 'data');
const empty = join(folder, 'empty');
const photo = join(goldenCase('tower-inside').folder, 'photo.png');

const run = (args: readonly string[], dataFolder = data) =>
  runCli(args, { env: { INF_LLAVA_DATA: dataFolder } });
const ask = async (...args: string[]) => {
  const { code, stderr, stdout } = await run(['ask', photo, 'What?', '--max-tokens', '1', '--json', ...args]);
  expect(code, stderr).toBe(0);
  return { stderr, ...(JSON.parse(stdout) as { package: { name: string; sha256: string } }) };
};

beforeAll(async () => {
  mkdirSync(empty);
  cpSync(await goldenPackage(), join(data, 'packages', 'mine'), { recursive: true });
});

test('the first command of the README answers, with the model that comes with the program', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, picture, question] = /^npm run -s cli -- ask (\S+) "([^"]+)"/m.exec(readme)!;
  const { code, stdout, stderr } = await run(['ask', join(root, picture!), question!], empty);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('knows drawn scenes and no photographs');
  expect(stdout).toContain('NORTH');
});

test('a model of one’s own is used before the bundled one, which can be named or chosen', async () => {
  const own = await ask();
  expect(own.stderr).toContain(`${own.package.name} answers.`);
  const named = await ask('--model', 'demo');
  expect(named.package.sha256).not.toBe(own.package.sha256);
  expect((await ask('--model', 'mine')).package).toEqual(own.package);

  const listed = await run(['models', 'list']);
  expect(listed.stdout).toMatch(/Comes with the program:\n +demo /);
  expect(listed.stdout).toMatch(/ mine .*used without --model/);

  const chosen = join(folder, 'chosen');
  cpSync(data, chosen, { recursive: true });
  writeFileSync(
    join(chosen, 'settings.json'),
    JSON.stringify({ packageId: named.package.sha256.slice(0, 32) }),
  );
  const { used, bundled } = JSON.parse((await run(['models', 'list', '--json'], chosen)).stdout) as {
    used: string;
    bundled: { folder: string; error: unknown }[];
  };
  expect(used).toBe('demo');
  expect(bundled).toMatchObject([{ folder: 'demo', error: null }]);
  cpSync(join(chosen, 'packages', 'mine'), join(chosen, 'packages', 'demo'), { recursive: true });
  expect((await run(['models', 'list'], chosen)).stdout.match(/^.*used without --model/gm)).toHaveLength(1);
  rmSync(join(chosen, 'packages', 'demo'), { recursive: true });
  const traced = await run(
    ['trace', photo, 'What?', '--out', join(folder, 'trace'), '--max-tokens', '1'],
    chosen,
  );
  expect(traced.code, traced.stderr).toBe(0);
  expect(traced.stderr).toContain('comes with the program');
});

test('the model that comes with the program is as it was made, and is not removed', async () => {
  const verified = await run(['models', 'verify', 'demo']);
  expect(verified.code, verified.stderr).toBe(0);
  const removed = await run(['models', 'remove', 'demo']);
  expect(removed).toMatchObject({ code: 2, stderr: 'inf-llava: demo: comes with the program and stays.\n' });
});

test('a file that cannot be written is told before the photo is looked at', async () => {
  const nothing = join(folder, 'nothing.jpg');
  for (const args of [
    ['trace', nothing, 'What?', '--out', folder],
    ['ask', nothing, 'What?', '--lens', folder],
  ]) {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^inf-llava: .*: is a folder; name a file to write\.\n$/);
  }
  for (const args of [
    ['trace', nothing, 'What?', '--out', ''],
    ['crops', nothing, '--out', ''],
    ['crops', '', '--out', join(folder, 'crops')],
  ])
    expect((await run(args)).code).toBe(2);
});

test('what lies in the folder and is no package hides none of that name', async () => {
  const here = join(folder, 'here');
  mkdirSync(join(here, 'mine'), { recursive: true });
  writeFileSync(join(here, 'demo'), '');
  const inspect = (name: string) => runCli(['inspect', name], { env: { INF_LLAVA_DATA: data }, cwd: here });
  for (const name of ['mine', 'demo']) {
    const { code, stderr } = await inspect(name);
    expect(code, stderr).toBe(0);
  }
  expect((await inspect('.')).stderr).toMatch(/manifest\.json/);
});

test('the photo is looked at before a model is loaded', async () => {
  const letter = join(folder, 'letter.jpg');
  writeFileSync(letter, 'Dear reader,\n');
  const nowhere = ['--model', join(folder, 'nowhere')];
  for (const args of [
    ['ask', letter, 'What?'],
    ['trace', letter, 'What?', '--out', join(folder, 'none')],
  ]) {
    expect((await run([...args, ...nowhere])).stderr).toMatch(/^inf-llava: letter\.jpg: /);
  }
  const outside = await run(['ask', photo, 'What?', '--region', '9000,0,10,10', ...nowhere]);
  expect(outside.stderr).toMatch(/^inf-llava: Region 9000,0,10,10 is not inside/);
});
