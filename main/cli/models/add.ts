import { stat } from 'node:fs/promises';
import { readRegularFile } from '../../../native-models/files/regular-file.ts';
import type { ModelsMethods } from '../../../native-models/engine/models-protocol.ts';
import { AppError, toAppError } from '../../../preload/contract/errors.ts';
import { openTerminal } from '../terminal.ts';
import { plainAccess, withModels } from './session.ts';

export interface AddOptions {
  readonly clip?: string;
  readonly mmproj?: string;
  readonly language?: string;
  readonly name?: string;
  readonly json: boolean;
}

type NewEntry = ModelsMethods['addEntry']['input'];

/** An entry is a kilobyte; anything much larger is something else. */
const maxEntryBytes = 64 * 2 ** 10;

/** `source`: a checkpoint's folder or an entry as JSON; left out for a pair. */
export async function addModel(source: string | undefined, options: AddOptions): Promise<void> {
  const terminal = openTerminal(options);
  const input = await newEntry(source, options);
  await withModels(plainAccess, {}, async (models) => {
    const added = await models.call('addEntry', input);
    const { id, name, source: files } = added.entry;
    const lines = [`${name} is in the catalogue: inf-llava models get ${id}`];
    if (files.kind === 'pair') lines.push(`${files.language} is used where it lies: leave it there.`);
    terminal.result(added, lines.join('\n'));
  });
}

async function newEntry(source: string | undefined, options: AddOptions): Promise<NewEntry> {
  const { mmproj, language, clip = null, name = null } = options;
  if (source === undefined && mmproj !== undefined && language !== undefined && clip === null) {
    return { kind: 'pair', mmproj, language, name };
  }
  if (source === undefined || mmproj !== undefined || language !== undefined) {
    const fault = 'takes a folder (with --clip), an entry as JSON, or --mmproj together with --language';
    throw new AppError('wrong-usage', `models add ${fault}.`);
  }
  const info = await stat(source).catch((error: unknown) => {
    throw toAppError(error);
  });
  if (info.isDirectory()) return { kind: 'folder', checkpoint: source, clip, name };
  return { kind: 'json', json: await readEntry(source) };
}

async function readEntry(path: string): Promise<unknown> {
  try {
    return JSON.parse(String(await readRegularFile(path, maxEntryBytes)));
  } catch (cause) {
    const fault = 'is no catalogue entry';
    throw new AppError('catalogue-invalid', `${path}: ${fault} (${(cause as Error).message}).`, {
      file: path,
      fault,
    });
  }
}
