import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

import { toAppError } from '../../../preload/contract/errors.ts';
import { ByteFile } from '../../files/byte-file.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { checkLanguageFile } from '../../package/check-language.ts';
import { GgufFacts } from '../../formats/gguf/gguf-facts.ts';
import type { GgufTensor } from '../../formats/gguf/gguf-format.ts';
import { readableType } from '../../formats/gguf/gguf-tensors.ts';
import { readLanguageChat, type LanguageChat } from '../language/language-chat.ts';
import type { LanguageShape } from '../../package/language-shape.ts';
import { readMmproj, type Mmproj } from '../../families/read-mmproj.ts';
import type { PicturesInChat } from '../../families/recognised.ts';
import { readGgufParts, type GgufPart } from '../../formats/gguf/gguf-parts.ts';
import { readGguf, type GgufHeader } from '../../formats/gguf/read-gguf.ts';

/** A model in the two GGUF files in which llama.cpp runs it. */
export interface PairPaths {
  /** The vision half: `mmproj-*.gguf`. */
  readonly mmproj: string;
  /** The language half, or any part of it. A whole one is used where it lies. */
  readonly language: string;
}

/** Both halves, read and checked against each other. The caller closes the pair. */
export interface Pair {
  /** The mmproj file, open. */
  readonly file: ByteFile;
  readonly mmproj: Mmproj;
  /** Absolute path. */
  readonly languageFile: string;
  readonly languageBytes: number;
  /** The files it lies in: several where `gguf-split` has cut it. */
  readonly languageParts: readonly GgufPart[];
  /** Milliseconds since 1970. */
  readonly languageModified: number;
  readonly header: GgufHeader;
  readonly shape: LanguageShape;
  readonly chat: LanguageChat;
  close(): Promise<void>;
}

export function contextTrained({ shape, mmproj }: Pick<Pair, 'shape' | 'mmproj'>): number {
  return Math.min(shape.exactContext, mmproj.longestContext);
}

/**
 * Opens a pair and checks everything but the weights. Throws `checkpoint-invalid` when a file is not what it should be or
 * the two are not a pair, and what the file system throws.
 */
export async function openPair({ mmproj, language }: PairPaths): Promise<Pair> {
  const file = await ByteFile.open(mmproj);
  try {
    const vision = readMmproj(await readGguf(file.path, 'checkpoint-invalid'), file.name);
    for (const tensor of vision.tensors.values()) readableType(tensor, file.name);
    const half = await openLanguage(resolve(language), vision.pictures);
    const { languageWidth } = vision;
    if (languageWidth !== half.shape.width) {
      const other = basename(half.languageFile);
      const fault = `gives embeddings of ${languageWidth} numbers, but ${other} takes ${half.shape.width}: the two are not a pair`;
      throw invalidCheckpoint(file.name, fault, { reason: 'not-a-pair' });
    }
    return { file, mmproj: vision, ...half, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw toAppError(error);
  }
}

type LanguageHalf = Omit<Pair, 'file' | 'mmproj' | 'close'>;

async function openLanguage(languageFile: string, pictures: PicturesInChat): Promise<LanguageHalf> {
  const { header, parts } = await readGgufParts(languageFile, 'checkpoint-invalid');
  const modified = await Promise.all(parts.map(async ({ path }) => (await stat(path)).mtimeMs));
  const name = basename(languageFile);
  const facts = new GgufFacts(header, name, 'checkpoint-invalid');
  if (facts.optionalText('general.architecture') === 'clip') {
    throw facts.fault('is an mmproj file; the other half of the pair is needed here', 'not-language-half');
  }
  const chat = readLanguageChat(facts, pictures);
  const tokens = new Set(facts.array('tokenizer.ggml.tokens', 'string'));
  const missing = pictures.tags.find((tag) => !tokens.has(tag));
  if (missing !== undefined) {
    const fault = `has no token ${quoted(missing)}, which stands around pictures: the two are not a pair`;
    throw facts.fault(fault, 'not-a-pair');
  }
  return {
    ...{ languageFile, header },
    shape: checkLanguageFile(header, name, 'checkpoint-invalid'),
    languageBytes: header.fileBytes,
    languageParts: parts,
    languageModified: Math.floor(Math.max(...modified)),
    chat,
  };
}

/** Numbers of a tensor. */
export function elementsOf({ shape }: Pick<GgufTensor, 'shape'>): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
