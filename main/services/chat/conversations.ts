import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkRegion } from '../../../native-models/image/geometry.ts';
import { AppError, throwIfCancelled } from '../../../preload/contract/errors.ts';
import type {
  AppEvent,
  ContextGauge,
  Conversation,
  ConversationId,
  ConversationSummary,
  InstallId,
  Message,
  MessageId,
  PhotoId,
  Picture,
} from '../../../preload/contract/api.ts';
import type { PhotoRegistry } from '../photos/registry.ts';
import type { ConversationTable } from '../store/conversation-table.ts';
import type { Answers } from './answers.ts';
import { currentPictures, dialogueOf } from './turns.ts';

/** Characters and messages of an import that are stored at once: some tens of milliseconds of work. */
const sliceCharacters = 10_000;
const sliceMessages = 50;

/** Characters of a first question that become the title. */
const titleLength = 80;

export interface ConversationsOptions {
  readonly durable: ConversationTable;
  /** In memory. */
  readonly transient: ConversationTable;
  readonly photos: PhotoRegistry;
  readonly answers: Answers;
  readonly publish: (event: AppEvent) => void;
}

/** The conversations of the contract: what a person does with them, and the questions they ask. */
export class Conversations {
  readonly #options: ConversationsOptions;

  constructor(options: ConversationsOptions) {
    this.#options = options;
  }

  list(query: string, limit: number): ConversationSummary[] {
    const { durable, transient } = this.#options;
    return [...transient.list(query, limit), ...durable.list(query, limit)]
      .sort((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, limit);
  }

  async get(id: ConversationId): Promise<Conversation> {
    const { summary, store } = this.#locate(id);
    const { photos, answers } = this.#options;
    const found = await Promise.all(summary.photoIds.map((photoId) => photos.find(photoId)));
    return {
      ...summary,
      photos: found.filter((photo) => photo !== null),
      messages: store.messages(id).map((message) => answers.live(message)),
    };
  }

  async create(photoIds: readonly PhotoId[], isPrivate: boolean): Promise<Conversation> {
    const { durable, transient, photos } = this.#options;
    for (const photoId of photoIds) photos.record(photoId);
    const id = randomUUID();
    const store = isPrivate ? transient : durable;
    if (!isPrivate) for (const photoId of photoIds) photos.keep(photoId);
    store.create({ id, title: '', createdAt: Date.now(), photoIds: [...new Set(photoIds)] });
    this.#announce(store, id);
    return this.get(id);
  }

  /**
   * Adds a conversation that was made elsewhere, a little at a time, so that everything else goes on meanwhile. It is there
   * once it is whole; of one that was cancelled or cut short nothing stays. Throws `cancelled`.
   */
  async add(
    { title, createdAt }: Pick<Conversation, 'title' | 'createdAt'>,
    photoIds: readonly PhotoId[],
    messagesFor: (id: ConversationId) => readonly Message[],
    { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
  ): Promise<Conversation> {
    const { durable } = this.#options;
    const id = randomUUID();
    const messages = messagesFor(id);
    durable.create({ id, title, createdAt, photoIds }, true);
    try {
      let done = 0;
      for (const slice of slicesOf(messages)) {
        onProgress(done, messages.length);
        await nextTurn();
        throwIfCancelled(signal);
        if (!durable.addMessages(id, slice)) throw new AppError('cancelled', 'It was cleared meanwhile.');
        done += slice.length;
      }
    } catch (error) {
      durable.discard(id);
      throw error;
    }
    durable.restore(id);
    durable.touch(id, Date.now());
    this.#announce(durable, id);
    return this.get(id);
  }

  rename(id: ConversationId, title: string): void {
    const { store } = this.#locate(id);
    store.rename(id, title);
    this.#announce(store, id);
  }

  /** Stops what is being written and hides the conversation until it is restored or the program ends. */
  async delete(id: ConversationId): Promise<void> {
    const { store } = this.#locate(id);
    await this.#stopAll(store.messages(id));
    store.delete(id);
    this.#options.publish({ type: 'conversation-removed', id });
  }

  restore(id: ConversationId): void {
    const { durable, transient } = this.#options;
    const store = [durable, transient].find((each) => each.restore(id));
    if (!store) throw unknown('conversation', id);
    this.#announce(store, id);
  }

  /**
   * Stores a question and an empty answer, and queues that to be written. A first question brings in the first photo
   * of the conversation; pictures that are in front already are not brought in again. `waitsFor`: the install whose model
   * is to answer.
   */
  send(
    id: ConversationId,
    text: string,
    pictures: readonly Picture[],
    waitsFor: InstallId | null = null,
  ): readonly [Message, Message] {
    const { summary, store } = this.#locate(id);
    const { photos } = this.#options;
    this.#check(pictures);
    if (!store.isPrivate) for (const { photoId } of pictures) photos.keep(photoId);
    const question = this.#newMessage(
      id,
      'user',
      text,
      this.#broughtIn(summary, store.messages(id), pictures),
    );
    const answer: Message = { ...this.#newMessage(id, 'assistant', '', []), waitsFor };
    store.addMessage(question);
    store.addMessage(answer);
    for (const { photoId } of question.pictures) store.addPhoto(id, photoId);
    if (summary.title === '') store.rename(id, titleOf(text));
    this.#ask(store, question, answer);
    return [question, answer];
  }

  async stop(id: MessageId): Promise<void> {
    await this.#options.answers.stop(id);
  }

  /** The current model writes an answer that has waited for another. */
  answerNow(id: MessageId): void {
    this.#options.answers.answerNow(id);
  }

  /** Writes an answer again; what came after it is removed. */
  async regenerate(id: MessageId): Promise<Message> {
    const { message, store } = this.#message(id, 'assistant');
    const messages = store.messages(message.conversationId);
    const at = messages.findIndex((each) => each.id === id);
    const question = messages[at - 1];
    if (question?.role !== 'user') throw unknown('question', id);
    const fresh = { text: '', state: 'waiting', provenance: null, error: null, waitsFor: null } as const;
    const answer: Message = { ...message, ...fresh };
    await this.#replace(store, answer);
    store.keepTokenIds(id, null);
    this.#ask(store, question, answer);
    return answer;
  }

  /** Replaces a question and answers it; what came after it is removed. */
  async edit(id: MessageId, text: string): Promise<readonly [Message, Message]> {
    const { message, store } = this.#message(id, 'user');
    const question: Message = { ...message, text: text.normalize('NFC') };
    await this.#replace(store, question);
    const answer = this.#newMessage(message.conversationId, 'assistant', '', []);
    store.addMessage(answer);
    this.#ask(store, question, answer);
    return [question, answer];
  }

  /** What the conversation takes of the context, and what a question of `text` and `pictures` would. */
  measure(id: ConversationId, text: string, pictures: readonly Picture[]): Promise<ContextGauge> {
    const { summary, store } = this.#locate(id);
    const messages = store.messages(id);
    this.#check(pictures);
    const question = { text, pictures: this.#broughtIn(summary, messages, pictures) };
    return this.#options.answers.measure(dialogueOf(messages, question));
  }

  usesPhoto(photoId: PhotoId): boolean {
    const { durable, transient } = this.#options;
    return durable.usesPhoto(photoId) || transient.usesPhoto(photoId);
  }

  /** Takes up the answers that waited for a model when the program ended. */
  resumeWaiting(): void {
    const { durable, answers } = this.#options;
    for (const answer of durable.waitingForModels()) {
      const messages = durable.messages(answer.conversationId);
      const question = messages[messages.findIndex(({ id }) => id === answer.id) - 1];
      if (question) answers.add(durable, question, answer);
    }
  }

  /** An answer, the question it was given to, and the conversation up to that. */
  asked(answerId: MessageId): {
    readonly answer: Message;
    /** As the model wrote it; null where that is not known. */
    readonly tokenIds: readonly number[] | null;
    readonly question: Message;
    readonly before: readonly Message[];
    readonly isPrivate: boolean;
  } {
    const { message, store } = this.#message(answerId, 'assistant');
    const messages = store.messages(message.conversationId);
    const at = messages.findIndex(({ id }) => id === answerId) - 1;
    const question = messages[at];
    if (question?.role !== 'user') throw unknown('question', answerId);
    const { isPrivate } = store;
    const tokenIds = store.tokenIds(answerId);
    return { answer: message, tokenIds, question, before: messages.slice(0, at), isPrivate };
  }

  /** Removes all conversations that are on disk, for good. */
  async clear(): Promise<void> {
    const { durable, publish } = this.#options;
    for (const { id } of durable.list('', Number.MAX_SAFE_INTEGER)) await this.#stopAll(durable.messages(id));
    for (const id of durable.clear()) publish({ type: 'conversation-removed', id });
  }

  /** @throws AppError file-missing, wrong-usage for what is no part of a photo */
  #check(pictures: readonly Picture[]): void {
    for (const { photoId, region } of pictures) {
      const photo = this.#options.photos.record(photoId);
      if (region) checkRegion(region, photo);
    }
  }

  #ask(store: ConversationTable, question: Message, answer: Message): void {
    const { publish, answers } = this.#options;
    store.touch(question.conversationId, Date.now());
    publish({ type: 'message', message: question });
    publish({ type: 'message', message: answer });
    this.#announce(store, question.conversationId);
    answers.add(store, question, answer);
  }

  /** What a question brings in of `pictures`. */
  #broughtIn(
    { photoIds: [firstPhoto] }: ConversationSummary,
    messages: readonly Message[],
    pictures: readonly Picture[],
  ): readonly Picture[] {
    const current = currentPictures(messages);
    const isFirst = pictures.length === 0 && current.length === 0 && firstPhoto !== undefined;
    const wanted = isFirst ? [{ photoId: firstPhoto, region: null }] : pictures;
    return JSON.stringify(wanted) === JSON.stringify(current) ? [] : wanted;
  }

  #newMessage(
    conversationId: ConversationId,
    role: Message['role'],
    text: string,
    pictures: readonly Picture[],
  ): Message {
    return {
      id: randomUUID(),
      conversationId,
      role,
      // Composed, so that a search finds it however it was typed.
      text: text.normalize('NFC'),
      state: role === 'user' ? 'done' : 'waiting',
      createdAt: Date.now(),
      pictures,
      provenance: null,
      error: null,
      waitsFor: null,
    };
  }

  /** Stores a message in place of what it was, and removes what came after. */
  async #replace(store: ConversationTable, message: Message): Promise<void> {
    const { conversationId } = message;
    const messages = store.messages(conversationId);
    const at = messages.findIndex(({ id }) => id === message.id);
    await this.#stopAll(messages.slice(at));
    store.updateMessage(message);
    for (const id of store.removeAfter(message.id)) {
      this.#options.publish({ type: 'message-removed', id, conversationId });
    }
  }

  /** The latest first, so that what waits is not begun when what it waits for is stopped. */
  async #stopAll(messages: readonly Message[]): Promise<void> {
    for (const { id } of [...messages].reverse()) await this.#options.answers.stop(id);
  }

  #announce(store: ConversationTable, id: ConversationId): void {
    const conversation = store.get(id);
    if (conversation) this.#options.publish({ type: 'conversation', conversation });
  }

  #locate(id: ConversationId): { summary: ConversationSummary; store: ConversationTable } {
    for (const store of [this.#options.durable, this.#options.transient]) {
      const summary = store.get(id);
      if (summary) return { summary, store };
    }
    throw unknown('conversation', id);
  }

  #message(id: MessageId, role: Message['role']): { message: Message; store: ConversationTable } {
    for (const store of [this.#options.durable, this.#options.transient]) {
      const message = store.message(id);
      if (message?.role === role) return { message, store };
    }
    throw unknown('message', id);
  }
}

/** Messages in turn, in slices that are stored at once; a message that is longer is a slice by itself. */
function* slicesOf(messages: readonly Message[]): Generator<Message[]> {
  let slice: Message[] = [];
  let characters = 0;
  for (const message of messages) {
    const isFull = slice.length === sliceMessages || characters + message.text.length > sliceCharacters;
    if (isFull && slice.length > 0) {
      yield slice;
      slice = [];
      characters = 0;
    }
    slice.push(message);
    characters += message.text.length;
  }
  if (slice.length > 0) yield slice;
}

const unknown = (what: string, id: string) =>
  new AppError('wrong-usage', `There is no ${what} ${id}.`, { problem: `no such ${what}` });

/** The first line of a question, cut between words. */
function titleOf(text: string): string {
  const line = text.normalize('NFC').trim().split('\n')[0]!.trim();
  const characters = [...line];
  if (characters.length <= titleLength) return line;
  const cut = characters.slice(0, titleLength).join('');
  return `${cut.replace(/\s+\S*$/u, '')}…`;
}
