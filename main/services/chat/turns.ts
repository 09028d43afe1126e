import type { Dialogue, Question, Turn } from '../../../native-models/language/prompt.ts';
import type { Message, Picture } from '../../../preload/contract/api.ts';

/**
 * A question and what was said before it. An answer that was interrupted counts with what was written of it. A question
 * that got no answer at all is left out, as the model knows only questions with answers; pictures that came with it come
 * with the next question that brings none.
 *
 * @param before in order; questions and their answers alternate
 */
export function dialogueOf(before: readonly Message[], question: Question<Picture>): Dialogue<Picture> {
  const turns: Turn<Picture>[] = [];
  let carried: readonly Picture[] = [];
  const withCarried = ({ text, pictures }: Question<Picture>) => ({
    text,
    pictures: pictures.length > 0 ? pictures : carried,
  });
  for (const [index, message] of before.entries()) {
    if (message.role !== 'user') continue;
    const asked = withCarried(message);
    const next = before[index + 1];
    const answer = next?.role === 'assistant' ? next.text : '';
    carried = answer === '' ? asked.pictures : [];
    if (answer !== '') turns.push({ question: asked, answer });
  }
  return { turns, question: withCarried(question) };
}

/** The pictures in front of a conversation's next question: those that were brought in last. */
export function currentPictures(messages: readonly Message[]): readonly Picture[] {
  return messages.findLast(({ pictures }) => pictures.length > 0)?.pictures ?? [];
}

/** Every picture of a dialogue, in order. */
export const picturesIn = <P>({ turns, question }: Dialogue<P>): readonly P[] =>
  [...turns.map((turn) => turn.question), question].flatMap(({ pictures }) => pictures);

/** The same dialogue with something else for each of its pictures. */
export function mapPictures<P, Q>({ turns, question }: Dialogue<P>, map: (picture: P) => Q): Dialogue<Q> {
  const mapped = ({ text, pictures }: Question<P>) => ({ text, pictures: pictures.map(map) });
  return {
    turns: turns.map((turn) => ({ question: mapped(turn.question), answer: turn.answer })),
    question: mapped(question),
  };
}
