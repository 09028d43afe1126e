import * as v from 'valibot';

/** Windows keeps these names for devices, with any ending. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Base name of a package's folder: plain on every system, and never hidden. */
export const packageNameSchema = v.pipe(
  v.string(),
  v.maxLength(80),
  v.check(isPlainFolderName, 'a plain folder name'),
);

function isPlainFolderName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  return name !== '' && !/^[. ]|[. ]$|[\\/:*?"<>|\x00-\x1f]/.test(name) && !reserved.test(name);
}

/** A folder name for a package that people call `name`. */
export function folderNameOf(name: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  const plain = name.normalize('NFC').replace(/[\\/:*?"<>|\x00-\x1f]+/g, '-');
  const trimmed = [...plain]
    .slice(0, 60)
    .join('')
    .replace(/^[. ]+|[. ]+$/g, '');
  const named = trimmed === '' ? 'model' : trimmed;
  return reserved.test(named) ? `model-${named}` : named;
}
