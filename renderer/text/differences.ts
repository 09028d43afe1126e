/** A piece of a text, and whether the text that it is held against has it too. */
export interface ComparedWords {
  readonly text: string;
  readonly isOther: boolean;
}

/** Words beyond which texts are not held against each other: the table of both would be too large. */
const mostWords = 2000;

/** The words of `text`, each with the space behind it; neighbours that are alike, and those that `base` does not have, together. */
export function differences(base: string, text: string): readonly ComparedWords[] {
  const [before, words] = [wordsOf(base), wordsOf(text)];
  if (before.length > mostWords || words.length > mostWords) return [{ text, isOther: false }];
  // common[i][j]: words in common of what follows word i of one and word j of the other.
  const common = Array.from({ length: before.length + 1 }, () => new Uint16Array(words.length + 1));
  const isSame = (i: number, j: number) => plain(before[i]!) === plain(words[j]!);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = words.length - 1; j >= 0; j--)
      common[i]![j] = isSame(i, j)
        ? common[i + 1]![j + 1]! + 1
        : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const pieces: ComparedWords[] = [];
  let at = 0;
  for (const [j, word] of words.entries()) {
    while (at < before.length && !isSame(at, j) && common[at + 1]![j]! >= common[at]![j + 1]!) at++;
    const isOther = at >= before.length || !isSame(at, j);
    if (!isOther) at++;
    const last = pieces.at(-1);
    if (last?.isOther === isOther) pieces[pieces.length - 1] = { text: last.text + word, isOther };
    else pieces.push({ text: word, isOther });
  }
  return pieces;
}

const wordsOf = (text: string) => text.match(/\s*\S+\s*/g) ?? [];

const plain = (word: string) => word.trim();
