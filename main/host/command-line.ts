import { homedir } from 'node:os';
import { join } from 'node:path';
import { dataFolder, type HostSystem } from './data-folder.ts';

/**
 * What begins a command of this very program, about this very data folder, in a terminal of this machine: typed or pasted as
 * it is, from any folder, whether or not `inf-llava` is on the path.
 */
export function commandLine(
  appRoot: string,
  usedFolder: string,
  system: HostSystem = { ...process, home: homedir() },
): string {
  const { platform } = system;
  const command = `node ${quoted(join(appRoot, 'main', 'cli', 'inf-llava.mjs'), platform)}`;
  if (usedFolder === dataFolder({ ...system, env: { ...system.env, INF_LLAVA_DATA: undefined } }))
    return command;
  if (platform === 'win32') return `set "INF_LLAVA_DATA=${usedFolder}" && ${command}`;
  return `INF_LLAVA_DATA=${quoted(usedFolder, platform)} ${command}`;
}

function quoted(path: string, platform: NodeJS.Platform): string {
  if (/^[\w./:\\-]+$/.test(path)) return path;
  return platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
