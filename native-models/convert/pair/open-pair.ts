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
    const vision = readVisionHalf(await readGguf(file.path, 'checkpoint-invalid'), file.name);
    const { facts, ...half } = await readLanguageHalf(resolve(language));
    requirePair(vision, file.name, { facts, ...half });
    const chat = readLanguageChat(facts, vision.pictures);
    return { file, mmproj: vision, ...half, chat, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw toAppError(error);
  }
}

/** What an mmproj file says, with its tensors in types that can be read. Throws `checkpoint-invalid` naming `file`. */
export function readVisionHalf(header: GgufHeader, file: string): Mmproj {
  const vision = readMmproj(header, file);
  for (const tensor of vision.tensors.values()) readableType(tensor, file);
  return vision;
}

export type LanguageHalf = Omit<Pair, 'file' | 'mmproj' | 'chat' | 'close'> & { readonly facts: GgufFacts };

/** Reads a language model's file, or the parts of one. Throws `checkpoint-invalid` when it is none that can be used. */
export async function readLanguageHalf(languageFile: string): Promise<LanguageHalf> {
  const { header, parts } = await readGgufParts(languageFile, 'checkpoint-invalid');
  const modified = await Promise.all(parts.map(async ({ path }) => (await stat(path)).mtimeMs));
  const name = basename(languageFile);
  const facts = new GgufFacts(header, name, 'checkpoint-invalid');
  if (isVisionHalf(header))
    throw facts.fault('is an mmproj file; the other half of the pair is needed here', 'not-language-half');
  return {
    ...{ languageFile, header, facts },
    shape: checkLanguageFile(header, name, 'checkpoint-invalid'),
    languageBytes: header.fileBytes,
    languageParts: parts,
    languageModified: Math.floor(Math.max(...modified)),
  };
}

export function isVisionHalf({ metadata }: GgufHeader): boolean {
  const architecture = metadata.get('general.architecture');
  return architecture?.type === 'string' && architecture.value === 'clip';
}

/** Throws `checkpoint-invalid` (`not-a-pair`) unless the language model takes what the vision half gives it. */
export function requirePair(vision: Mmproj, visionFile: string, language: LanguageHalf): void {
  const { languageWidth, pictures } = vision;
  const { shape, facts, languageFile } = language;
  if (languageWidth !== shape.width) {
    const fault = `gives embeddings of ${languageWidth} numbers, but ${basename(languageFile)} takes ${shape.width}: the two are not a pair`;
    throw invalidCheckpoint(visionFile, fault, { reason: 'not-a-pair' });
  }
  const tokens = new Set(facts.array('tokenizer.ggml.tokens', 'string'));
  const missing = pictures.tags.find((tag) => !tokens.has(tag));
  if (missing === undefined) return;
  const fault = `has no token ${quoted(missing)}, which stands around the pictures of ${visionFile}: the two are not a pair`;
  throw facts.fault(fault, 'not-a-pair');
}

/** Numbers of a tensor. */
export function elementsOf({ shape }: Pick<GgufTensor, 'shape'>): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
