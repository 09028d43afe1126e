import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Packages } from '../../main/services/models/available-packages.ts';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { writeGoldenPair } from '../support/golden-pair.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

/** The golden case's package in folders of these names, and as one that came with the program. */
async function packagesIn(...names: string[]): Promise<{ packages: Packages; installedFolder: string }> {
  const source = await goldenPackage();
  const installedFolder = await mkdtemp(join(folder, 'packages-'));
  for (const name of names) await cp(source, join(installedFolder, name), { recursive: true });
  const bundled = [{ folder: source, kind: 'own' as const }];
  return { packages: new Packages({ bundled, installedFolder }), installedFolder };
}

test('a bundled package that was installed as well is listed once, as the installed one', async () => {
  const [only, ...others] = await (await packagesIn('mine')).packages.list();
  expect(others).toEqual([]);
  expect(only).toMatchObject({ isInstalled: true });
});

test('two copies of one package are two packages, each with its own folder', async () => {
  const { packages } = await packagesIn('one', 'two');
  const listed = await packages.list();
  expect(listed.map(({ isInstalled }) => isInstalled)).toEqual([true, true]);
  expect(await Promise.all(listed.map(({ id }) => packages.installedFolder(id)))).toEqual(['one', 'two']);
  const used = await Promise.all(listed.map(({ id }) => packages.use(id)));
  // What one of them has computed holds for the other.
  expect(used[0]!.sha256).toBe(used[1]!.sha256);
});

test('what a package is follows from where its weights came from', async () => {
  const { packages, installedFolder } = await packagesIn('downloaded');
  const manifestPath = join(installedFolder, 'downloaded', 'manifest.json');
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as { source: object };
  const repository = { repo: 'someone/tiny-llava', commit: '1'.repeat(40) };
  const source = { ...manifest.source, repository };
  await writeFile(manifestPath, JSON.stringify({ ...manifest, name: 'Downloaded', source }));
  await cp(await goldenPackage(), join(installedFolder, 'from-folder'), { recursive: true });
  const pair = await writeGoldenPair(join(installedFolder, '.pair'));
  await importPair({ ...pair, out: join(installedFolder, 'pair'), vision: 'f32' });
  const kinds = (await packages.list()).map(({ name, kind }) => [name, kind]);
  expect(kinds).toEqual([
    ['Downloaded', 'released'],
    ['Golden case', 'own'],
    ['language', 'own'],
  ]);
});
