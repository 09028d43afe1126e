import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { AppError } from '../../preload/contract/errors.ts';

/**
 * Absolute path of a file named on a command line typed in `folder`: a path, or a `file:` URL, as the file managers of
 * Linux pass them. Throws `wrong-usage` for a URL of another machine.
 */
export function pathArgument(word: string, folder = process.cwd()): string {
  if (!/^file:\//i.test(word)) return resolve(folder, word);
  try {
    return fileURLToPath(word);
  } catch (error) {
    throw new AppError(
      'wrong-usage',
      `${word}: is not the address of a file on this machine.`,
      {},
      { cause: error },
    );
  }
}
