import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { LanguagePrefixes } from '../../native-models/convert/checkpoint/model-config.ts';
import { idefics3Pictures as inSmolVlm } from '../../native-models/families/idefics3/model.ts';
import { internvlPictures as inInternVl } from '../../native-models/families/internvl/model.ts';
import { onLineOfItsOwn } from '../../native-models/families/recognised.ts';
import { clipNormalisation } from '../../native-models/families/tower.ts';
import type { Seeing } from '../../native-models/families/index.ts';
import type { Views } from '../../native-models/package/manifest.ts';
import type { PicturePiece } from '../../native-models/families/picture-piece.ts';
import { readSafetensors, type StoredTensor } from './safetensors-file.ts';

/** The golden cases of families that see a photo as tiles (docs/inference.md, How it is known to be right); those with tags around it. */
export const taggedCases = ['smolvlm-a', 'smolvlm-b', 'internvl-a', 'internvl-b'] as const;
export const familyCases = [...taggedCases, 'internvl-c', 'next-a', 'next-b'] as const;
export type FamilyCase = (typeof familyCases)[number];

/** How LLaVA-1.6 sees, as published. */
export const publishedNext: Views = {
  family: 'next',
  tile: 336,
  grids: [
    { columns: 2, rows: 1 },
    { columns: 1, rows: 2 },
    { columns: 2, rows: 2 },
    { columns: 1, rows: 3 },
    { columns: 3, rows: 1 },
  ],
};

export interface ExpectedFamily {
  readonly kind: 'smolvlm' | 'internvl' | 'next';
  readonly question: string;
  readonly question2: string;
  readonly prompt: readonly ({ readonly text: string } | { readonly view: number; readonly rows: number })[];
  readonly greedy_ids: readonly number[];
  readonly greedy2_ids: readonly number[];
  readonly answer: string;
  readonly answer_in_template: string;
  readonly stopped: boolean;
  readonly stopped2: boolean;
  readonly stop_ids: readonly number[];
  readonly special_ids: Readonly<Record<string, number>>;
  readonly largest: { readonly step_logits: number; readonly embeddings: number };
  readonly dims: Readonly<
    Record<'language_width' | 'vocabulary' | 'rows_a_view' | 'tile' | 'patch' | 'shuffle', number>
  >;
  /** LLaVA-NeXT: pairs of pixels, height first. */
  readonly pinpoints?: readonly (readonly [number, number])[];
  /** Phi-3: what transformers makes of texts, and of the same vocabulary with a space at the beginning alone. */
  readonly texts?: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly texts_first?: ExpectedFamily['texts'];
  /** LLaVA-NeXT: width, height, columns, rows and embeddings of photos with the published pinpoints. */
  readonly plans?: readonly (readonly [number, number, number, number, number])[];
  readonly plan: {
    readonly photo: readonly [number, number];
    readonly rows: number;
    readonly columns: number;
  };
}

/** How the families have pictures in their chats (docs/inference.md, Tiles). */
export const picturesInChat = { smolvlm: inSmolVlm, internvl: inInternVl, next: onLineOfItsOwn } as const;

/** The folders of a case that hold its checkpoint, in every published layout. */
export function checkpointFolders(name: FamilyCase): readonly string[] {
  // Phi-3's InternVL was published in its authors' layout alone.
  if (name === 'internvl-c') return ['checkpoint-own'];
  return name.startsWith('internvl') ? ['checkpoint-hf', 'checkpoint-own'] : ['checkpoint'];
}

/** Where the language model of a checkpoint folder lies: in config.json, and among the tensors. */
export function languageOf(folder: string): { config: unknown; prefixes: LanguagePrefixes } {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  const isSmolVlm = folder.endsWith('checkpoint');
  return {
    config: config['llm_config'] ?? config['text_config'],
    prefixes: isSmolVlm
      ? { body: 'model.text_model.', head: 'lm_head.' }
      : { body: 'language_model.model.', head: 'language_model.lm_head.' },
  };
}

export interface FamilyGolden {
  readonly folder: string;
  readonly expected: ExpectedFamily;
  /** expected.safetensors */
  readonly tensors: Map<string, StoredTensor>;
  /** The picture of the first question, as its family writes it. */
  readonly pieces: readonly PicturePiece[];
}

export function familyGolden(name: FamilyCase): FamilyGolden {
  const folder = fileURLToPath(new URL(`../golden/${name}/`, import.meta.url));
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as ExpectedFamily;
  const tensors = readSafetensors(join(folder, 'expected.safetensors'));
  return { folder, expected, tensors, pieces: piecesOf(expected) };
}

/** How the model of a case sees, by the numbers it was made with. */
export function seeingOf({ kind, pinpoints, dims: { tile, patch, shuffle } }: ExpectedFamily): Seeing {
  const vision = { patch };
  if (kind === 'next') {
    const grids = pinpoints!.map(([height, width]) => ({ columns: width / tile, rows: height / tile }));
    const { mean, std } = clipNormalisation;
    const views = { family: 'next' as const, tile, grids };
    return { views, normalisation: { mean: [...mean], std: [...std] }, vision };
  }
  if (kind === 'smolvlm') {
    const [mean, std] = [half(), half()];
    const views = { family: 'idefics3' as const, tile, longestEdge: 4 * tile, shuffle };
    return { views, normalisation: { mean, std }, vision };
  }
  const views = { family: 'internvl' as const, tile, leastTiles: 1, mostTiles: 12, shuffle };
  return { views, normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }, vision };
}

const half = (): [number, number, number] => [0.5, 0.5, 0.5];

/** The prompt without what opens the turn and without the question. */
function piecesOf({ kind, prompt, question }: ExpectedFamily): PicturePiece[] {
  // Nothing of the family's own stands around its rows.
  if (kind === 'next') return prompt.flatMap((piece) => ('text' in piece ? [] : [{ rows: piece.rows }]));
  return prompt.map((piece, index): PicturePiece => {
    if (!('text' in piece)) return { rows: piece.rows };
    const begin = index === 0 ? /<(fake_token_around_image|img)>/.exec(piece.text)!.index : 0;
    const end = index === prompt.length - 1 ? piece.text.indexOf(question) : undefined;
    return { text: piece.text.slice(begin, end) };
  });
}
