import {
  textLimits,
  type AppEvent,
  type AppFailure,
  type Bridge,
  type ContextGauge,
  type Conversation,
  type ConversationId,
  type ConversationSummary,
  type Message,
  type MessageId,
  type Photo,
  type PhotoId,
  type Picture,
} from '../../preload/contract/api.ts';
import { isCancel, receivedFailure } from '../api/failure.ts';
import { wholePicture } from '../geometry/parts.ts';
import type { DraftStore } from './drafts.svelte.ts';
import type { ModelsStore } from './models.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';
import type { PhotoStore } from './photos.svelte.ts';
import { unique } from './unique.ts';

/**
 * Owns the conversation beside the photo: its messages as they grow, the draft, and what goes with the next question.
 * Created by `createStores`. A conversation comes to exist with its first question; before, `summary` is null.
 */

const gaugeRestMilliseconds = 300;
/** Before the id of the photo: a private conversation that does not exist yet. The program is told nothing of it. */
const privateDraft = 'private:';

/** What a draft belongs to. It goes along when the first question makes a conversation of what was none. */
export class DraftPlace {
  id: string = $state('');

  constructor(id: string) {
    this.id = id;
  }
}

export class ChatStore {
  summary = $state.raw<ConversationSummary | null>(null);
  /** Replaced as a whole at every change, message by message, so that views redraw only what changed. */
  messages = $state.raw<readonly Message[]>([]);
  isLoading = $state(false);
  /** Whether the conversation that the first question creates is to be private. */
  isPrivate = $state(false);
  gauge = $state.raw<ContextGauge | null>(null);
  /** Why the last question was not taken. */
  failure = $state.raw<AppFailure | null>(null);
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #photos: PhotoStore;
  readonly #models: ModelsStore;
  readonly #drafts: DraftStore;
  #place = $state.raw(new DraftPlace(''));
  #gaugeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    bridge: Bridge,
    notices: NoticeStore,
    photos: PhotoStore,
    models: ModelsStore,
    drafts: DraftStore,
  ) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#photos = photos;
    this.#models = models;
    this.#drafts = drafts;
  }

  /** That of the draft in front. */
  get draftPlace(): DraftPlace {
    return this.#place;
  }

  get draft(): string {
    return this.#drafts.of(this.#place.id)?.text ?? '';
  }

  /** The pictures that go with the next question, in order. */
  get pictures(): readonly Picture[] {
    return this.picturesOf(this.#place);
  }

  picturesOf({ id }: DraftPlace): readonly Picture[] {
    const pictures = this.#drafts.of(id)?.pictures ?? [];
    return pictures.filter(({ photoId }) => this.#photos.known.has(photoId));
  }

  /** The pictures that the conversation is about: those that were brought in last. */
  readonly current: readonly Picture[] = $derived.by(
    () => this.messages.findLast(({ pictures }) => pictures.length > 0)?.pictures ?? [],
  );

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

  /** Whether the draft has more characters than the program takes. */
  readonly isTooLong: boolean = $derived.by(() => this.draft.trim().length > textLimits.question);

  /** Photos this conversation has brought in, in order. */
  readonly photoIds: readonly PhotoId[] = $derived.by(() =>
    unique(this.messages.flatMap(({ pictures }) => pictures.map(({ photoId }) => photoId))),
  );

  /** An empty conversation about a photo, not yet known to the program. */
  startNew(photoId: PhotoId | null, isPrivate: boolean): void {
    this.#open(isPrivate ? `${privateDraft}${photoId ?? ''}` : (photoId ?? ''));
    this.summary = null;
    this.messages = [];
    this.#setPrivate(isPrivate);
    this.gauge = null;
    this.isLoading = false;
  }

  /** Undefined when it cannot be read, or another one was opened meanwhile. */
  async open(conversationId: ConversationId): Promise<Conversation | undefined> {
    const place = this.#open(conversationId);
    if (this.summary?.id !== conversationId) {
      this.summary = null;
      this.messages = [];
      this.gauge = null;
    }
    this.isLoading = true;
    const conversation = await this.#notices.attempt(this.#bridge.getConversation({ conversationId }));
    if (place !== this.#place) return undefined;
    this.isLoading = false;
    if (conversation) this.#take(conversation);
    return conversation;
  }

  /** Reads the open conversation again after events were lost. */
  async reload(): Promise<void> {
    if (this.summary) await this.open(this.summary.id);
  }

  setDraft(text: string): void {
    this.failure = null;
    this.#keepDraft(this.#place.id, text, this.#pictures);
    this.measureSoon();
  }

  /** Has these pictures go with the next question; of another draft than the open one, when that was left meanwhile. */
  attach(pictures: readonly Picture[], { id } = this.#place): void {
    this.#keepDraft(id, this.#drafts.of(id)?.text ?? '', pictures);
    this.measureSoon();
  }

  /** What a question is to become, while it is edited; null when it is not. */
  editOf(messageId: MessageId): string | null {
    return this.#drafts.of(messageId)?.text ?? null;
  }

  setEdit(messageId: MessageId, text: string | null): void {
    if (text === null) this.#drafts.remove(messageId);
    else this.#drafts.set({ id: messageId, text, pictures: [] });
  }

  /** Sends the draft about `photo`, the one in front. Returns the conversation it went to, or null when it was refused. */
  async send(photo: Photo): Promise<ConversationId | null> {
    const text = this.draft.trim();
    if (text === '' || this.isTooLong) return null;
    const attached = this.#pictures;
    const place = this.#place;
    this.#keepDraft(place.id, '', []);
    this.failure = null;
    try {
      const summary = this.summary ?? (await this.#create(photo));
      const isFirst = attached.length === 0 && this.photoIds.length === 0;
      const pictures = isFirst ? [wholePicture(photo)] : attached;
      const { waitFor } = this.#models;
      const asked = { conversationId: summary.id, text, pictures };
      const sent = await this.#bridge.sendMessage(waitFor === null ? asked : { ...asked, waitFor });
      for (const message of sent) this.#addUnlessKnown(message);
      this.measureSoon();
      return summary.id;
    } catch (error) {
      // What was written comes back, unless the person has already gone on.
      if (!this.#drafts.of(place.id)) this.#keepDraft(place.id, text, attached);
      this.failure = receivedFailure(error);
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
    this.setEdit(messageId, null);
    const isDone = await this.#report(this.#bridge.editMessage({ messageId, text }));
    if (!isDone) this.setEdit(messageId, text);
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

  #open(draftId: string): DraftPlace {
    this.#place = new DraftPlace(draftId);
    const attached = this.#pictures;
    if (attached.length > 0) void this.#photos.bring(attached.map(({ photoId }) => photoId));
    this.failure = null;
    return this.#place;
  }

  #take(conversation: Conversation): void {
    this.#photos.learn(conversation.photos);
    this.summary = conversation;
    this.messages = conversation.messages;
    this.#setPrivate(conversation.isPrivate);
    this.measureSoon();
  }

  /** The host is told, as the system may have it open photos too. */
  #setPrivate(isPrivate: boolean): void {
    if (isPrivate !== this.isPrivate) this.#bridge.setPrivacy({ isPrivate });
    this.isPrivate = isPrivate;
  }

  async #create(photo: Photo): Promise<ConversationSummary> {
    const place = this.#place;
    const conversation = await this.#bridge.createConversation({
      photoIds: [photo.id],
      isPrivate: this.isPrivate,
    });
    const { id } = place;
    place.id = conversation.id;
    if (place === this.#place) {
      // What was typed since goes on in the conversation.
      const draft = this.#drafts.of(id);
      this.#keepDraft(id, '', []);
      if (draft) this.#keepDraft(place.id, draft.text, draft.pictures);
      this.#take(conversation);
    }
    return conversation;
  }

  /** What goes with the next question. */
  get #pictures(): readonly Picture[] {
    return this.#drafts.of(this.#place.id)?.pictures ?? [];
  }

  #keepDraft(id: string, text: string, pictures: readonly Picture[]): void {
    const isLocal = id === '' || id.startsWith(privateDraft);
    if (text === '' && pictures.length === 0) this.#drafts.remove(id, isLocal);
    else this.#drafts.set({ id, text, pictures }, isLocal);
  }

  async #report(call: Promise<unknown>): Promise<boolean> {
    try {
      await call;
      return true;
    } catch (error) {
      const failure = receivedFailure(error);
      if (!isCancel(failure)) this.failure = failure;
      return false;
    }
  }

  async #measure(): Promise<void> {
    const conversationId = this.summary?.id;
    if (conversationId === undefined || !this.hasAnswer || this.isTooLong) return;
    try {
      const gauge = await this.#bridge.measureContext({
        conversationId,
        text: this.draft,
        pictures: this.#pictures,
      });
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
