import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { AppError, toAppError } from '../../../preload/contract/errors.ts';
import type { Mmproj } from '../../families/read-mmproj.ts';
import { atPath } from '../../files/at-path.ts';
import { invalidCheckpoint } from '../../files/invalid.ts';
import { isFollowingPart } from '../../formats/gguf/gguf-parts.ts';
import { readGguf } from '../../formats/gguf/read-gguf.ts';
import { mainType } from './import-pair.ts';
import {
  isVisionHalf,
  readLanguageHalf,
  readVisionHalf,
  requirePair,
  type LanguageHalf,
  type PairPaths,
} from './open-pair.ts';

/** Two files of a folder that are one model. */
export interface FoundPair extends PairPaths {
  /** Of both. */
  readonly bytes: number;
  /** The number format that most of the language model is in. */
  readonly precision: string;
}

/** What a folder of GGUF files holds. */
export interface PairsInFolder {
  /** By the names of the language models; one of them may stand here with several vision halves. */
  readonly pairs: readonly FoundPair[];
  /** Files that are no half of any of them, and why. */
  readonly unfit: readonly { readonly file: string; readonly error: AppError }[];
}

/** A header is read of each. */
const mostFiles = 200;

interface Vision {
  readonly path: string;
  readonly bytes: number;
  readonly mmproj: Mmproj;
}

/**
 * Finds the pairs among the GGUF files of a folder by what their headers say: the width of the embeddings, the tokens around
 * pictures. Where several vision halves fit a language model, the one of its name is meant, and one that has the name of another
 * language model is not. Throws `wrong-usage` for a folder of too many files, and what the file system throws.
 */
export async function findPairs(folder: string): Promise<PairsInFolder> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw toAppError(atPath(error, folder));
  });
  const files = names.filter((name) => /\.gguf$/i.test(name) && !isFollowingPart(name, names)).sort();
  if (files.length > mostFiles) {
    const problem = `holds ${files.length} GGUF files; name the two that are meant, or a folder of at most ${mostFiles}`;
    throw new AppError('wrong-usage', `${folder}: ${problem}.`, { file: folder, problem });
  }
  const visions: Vision[] = [];
  const languages: LanguageHalf[] = [];
  const unfit: { file: string; error: AppError }[] = [];
  for (const file of files) {
    const path = join(resolve(folder), file);
    try {
      const half = await readHalf(path);
      if ('mmproj' in half) visions.push(half);
      else languages.push(half);
    } catch (error) {
      unfit.push({ file, error: toAppError(error) });
    }
  }
  return { ...paired(visions, languages, unfit) };
}

async function readHalf(path: string): Promise<Vision | LanguageHalf> {
  const file = basename(path);
  const header = await readGguf(path, 'checkpoint-invalid').catch(() => null);
  if (header === null || !isVisionHalf(header)) return readLanguageHalf(path);
  return { path, bytes: header.fileBytes, mmproj: readVisionHalf(header, file) };
}

function paired(
  visions: readonly Vision[],
  languages: readonly LanguageHalf[],
  unread: PairsInFolder['unfit'],
): PairsInFolder {
  const pairs: FoundPair[] = [];
  const unfit = [...unread];
  const owned = new Set(languages.map(({ languageFile }) => modelName(languageFile)));
  for (const language of languages) {
    const own = modelName(language.languageFile);
    const fitting = visions.filter((vision) => isPair(vision, language));
    const named = fitting.filter(({ path }) => modelName(path) === own);
    const meant = named.length > 0 ? named : fitting.filter(({ path }) => !owned.has(modelName(path)));
    for (const { path, bytes } of meant) {
      pairs.push({
        ...{ mmproj: path, language: language.languageFile, bytes: bytes + language.languageBytes },
        precision: mainType(language.header),
      });
    }
    if (meant.length === 0) unfit.push(alone(language.languageFile, whyNoVision(language, fitting, visions)));
  }
  for (const vision of visions) {
    if (pairs.some(({ mmproj }) => mmproj === vision.path)) continue;
    unfit.push(alone(vision.path, whyNoLanguage(vision, languages)));
  }
  return { pairs, unfit };
}

function isPair({ path, mmproj }: Vision, language: LanguageHalf): boolean {
  try {
    requirePair(mmproj, basename(path), language);
    return true;
  } catch {
    return false;
  }
}

function whyNoVision(language: LanguageHalf, fitting: readonly Vision[], visions: readonly Vision[]): string {
  const { width } = language.shape;
  if (visions.length === 0) return `takes embeddings of ${width} numbers, and no mmproj file lies beside it`;
  const others = visions.map(({ path, mmproj }) => `${basename(path)}: ${mmproj.languageWidth}`).join(', ');
  if (fitting.length > 0) return `is not named as any mmproj file beside it that would fit (${others})`;
  if (visions.some(({ mmproj }) => mmproj.languageWidth === width))
    return `lacks the tokens that stand around pictures of the mmproj files beside it (${others})`;
  return `takes embeddings of ${width} numbers, which no mmproj file beside it gives (${others})`;
}

function whyNoLanguage({ mmproj }: Vision, languages: readonly LanguageHalf[]): string {
  const gives = `gives embeddings of ${mmproj.languageWidth} numbers`;
  if (languages.length === 0) return `${gives}, and no language model lies beside it`;
  const others = languages.map(({ languageFile, shape }) => `${basename(languageFile)}: ${shape.width}`);
  return `${gives}, which no language model beside it takes as its own (${others.join(', ')})`;
}

function alone(path: string, why: string): PairsInFolder['unfit'][number] {
  const file = basename(path);
  return { file, error: invalidCheckpoint(file, why, { reason: 'no-partner' }) };
}

/** Number formats as files are named after them: Q8_0, IQ4_XS, Q4_K_M, f16, BF16. */
const formats = /(?<=^|[-_. ])(i?q\d(_[a-z0-9]+)*|tq\d_\d|mxfp4|(b?f|fp)(16|32))(?=$|[-_. ])/g;

/** What both halves of a model are named after: without the half, the format and the part. */
function modelName(path: string): string {
  return basename(path)
    .toLowerCase()
    .replace(/(-\d{5}-of-\d{5})?\.gguf$/, '')
    .replace(formats, '')
    .replace(/(?<=^|[-_. ])(mmproj|model|vision)(?=$|[-_. ])/g, '')
    .replace(/[^a-z0-9]+/g, '');
}
