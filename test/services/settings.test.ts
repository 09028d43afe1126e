import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings, SettingsFile } from '../../main/services/settings.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import type { Settings } from '../../preload/contract/api.ts';

let folder: string;
const published: Settings[] = [];
const open = () => SettingsFile.open(folder, (settings) => published.push(settings));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inf-llava-settings-'));
  published.length = 0;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was changed holds in the next run, the rest keeps its default', async () => {
  const settings = await open();
  expect(settings.current).toEqual(defaultSettings);
  await settings.change({ theme: 'dark', threads: 3 });
  const again = await open();
  expect(again.current).toEqual({ ...defaultSettings, theme: 'dark', threads: 3 });
  expect(published).toEqual([again.current]);
  await again.reset();
  expect((await open()).current).toEqual(defaultSettings);
});

test('changes made at the same time leave one whole file that holds the last of them', async () => {
  const settings = await open();
  await Promise.all(Array.from({ length: 20 }, (_, index) => settings.change({ threads: index + 1 })));
  expect(await readdir(folder)).toEqual(['settings.json']);
  expect((await open()).current.threads).toBe(20);
});

test.each([
  ['is no JSON', '{"theme": "dar'],
  ['holds a value of another kind', '{"threads": "many"}'],
])('a file that %s is set aside unchanged, and said', async (_, content) => {
  await writeFile(join(folder, 'settings.json'), content);
  // Who only looks leaves that to the app, which says it.
  const withoutNetwork = { ...defaultSettings, networkAllowed: false };
  expect(await readSettings(folder)).toEqual(withoutNetwork);
  expect(await readdir(folder)).toEqual(['settings.json']);
  const settings = await open();
  expect(settings.current).toEqual(withoutNetwork);
  expect(settings.notice).toMatchObject({ code: 'settings-set-aside' });
  expect(await readFile(join(folder, settings.notice!.file), 'utf8')).toBe(content);
  // Nobody knows whether it was off: it stays so until the person says otherwise.
  expect((await open()).current).toEqual(withoutNetwork);
});

test('settings that cannot be read do not open the network', async () => {
  await mkdir(join(folder, 'settings.json'));
  expect((await readSettings(folder)).networkAllowed).toBe(false);
  expect((await open()).current.networkAllowed).toBe(false);
});

test('a field of a later version does not cost the settings that are known', async () => {
  await writeFile(join(folder, 'settings.json'), '{"theme": "light", "hologram": true}');
  const settings = await open();
  expect(settings.notice).toBeNull();
  expect(settings.current).toEqual({ ...defaultSettings, theme: 'light' });
  expect(await readSettings(folder)).toEqual(settings.current);
});

test('settings that cannot be written hold for this run and say so', async () => {
  await writeFile(join(folder, 'file'), '');
  const settings = await SettingsFile.open(join(folder, 'file'), () => undefined);
  await expect(settings.change({ theme: 'dark' })).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTDIR|EEXIST/),
  });
  expect(settings.current.theme).toBe('dark');
});
