import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { beforePack, packagesWithoutHash } from '../../main/electron/before-pack.ts';

type Lock = Parameters<typeof packagesWithoutHash>[0];
const lock = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as Lock;

/** Of node-llama-cpp for platforms whose packages of this version could not be had from the registry. */
const known = ['linux-riscv64', 'mac-arm64-metal', 'mac-x64', 'win-arm64', 'win-x64', 'win-x64-cuda'].concat(
  'win-x64-cuda-ext',
  'win-x64-vulkan',
);

test('every package of the lock file has a hash, but for those that are known to have none', () => {
  const without = Object.entries(lock.packages).filter(([path, { integrity }]) => path !== '' && !integrity);
  expect(without.map(([path]) => path).sort()).toEqual(
    known.map((name) => `node_modules/@node-llama-cpp/${name}`).sort(),
  );
});

test.each(['x64', 'arm64'])('everything for Linux on %s has one', (processor) => {
  expect(packagesWithoutHash(lock, 'linux', processor)).toEqual([]);
});

test('packing for a platform of which one is missing refuses, and says which and what to do', async () => {
  const whole = { version: '1.0.0', integrity: 'sha512-x' };
  const packages = {
    '': {},
    'node_modules/a': whole,
    'node_modules/tool': { version: '1.0.0', dev: true },
    'node_modules/a/node_modules/@b/mac': { version: '2.0.0', os: ['darwin'], cpu: ['arm64'] },
  };
  expect(packagesWithoutHash({ packages }, 'darwin', 'arm64')).toEqual(['@b/mac@2.0.0']);
  expect(packagesWithoutHash({ packages }, 'darwin', 'x64')).toEqual([]);
  expect(packagesWithoutHash({ packages }, 'win32', 'arm64')).toEqual([]);

  const [linux, missing] = [
    { electronPlatformName: 'linux', arch: 1 },
    packagesWithoutHash(lock, 'win32', 'x64'),
  ];
  await expect(beforePack(linux)).resolves.toBeUndefined();
  if (missing.length === 0) return;
  await expect(beforePack({ electronPlatformName: 'win32', arch: 1 })).rejects.toThrow(
    `package-lock.json has no hash of ${missing.join(', ')}`,
  );
});

test('electron-builder asks before it packs', () => {
  const config = readFileSync(join(projectRoot, 'electron-builder.yml'), 'utf8');
  expect(config).toMatch(/^beforePack: \.\/main\/electron\/before-pack\.ts$/m);
});

test('actions of the CI are pinned to commits', () => {
  const workflow = readFileSync(join(projectRoot, '.github', 'workflows', 'ci.yml'), 'utf8');
  const uses = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action!);
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
});
