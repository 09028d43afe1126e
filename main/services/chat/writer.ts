import type { AppEvent, AppFailure, Message } from '../../../preload/contract/api.ts';
import { toFailure } from '../failure.ts';
import type { ConversationTable } from '../store/conversation-table.ts';

/** What is written of an answer reaches the disk at least this often, so that a crash of the program costs no more. */
const saveMilliseconds = 1000;

/** An answer while it grows: its text goes to the windows at once, and to the store from time to time. */
export class AnswerWriter {
  readonly #store: ConversationTable;
  readonly #publish: (event: AppEvent) => void;
  #message: Message;
  #saved = 0;

  constructor(store: ConversationTable, publish: (event: AppEvent) => void, message: Message) {
    this.#store = store;
    this.#publish = publish;
    this.#message = message;
  }

  get message(): Message {
    return this.#message;
  }

  append(text: string): void {
    if (text === '') return;
    const { id, text: before } = this.#message;
    this.#message = { ...this.#message, text: before + text };
    this.#publish({ type: 'text', messageId: id, at: before.length, text });
    // What cannot be stored now is tried again when the answer is finished.
    if (performance.now() - this.#saved > saveMilliseconds) this.#save();
  }

  /**
   * Changes anything but the text, stores the message whole and tells the windows. An answer that cannot be stored is
   * still shown, and says why it will not last.
   */
  update(changes: Partial<Omit<Message, 'id' | 'text'>>): void {
    this.#message = { ...this.#message, ...changes };
    const failure = this.#save();
    if (failure) this.#message = { ...this.#message, error: this.#message.error ?? failure };
    this.#publish({ type: 'message', message: this.#message });
  }

  /** What the text was written as, which tells later where the model looked; it is worth no failure. */
  wrote(ids: readonly number[]): void {
    try {
      this.#store.keepTokenIds(this.#message.id, ids);
    } catch {
      // Then the text is read as the tokenizer reads it.
    }
  }

  #save(): AppFailure | null {
    this.#saved = performance.now();
    try {
      this.#store.updateMessage(this.#message);
      return null;
    } catch (error) {
      return toFailure(error);
    }
  }
}
