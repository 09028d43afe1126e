import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NetworkGate } from './services/network.ts';

/** The npm package `electron` holds no binary: its own install script downloads one when it is first wanted. */
const defaultMirror = 'https://github.com/electron/electron/releases/download/';

/** Whether the place of the download answers at all is known within this time, or it is taken for unreachable. */
const probeMilliseconds = 3000;

/** A place that was unreachable is not asked again at every start. */
const retryMilliseconds = 24 * 60 * 60 * 1000;

/** Path of Electron's executable; null when it has not been downloaded. */
export function findElectron(projectRoot: string, env = process.env): string | null {
  const folder = join(projectRoot, 'node_modules', 'electron');
  try {
    const executable = readFileSync(join(folder, 'path.txt'), 'utf8');
    const path = join(env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), executable);
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * Downloads Electron's executable (about 110 MB); null when its place cannot be reached, the download fails, or the network is
 * switched off.
 */
export async function downloadElectron(
  projectRoot: string,
  say: (line: string) => void,
  network: Pick<NetworkGate, 'request'>,
): Promise<string | null> {
  const failed = join(projectRoot, 'build', 'electron-unreachable');
  const failedAt = statSync(failed, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Date.now() - failedAt < retryMilliseconds) return null;
  const url = process.env['npm_config_electron_mirror'] ?? process.env['ELECTRON_MIRROR'] ?? defaultMirror;
  const download = async () => {
    const value = await isReachable(url);
    if (value) {
      say('Downloading Electron (once, about 110 MB) ...');
      const script = join(projectRoot, 'node_modules', 'electron', 'install.js');
      spawnSync(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
    }
    return { value, outcome: value ? 'answered' : 'failed: unreachable' };
  };
  try {
    await network.request({ method: 'GET', url, purpose: 'Download Electron' }, download);
  } catch {
    return null;
  }
  const path = findElectron(projectRoot);
  if (path === null) {
    await mkdir(dirname(failed), { recursive: true });
    await writeFile(failed, '');
  }
  return path;
}

async function isReachable(mirror: string): Promise<boolean> {
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(probeMilliseconds) });
    return true;
  } catch {
    return false;
  }
}
