import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { isPhotoName } from '../../../preload/contract/photos.ts';

/** Path of a file: text, or its bytes where a name on Linux is not valid UTF-8. */
export type FilePath = string | Uint8Array;

/** What a folder must not grow a film strip beyond. */
const mostPhotosOfFolder = 2000;

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The form in which Node's file functions take a path. */
export const fsPath = (path: FilePath): string | Buffer =>
  typeof path === 'string' ? path : Buffer.from(path);

/** The last part of a path as a person may read it. */
export function displayName(path: FilePath): string {
  const text = typeof path === 'string' ? path : new TextDecoder().decode(path);
  return text.split(/[/\\]/).findLast((part) => part !== '') ?? text;
}

/** The path with all links resolved; text wherever it can be text. */
export async function realPath(path: FilePath): Promise<FilePath> {
  return asText(await realpath(fsPath(path), { encoding: 'buffer' }));
}

/** Every path that is a folder replaced by the photos in it, in the order of their names as a person counts. */
export async function expandFolders(paths: readonly FilePath[]): Promise<FilePath[]> {
  const expanded = await Promise.all(
    paths.map(async (path) => {
      const isFolder = await stat(fsPath(path)).then(
        (found) => found.isDirectory(),
        () => false,
      );
      return isFolder ? photosOfFolder(path) : [path];
    }),
  );
  return expanded.flat();
}

async function photosOfFolder(folder: FilePath): Promise<FilePath[]> {
  const entries = await readdir(fsPath(folder), { withFileTypes: true, encoding: 'buffer' });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => ({ name, text: name.toString('utf8') }))
    .filter(({ text }) => isPhotoName(text) && !text.startsWith('.'))
    .sort((a, b) => byName.compare(a.text, b.text))
    .slice(0, mostPhotosOfFolder)
    .map(({ name }) => joinPath(folder, asText(name)));
}

function joinPath(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') return join(folder, name);
  return Buffer.concat([Buffer.from(folder as string), Buffer.from('/'), Buffer.from(name as string)]);
}

/** Text where the bytes are valid UTF-8, so that nothing is lost on the way back. */
function asText(bytes: Buffer): FilePath {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes;
}
