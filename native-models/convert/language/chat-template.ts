import type { Manifest } from '../../package/manifest.ts';
import { chatRenderer, type ChatMessage, type RenderChat } from './render-template.ts';

/** How a template writes conversations; what stands around a picture is not its business. */
export type ChatPieces = Omit<Manifest['chat'], 'afterImage'>;

/** Why a template cannot be used, in words that complete "its chat template ...". */
export class TemplateFault extends Error {}

/**
 * Turns a Jinja chat template into the text around every turn, by letting it write conversations of known words and cutting
 * those out. What comes out is checked to write longer conversations exactly as the template does, so that a template which
 * does more than put text around turns is refused (`TemplateFault`) instead of being imitated badly.
 */
export function chatFromTemplate(
  template: string,
  tokens: { readonly bos: string; readonly eos: string },
): ChatPieces {
  const render = wordsRenderer(template, tokens);
  const turns = readTurns(render);
  const chat = readSystem(render, turns, tokens.bos) ?? {
    // Told the system prompt nowhere, a model still follows it at the head of the question.
    ...{
      begin: turns.head,
      system: { before: '', after: '\n\n' },
      systemPlace: 'first-question',
      defaultSystem: '',
    },
    ...turns.sides,
  };
  if (chat.user.before === '' && chat.user.after === '') throw new TemplateFault('marks no turns');
  checkLonger(render, turns);
  return chat;
}

/** Words no template contains, in the places of what is said. */
const words = {
  system: 'Uphold9system',
  questions: ['Inquire1first', 'Inquire2second', 'Inquire3third'],
  answers: ['Respond1first', 'Respond2second'],
} as const;

type Say = { readonly [Role in ChatMessage['role']]?: string };
type RenderWords = (said: readonly Say[], addGenerationPrompt?: boolean) => string;

/** Content is a text for most templates, a list of parts for those that know of pictures. */
function wordsRenderer(template: string, tokens: Parameters<typeof chatRenderer>[1]): RenderWords {
  const render = renderOrFault(template, tokens);
  const renderAs =
    (content: (text: string) => ChatMessage['content']): RenderWords =>
    (said, addGenerationPrompt = true) =>
      render(
        said.map((one) => {
          const [role, text] = Object.entries(one)[0] as [ChatMessage['role'], string];
          return { role, content: content(text) };
        }),
        addGenerationPrompt,
      );
  const plain = renderAs((text) => text);
  const [question] = words.questions;
  try {
    if (plain([{ user: question }]).includes(question)) return plain;
  } catch {
    // It may expect the other form.
  }
  return renderAs((text) => [{ type: 'text', text }]);
}

function renderOrFault(template: string, tokens: Parameters<typeof chatRenderer>[1]): RenderChat {
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      const reason = String((cause as Error | undefined)?.message)
        .split('\n', 1)[0]!
        .slice(0, 120);
      throw new TemplateFault(`cannot be rendered (${reason})`, { cause });
    }
  };
  const render = guarded(() => chatRenderer(template, tokens));
  return (messages, addGenerationPrompt) => guarded(() => render(messages, addGenerationPrompt));
}

/** The pieces between `marks`, which must occur once each and in this order; null otherwise. */
function cut(text: string, marks: readonly string[]): string[] | null {
  const pieces: string[] = [];
  let rest = text;
  for (const mark of marks) {
    const parts = rest.split(mark);
    if (parts.length !== 2) return null;
    pieces.push(parts[0]!);
    rest = parts[1]!;
  }
  return [...pieces, rest];
}

interface Turns {
  /** Before the first question's own opening, without a system prompt. */
  readonly head: string;
  readonly sides: Pick<ChatPieces, 'user' | 'assistant'>;
  /** Between a question and an answer that has been given; like `sides`, but for white space at its end. */
  readonly answered: string;
  /** Between an answer and the next question. */
  readonly between: string;
}

function readTurns(render: RenderWords): Turns {
  const [first, second] = words.questions;
  const [answer] = words.answers;
  const whole = cut(render([{ user: first }, { assistant: answer }, { user: second }]), [
    first,
    answer,
    second,
  ]);
  const alone = cut(render([{ user: first }]), [first]);
  if (whole === null || alone === null) throw new TemplateFault('changes or repeats what is said');
  const [head, answered, between, toAnswer] = whole as [string, string, string, string];
  if (alone[0] !== head || alone[1] !== toAnswer || answered.trimEnd() !== toAnswer.trimEnd())
    throw new TemplateFault('writes a turn in different ways');
  const closing = cut(render([{ user: first }, { assistant: answer }], false), [first, answer])?.[2] ?? '';
  const opening = between.startsWith(closing) ? between.slice(closing.length) : commonEnd(head, between);
  if (!head.endsWith(opening)) throw new TemplateFault('opens the first question unlike the others');
  const asked = cut(render([{ user: first }], false), [first])?.[1] ?? '';
  const afterQuestion = toAnswer.startsWith(asked) ? asked : '';
  return {
    head: head.slice(0, head.length - opening.length),
    sides: {
      user: { before: opening, after: afterQuestion },
      assistant: {
        before: toAnswer.slice(afterQuestion.length),
        after: between.slice(0, between.length - opening.length),
        // What the model is to write first: the template has it in front of an answer, but not where one is to begin.
        ...(answered.length > toAnswer.length && { leading: answered.slice(toAnswer.length) }),
      },
    },
    answered,
    between,
  };
}

/** Later turns must be written as the first ones are. */
function checkLonger(render: RenderWords, { head, sides, answered, between }: Turns): void {
  const [first, second, third] = words.questions;
  const [one, two] = words.answers;
  const said = [{ user: first }, { assistant: one }, { user: second }, { assistant: two }, { user: third }];
  const { user, assistant } = sides;
  const expected = [
    ...[head, user.before, first, answered, one, between, second, answered, two, between, third],
    ...[user.after, assistant.before],
  ];
  if (render(said) !== expected.join('')) throw new TemplateFault('writes later turns in other ways');
}

function commonEnd(one: string, other: string): string {
  let length = 0;
  while (length < one.length && length < other.length && one.at(-1 - length) === other.at(-1 - length))
    length++;
  return one.slice(one.length - length);
}

/** Where the template puts a system prompt; null when it has no place for one, or another with every question. */
function readSystem(render: RenderWords, turns: Turns, bos: string): ChatPieces | null {
  const { system, questions, answers } = words;
  const said = [{ system }, { user: questions[0] }, { assistant: answers[0] }, { user: questions[1] }];
  let pieces: string[] | null;
  try {
    pieces = cut(render(said), [system, questions[0], answers[0], questions[1]]);
  } catch {
    return null;
  }
  if (pieces === null || pieces[2] !== turns.answered || pieces[3] !== turns.between) return null;
  const [before, after] = pieces as [string, string];
  const { head, sides } = turns;
  const opening = sides.user.before;
  if (before.startsWith(head + opening) && !after.endsWith(opening)) {
    const inside = { before: before.slice(head.length + opening.length), after };
    return { begin: head, system: inside, systemPlace: 'first-question', defaultSystem: '', ...sides };
  }
  if (!after.endsWith(opening)) return null;
  const close = after.slice(0, after.length - opening.length);
  if (before.startsWith(head)) {
    const own = { before: before.slice(head.length), after: close };
    return { begin: head, system: own, systemPlace: 'own-turn', defaultSystem: '', ...sides };
  }
  // Without a system prompt it writes one of its own.
  if (!head.startsWith(before) || !head.endsWith(close) || head.length < before.length + close.length)
    return null;
  // A BOS with which every turn opens is no beginning of the whole.
  const begin = before.startsWith(bos) && !opening.startsWith(bos) ? bos : '';
  return {
    begin,
    system: { before: before.slice(begin.length), after: close },
    systemPlace: 'own-turn',
    defaultSystem: head.slice(before.length, head.length - close.length),
    ...sides,
  };
}
