import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appScript, build, isStale, projectRoot } from '../../main/build.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'built-app-'));
  for (const part of ['renderer', 'app'] as const) if (isStale(part)) await build(part);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('the built app opens its window, shows a photo through its own processes, and ends with them', async () => {
  const photo = join(projectRoot, 'test', 'golden', 'tower-inside', 'photo.png');
  const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'run-built-app.ts'), appScript, photo],
    {
      env: { ...process.env, INF_LLAVA_DATA: join(folder, 'data'), STAND_IN_HOME: folder },
      timeout: 50_000,
    },
  );
  expect(JSON.parse(stdout)).toEqual({
    host: 'electron',
    version,
    preloadExists: true,
    pageStatus: 200,
    photo: { name: 'photo.png', width: 1200, height: 800, state: 'ready' },
    thumbnail: [200, true],
    recent: [photo],
    exits: [0],
  });
});
