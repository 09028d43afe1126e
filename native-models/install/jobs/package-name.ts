import * as v from 'valibot';

import { isDeviceName } from '../../files/plain-names.ts';

/** What fits every file system, in any script. */
const mostCharacters = 60;

/** Base name of a package's folder: plain on every system, and never hidden. */
export const packageNameSchema = v.pipe(
  v.string(),
  // In UTF-16, of which a character takes one unit or two; with room for a word in front.
  v.maxLength(2 * mostCharacters + 10),
  v.check(isPlainFolderName, 'a plain folder name'),
);

function isPlainFolderName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  return name !== '' && !/^[. ]|[. ]$|[\\/:*?"<>|\x00-\x1f]/.test(name) && !isDeviceName(name);
}

/** A folder name for a package that people call `name`. */
export function folderNameOf(name: string): string {
  const whole = name.toWellFormed().normalize('NFC');
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  const plain = whole.replace(/[\\/:*?"<>|\x00-\x1f]+/g, '-');
  const trimmed = [...plain]
    .slice(0, mostCharacters)
    .join('')
    .replace(/^[. ]+|[. ]+$/g, '');
  const named = trimmed === '' ? 'model' : trimmed;
  return isDeviceName(named) ? `model-${named}` : named;
}
