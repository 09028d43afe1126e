import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findElectron } from '../../main/electron-binary.ts';
import { projectRoot } from '../../main/build.ts';

/** A packed app, before it becomes an installer. */
export interface PackedApp {
  /** Folder of the archive and of what lies beside it. */
  readonly resources: string;
  readonly executable: string;
}

/** What fuses are found by in Electron's executable, and a wire in the state of a release (version 1, eight fuses). */
const fuses = Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u000810110001', 'latin1');

/** Packs the built app for this machine, around the real Electron where it is there, else around a stand-in. */
export async function pack(folder: string): Promise<PackedApp> {
  const binary = findElectron(projectRoot);
  const distribution = binary ? distributionOf(binary) : await makeStandIn(join(folder, 'electron'));
  const output = join(folder, 'packed');
  const builder = join(projectRoot, 'node_modules', 'electron-builder', 'cli.js');
  const args = [
    '--dir',
    '--publish',
    'never',
    `-c.electronDist=${distribution}`,
    `-c.directories.output=${output}`,
  ];
  const { status } = spawnSync(process.execPath, [builder, ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false' },
  });
  if (status !== 0) throw new Error(`electron-builder ended with status ${status}.`);
  return findApp(output);
}

/** The folder that was unpacked from Electron's download: of `Electron.app/Contents/MacOS/Electron` the one above the app. */
function distributionOf(executable: string): string {
  const folder = dirname(executable);
  return process.platform === 'darwin' ? join(folder, '..', '..', '..') : folder;
}

/** As much of Electron as packaging looks at. The other platforms' tools want a real executable. */
async function makeStandIn(folder: string): Promise<string> {
  if (process.platform !== 'linux') {
    throw new Error('Without Electron the app can be packed on Linux only: run npx install-electron first.');
  }
  await mkdir(join(folder, 'locales'), { recursive: true });
  await writeFile(join(folder, 'electron'), fuses, { mode: 0o755 });
  await writeFile(join(folder, 'LICENSE'), '');
  for (const locale of ['de', 'en-US', 'ko']) await writeFile(join(folder, 'locales', `${locale}.pak`), '');
  return folder;
}

async function findApp(output: string): Promise<PackedApp> {
  const folders = (await readdir(output, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const folder = join(output, folders[0]!.name);
  const name = 'INF-LLaVA Desktop';
  switch (process.platform) {
    case 'darwin': {
      const contents = join(folder, `${name}.app`, 'Contents');
      return { resources: join(contents, 'Resources'), executable: join(contents, 'MacOS', name) };
    }
    case 'win32':
      return { resources: join(folder, 'resources'), executable: join(folder, `${name}.exe`) };
    default:
      return { resources: join(folder, 'resources'), executable: join(folder, 'inf-llava-desktop') };
  }
}
