import { createHash } from 'node:crypto';
import { ChatSession } from '../language/chat.ts';
import type { ChatFormat, ImageEmbeddings, Turn } from '../language/prompt.ts';
import type { Sequence } from '../language/sequence.ts';

/** Conversations remembered; each holds the token ids of its answers and refers to its pictures' embeddings. */
const mostKept = 16;

interface Kept {
  readonly session: ChatSession;
  /** For every number of turns, from 0 on, the hash of all that was said by then. */
  readonly said: readonly string[];
}

/**
 * The conversations that were led lately. A question comes with everything said before as text, but a text has many
 * ways to be written in tokens, and only the tokens of the answer as it was generated are in the KV cache: so the
 * conversation that generated them is found again and taken up where it fits.
 */
export class ChatSessions {
  readonly #sequence: Sequence;
  readonly #format: ChatFormat;
  /** Least recently used first. */
  #kept: Kept[] = [];

  constructor(sequence: Sequence, format: ChatFormat) {
    this.#sequence = sequence;
    this.#format = format;
  }

  /** The conversation in which exactly `turns` were said. */
  async take(system: string, turns: readonly Turn<ImageEmbeddings>[]): Promise<ChatSession> {
    const said = this.#hashes(system, turns);
    const found = this.#kept.findLast((kept) => kept.said[turns.length] === said.at(-1));
    if (found && turns.length > 0) {
      this.#kept = this.#kept.filter((kept) => kept !== found);
      await found.session.rewind(turns.length);
      return found.session;
    }
    return new ChatSession(this.#sequence, this.#format, { system, history: turns });
  }

  /** The same as it was then, apart from the one that is kept: for looking back. */
  past(system: string, turns: readonly Turn<ImageEmbeddings>[]): ChatSession {
    const said = this.#hashes(system, turns).at(-1);
    const found = this.#kept.findLast((kept) => kept.said[turns.length] === said);
    return found
      ? found.session.upTo(turns.length)
      : new ChatSession(this.#sequence, this.#format, { system, history: turns });
  }

  /** Remembers a conversation, in which `turns` have been said now. */
  remember(session: ChatSession, system: string, turns: readonly Turn<ImageEmbeddings>[]): void {
    this.#kept.push({ session, said: this.#hashes(system, turns) });
    this.#kept = this.#kept.slice(-mostKept);
  }

  #hashes(system: string, turns: readonly Turn<ImageEmbeddings>[]): string[] {
    const hashes = [hash([system])];
    for (const { question, answer } of turns) {
      const pictures = question.pictures.map(({ digest }) => digest);
      hashes.push(hash([hashes.at(-1)!, question.text, answer, ...pictures]));
    }
    return hashes;
  }
}

const hash = (what: readonly string[]) => createHash('sha256').update(JSON.stringify(what)).digest('base64');
