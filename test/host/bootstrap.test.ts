import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const lock = '{ "lockfileVersion": 3, "packages": {} }';
let project: string;
let shared: string;
let temporary: string;

/** A project whose node_modules is a link to a folder of another one, with the Node that runs this test. */
beforeEach(() => {
  project = mkdtempSync(join(folder, 'project-'));
  shared = mkdtempSync(join(folder, 'shared-'));
  temporary = mkdtempSync(join(folder, 'tmp-'));
  mkdirSync(join(project, 'main'));
  cpSync(join(projectRoot, 'main', 'bootstrap.mjs'), join(project, 'main', 'bootstrap.mjs'));
  writeFileSync(join(project, 'main', 'entry.mjs'), 'console.log("started");');
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "version": "1.0.0" }');
  writeFileSync(join(project, 'package-lock.json'), lock);
  mkdirSync(join(shared, 'node'));
  writeFileSync(join(shared, 'node', 'package.json'), JSON.stringify({ version: process.versions.node }));
  symlinkSync(shared, join(project, 'node_modules'), 'junction');
});

function bootstrap(given: readonly string[] = [], variables: NodeJS.ProcessEnv = {}) {
  const args = [join(project, 'main', 'bootstrap.mjs'), 'main/entry.mjs', ...given];
  const env = { ...process.env, TMPDIR: temporary, ...variables };
  return spawnSync(process.execPath, args, { encoding: 'utf8', env });
}

test('dependencies are never installed through a link, which would empty the folder it leads to', () => {
  const { status, stdout, stderr } = bootstrap();
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`node_modules is a link to ${shared}`);
  expect(stderr).toContain('nothing was done');
  expect(stderr).not.toContain('npm ci failed');
  expect(existsSync(join(shared, 'node', 'package.json'))).toBe(true);
});

test('a link to a folder that holds exactly the locked dependencies is used', () => {
  writeFileSync(join(shared, '.installed'), createHash('sha256').update(lock).digest('hex'));
  expect(bootstrap()).toMatchObject({ status: 0, stdout: 'started\n' });
  expect(readdirSync(temporary)).toEqual([]);
});

describe('arguments', () => {
  const question = 'why '.repeat(8_000);
  const entry = (code: string) => writeFileSync(join(project, 'main', 'entry.mjs'), code);

  beforeEach(() => {
    writeFileSync(join(shared, '.installed'), createHash('sha256').update(lock).digest('hex'));
  });

  test.each([
    ['short', ['two words', '', '한국어']],
    ['long', [question, '', '한국어']],
    ['many', Array.from({ length: 1_200 }, (_, number) => `/photos/of a long summer/${number}.jpg`)],
  ])('%s ones arrive as they are, on a command line that stays short', (_, given) => {
    entry(`
      import { readFileSync } from 'node:fs';
      const length = process.platform === 'linux' ? readFileSync('/proc/self/cmdline').length : 0;
      const left = Object.keys(process.env).filter((name) => name.startsWith('INF_LLAVA_ARG'));
      console.log(JSON.stringify({ length, left, given: process.argv.slice(2) }));`);
    const { status, stdout } = bootstrap(given);
    expect(status).toBe(0);
    const told = JSON.parse(stdout) as { length: number; left: string[]; given: string[] };
    expect(told).toMatchObject({ left: [], given });
    expect(told.length).toBeLessThan(8_000);
  });

  test.runIf(process.platform !== 'win32')(
    'a program that a signal ended says so, and the status tells which',
    () => {
      entry(`process.kill(process.pid, 'SIGSEGV'); setInterval(() => undefined, 1000);`);
      const { status, stderr } = bootstrap([question]);
      expect({ status, stderr }).toEqual({ status: 139, stderr: 'The program was ended by SIGSEGV.\n' });
    },
  );

  test('the status of a program that ended by itself is passed on', () => {
    entry('process.exitCode = 7;');
    expect(bootstrap([question]).status).toBe(7);
  });
});

test.runIf(process.platform !== 'win32')(
  'only the script that fetches Node runs while dependencies are installed',
  () => {
    const tools = mkdtempSync(join(folder, 'tools-'));
    const asked = join(tools, 'asked');
    writeFileSync(join(tools, 'npm'), `#!/bin/sh\necho "$@" >> '${asked}'\n`, { mode: 0o755 });
    unlinkSync(join(project, 'node_modules'));
    cpSync(shared, join(project, 'node_modules'), { recursive: true });
    const { status, stdout } = bootstrap([], { PATH: `${tools}:${process.env['PATH']}` });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'started\n' });
    expect(readFileSync(asked, 'utf8')).toBe(
      'ci --ignore-scripts --no-audit --no-fund --loglevel=error\nrebuild node --loglevel=error\n',
    );
  },
);
