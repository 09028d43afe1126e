import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '../../preload/contract/errors.ts';

/** Says before any work is done that a file cannot be written there. Throws `wrong-usage`, and what the system says of its folder. */
export async function requireWritable(path: string): Promise<void> {
  const found = path === '' ? null : await stat(resolve(path)).catch(() => undefined);
  if (found === null) throw new AppError('wrong-usage', 'The file to write has no name.');
  if (found?.isDirectory()) throw new AppError('wrong-usage', `${path}: is a folder; name a file to write.`);
  await access(dirname(resolve(path)), constants.W_OK);
}
