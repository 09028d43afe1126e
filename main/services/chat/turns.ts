import type { Message } from '../../../preload/contract/api.ts';
import type { Picture } from '../preparation/preparations.ts';

/** A question as it goes to the model, and what was answered; null for the question that is being answered. */
export interface ChatTurn {
  readonly picture: Picture | null;
  readonly question: string;
  readonly answer: string | null;
}

/**
 * The turns of a conversation up to and including `question`. An answer that was interrupted counts with what was
 * written of it. A question that got no answer at all is left out, as the model knows only questions with answers;
 * a picture that came with it comes with the next question instead.
 *
 * @param messages in order; questions and their answers alternate
 */
export function turnsUntil(messages: readonly Message[], question: Message): ChatTurn[] {
  const turns: ChatTurn[] = [];
  let carried: Picture | null = null;
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'user') continue;
    const picture: Picture | null = message.picture ?? carried;
    if (message.id === question.id) {
      turns.push({ picture, question: message.text, answer: null });
      break;
    }
    const next = messages[index + 1];
    const answer = next?.role === 'assistant' ? next.text : '';
    if (answer === '') carried = picture;
    else {
      turns.push({ picture, question: message.text, answer });
      carried = null;
    }
  }
  return turns;
}

/** The turns that have answers: what a further question would follow. */
export function answeredTurns(messages: readonly Message[]): ChatTurn[] {
  const next = { id: '', role: 'user', text: '', picture: null } as Message;
  return turnsUntil([...messages, next], next).slice(0, -1);
}

/** The picture in front of a conversation's next question: the last one that was brought in. */
export function currentPicture(messages: readonly Message[]): Picture | null {
  return messages.findLast(({ picture }) => picture !== null)?.picture ?? null;
}
