import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
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

function bootstrap() {
  const args = [join(project, 'main', 'bootstrap.mjs'), 'main/entry.mjs'];
  const env = { ...process.env, TMPDIR: temporary };
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
