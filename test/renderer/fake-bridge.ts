import type {
  Api,
  AppEvent,
  AppFailure,
  Bridge,
  ChosenFile,
  Comparison,
  Conversation,
  ConversationSummary,
  CoverTest,
  Draft,
  Exported,
  Install,
  Look,
  Message,
  ModelActivity,
  ModelFilePart,
  ModelFiles,
  OfferedModel,
  Photo,
  PhotoId,
  Privacy,
  Sample,
  SceneTruth,
  Settings,
} from '../../preload/contract/api.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import {
  makeApp,
  makeComparison,
  makeConversation,
  makeInstall,
  makeLook,
  makeMessage,
  makeOffer,
  makeOffers,
  makePackage,
  makePhoto,
  makePlan,
  makePreparation,
  makeStorageUse,
  summaryOf,
} from './fake-data.ts';
import { parseInput } from '../../preload/contract/schemas.ts';

/**
 * The program behind the window, in memory: enough of the contract to test the window's stores and to look at its
 * views. Calls are recorded; any method can be replaced; events are sent by hand with `emit`.
 */
export class FakeBridge implements Bridge {
  readonly calls: { readonly method: string; readonly input: unknown }[] = [];
  readonly photos = new Map<PhotoId, Photo>();
  readonly conversations = new Map<string, Conversation>();
  samples: Awaited<ReturnType<Api['listSamples']>> = [];
  scenes: readonly Sample[] = [];
  readonly drawn = new Map<PhotoId, Sample>();
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
    return this.calls.filter((call) => call.method === method).map(({ input }) => input);
  }

  setPrivacy(input: Privacy): void {
    this.#record('setPrivacy', input);
  }

  subscribe(onEvent: (event: AppEvent) => void, onGap: () => void): () => void {
    const listener = { onEvent, onGap };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
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

  async listLicences() {
    return [
      { name: 'svelte', version: '5.57.3', licence: 'MIT' },
      { name: 'openseadragon', version: '6.1.1', licence: 'BSD-3-Clause' },
    ];
  }

  async diagnostics() {
    return { text: 'INF-LLaVA Desktop 0.1.0' };
  }

  async listSamples() {
    return this.samples;
  }

  async listScenes() {
    return this.scenes;
  }

  async drawScene(input: Privacy): Promise<Sample> {
    this.#record('drawScene', input);
    const photo = { ...makePhoto(`scene-${this.#nextId++}`), origin: 'scene' as const };
    this.addPhotos(photo);
    const question = { en: 'What does the sign say?', ko: 'What does the sign say?', place: null };
    const scene: Sample = { photo, title: { en: 'Scene', ko: '장면' }, questions: [question] };
    this.drawn.set(photo.id, scene);
    return scene;
  }

  async getScene(input: { photoId: PhotoId }): Promise<Sample> {
    this.#record('getScene', input);
    return this.drawn.get(input.photoId)!;
  }

  async revealScene(input: { photoId: PhotoId }): Promise<SceneTruth> {
    this.#record('revealScene', input);
    const answer = 'The sign says "TEA".';
    const things = [{ name: 'sign "TEA"', place: { x: 10, y: 10, width: 40, height: 20 } }];
    return { description: 'A sign.', things, questions: [{ question: 'What does the sign say?', answer }] };
  }

  async gradeAnswers({ turns }: { turns: readonly { answer: string }[] }) {
    return turns.map(({ answer }) => answer.includes('TEA'));
  }

  async listRecentPhotos() {
    return this.recent;
  }

  async choosePhotos(input: { folder: boolean }): Promise<readonly Photo[]> {
    this.#record('choosePhotos', input);
    return [];
  }

  async getPhoto({ photoId }: { photoId: PhotoId }) {
    this.#record('getPhoto', { photoId });
    return this.#find(this.photos.get(photoId));
  }

  async getCropPlan({ photoId }: { photoId: PhotoId }) {
    this.#record('getCropPlan', { photoId });
    return makePlan(this.#find(this.photos.get(photoId)));
  }

  async forgetPhoto(input: { photoId: PhotoId }) {
    this.#record('forgetPhoto', input);
  }

  async locatePhoto(): Promise<Photo | null> {
    return null;
  }

  async revealPhoto() {}

  async preparePhoto(input: { photoId: PhotoId }) {
    this.#record('preparePhoto', input);
    return makePreparation(input.photoId);
  }

  async cancelPreparation(input: { photoId: PhotoId }) {
    this.#record('cancelPreparation', input);
  }

  async listConversations({ query }: { query: string }): Promise<readonly ConversationSummary[]> {
    this.#record('listConversations', { query });
    const found = [...this.conversations.values()].filter(
      ({ title, messages }) =>
        query === '' || [title, ...messages.map(({ text }) => text)].join(' ').includes(query),
    );
    return found.map((each) => summaryOf(each, query)).sort((a, b) => b.updatedAt - a.updatedAt);
  }

  async getConversation({ conversationId }: { conversationId: string }) {
    this.#record('getConversation', { conversationId });
    return this.#find(this.conversations.get(conversationId));
  }

  async createConversation(input: { photoIds: readonly PhotoId[]; isPrivate: boolean }) {
    this.#record('createConversation', input);
    const photos = input.photoIds.map((id) => this.#find(this.photos.get(id)));
    const conversation = makeConversation(this.#newId('c'), { title: '', ...input, photos });
    this.conversations.set(conversation.id, conversation);
    return conversation;
  }

  async renameConversation({ conversationId, title }: { conversationId: string; title: string }) {
    this.change(conversationId, { title });
  }

  async deleteConversation({ conversationId }: { conversationId: string }) {
    this.#record('deleteConversation', { conversationId });
    this.#deleted.set(conversationId, this.#find(this.conversations.get(conversationId)));
    this.conversations.delete(conversationId);
    this.emit({ type: 'conversation-removed', id: conversationId });
  }

  async restoreConversation({ conversationId }: { conversationId: string }) {
    this.#record('restoreConversation', { conversationId });
    const conversation = this.#find(this.#deleted.get(conversationId));
    this.conversations.set(conversationId, conversation);
    this.emit({ type: 'conversation', conversation: summaryOf(conversation, '') });
  }

  async exportConversation({ format }: { format: 'markdown' | 'json' }): Promise<Exported | null> {
    const ending = format === 'json' ? 'json' : 'zip';
    return { fileName: `conversation.${ending}`, mediaType: 'application/octet-stream', url: '/exports/1' };
  }

  async importConversation({ json }: { json: string }) {
    const conversation = JSON.parse(json) as Conversation;
    this.conversations.set(conversation.id, conversation);
    return conversation;
  }

  async stopImport() {
    this.#record('stopImport', {});
  }

  async sendMessage(input: Parameters<Api['sendMessage']>[0]): Promise<readonly [Message, Message]> {
    this.#record('sendMessage', input);
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

  async answerNow(input: { messageId: string }) {
    this.#record('answerNow', input);
  }

  async lookOf(input: { messageId: string }): Promise<Look> {
    this.#record('lookOf', input);
    return makeLook(input.messageId);
  }

  async coverAnswer(input: Parameters<Api['coverAnswer']>[0]): Promise<CoverTest> {
    this.#record('coverAnswer', input);
    const { tokens } = makeLook(input.messageId);
    return { ...input, tokens, drops: tokens.map((_, at) => at) };
  }

  async stopLook(input: { messageId: string }) {
    this.#record('stopLook', input);
  }

  async stopMessage(input: { messageId: string }) {
    this.#record('stopMessage', input);
  }

  async regenerateMessage(input: { messageId: string }) {
    this.#record('regenerateMessage', input);
    return makeMessage(input.messageId, { role: 'assistant', text: '', state: 'waiting' });
  }

  async editMessage(input: { messageId: string; text: string }): Promise<readonly [Message, Message]> {
    this.#record('editMessage', input);
    const answer = makeMessage(this.#newId('m'), { role: 'assistant', text: '', state: 'waiting' });
    return [makeMessage(input.messageId, { text: input.text }), answer];
  }

  async measureContext(input: Parameters<Api['measureContext']>[0]) {
    this.#record('measureContext', input);
    return { used: 690, draft: Math.ceil(input.text.length / 4), answer: 512, capacity: 2048 };
  }

  async listDrafts(): Promise<readonly Draft[]> {
    return [...this.drafts.values()];
  }

  async keepDraft(draft: Draft) {
    this.#record('keepDraft', draft);
    try {
      parseInput('keepDraft', draft);
    } catch {
      throw { code: 'wrong-usage', details: {} };
    }
    if (draft.text === '' && draft.pictures.length === 0) this.drafts.delete(draft.id);
    else this.drafts.set(draft.id, draft);
  }

  async getSettings() {
    return this.settings;
  }

  async changeSettings(changes: Partial<Settings>) {
    this.#record('changeSettings', changes);
    this.settings = { ...this.settings, ...changes };
    this.emit({ type: 'settings', settings: this.settings });
    return this.settings;
  }

  async resetSettings() {
    return this.changeSettings(defaultSettings);
  }

  async listPackages() {
    return this.packages;
  }

  async getEngineStatus() {
    const device = 'CPU, 8 threads';
    return { state: 'ready', packageId: 'inf-llava', device, residentBytes: 9.6e9, error: null } as const;
  }

  async getStorageUse() {
    return makeStorageUse();
  }

  async clearStorage(input: { area: string }) {
    this.#record('clearStorage', input);
    return this.getStorageUse();
  }

  async listNetworkRequests() {
    return [];
  }

  async listModels() {
    return this.offers;
  }

  async measureMachine() {
    this.#record('measureMachine', null);
    return this.offers;
  }

  async measureModel() {
    return { downloadBytes: 16_724_123_648, files: ['model-00001-of-00004.safetensors'] };
  }

  async nameModelFile(input: { part: ModelFilePart; path: string }): Promise<ChosenFile> {
    this.#record('nameModelFile', input);
    return { id: input.path, name: input.path.split('/').at(-1)! };
  }

  async chooseModelFile(input: { part: ModelFilePart }): Promise<ChosenFile | null> {
    this.#record('chooseModelFile', input);
    return { id: `chosen-${input.part}`, name: `${input.part}.gguf` };
  }

  async addModelFiles(input: ModelFiles): Promise<OfferedModel> {
    this.#record('addModelFiles', input);
    const languageFile = input.kind === 'pair' ? 'language.gguf' : null;
    const added = makeOffer('mine', { name: 'Mine', origin: 'added', repository: null, languageFile });
    this.offers = { ...this.offers, models: [...this.offers.models, added] };
    return added;
  }

  async forgetModel(input: { modelId: string }) {
    this.#record('forgetModel', input);
  }

  async getModelActivity() {
    return this.activity;
  }

  async startInstall(input: Parameters<Api['startInstall']>[0]) {
    this.#record('startInstall', input);
    const install = makeInstall(this.#newId('i'), { modelId: input.modelId, precision: input.precision });
    this.showInstalls(...this.activity.installs, install);
    return install;
  }

  async pauseInstall(input: { installId: string }) {
    this.#record('pauseInstall', input);
  }

  async resumeInstall(input: { installId: string }) {
    this.#record('resumeInstall', input);
  }

  async cancelInstall(input: { installId: string }) {
    this.#record('cancelInstall', input);
  }

  async verifyPackage(input: { packageId: string }) {
    this.#record('verifyPackage', input);
  }

  async requantisePackage(input: Parameters<Api['requantisePackage']>[0]) {
    this.#record('requantisePackage', input);
  }

  async dismissTask(input: { packageId: string }) {
    this.#record('dismissTask', input);
  }

  async renamePackage(input: { packageId: string; name: string }) {
    this.#record('renamePackage', input);
  }

  async removePackage(input: { packageId: string }) {
    this.#record('removePackage', input);
    return { kept: [] };
  }

  async getHubLogin() {
    return { hasToken: false, isKept: false };
  }

  async setHubToken({ token }: { token: string | null }) {
    return { hasToken: token !== null, isKept: false };
  }

  async compareAnswers(input: Parameters<Api['compareAnswers']>[0]): Promise<Comparison> {
    this.#record('compareAnswers', input);
    const [first, second] = input.packageIds;
    return makeComparison('k1', first, second);
  }

  async stopComparison(input: { comparisonId: string }) {
    this.#record('stopComparison', input);
  }

  /** Changes the installs and tells the window. */
  showInstalls(...installs: readonly Install[]): void {
    this.activity = { ...this.activity, installs };
    this.emit({ type: 'models', activity: this.activity });
  }

  async openExternal(input: { url: string }) {
    this.#record('openExternal', input);
  }

  /** Changes a stored conversation and tells the window. */
  change(conversationId: string, changes: Partial<Conversation>): void {
    const conversation = { ...this.#find(this.conversations.get(conversationId)), ...changes };
    this.conversations.set(conversationId, { ...conversation, messageCount: conversation.messages.length });
    this.emit({ type: 'conversation', conversation: summaryOf(conversation, '') });
  }

  #record(method: string, input: unknown): void {
    this.calls.push({ method, input });
  }

  #newId(prefix: string): string {
    return `${prefix}-new-${this.#nextId++}`;
  }

  #find<T>(value: T | undefined): T {
    if (value === undefined) throw { code: 'file-missing', details: {} } satisfies AppFailure;
    return value;
  }
}
