/**
 * A picture inside a prompt, in order: text of the template (special tokens by their names, the rest plain text), and runs of
 * embeddings, `rows` of them, taken from the picture's embeddings one run after the other. All text between two runs, and
 * between a run and the question, is tokenised as one string.
 */
export type PicturePiece = { readonly text: string } | { readonly rows: number };
