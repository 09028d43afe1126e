import type { PicturePiece } from '../picture-piece.ts';

/** The tokens around a view, by their names in the tokenizer; in the first 2.2B model the tags are plain text. */
const around = '<fake_token_around_image>';
const wholeTag = '<global-img>';

/** A picture in the prompt (`processing_idefics3.py` of transformers): every view with its tag, a line break after each line of tiles. */
export function idefics3Pieces(columns: number, rows: number, rowsOfView: number): PicturePiece[] {
  const pieces: PicturePiece[] = [];
  let text = '';
  const view = (tag: string): void => {
    pieces.push({ text: text + around + tag }, { rows: rowsOfView });
    text = '';
  };
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) view(`<row_${row}_col_${column}>`);
    text = '\n';
  }
  if (rows > 0) text += '\n';
  view(wholeTag);
  return [...pieces, { text: around }];
}
