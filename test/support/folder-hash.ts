import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One hash over the names and bytes of the files in a folder. */
export function folderHash(path: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(path).sort())
    hash.update(`${name}\0`).update(readFileSync(join(path, name)));
  return hash.digest('hex');
}
