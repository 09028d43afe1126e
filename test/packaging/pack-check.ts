/**
 * `npm run pack:check`: packs the desktop app as its installers are, looks at what is in it, and asks it a question under
 * plain Node, so that a missing library is found without installing anything.
 */
import { extractAll, getRawHeader } from '@electron/asar';
import { getCurrentFuseWire, FuseV1Options } from '@electron/fuses';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPack, projectRoot } from '../../main/build.ts';
import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { askPacked } from './ask.ts';
import { problemsOf } from './contents.ts';
import type { PackedFile } from './contents.ts';
import { pack } from './pack.ts';

/** State of a fuse as it is stored. */
const enabled = '1'.charCodeAt(0);

const golden = join(projectRoot, 'test', 'golden', 'tower-inside');
const say = (line: string) => void process.stderr.write(`${line}\n`);

const folder = await mkdtemp(join(tmpdir(), 'pack-check-'));
try {
  await buildPack();
  const { resources, executable } = await pack(folder);
  const archive = join(resources, 'app.asar');

  const files = [...walk(getRawHeader(archive).header as Entry)];
  const problems = problemsOf(files, process.platform as 'linux', process.arch as 'x64');
  for (const problem of problems) say(problem);
  if (problems.length > 0) throw new Error(`${problems.length} files are wrong.`);
  await checkFuses(executable);
  say(`${files.length} files, ${Math.round((await bytesOf(resources)) / 1e6)} MB.`);

  const tree = join(folder, 'tree');
  extractAll(archive, tree);
  const model = await modelIn(resources);
  const { state, text, error } = await askPacked({
    tree,
    model,
    photo: join(golden, 'photo.png'),
    dataFolder: join(folder, 'data'),
  });
  if (state !== 'done' || text === '') throw new Error(`The answer is ${state}: ${JSON.stringify(error)}`);
  say(`The packed app answers (${text.length} characters).`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** A folder, or a file with its size, of an archive's header. */
interface Entry {
  readonly files?: Readonly<Record<string, Entry>>;
  readonly unpacked?: boolean;
}

function* walk({ files = {} }: Entry, prefix = ''): Generator<PackedFile> {
  for (const [name, entry] of Object.entries(files)) {
    const path = `${prefix}${name}`;
    if (entry.files) yield* walk(entry, `${path}/`);
    else yield { path, unpacked: entry.unpacked ?? false };
  }
}

/** What the executable may be made to do by its surroundings; electron-builder.yml says why one is on. */
async function checkFuses(path: string): Promise<void> {
  const wire = await getCurrentFuseWire(path);
  const wanted: Partial<Record<FuseV1Options, boolean>> = {
    [FuseV1Options.RunAsNode]: true,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  };
  for (const [fuse, on] of Object.entries(wanted)) {
    const option = Number(fuse) as FuseV1Options;
    if ((wire[option] === enabled) !== on) throw new Error(`Fuse ${FuseV1Options[option]} is not ${on}.`);
  }
}

/** The demo model of the packed app, or a test model where there is none yet. */
async function modelIn(resources: string): Promise<string> {
  const demo = join(resources, 'models', 'demo', 'package');
  if (await stat(join(demo, 'manifest.json')).catch(() => null)) return demo;
  const { directory } = await convertCheckpoint({
    checkpoint: join(golden, 'checkpoint'),
    clip: join(golden, 'clip'),
    out: join(folder, 'model'),
    vision: 'f32',
    llm: 'f32',
  });
  return directory;
}

async function bytesOf(root: string): Promise<number> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
