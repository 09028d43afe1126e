import type {
  Api,
  ApiMethod,
  AppEvent,
  AppFailure,
  Bridge,
  ChosenFile,
  FoundPairs,
  Comparison,
  Conversation,
  ConversationSummary,
  CoverTest,
  Draft,
  Exported,
  Install,
  Look,
  LookInViews,
  Message,
  ModelActivity,
  ModelFilePart,
  ModelFiles,
  OfferedModel,
  Photo,
  PhotoId,
  Settings,
  SomeOfPhoto,
} from '../../preload/contract/api.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import {
  makeApp,
  makeComparison,
  makeConversation,
  makeLook,
  makeLookInViews,
  makeMessage,
  makeOffer,
  makeOffers,
  makePackage,
  makePlan,
  makePreparation,
  summaryOf,
} from './fake-data.ts';
import { apiMethods, parseInput } from '../../preload/contract/schemas.ts';

/**
 * The program behind the window's stores, in memory: what their tests need to be answered. Any method can be replaced, and
 * events are sent by hand with `emit`.
 */
export class FakeBridge implements Partial<Bridge> {
  readonly #calls: { readonly method: string; readonly input: unknown }[] = [];
  readonly photos = new Map<PhotoId, Photo>();
  readonly conversations = new Map<string, Conversation>();
  samples: Awaited<ReturnType<Api['listSamples']>> = [];
  readonly drafts = new Map<string, Draft>();
  recent: readonly Photo[] = [];
  packages = [makePackage('inf-llava')];
  offers = makeOffers();
  activity: ModelActivity = { installs: [], tasks: [] };
  settings: Settings = { ...defaultSettings, packageId: 'inf-llava' };
  app = makeApp();
  readonly #listeners = new Set<{ onEvent: (event: AppEvent) => void; onGap: () => void }>();
  readonly #deleted = new Map<string, Conversation>();
  #nextId = 1;

  /** The bridge of a window. As every host does, it refuses what the contract does not allow; calls are recorded. */
  asBridge(): Bridge {
    const call = async (method: ApiMethod, input: unknown) => {
      this.#record(method, input);
      if (!isAllowed(method, input)) throw { code: 'wrong-usage', details: {} } satisfies AppFailure;
      const answer = (this as Partial<Api>)[method] as ((argument: unknown) => unknown) | undefined;
      return answer?.call(this, input);
    };
    const api = Object.fromEntries(
      apiMethods.map((method) => [method, (input: unknown) => call(method, input)]),
    ) as unknown as Api;
    return {
      ...api,
      openFiles: (files, privacy) => this.openFiles(files, privacy),
      setPrivacy: (input) => this.#record('setPrivacy', input),
      subscribe: (onEvent, onGap) => {
        const listener = { onEvent, onGap };
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    };
  }

  addPhotos(...photos: readonly Photo[]): void {
    for (const photo of photos) this.photos.set(photo.id, photo);
  }

  emit(event: AppEvent): void {
    for (const { onEvent } of this.#listeners) onEvent(event);
  }

  loseEvents(): void {
    for (const { onGap } of this.#listeners) onGap();
  }

  callsOf(method: keyof Bridge): readonly unknown[] {
    return this.#calls.filter((call) => call.method === method).map(({ input }) => input);
  }

  async openFiles(files: readonly File[], privacy?: unknown): Promise<readonly Photo[]> {
    this.#record('openFiles', { names: files.map(({ name }) => name), privacy });
    return files.map(({ name }) => {
      const photo = this.#find([...this.photos.values()].find((each) => each.name === name));
      return photo;
    });
  }

  async describeApp() {
    return this.app;
  }

  async listSamples() {
    return this.samples;
  }

  async listRecentPhotos() {
    return this.recent;
  }

  async choosePhotos(): Promise<readonly Photo[]> {
    return [];
  }

  async getPhoto({ photoId }: { photoId: PhotoId }) {
    return this.#find(this.photos.get(photoId));
  }

  async getCropPlan({ photoId, region }: SomeOfPhoto) {
    return makePlan(this.#find(this.photos.get(photoId)), region);
  }

  async preparePhoto({ photoId, region = null }: SomeOfPhoto) {
    return makePreparation(photoId, { region });
  }

  async listConversations({ query }: { query: string }): Promise<readonly ConversationSummary[]> {
    const found = [...this.conversations.values()].filter(
      ({ title, messages }) =>
        query === '' || [title, ...messages.map(({ text }) => text)].join(' ').includes(query),
    );
    return found.map((each) => summaryOf(each, query)).sort((a, b) => b.updatedAt - a.updatedAt);
  }

  async getConversation({ conversationId }: { conversationId: string }) {
    return this.#find(this.conversations.get(conversationId));
  }

  async createConversation(input: { photoIds: readonly PhotoId[]; isPrivate: boolean }) {
    const photos = input.photoIds.map((id) => this.#find(this.photos.get(id)));
    const conversation = makeConversation(this.#newId('c'), { title: '', ...input, photos });
    this.conversations.set(conversation.id, conversation);
    return conversation;
  }

  async deleteConversation({ conversationId }: { conversationId: string }) {
    this.#deleted.set(conversationId, this.#find(this.conversations.get(conversationId)));
    this.conversations.delete(conversationId);
    this.emit({ type: 'conversation-removed', id: conversationId });
  }

  async restoreConversation({ conversationId }: { conversationId: string }) {
    const conversation = this.#find(this.#deleted.get(conversationId));
    this.conversations.set(conversationId, conversation);
    this.emit({ type: 'conversation', conversation: summaryOf(conversation, '') });
  }

  async exportLook(): Promise<Exported | null> {
    return { fileName: 'words-lens.json', mediaType: 'application/json', url: '/exports/1' };
  }

  async exportConversation({ format }: { format: 'markdown' | 'json' }): Promise<Exported | null> {
    const ending = format === 'json' ? 'json' : 'zip';
    return { fileName: `conversation.${ending}`, mediaType: 'application/octet-stream', url: '/exports/1' };
  }

  async sendMessage(input: Parameters<Api['sendMessage']>[0]): Promise<readonly [Message, Message]> {
    const { conversationId, text, pictures } = input;
    const question = makeMessage(this.#newId('m'), { conversationId, text, pictures, createdAt: Date.now() });
    const answer = makeMessage(this.#newId('m'), {
      conversationId,
      role: 'assistant',
      text: '',
      state: 'waiting',
      createdAt: Date.now(),
      waitsFor: input.waitFor ?? null,
    });
    const conversation = this.#find(this.conversations.get(conversationId));
    this.change(conversationId, {
      title: conversation.title || text,
      messages: [...conversation.messages, question, answer],
      updatedAt: Date.now(),
    });
    return [question, answer];
  }

  async lookOf(input: { messageId: string }): Promise<Look> {
    return makeLook(input.messageId);
  }

  async lookInViews(input: { messageId: string }): Promise<LookInViews | null> {
    return makeLookInViews(input.messageId);
  }

  async coverAnswer(input: Parameters<Api['coverAnswer']>[0]): Promise<CoverTest> {
    const { tokens } = makeLook(input.messageId);
    return { ...input, tokens, drops: tokens.map((_, at) => at) };
  }

  async editMessage(input: { messageId: string; text: string }): Promise<readonly [Message, Message]> {
    const answer = makeMessage(this.#newId('m'), { role: 'assistant', text: '', state: 'waiting' });
    return [makeMessage(input.messageId, { text: input.text }), answer];
  }

  async measureContext(input: Parameters<Api['measureContext']>[0]) {
    return { used: 690, draft: Math.ceil(input.text.length / 4), answer: 512, capacity: 2048 };
  }

  async listDrafts(): Promise<readonly Draft[]> {
    return [...this.drafts.values()];
  }

  async keepDraft(draft: Draft) {
    if (draft.text === '' && draft.pictures.length === 0) this.drafts.delete(draft.id);
    else this.drafts.set(draft.id, draft);
  }

  async getSettings() {
    return this.settings;
  }

  async changeSettings(changes: Partial<Settings>) {
    this.settings = { ...this.settings, ...changes };
    this.emit({ type: 'settings', settings: this.settings });
    return this.settings;
  }

  async listPackages() {
    return this.packages;
  }

  async getEngineStatus() {
    const device = 'CPU, 8 threads';
    return { state: 'ready', packageId: 'inf-llava', device, residentBytes: 9.6e9, error: null } as const;
  }

  async listModels() {
    return this.offers;
  }

  async measureMachine() {
    return this.offers;
  }

  async nameModelFile({ path }: { part: ModelFilePart; path: string }): Promise<ChosenFile> {
    const name = path.split('/').at(-1)!;
    return { id: `at-${name.replace('.', '-')}`, name };
  }

  async chooseModelFile({ part }: { part: ModelFilePart }): Promise<ChosenFile | null> {
    return { id: `chosen-${part}`, name: `${part}.gguf` };
  }

  async findModelPairs(): Promise<FoundPairs> {
    return { pairs: [], unfit: [] };
  }

  async addModelFiles({ kind }: ModelFiles): Promise<OfferedModel> {
    const languageFile = kind === 'pair' ? 'language.gguf' : null;
    const added = makeOffer('mine', { name: 'Mine', origin: 'added', repository: null, languageFile });
    this.offers = { ...this.offers, models: [...this.offers.models, added] };
    return added;
  }

  async getModelActivity() {
    return this.activity;
  }

  async askAgain({ asked }: Parameters<Api['askAgain']>[0]): Promise<Comparison> {
    return makeComparison('k1', asked[0]!.packageId, asked[1]?.packageId ?? 'other');
  }

  /** Changes the installs and tells the window. */
  showInstalls(...installs: readonly Install[]): void {
    this.activity = { ...this.activity, installs };
    this.emit({ type: 'models', activity: this.activity });
  }

  /** Changes a stored conversation and tells the window. */
  change(conversationId: string, changes: Partial<Conversation>): void {
    const conversation = { ...this.#find(this.conversations.get(conversationId)), ...changes };
    this.conversations.set(conversationId, { ...conversation, messageCount: conversation.messages.length });
    this.emit({ type: 'conversation', conversation: summaryOf(conversation, '') });
  }

  #record(method: string, input: unknown): void {
    this.#calls.push({ method, input });
  }

  #newId(prefix: string): string {
    return `${prefix}-new-${this.#nextId++}`;
  }

  #find<T>(value: T | undefined): T {
    if (value === undefined) throw { code: 'file-missing', details: {} } satisfies AppFailure;
    return value;
  }
}

function isAllowed(method: ApiMethod, input: unknown): boolean {
  try {
    parseInput(method, input);
    return true;
  } catch {
    return false;
  }
}
