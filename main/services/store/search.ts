/** Characters of text shown before and after the first match. */
const before = 32;
const after = 120;
/** A trigram index knows nothing shorter. */
const shortestIndexed = 3;
/** More words than anybody types; each costs a condition. */
const mostTerms = 16;

export type Snippet = readonly { readonly text: string; readonly matched: boolean }[];

export interface SearchTerms {
  /** All words of the query, composed (NFC), in the order typed. */
  readonly all: readonly string[];
  /** FTS5 query of the words the trigram index can find, or null when there are none. */
  readonly indexed: string | null;
  /** LIKE patterns (escape character \) of the other words. */
  readonly scanned: readonly string[];
}

/** Splits what was typed into words that all have to occur; null when nothing was typed. */
export function searchTerms(query: string): SearchTerms | null {
  // NUL ends a query of FTS5, and no text that a person typed holds one.
  const all = query
    .normalize('NFC')
    .split(/[\s\0]+/u)
    .filter(Boolean)
    .slice(0, mostTerms);
  if (all.length === 0) return null;
  const long = all.filter((term) => [...term].length >= shortestIndexed);
  const short = all.filter((term) => [...term].length < shortestIndexed);
  return {
    all,
    indexed: long.length === 0 ? null : long.map((term) => `"${term.replaceAll('"', '""')}"`).join(' AND '),
    scanned: short.map(likePattern),
  };
}

/** LIKE pattern (escape character \) of texts that hold `term`. */
export function likePattern(term: string): string {
  return `%${term.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** The part of `text` around the first of `terms`, with every term in it marked. */
export function snippet(text: string, terms: readonly string[]): Snippet {
  const pattern = new RegExp(
    terms.map((term) => term.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'),
    'giu',
  );
  const first = text.search(pattern);
  const begin = characterStart(text, Math.max(0, first - before));
  const end = characterStart(text, Math.min(text.length, Math.max(first, 0) + after));
  const pieces: { text: string; matched: boolean }[] = [];
  const add = (piece: string, matched: boolean) => {
    if (piece !== '') pieces.push({ text: piece, matched });
  };
  let position = begin;
  const window = text.slice(0, end);
  pattern.lastIndex = begin;
  for (let match = pattern.exec(window); match; match = pattern.exec(window)) {
    add(window.slice(position, match.index), false);
    add(match[0], true);
    position = match.index + match[0].length;
  }
  add(window.slice(position), false);
  if (begin > 0) pieces.unshift({ text: '…', matched: false });
  if (end < text.length) pieces.push({ text: '…', matched: false });
  return pieces;
}

/** `index`, or the one after it where it lies between the two halves of a surrogate pair. */
function characterStart(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index + 1 : index;
}
