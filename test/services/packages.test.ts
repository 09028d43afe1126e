import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Packages } from '../../main/services/packages.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

/** The golden case's package in folders of these names, and as one that came with the program. */
async function packagesIn(...names: string[]): Promise<Packages> {
  const source = await goldenPackage();
  const installedFolder = await mkdtemp(join(folder, 'packages-'));
  for (const name of names) await cp(source, join(installedFolder, name), { recursive: true });
  return new Packages({ bundled: [{ folder: source, kind: 'untrained' }], installedFolder });
}

test('a bundled package that was installed as well is listed once, as the installed one', async () => {
  const [only, ...others] = await (await packagesIn('mine')).list();
  expect(others).toEqual([]);
  expect(only).toMatchObject({ isInstalled: true });
});

test('two copies of one package are two packages, each with its own folder', async () => {
  const packages = await packagesIn('one', 'two');
  const listed = await packages.list();
  expect(listed.map(({ isInstalled }) => isInstalled)).toEqual([true, true]);
  expect(await Promise.all(listed.map(({ id }) => packages.installedFolder(id)))).toEqual(['one', 'two']);
  const used = await Promise.all(listed.map(({ id }) => packages.use(id)));
  // What one of them has computed holds for the other.
  expect(used[0]!.sha256).toBe(used[1]!.sha256);
});
