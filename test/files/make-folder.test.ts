import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { makeFolder } from '../../native-models/files/make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'make-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder is made with those above it, and may be there', () => {
  const path = join(folder, 'a', 'b', 'c');
  for (let time = 0; time < 2; time++) makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

test('a file in the way is told', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(join(file, 'below'))).toThrow(/ENOTDIR/);
});

// In a process of its own: what this is about never came to an end.
test.runIf(process.platform === 'linux')('where nothing can be made, that is told', () => {
  const source = fileURLToPath(new URL('../../native-models/files/make-folder.ts', import.meta.url));
  const code = `import { makeFolder } from ${JSON.stringify(source)}; makeFolder('/proc/none/below');`;
  const args = ['--input-type=module', '--eval', code];
  const { status, stderr } = spawnSync(process.execPath, args, { timeout: 60_000, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('ENOENT');
});
