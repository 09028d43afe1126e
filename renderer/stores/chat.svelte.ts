import type {
  AppEvent,
  AppFailure,
  Bridge,
  ContextGauge,
  Conversation,
  ConversationId,
  ConversationSummary,
  Message,
  MessageId,
  Photo,
  PhotoId,
} from '../../preload/contract/api.ts';
import { isCancel, toFailure } from '../api/failure.ts';
import type { ModelsStore } from './models.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';
import type { PhotoStore } from './photos.svelte.ts';
import { unique } from './unique.ts';

/**
 * Owns the conversation beside the photo: its messages as they grow, the draft, and what goes with the next question.
 * Created by `createStores`. A conversation comes to exist with its first question; before, `summary` is null.
 */

const gaugeRestMilliseconds = 300;

export class ChatStore {
  summary = $state.raw<ConversationSummary | null>(null);
  /** Replaced as a whole at every change, message by message, so that views redraw only what changed. */
  messages = $state.raw<readonly Message[]>([]);
  isLoading = $state(false);
  /** Whether the conversation that the first question creates is to be private. */
  isPrivate = $state(false);
  draft = $state('');
  /** A photo that goes with the next question. */
  attachment = $state.raw<Photo | null>(null);
  gauge = $state.raw<ContextGauge | null>(null);
  /** Why the last question was not taken. */
  failure = $state.raw<AppFailure | null>(null);
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #photos: PhotoStore;
  readonly #models: ModelsStore;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #drafts = new Map<string, string>();
  #draftKey = '';
  #opened = 0;
  #gaugeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: Bridge, notices: NoticeStore, photos: PhotoStore, models: ModelsStore) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#photos = photos;
    this.#models = models;
  }

  /**
   * The answer that is being written or waits to be; null when the model is not asked anything. One that waits for a model
   * to be installed may do so for hours and keeps nobody from asking.
   */
  readonly pending: Message | null = $derived.by(
    () =>
      this.messages.findLast(
        ({ state, waitsFor }) => state === 'writing' || (state === 'waiting' && waitsFor === null),
      ) ?? null,
  );

  /** Whether there is an answer that a next question would follow. Before, the program cannot count the picture yet. */
  readonly hasAnswer: boolean = $derived.by(() =>
    this.messages.some(({ role, state, text }) => role === 'assistant' && state !== 'writing' && text !== ''),
  );

  /** Photos this conversation has brought in, in order. */
  readonly photoIds: readonly PhotoId[] = $derived.by(() =>
    unique(this.messages.flatMap(({ picture }) => (picture ? [picture.photoId] : []))),
  );

  /** An empty conversation about a photo, not yet known to the program. */
  startNew(photoId: PhotoId | null, isPrivate: boolean): void {
    this.#open(`new:${photoId ?? ''}:${isPrivate ? 'private' : ''}`);
    this.summary = null;
    this.messages = [];
    this.isPrivate = isPrivate;
    this.gauge = null;
    this.isLoading = false;
  }

  /** Undefined when it cannot be read, or another one was opened meanwhile. */
  async open(conversationId: ConversationId): Promise<Conversation | undefined> {
    const opened = this.#open(conversationId);
    if (this.summary?.id !== conversationId) {
      this.summary = null;
      this.messages = [];
      this.gauge = null;
    }
    this.isLoading = true;
    const conversation = await this.#notices.attempt(this.#bridge.getConversation({ conversationId }));
    if (opened !== this.#opened) return undefined;
    this.isLoading = false;
    if (conversation) this.#take(conversation);
    return conversation;
  }

  /** Reads the open conversation again after events were lost. */
  async reload(): Promise<void> {
    if (this.summary) await this.open(this.summary.id);
  }

  setDraft(text: string): void {
    this.draft = text;
    this.failure = null;
    this.#drafts.set(this.#draftKey, text);
    this.measureSoon();
  }

  /** Sends the draft about `photo`, the one in front. Returns the conversation it went to, or null when it was refused. */
  async send(photo: Photo): Promise<ConversationId | null> {
    const text = this.draft.trim();
    if (text === '') return null;
    const attachment = this.attachment;
    const key = this.#draftKey;
    this.setDraft('');
    this.attachment = null;
    try {
      const summary = this.summary ?? (await this.#create(photo));
      const photoId = attachment?.id ?? (this.photoIds.length === 0 ? photo.id : null);
      const picture = photoId === null ? null : { photoId, region: null };
      const { waitFor } = this.#models;
      const asked = { conversationId: summary.id, text, picture };
      const sent = await this.#bridge.sendMessage(waitFor === null ? asked : { ...asked, waitFor });
      for (const message of sent) this.#addUnlessKnown(message);
      this.measureSoon();
      return summary.id;
    } catch (error) {
      // What was written comes back, unless the person has already gone on.
      if (this.#drafts.get(key) === '') this.#drafts.set(key, text);
      if (this.#draftKey === key && this.draft === '') {
        this.draft = text;
        this.attachment = attachment;
      }
      this.failure = toFailure(error);
      return null;
    }
  }

  /** The current model answers what has waited for another. */
  async answerNow(messageId: MessageId): Promise<void> {
    await this.#notices.attempt(this.#bridge.answerNow({ messageId }));
  }

  async stop(messageId: MessageId): Promise<void> {
    await this.#notices.attempt(this.#bridge.stopMessage({ messageId }));
  }

  async regenerate(messageId: MessageId): Promise<void> {
    this.failure = null;
    await this.#report(this.#bridge.regenerateMessage({ messageId }));
  }

  /** Replaces a question; the program removes what came after it and says so by events. */
  async edit(messageId: MessageId, text: string): Promise<void> {
    this.failure = null;
    await this.#report(this.#bridge.editMessage({ messageId, text }));
  }

  /** Asks the program how full the context would be with the draft, once typing rests. */
  measureSoon(): void {
    clearTimeout(this.#gaugeTimer);
    this.#gaugeTimer = setTimeout(() => void this.#measure(), gaugeRestMilliseconds);
  }

  onEvent(event: AppEvent): void {
    const id = this.summary?.id;
    if (id === undefined) return;
    if (event.type === 'conversation' && event.conversation.id === id) this.summary = event.conversation;
    if (event.type === 'message' && event.message.conversationId === id) this.#upsert(event.message);
    if (event.type === 'message-removed' && event.conversationId === id) {
      this.messages = this.messages.filter((message) => message.id !== event.id);
    }
    if (event.type === 'text') this.#append(event.messageId, event.at, event.text);
  }

  #open(draftKey: string): number {
    this.#draftKey = draftKey;
    this.draft = this.#drafts.get(draftKey) ?? '';
    this.attachment = null;
    this.failure = null;
    return ++this.#opened;
  }

  #take(conversation: Conversation): void {
    this.#photos.learn(conversation.photos);
    this.summary = conversation;
    this.messages = conversation.messages;
    this.isPrivate = conversation.isPrivate;
    this.measureSoon();
  }

  async #create(photo: Photo): Promise<ConversationSummary> {
    const opened = this.#opened;
    const conversation = await this.#bridge.createConversation({
      photoIds: [photo.id],
      isPrivate: this.isPrivate,
    });
    if (opened === this.#opened) {
      this.#drafts.delete(this.#draftKey);
      this.#draftKey = conversation.id;
      this.#drafts.set(this.#draftKey, this.draft);
      this.#take(conversation);
    }
    return conversation;
  }

  async #report(call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (error) {
      const failure = toFailure(error);
      if (!isCancel(failure)) this.failure = failure;
    }
  }

  async #measure(): Promise<void> {
    const conversationId = this.summary?.id;
    if (conversationId === undefined || !this.hasAnswer) return;
    try {
      const gauge = await this.#bridge.measureContext({ conversationId, draft: this.draft });
      if (this.summary?.id === conversationId) this.gauge = gauge;
    } catch {
      // A gauge is a help: without a model there is none, and that is said elsewhere.
      this.gauge = null;
    }
  }

  #upsert(message: Message): void {
    const at = this.messages.findIndex(({ id }) => id === message.id);
    this.messages = at < 0 ? [...this.messages, message] : this.messages.with(at, message);
    if (message.state !== 'waiting' && message.state !== 'writing') this.measureSoon();
  }

  /** Events may have brought the message, and more of its text, before the call that made it returned. */
  #addUnlessKnown(message: Message): void {
    const isOurs = message.conversationId === this.summary?.id;
    if (isOurs && !this.messages.some(({ id }) => id === message.id)) this.#upsert(message);
  }

  #append(messageId: MessageId, at: number, text: string): void {
    const index = this.messages.findIndex(({ id }) => id === messageId);
    const message = this.messages[index];
    if (!message) return;
    if (at > message.text.length) {
      void this.reload();
      return;
    }
    const grown = message.text.slice(0, at) + text;
    if (grown.length <= message.text.length) return;
    this.messages = this.messages.with(index, { ...message, state: 'writing', text: grown });
  }
}
