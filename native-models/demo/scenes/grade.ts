import { colourNames, groundKinds, shapeKinds, sizeNames } from './scene.ts';

/**
 * An answer is right when it contains, as whole words, everything in `must` (of a description: every thing of it), and
 * contradicts nothing: it has no quoted text, and no colour, kind, size, ground, place, number, comparison or yes and no,
 * that the exact answer does not have. Case, spaces, the form of quotes, "color" and one plural s make no difference;
 * words that say nothing of a scene may come on top. So an answer that hedges ("red or blue") is wrong, and so is one
 * that adds what is not there.
 */
export function isRight(
  answer: string,
  turn: { readonly answer: string; readonly must?: readonly string[] | undefined },
): boolean {
  const [given, exact] = [normal(answer), normal(turn.answer)];
  const must = turn.must ?? partsOf(turn.answer);
  return (
    must.every((part) => contains(given, normal(part))) &&
    claims(given).every((claim) => contains(exact, claim)) &&
    quotes(given).every((quote) => quotes(exact).includes(quote))
  );
}

/** "On a plain ground there is A, B and C." is made of A, B and C, and of the ground. */
function partsOf(answer: string): string[] {
  const [ground = '', things = ''] = answer.replace(/\.$/, '').split(' there is ');
  const parts = things.split(/, (?=an? )| and (?=an? )/).map((part) => part.replace(/^an? /, ''));
  return [ground.replace(/^On an? /, ''), ...parts].filter((part) => part !== '');
}

const places = ['top', 'bottom', 'left', 'right', 'middle', 'above', 'below'];
const numbers = 'one two three four five six seven eight nine ten eleven'.split(' ');
const figures = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'];
const judgements = ['yes', 'no', 'larger', 'smaller', 'largest', 'smallest'];

/** Words that say something of a scene. A sign is a kind of thing too. */
const telling: ReadonlySet<string> = new Set([
  ...[colourNames, shapeKinds, sizeNames, groundKinds, places, numbers, judgements].flat(),
  'sign',
]);

/** What an answer says of a scene, beside what it quotes, word by word. */
function claims(text: string): string[] {
  return text
    .replace(/"[^"]*"/g, ' ')
    .split(/[^a-z0-9]+/)
    .filter((word) => telling.has(word));
}

const quotes = (text: string): string[] => [...text.matchAll(/"([^"]*)"/g)].map(([, quoted]) => quoted!);

function contains(text: string, part: string): boolean {
  return ` ${words(text)} `.includes(` ${words(part)} `);
}

const words = (text: string): string =>
  text
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .join(' ');

function normal(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[“”„«»]/g, '"')
    .replace(/\bcolor/g, 'colour')
    .replace(/\bcrosses\b/g, 'cross')
    .replace(/\b[a-z]{3,}s\b/g, singular)
    .replace(/"[^"]*"|\b(?:1[01]|[1-9])\b/g, (found) => numbers[figures.indexOf(found)] ?? found)
    .replace(/\s+/g, ' ')
    .trim();
}

/** Only of words that name a thing: the texts of signs stay what they are. */
function singular(word: string): string {
  const one = word.slice(0, -1);
  return telling.has(one) ? one : word;
}
