/** Names and paths that strangers give: which of them are plain on every system. */
import * as v from 'valibot';

import { printable } from '../../preload/contract/errors.ts';

/** Windows keeps these names for devices, with any ending. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export function isDeviceName(name: string): boolean {
  return device.test(name);
}

/** A file of a repository that may lie in a folder of ours: no folder in it, not hidden, and no other name on any system. */
export const plainFileNameSchema = v.pipe(
  v.string(),
  v.regex(/^(?!\.)[\w.-]{1,200}(?<!\.)$/, 'a plain file name'),
  v.check((name) => !isDeviceName(name), 'a plain file name'),
);

/** Nothing that steers a terminal, ends a line or turns the text around, and whole characters only. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && printable(text) === text;
}

/** No control characters, and no share of another machine: opening one would tell that machine who asks. */
export function isLocalPath(path: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u001f\u007f]/.test(path) && !/^[\\/]{2}/.test(path);
}
