import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PairPaths } from '../../../native-models/convert/pair/open-pair.ts';
import type { ModelsClient } from '../../../native-models/engine/models-client.ts';
import { exists } from '../../../native-models/files/exists.ts';
import { readRegularFile } from '../../../native-models/files/regular-file.ts';
import type { ModelsMethods } from '../../../native-models/engine/models-protocol.ts';
import { AppError, receiveError, toAppError } from '../../../preload/contract/errors.ts';
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

/** `source`: a checkpoint's folder, one of GGUF files, or an entry as JSON; left out for a pair that is named by its files. */
export async function addModel(source: string | undefined, options: AddOptions): Promise<void> {
  const terminal = openTerminal(options);
  await withModels(plainAccess, {}, async (models) => {
    const input = await newEntry(source, options, models);
    const added = await models.call('addEntry', input);
    const { id, name, source: files } = added.entry;
    const lines = [`${name} is in the catalogue: inf-llava models get ${id}`];
    if (files.kind === 'pair') lines.push(`${files.language} is used where it lies: leave it there.`);
    terminal.result(added, lines.join('\n'));
  });
}

async function newEntry(
  source: string | undefined,
  options: AddOptions,
  models: ModelsClient,
): Promise<NewEntry> {
  const { mmproj, language, clip = null, name = null } = options;
  if (source === undefined && mmproj !== undefined && language !== undefined && clip === null) {
    return { kind: 'pair', mmproj, language, name };
  }
  const usage = () => {
    const fault = 'takes a folder (with --clip), an entry as JSON, or --mmproj together with --language';
    return new AppError('wrong-usage', `models add ${fault}.`);
  };
  if (source === undefined) throw usage();
  const info = await stat(source).catch((error: unknown) => {
    throw toAppError(error);
  });
  if (info.isDirectory() && clip === null && !(await exists(join(source, 'config.json')))) {
    const { pairs, unfit } = await models.call('findPairs', { folder: source });
    if (pairs.length > 0 || unfit.length > 0) {
      return { kind: 'pair', ...onePair(source, pairs, unfit, options), name };
    }
  }
  if (mmproj !== undefined || language !== undefined) throw usage();
  if (info.isDirectory()) return { kind: 'folder', checkpoint: source, clip, name };
  return { kind: 'json', json: await readEntry(source) };
}

type Found = ModelsMethods['findPairs']['result'];

/** The pair of a folder that is meant: its only one, or the one of the named files. */
function onePair(
  folder: string,
  pairs: Found['pairs'],
  unfit: Found['unfit'],
  options: AddOptions,
): PairPaths {
  if (pairs.length === 0) throw receiveError(unfit[0]!.error);
  const isNamed = (path: string, name: string | undefined) =>
    name === undefined || basename(path) === basename(name);
  const meant = pairs.filter(
    ({ mmproj, language }) => isNamed(mmproj, options.mmproj) && isNamed(language, options.language),
  );
  const [pair] = meant;
  if (meant.length === 1) return { mmproj: pair!.mmproj, language: pair!.language };
  const shown = (meant.length === 0 ? pairs : meant).map(
    ({ mmproj, language }) => `--language ${basename(language)} --mmproj ${basename(mmproj)}`,
  );
  const problem =
    meant.length === 0 ? 'holds no such pair; there are' : `holds ${meant.length} pairs; name one`;
  throw new AppError('wrong-usage', `${folder}: ${problem}: ${shown.join(', or ')}.`, {
    file: folder,
    problem,
  });
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
