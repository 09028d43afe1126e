/** Files that a person hands to the window: picked, dropped or pasted. */
import { isPhotoName, photoExtensions } from '../../preload/contract/photos.ts';

/** What a picker offers; the program sniffs the content and does not trust names. */
const pickable = ['image/*', ...photoExtensions.map((extension) => `.${extension}`)].join();
/** Folders inside folders beyond this depth are not entered: nobody means to open a whole disk. */
const deepestFolder = 3;

const byName = new Intl.Collator(undefined, { numeric: true });

/** Files of a folder that look like photos, in the order a file manager shows them. */
export const photosOf = (files: readonly File[]): readonly File[] =>
  files.filter(({ name }) => isPhotoName(name)).sort((a, b) => byName.compare(a.name, b.name));

/** Shows the browser's own file (or folder) picker; empty when it was closed. */
export function pickFiles(folder: boolean): Promise<readonly File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  else input.accept = pickable;
  return new Promise((resolve) => {
    input.addEventListener('cancel', () => resolve([]));
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      resolve(folder ? photosOf(files) : files);
    });
    input.click();
  });
}

export const hasFiles = (transfer: DataTransfer | null) => transfer?.types.includes('Files') ?? false;

/** Whether what is pasted is text, perhaps with a picture of it, and not files together with their names. */
export function holdsText(transfer: DataTransfer): boolean {
  const lines = transfer
    .getData('text/plain')
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '');
  const names = [...transfer.files].map(({ name }) => name);
  return lines.some((line) => !names.some((name) => line.endsWith(name) || line.endsWith(encodeURI(name))));
}

/**
 * The files of a drop or paste. Folders are read, unless the program takes them as they are.
 * Call it inside the event: a transfer is emptied afterwards.
 */
export async function filesOf(transfer: DataTransfer, readFolders: boolean): Promise<readonly File[]> {
  if (!readFolders) return [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (entries.every((entry) => entry === null || entry.isFile)) return [...transfer.files];
  const found = await Promise.all(entries.map((entry) => (entry ? readEntry(entry, 0) : [])));
  return found.flat();
}

async function readEntry(entry: FileSystemEntry, depth: number): Promise<readonly File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [file];
  }
  if (depth > deepestFolder) return [];
  const children = await readFolder((entry as FileSystemDirectoryEntry).createReader());
  const nested = await Promise.all(children.map((child) => readEntry(child, depth + 1)));
  return photosOf(nested.flat());
}

async function readFolder(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  // A reader hands over a part at a time and nothing at the end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return all;
    all.push(...part);
  }
}

/** How long a browser may take to begin saving what is in memory. */
const savingMilliseconds = 60_000;

/** Hands a file of the program's own origin, or one in memory, to the browser's downloads. */
export function saveFile(url: string, fileName: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  if (url.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(url), savingMilliseconds);
}
