import { lstat } from 'node:fs/promises';

/** Whether there is anything of this name: a file, a folder, or a link that may lead nowhere. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
