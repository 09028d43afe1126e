import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing; nothing when it is there. Throws what the system says.
 *
 * Node's own `mkdir` with `recursive` never returns where nothing can be made inside a folder that is there, as in /proc,
 * which says ENOENT then.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && above !== path && !existsSync(above)) {
      makeFolder(above);
      return makeFolder(path);
    }
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
