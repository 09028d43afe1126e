import { SvelteSet } from 'svelte/reactivity';
import {
  mostListed,
  type AppEvent,
  type Bridge,
  type Conversation,
  type ConversationId,
  type ConversationSummary,
  type Exported,
  type Message,
  type MessageState,
  type PhotoId,
} from '../../preload/contract/api.ts';
import type { I18n } from '../i18n/i18n.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';

/** Owns the list of conversations and the search in them. Created by `createStores`. */

const searchRestMilliseconds = 200;

export class ConversationStore {
  query = $state('');
  #all = $state.raw<readonly ConversationSummary[] | null>(null);
  #found = $state.raw<readonly ConversationSummary[] | null>(null);
  /** What the search finds, newest first; without one, all. Null while nothing is known yet. */
  readonly list: readonly ConversationSummary[] | null = $derived.by(() =>
    this.query.trim() === '' ? this.#all : (this.#found ?? this.#all),
  );
  /** Messages of a conversation that is being taken in. */
  importing = $state.raw<{ readonly done: number; readonly total: number } | null>(null);
  /** Conversations in which an answer is being written or waits to be. */
  readonly busy = new SvelteSet<ConversationId>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #unfinished = new Map<string, ConversationId>();
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #i18n: I18n;
  /** Hands a finished file to the person; replaced in tests. */
  readonly #save: (file: Exported) => void;
  readonly #firstLoad = Promise.withResolvers<unknown>();
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #searches = 0;
  #changes = 0;

  constructor(bridge: Bridge, notices: NoticeStore, i18n: I18n, save: (file: Exported) => void) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#i18n = i18n;
    this.#save = save;
  }

  /** Whether it is known which conversations there are. */
  get isLoaded(): boolean {
    return this.#all !== null;
  }

  /** Comes with the first list, or once it cannot be had. */
  get firstLoad(): Promise<unknown> {
    return this.#firstLoad.promise;
  }

  async load(): Promise<void> {
    await Promise.all([this.#loadAll(), this.#find()]);
    this.#firstLoad.resolve(null);
  }

  search(query: string): void {
    this.query = query;
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => void this.#find(), query === '' ? 0 : searchRestMilliseconds);
  }

  /** The newest conversation that began with this photo and is written to disk. */
  latestAbout(photoId: PhotoId): ConversationSummary | null {
    return this.#all?.find((each) => !each.isPrivate && each.photoIds[0] === photoId) ?? null;
  }

  titleOf(conversation: ConversationSummary): string {
    return conversation.title || this.#i18n.t.shell.library.untitled;
  }

  async rename(conversationId: ConversationId, title: string): Promise<void> {
    const cleaned = title.trim();
    if (cleaned === '') return;
    await this.#notices.attempt(this.#bridge.renameConversation({ conversationId, title: cleaned }));
  }

  /** Deletes and offers to bring it back. */
  async remove(conversation: ConversationSummary): Promise<void> {
    const conversationId = conversation.id;
    const { t } = this.#i18n;
    const done = this.#bridge.deleteConversation({ conversationId }).then(() => true);
    if (!(await this.#notices.attempt(done))) return;
    this.#drop(conversationId);
    this.#notices.say(t.shell.library.deleted(this.titleOf(conversation)), {
      label: t.shell.undo,
      run: () => void this.#restore(conversationId),
    });
  }

  async export(conversationId: ConversationId, format: 'markdown' | 'json'): Promise<void> {
    const file = await this.#notices.attempt(
      this.#bridge.exportConversation({ conversationId, format, language: this.#i18n.language }),
    );
    if (!file) return;
    if (file.url !== null) this.#save(file);
    this.#notices.say(this.#i18n.t.shell.library.exported(file.fileName));
  }

  async stopImport(): Promise<void> {
    await this.#notices.attempt(this.#bridge.stopImport());
  }

  async import(json: string): Promise<Conversation | undefined> {
    const conversation = await this.#notices.attempt(this.#bridge.importConversation({ json }));
    if (conversation) this.#notices.say(this.#i18n.t.shell.library.imported);
    return conversation;
  }

  /** Learns from messages read at once which conversations are busy. */
  noteMessages(messages: readonly Message[]): void {
    for (const { id, conversationId, state, waitsFor } of messages) {
      // What waits for a model to be installed keeps nothing busy.
      this.#note(id, conversationId, waitsFor === null ? state : 'done');
    }
  }

  onEvent(event: AppEvent): void {
    if (event.type === 'conversation') this.#upsert(event.conversation);
    if (event.type === 'conversation-removed') this.#drop(event.id);
    if (event.type === 'import') this.importing = event.progress;
    if (event.type === 'message') this.noteMessages([event.message]);
    if (event.type === 'message-removed') this.#note(event.id, event.conversationId, 'done');
  }

  async #restore(conversationId: ConversationId): Promise<void> {
    await this.#notices.attempt(this.#bridge.restoreConversation({ conversationId }));
    await this.load();
  }

  async #loadAll(): Promise<void> {
    const changes = this.#changes;
    const all = await this.#ask('');
    if (!all) return;
    // What was deleted or asked while the list was on its way is not, or not so, in it.
    if (changes !== this.#changes) return this.#loadAll();
    this.#all = all;
  }

  /** Whether a conversation matches the search, and where, only the program knows. */
  async #find(): Promise<void> {
    const search = ++this.#searches;
    const query = this.query.trim();
    const found = query === '' ? null : await this.#ask(query);
    if (search === this.#searches && found !== undefined) this.#found = found;
  }

  #ask(query: string): Promise<readonly ConversationSummary[] | undefined> {
    return this.#notices.attempt(this.#bridge.listConversations({ query, limit: mostListed }));
  }

  #upsert(conversation: ConversationSummary): void {
    this.#changes++;
    const others = this.#all?.filter(({ id }) => id !== conversation.id);
    this.#all = others ? [conversation, ...others].sort((a, b) => b.updatedAt - a.updatedAt) : null;
    if (this.query.trim() !== '') this.search(this.query);
  }

  #drop(id: ConversationId): void {
    this.#changes++;
    this.#all = this.#all?.filter((each) => each.id !== id) ?? null;
    this.#found = this.#found?.filter((each) => each.id !== id) ?? null;
    this.busy.delete(id);
  }

  #note(messageId: string, conversationId: ConversationId, state: MessageState): void {
    if (state === 'waiting' || state === 'writing') this.#unfinished.set(messageId, conversationId);
    else this.#unfinished.delete(messageId);
    if ([...this.#unfinished.values()].includes(conversationId)) this.busy.add(conversationId);
    else this.busy.delete(conversationId);
  }
}
