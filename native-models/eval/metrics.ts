/** How answers are judged: the rules of the published evaluators, each named where it stands. */
import { processAnswer } from './vqa-answer.ts';

export const metricNames = ['choice', 'yes-no', 'vqa', 'anls', 'relaxed', 'contains', 'collect'] as const;
/** `collect`: nothing is judged here, the answers are for an evaluator of their own (MM-Vet v2). */
export type MetricName = (typeof metricNames)[number];

/** What a question expects. */
export interface ExpectedAnswer {
  readonly answers: readonly string[];
  /** Texts of the options by letter, for `choice`. */
  readonly options: Readonly<Record<string, string>>;
  readonly category: string;
}

/** 0 to 1: how right an answer is. */
export function scoreOf(metric: MetricName, answer: string, expected: ExpectedAnswer): number {
  const { answers } = expected;
  switch (metric) {
    case 'choice':
      return Number(chosenOption(answer, expected.options) === answers[0]?.trim().toUpperCase());
    case 'yes-no':
      return Number(yesOrNo(answer) === answers[0]?.trim().toLowerCase());
    case 'vqa':
      return vqaAccuracy(answer, answers);
    case 'anls':
      return Math.max(0, ...answers.map((one) => similarity(answer, one)));
    case 'relaxed':
      return Number(answers.some((one) => isAboutRight(answer, one)));
    case 'contains':
      return Number(answers.some((one) => holds(answer, one, expected.category)));
    case 'collect':
      return 0;
  }
}

/** The letter an answer chooses, or null (VLMEvalKit, `can_infer`: first by letter, then by the text of an option). */
export function chosenOption(answer: string, options: Readonly<Record<string, string>>): string | null {
  const letters = Object.keys(options);
  const words = new Set(answer.replaceAll(/[.()[\],:;!*#{}]/g, ' ').split(/\s+/));
  const named = letters.filter((letter) => words.has(letter));
  const count = answer
    .replaceAll(/[.()[\],:;!*#{}]/g, ' ')
    .split(/\s+/)
    .filter(Boolean).length;
  // In a sentence, A may be an article.
  if (named.length === 1 && !(words.has('A') && count > 3)) return named[0]!;
  const lower = answer.toLowerCase();
  const told = letters.filter((letter) => lower.includes(options[letter]!.toLowerCase()));
  return told.length === 1 ? told[0]! : null;
}

/** VLMEvalKit, `YOrN_Extraction`: the one of the two words that an answer has. */
export function yesOrNo(answer: string): 'yes' | 'no' | null {
  const words = new Set(processAnswer(answer).split(' '));
  if (words.has('yes') === words.has('no')) return null;
  return words.has('yes') ? 'yes' : 'no';
}

/**
 * The accuracy of the VQA challenge: the mean, over the answers of all people but one, of how many of them agree, three being
 * enough. With a single answer: whether it is the same.
 */
function vqaAccuracy(answer: string, answers: readonly string[]): number {
  const given = processAnswer(answer);
  const agreeing = answers.map((one) => Number(processAnswer(one) === given));
  if (answers.length < 2) return agreeing[0] ?? 0;
  const all = agreeing.reduce((sum, one) => sum + one, 0);
  const accuracies = agreeing.map((one) => Math.min(1, (all - one) / 3));
  return accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length;
}

/** Average normalised Levenshtein similarity of DocVQA: 1 - distance / longer length, and 0 from a distance of half on. */
function similarity(answer: string, expected: string): number {
  const [one, other] = [answer, expected].map((text) => text.trim().toLowerCase().split(/\s+/).join(' '));
  const longer = Math.max(one!.length, other!.length);
  if (longer === 0) return 1;
  const distance = levenshtein(one!, other!) / longer;
  return distance < 0.5 ? 1 - distance : 0;
}

export function levenshtein(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + Number(one[i] !== other[j])));
    }
    row = next;
  }
  return row[other.length]!;
}

/** ChartQA: numbers within a twentieth, percentages being hundredths; other texts but for case. */
function isAboutRight(answer: string, expected: string): boolean {
  const [given, wanted] = [toNumber(answer), toNumber(expected)];
  if (given !== null && wanted !== null && wanted !== 0)
    return Math.abs(given - wanted) / Math.abs(wanted) <= 0.05;
  return answer.trim().toLowerCase() === expected.trim().toLowerCase();
}

function toNumber(text: string): number | null {
  const trimmed = text.trim();
  const isPercent = trimmed.endsWith('%');
  const digits = isPercent ? trimmed.slice(0, -1) : trimmed;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) return null;
  return Number(digits) / (isPercent ? 100 : 1);
}

/** OCRBench: whether the text read is in the answer; in formulas spaces do not count, in the rest case does not. */
function holds(answer: string, expected: string, category: string): boolean {
  if (category === 'Handwritten Mathematical Expression Recognition') {
    const plain = (text: string) => text.trim().replaceAll(/[\n ]/g, '');
    return plain(answer).includes(plain(expected));
  }
  const plain = (text: string) => text.toLowerCase().trim().replaceAll('\n', ' ');
  return plain(answer).includes(plain(expected));
}
