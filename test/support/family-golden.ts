import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { PicturePiece } from '../../native-models/language/picture-piece.ts';
import { readSafetensors, type StoredTensor } from './safetensors-file.ts';

/** The golden cases of families that see a photo as tiles (FAMILIES.md, section 7). */
export const familyCases = ['smolvlm-a', 'smolvlm-b', 'internvl-a', 'internvl-b'] as const;
export type FamilyCase = (typeof familyCases)[number];

export interface ExpectedFamily {
  readonly kind: 'smolvlm' | 'internvl';
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
  readonly dims: Readonly<Record<'language_width' | 'vocabulary' | 'rows_a_view', number>>;
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

/** The prompt without what opens the turn and without the question. */
function piecesOf({ prompt, question }: ExpectedFamily): PicturePiece[] {
  return prompt.map((piece, index): PicturePiece => {
    if (!('text' in piece)) return { rows: piece.rows };
    const begin = index === 0 ? /<(fake_token_around_image|img)>/.exec(piece.text)!.index : 0;
    const end = index === prompt.length - 1 ? piece.text.indexOf(question) : undefined;
    return { text: piece.text.slice(begin, end) };
  });
}
