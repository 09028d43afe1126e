import { stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';

import type { SourceCheckpoint } from '../../convert/checkpoint/open-checkpoint.ts';
import { languageTensors } from '../../convert/checkpoint/expected-tensors.ts';
import { openSource } from '../../convert/checkpoint/open-source.ts';
import {
  contextTrained,
  elementsOf,
  openPair,
  type Pair,
  type PairPaths,
} from '../../convert/pair/open-pair.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type { CatalogueEntry, FolderSource, PairSource } from './entry.ts';
import { photoCost } from './photo-cost.ts';

/** A model in files of this machine, as far as an entry of the catalogue tells of it. */
export interface LocalModel {
  /** After its files. */
  readonly name: string;
  readonly source: FolderSource | PairSource;
  readonly size: NonNullable<CatalogueEntry['size']>;
}

type Size = LocalModel['size'];

/**
 * Reads what the files of a checkpoint say, without their weights. Throws `wrong-usage` when it is none or its tower is
 * missing, `checkpoint-invalid`, and what the file system throws.
 */
export async function readFolder(checkpoint: string, clip: string | null): Promise<LocalModel> {
  for (const folder of clip === null ? [checkpoint] : [checkpoint, clip]) {
    const info = await stat(join(folder, 'config.json')).catch(() => null);
    if (info?.isFile()) continue;
    const fault = 'holds no checkpoint (it has no config.json)';
    throw new AppError('wrong-usage', `${folder}: ${fault}.`, { file: folder, reason: 'no-checkpoint' });
  }
  const path = resolve(checkpoint);
  const source = { kind: 'folder', checkpoint: path, clip: clip === null ? null : resolve(clip) } as const;
  const opened = await openSource(checkpoint, clip === null ? {} : { clip });
  try {
    return { name: basename(path), source, size: sizeOfCheckpoint(opened) };
  } finally {
    await opened.close();
  }
}

function sizeOfCheckpoint({ tensors, graphs, config, facts }: SourceCheckpoint): Size {
  const parameters = { vision: 0, enhance: 0, language: 0 };
  const tower = new Set([...graphs.tower.values()].map(({ name }) => name));
  const enhance = new Set(graphs.enhance);
  const language = new Set(languageTensors(config.language).map(([name]) => name));
  for (const [name, tensor] of tensors.tensors) {
    if (tower.has(name)) parameters.vision += elementsOf(tensor);
    else if (enhance.has(name)) parameters.enhance += elementsOf(tensor);
    else if (language.has(name)) parameters.language += elementsOf(tensor);
  }
  const { layers, keyValueHeads, headSize } = config.language;
  return {
    visionParameters: parameters.vision,
    enhanceParameters: parameters.enhance,
    languageParameters: parameters.language,
    languageLayers: layers,
    keyValueWidth: keyValueHeads * headSize,
    contextTrained: facts.contextTrained,
  };
}

/** The same of a pair of GGUF files. Throws `checkpoint-invalid`, and what the file system throws. */
export async function readPair(paths: PairPaths): Promise<LocalModel> {
  const pair = await openPair(paths);
  try {
    const { file, languageFile, languageBytes } = pair;
    return {
      name: basename(languageFile, extname(languageFile)),
      source: { kind: 'pair', mmproj: resolve(file.path), language: languageFile, languageBytes },
      size: sizeOfPair(pair),
    };
  } finally {
    await pair.close();
  }
}

function sizeOfPair({ mmproj, header, shape }: Pair): Size {
  const sum = (tensors: Iterable<{ readonly shape: readonly number[] }>) =>
    [...tensors].reduce((total, tensor) => total + elementsOf(tensor), 0);
  const vision = [...mmproj.tensors].filter(([name]) => !isProjector(name)).map(([, tensor]) => tensor);
  const visionParameters = sum(vision);
  return {
    visionParameters,
    enhanceParameters: sum(mmproj.tensors.values()) - visionParameters,
    languageParameters: sum(header.tensors),
    languageLayers: shape.layers,
    keyValueWidth: shape.keyValueHeads * shape.headSize,
    contextTrained: contextTrained({ shape, mmproj }),
    photo: photoCost(mmproj, visionParameters, multiplied(header.tensors)),
  };
}

/** Numbers that every token that is read is multiplied with; a row of the embeddings is looked up. */
function multiplied(tensors: Pair['header']['tensors']): number {
  return tensors
    .filter(({ name }) => name !== 'token_embd.weight')
    .reduce((total, tensor) => total + elementsOf(tensor), 0);
}

/** See `Mmproj.tensors`. */
const isProjector = (name: string) => /^(\d|norm\.|newline$|weight$)/.test(name);
