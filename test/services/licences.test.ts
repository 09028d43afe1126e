import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { listLicences } from '../../main/services/licences.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every dependency of the program is listed with a licence, and what only builds it is not', async () => {
  const notices = await listLicences(root);
  const names = notices.map(({ name }) => name);
  const { dependencies } = JSON.parse(await readFile(`${root}/package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), 'electron', 'svelte']));
  expect(names).not.toContain('vitest');
  expect(names).not.toContain('electron-builder');
  expect(notices.filter(({ licence }) => licence === 'unknown')).toEqual([]);
});
