/** Answers as the VQA challenge compares them (`VQAEval` and `EvalAIAnswerProcessor`): without punctuation, articles and case. */

const punctuation = [
  ...[';', '/', '[', ']', '"', '{', '}', '(', ')', '=', '+', '\\', '_', '-'],
  ...['>', '<', '@', '`', ',', '?', '!'],
];
const articles = new Set(['a', 'an', 'the']);
const numbers: Readonly<Record<string, string>> = {
  ...{ none: '0', zero: '0', one: '1', two: '2', three: '3', four: '4', five: '5' },
  ...{ six: '6', seven: '7', eight: '8', nine: '9', ten: '10' },
};

/** Contractions written without their apostrophe. */
const contractions = new Map(
  [
    ...["ain't", "aren't", "can't", "could've", "couldn't", "couldn't've", "didn't", "doesn't", "don't"],
    ...["hadn't", "hadn't've", "hasn't", "haven't", "he'd", "he'd've", "he's", "how'd", "how'll", "how's"],
    ...["I'd've", "I'm", "I've", "isn't", "it'd", "it'd've", "it'll", "let's", "ma'am", "mightn't"],
    ...["mightn't've", "might've", "mustn't", "must've", "needn't", "not've", "o'clock", "oughtn't"],
    ...["shan't", "she'd've", "should've", "shouldn't", "shouldn't've", "somebody'd", "somebody'll"],
    ...["somebody's", "someone'd", "someone'll", "someone's", "something'd", "something'll", "that's"],
    ...["there'd", "there'd've", "there're", "there's", "they'd", "they'd've", "they'll", "they're"],
    ...["they've", "'twas", "wasn't", "we'd've", "we've", "weren't", "what'll", "what're", "what's"],
    ...["what've", "when's", "where'd", "where's", "where've", "who'd", "who'd've", "who'll", "who's"],
    ...["who've", "why'll", "why're", "why's", "won't", "would've", "wouldn't", "wouldn't've", "y'all"],
    ...["y'all'll", "y'all'd've", "you'd", "you'd've", "you'll", "you're", "you've"],
  ].map((word) => [word.replaceAll("'", '').toLowerCase(), word]),
);

export function processAnswer(answer: string): string {
  const line = answer
    .replaceAll(/[\n\t]/g, ' ')
    .trim()
    .toLowerCase();
  const words = withoutPunctuation(line)
    .split(/\s+/)
    .filter((word) => word !== '');
  return words
    .map((word) => (Object.hasOwn(numbers, word) ? numbers[word]! : word))
    .filter((word) => !articles.has(word))
    .map((word) => contractions.get(word) ?? word)
    .join(' ');
}

/** A mark beside a space, or in a number with commas, goes; any other becomes a space. Full stops stay in numbers alone. */
function withoutPunctuation(text: string): string {
  let out = text;
  const hasNumberWithComma = /\d,\d/.test(text);
  for (const mark of punctuation) {
    const isBesideSpace = text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, isBesideSpace || hasNumberWithComma ? '' : ' ');
  }
  return out.replaceAll(/\.(?!\d)/g, '');
}
