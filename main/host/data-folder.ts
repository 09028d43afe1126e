import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** What the place of the data depends on; given in tests. */
export interface HostSystem {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

/**
 * Where conversations, settings, packages and caches are kept, the same for every host: `INF_LLAVA_DATA` where it is
 * set, otherwise where the platform keeps the data of programs.
 */
export function dataFolder({ platform, env, home }: HostSystem = { ...process, home: homedir() }): string {
  const chosen = env['INF_LLAVA_DATA'];
  if (chosen) return resolve(chosen);
  switch (platform) {
    // `data`, because Electron keeps its browser profile in the folder of the program itself.
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'INF-LLaVA Desktop', 'data');
    case 'win32':
      return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'INF-LLaVA Desktop', 'data');
    default:
      return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'inf-llava-desktop');
  }
}
