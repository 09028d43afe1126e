import type { AppEvent, Message } from '../../../preload/contract.ts';
import type { ConversationStore } from '../store/conversations.ts';

/** What is written of an answer reaches the disk at least this often, so that a crash of the program costs no more. */
const saveMilliseconds = 1000;

/** An answer while it grows: its text goes to the windows at once, and to the store from time to time. */
export class AnswerWriter {
  readonly #store: ConversationStore;
  readonly #publish: (event: AppEvent) => void;
  #message: Message;
  #saved = 0;

  constructor(store: ConversationStore, publish: (event: AppEvent) => void, message: Message) {
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
    if (performance.now() - this.#saved > saveMilliseconds) this.#save();
  }

  /** Changes anything but the text, stores the message whole and tells the windows. */
  update(changes: Partial<Omit<Message, 'id' | 'text'>>): Message {
    this.#message = { ...this.#message, ...changes };
    this.#save();
    this.#publish({ type: 'message', message: this.#message });
    return this.#message;
  }

  #save(): void {
    this.#saved = performance.now();
    this.#store.updateMessage(this.#message);
  }
}
