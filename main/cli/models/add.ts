import { readFile, stat } from 'node:fs/promises';
import { AppError, toAppError } from '../../../native-models/errors.ts';
import { openTerminal } from '../terminal.ts';
import { plainAccess, withModels } from './session.ts';

export interface AddOptions {
  readonly clip?: string;
  readonly name?: string;
  readonly json: boolean;
}

/** An entry is a kilobyte; anything much larger is something else. */
const maxEntryBytes = 64 * 2 ** 10;

export async function addModel(source: string, options: AddOptions): Promise<void> {
  const terminal = openTerminal(options);
  const clip = options.clip ?? null;
  const name = options.name ?? null;
  const info = await stat(source).catch((error: unknown) => {
    throw toAppError(error);
  });
  const input = info.isDirectory()
    ? ({ kind: 'folder', checkpoint: source, clip, name } as const)
    : ({ kind: 'json', json: await readEntry(source, info.size) } as const);
  await withModels(plainAccess, {}, async (models) => {
    const added = await models.call('addEntry', input);
    const { id, name: shown } = added.entry;
    terminal.result(added, `${shown} is in the catalogue: inf-llava models get ${id}`);
  });
}

async function readEntry(path: string, bytes: number): Promise<unknown> {
  try {
    if (bytes > maxEntryBytes) throw new Error('it is too large');
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const fault = 'is no catalogue entry';
    throw new AppError('catalogue-invalid', `${path}: ${fault} (${(cause as Error).message}).`, {
      file: path,
      fault,
    });
  }
}
