/**
 * `npm run build`: the window into build/renderer, and the program behind it (the desktop app with its preload script, the
 * web host, the child processes) into build/app. Native runtimes stay in node_modules; what they are is in package.json's
 * "dependencies". `npm run build -- renderer` and `npm run build -- app` build one of them; `npm run build -- pack` builds
 * both anew into build/pack, which nothing runs from and electron-builder packs.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { BuildEnvironmentOptions, UserConfig } from 'vite';

export const projectRoot = dirname(import.meta.dirname);
/** This file, as a program. */
export const buildScript = import.meta.filename;
const buildFolder = join(projectRoot, 'build');
/** What is packed is one build: beside it lies nothing that was kept for a program that runs. */
const packFolder = join(buildFolder, 'pack');

export type BuildPart = 'renderer' | 'app';

/** What each part is made from, and a file that is written when it is complete. */
const parts: Readonly<Record<BuildPart, { readonly sources: readonly string[]; readonly stamp: string }>> = {
  renderer: { sources: ['renderer', 'preload', 'package-lock.json'], stamp: 'renderer.built' },
  app: {
    sources: ['main', 'preload', 'native-models', 'package-lock.json'],
    stamp: 'app.built',
  },
};

/** Scripts that a process is started with, and what both hosts stand on: the packing check asks it a question by itself. */
const entries = [
  'main/electron/index.ts',
  'main/web/index.ts',
  'main/services/services.ts',
  'native-models/engine/images-worker.ts',
  'native-models/engine/inference-worker.ts',
  'native-models/engine/models-worker.ts',
];

/**
 * Modules that keep a file of their own, where they are in the sources: they have to be run before a library is loaded, or
 * look for files beside themselves. What one of them imports goes with it, unless it stands before it here.
 */
const keptApart = [
  'native-models/image/vips-switches.ts',
  'native-models/vision/onnx-switches.ts',
  'native-models/engine/port.ts',
  'native-models/samples/samples.ts',
  'native-models/convert/sample-pictures.ts',
];

/** The desktop app's own script, in build/app. */
export const appScript = join(buildFolder, 'app', 'main', 'electron', 'index.js');

/** The web host's. */
export const webScript = join(buildFolder, 'app', 'main', 'web', 'index.js');

const samplesFolder = join('native-models', 'samples');

/** How long the bundler's plugins took on a busy machine is of no use to a person who starts the app. */
const quiet = { bundlerTimings: false };

/** Node of the Electron release in package.json. */
const target = 'node24';

/** What a program may load that did not say that it runs (`keepFor`) is left for so long: a day. */
const keptMilliseconds = 86_400_000;

/**
 * Builds one part into a folder of that name in `folder`. A program that runs from there goes on, and of two builds at once
 * the later one counts. Throws what the bundler throws.
 */
export async function build(part: BuildPart, folder = buildFolder): Promise<void> {
  // What is saved from now on may not be in it.
  const began = new Date();
  await mkdir(folder, { recursive: true });
  await sweep(folder);
  const made = await mkdtemp(join(folder, `.${part}-${process.pid}-`));
  try {
    await (part === 'renderer' ? buildRenderer(made) : buildApp(made));
    await putInPlace(made, folder, part);
    const stamp = join(folder, parts[part].stamp);
    await writeFile(stamp, '');
    await utimes(stamp, began, began);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Builds both parts for packing. */
export async function buildPack(): Promise<void> {
  await rm(packFolder, { recursive: true, force: true });
  for (const part of ['renderer', 'app'] as const) await build(part, packFolder);
}

/**
 * Keeps every file that a program in `folder` may load until the process `pid` has ended: a later build removes nothing.
 * Where another process has got that number since, files stay for longer, never for less.
 */
export function keepFor(pid: number, folder = buildFolder): void {
  try {
    const mark = mkdtempSync(join(folder, `.running-${pid}-`));
    process.once('exit', () => rmSync(mark, { recursive: true, force: true }));
  } catch {
    // Where nothing can be written, no build removes anything.
  }
}

/** Removes what builds and programs have left whose processes were ended. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const left = /^\.(?:app|renderer|running)-(?:(\d+)-)?\w{6}$/.exec(name);
    if (left && !isRunning(Number(left[1])))
      // One that cannot be removed is litter and no reason to build nothing.
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moves what was built over what was there before, whose other files go when nobody can need them any more. */
async function putInPlace(made: string, folder: string, part: BuildPart): Promise<void> {
  const files = (await filesOf(made)).map((path) => relative(made, path));
  // What others import comes first: its names are new, and whoever names it is there after it.
  const isNamedByContent = (path: string) => /-[\w-]{8}\.\w+$/.test(path);
  files.sort((a, b) => Number(isNamedByContent(b)) - Number(isNamedByContent(a)));
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await rename(join(made, file), join(folder, file));
  }
  // Those of programs that have ended are swept.
  if ((await readdir(folder)).some((name) => name.startsWith('.running-'))) return;
  for (const path of await filesOf(join(folder, part))) {
    const isOld = async () => Date.now() - (await stat(path)).mtimeMs > keptMilliseconds;
    if (!files.includes(relative(folder, path)) && (await isOld().catch(() => false)))
      await rm(path, { force: true });
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Whether a source of `part` is newer than what was last built from it, or nothing was. */
export function isStale(part: BuildPart): boolean {
  const { sources, stamp } = parts[part];
  const built = statSync(join(buildFolder, stamp), { throwIfNoEntry: false });
  return !built || sources.some((source) => newestChange(join(projectRoot, source)) > built.mtimeMs);
}

async function buildRenderer(folder: string): Promise<void> {
  const vite = await import('vite');
  await vite.build({
    configFile: join(projectRoot, 'renderer', 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(folder, 'renderer'), emptyOutDir: true, rolldownOptions: { checks: quiet } },
  });
}

async function buildApp(folder: string): Promise<void> {
  const outDir = join(folder, 'app');
  const buildMark = randomBytes(4).toString('hex');
  await bundle(
    outDir,
    {
      input: Object.fromEntries(entries.map((path) => [withoutEnding(path), path])),
      output: {
        entryFileNames: ({ name }) => (name.endsWith('-worker') ? `[name]-${buildMark}.js` : '[name].js'),
        chunkFileNames: ({ name }) =>
          keptApart.some((path) => withoutEnding(path) === name)
            ? '[name]-[hash].js'
            : 'parts/[name]-[hash].js',
        // A few large files: Node takes a millisecond to find and link each.
        codeSplitting: {
          groups: keptApart.map((path) => ({
            name: withoutEnding(path),
            test: (id: string) => id.endsWith(`/${path}`),
          })),
        },
      },
    },
    { define: { buildMark: JSON.stringify(buildMark) } },
  );
  await bundle(
    outDir,
    {
      input: { 'preload/index': 'preload/index.ts' },
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
    // A sandboxed preload script can require nothing but electron: everything else is in the file itself.
    { ssr: { noExternal: true } },
  );
  const { collectLicences, licencesFile } = await import('./services/licences.ts');
  await writeFile(join(folder, licencesFile), JSON.stringify(await collectLicences(projectRoot), null, 2));
  await copySamples(join(outDir, samplesFolder));
}

const withoutEnding = (path: string) => path.replace(/\.ts$/, '');

type Bundling = Required<Pick<NonNullable<BuildEnvironmentOptions['rolldownOptions']>, 'input' | 'output'>>;

/** Turns TypeScript into JavaScript for Node; packages are imported from node_modules unless `ssr` says otherwise. */
async function bundle(
  outDir: string,
  bundling: Bundling,
  { ssr = {}, define = {} }: Pick<UserConfig, 'ssr' | 'define'>,
): Promise<void> {
  const vite = await import('vite');
  await vite.build({
    root: projectRoot,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr,
    define,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target,
      minify: false,
      rolldownOptions: { ...bundling, external: ['electron'], checks: quiet },
    },
  });
}

/** The sample pictures and their questions, which the gallery shows and a conversion proves its precision on. */
async function copySamples(target: string): Promise<void> {
  const source = join(projectRoot, samplesFolder);
  await mkdir(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const isPart = entry.isFile() && !entry.name.endsWith('.ts');
    if (isPart) await cp(join(source, entry.name), join(target, entry.name));
  }
}

/** When a file or anything in a folder last changed, removals included, in milliseconds since 1970. */
function newestChange(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs)
    .reduce((newest, time) => Math.max(newest, time), stats.mtimeMs);
}

// Not import.meta.main: the bootstrap imports this file when it runs on the project's own Node already.
if (process.argv[1] === import.meta.filename) {
  const isPart = (name: string): name is BuildPart => name in parts;
  const words = process.argv.slice(2);
  const wanted = words.filter(isPart);
  if (words.includes('pack')) await buildPack();
  else for (const part of wanted.length > 0 ? wanted : (['renderer', 'app'] as const)) await build(part);
}
