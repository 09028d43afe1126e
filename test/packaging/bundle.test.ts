import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build, keepFor, projectRoot } from '../../main/build.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  const parts = join(folder, 'app', 'parts');
  await mkdir(parts, { recursive: true });
  for (const name of ['running', 'forgotten']) await writeFile(join(parts, `${name}.js`), '');
  const longAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(parts, 'forgotten.js'), longAgo, longAgo);
  await mkdir(join(folder, `.app-${(await endedProcess()).pid}-abcdef`));
  // Two at once, as of two who start the program: each leaves a whole one, whichever comes last.
  await Promise.all([build('app', folder), build('app', folder)]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function endedProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child;
}

const read = (...path: string[]) => readFile(join(folder, 'app', ...path), 'utf8');

test('what a running program may still load stays; the build is as old as its beginning, and leaves nothing else', async () => {
  const names = await readdir(join(folder, 'app', 'parts'));
  expect(names).toContain('running.js');
  expect(names).not.toContain('forgotten.js');
  const timeOf = async (path: string) => (await stat(join(folder, path))).mtimeMs;
  expect(await timeOf('app.built')).toBeLessThan(await timeOf('app/main/electron/index.js'));
  expect((await readdir(folder)).sort()).toEqual(['app', 'app.built', 'licences.json']);
});

test('the preload script is one file that a sandbox can run: it requires electron and nothing else', async () => {
  const script = await read('preload', 'index.cjs');
  expect([...script.matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name)).toEqual(['"electron"']);
  expect(script).not.toMatch(/\bimport\s*[({"']/);
  expect(script).not.toMatch(/\bprocess\.|\bBuffer\b|__dirname/);
});

test('the app imports only what is packed with it: Node, Electron and its dependencies', async () => {
  const { dependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const names = await readdir(join(folder, 'app'), { recursive: true });
  const scripts = await Promise.all(names.filter((name) => name.endsWith('.js')).map((name) => read(name)));
  const imported = new Set(
    scripts.flatMap((script) =>
      [...script.matchAll(/^import .*?["']([^."'][^"']*)["'];$/gm)].map(([, name]) => name!),
    ),
  );
  const packed = new Set([...builtinModules, 'electron', ...Object.keys(dependencies)]);
  const packageOf = (name: string) =>
    name
      .replace(/^node:/, '')
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/');
  expect([...imported].filter((name) => !packed.has(packageOf(name)))).toEqual([]);
  expect(imported).toContain('electron');
});

test('the scripts of the child processes are where the app looks for them, after a newer build too', async () => {
  const engine = ['native-models', 'engine'];
  /** What every build has left of the part that starts them, with the scripts that it names. */
  const started = async () => {
    const names = await readdir(join(folder, 'app', ...engine));
    const found = new Map<string, string[]>();
    for (const name of names.filter((each) => /^port-[\w-]{8}\.js$/.test(each))) {
      const port = await read(...engine, name);
      expect(port).toContain('import.meta.url');
      const [, mark] = /\b([\da-f]{8})\b/.exec(port)!;
      const scripts = ['images', 'inference'].map((kind) => read(...engine, `${kind}-worker-${mark}.js`));
      found.set(name, [port, ...(await Promise.all(scripts))]);
    }
    return found;
  };
  const before = await started();
  for (const [name, [, ...scripts]] of before)
    for (const script of scripts) {
      expect(script).toMatch(/serve(Images|Inference)\(parentPort\(\)\)/);
      expect(script).toContain(`"./${name}"`);
    }
  // Two days pass while a program runs from there.
  const names = await readdir(join(folder, 'app'), { recursive: true, withFileTypes: true });
  const longAgo = new Date(Date.now() - 2 * 86_400_000);
  for (const { parentPath, name } of names) await utimes(join(parentPath, name), longAgo, longAgo);
  const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    keepFor(running.pid!, folder);
    await build('app', folder);
  } finally {
    running.kill();
    await once(running, 'exit');
  }
  const after = await started();
  expect(after.size).toBe(before.size + 1);
  for (const [name, files] of before) expect(after.get(name)).toEqual(files);
  // With its end they may go.
  await build('app', folder);
  const left = await started();
  expect([...before.keys()].filter((name) => left.has(name))).toEqual([]);
  expect((await readdir(folder)).sort()).toEqual(['app', 'app.built', 'licences.json']);
});

test('what asks where it is stands where it is in the sources', async () => {
  const names = await readdir(join(folder, 'app'), { recursive: true });
  const asking: string[] = [];
  for (const name of names.filter((each) => each.endsWith('.js')))
    if ((await read(name)).includes('import.meta')) asking.push(name.replace(/(-[\w-]{8})?\.js$/, '.ts'));
  expect(asking.length).toBeGreaterThan(3);
  for (const name of asking)
    expect(await readFile(join(projectRoot, name), 'utf8'), name).toContain('import.meta');
});

test.each([
  ['sharp', 'vips-switches'],
  ['onnxruntime-node', 'onnx-switches'],
])('where %s is loaded, %s is run first', async (library, switches) => {
  const names = await readdir(join(folder, 'app'), { recursive: true });
  const loading = new Map<string, string>();
  for (const name of names.filter((each) => each.endsWith('.js'))) {
    const script = await read(name);
    if (script.includes(`from "${library}"`)) loading.set(name, script);
  }
  // One part of every build that is there.
  expect(new Set([...loading.keys()].map((name) => name.replace(/-[\w-]{8}\.js$/, ''))).size).toBe(1);
  for (const script of loading.values())
    expect(script.split(`from "${library}"`)[0]).toMatch(
      new RegExp(`^import ".*/${switches}-[\\w-]{8}.js";$`, 'm'),
    );
});

test('the notices of every library come with it, those of the window included', async () => {
  const notices = JSON.parse(await readFile(join(folder, 'licences.json'), 'utf8')) as {
    name: string;
    licence: string;
  }[];
  const names = notices.map(({ name }) => name);
  for (const name of ['sharp', 'onnxruntime-node', 'node-llama-cpp', 'svelte', 'electron'])
    expect(names).toContain(name);
  expect(notices.filter(({ licence }) => licence === '')).toEqual([]);
});
