import * as v from 'valibot';
import {
  languagePrecisions,
  mostCovered,
  mostPictures,
  mostSides,
  textLimits,
  languages,
  type Api,
  type ApiMethod,
} from './api.ts';

/**
 * One schema per method: what the program accepts from the window, with caps that keep a hostile or broken page from
 * costing memory. Every host validates with `parseInput` before it calls a service.
 */

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const question = text(textLimits.question);
/** An exported conversation with many long answers. */
const importText = v.pipe(v.string(), v.maxLength(20_000_000));
const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));
const pixel = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
const rect = v.strictObject({ x: pixel, y: pixel, width: pixel, height: pixel });
const nothing = v.undefined();
const range = (least: number, most: number) =>
  v.pipe(v.number(), v.finite(), v.minValue(least), v.maxValue(most));
const whole = (least: number, most: number) => v.pipe(range(least, most), v.integer());

const sampling = v.strictObject({
  temperature: range(0, 5),
  topP: range(0.01, 1),
  topK: whole(0, 100_000),
  minP: range(0, 1),
  repeatPenalty: range(1, 2),
  maxTokens: whole(1, 100_000),
  /** llama.cpp takes the largest 32-bit number as "draw one". */
  seed: v.nullable(whole(0, 2 ** 32 - 2)),
});

export const settingsSchema = v.strictObject({
  theme: v.picklist(['light', 'dark', 'system']),
  language: v.picklist([...languages, 'system']),
  packageId: v.nullable(id),
  device: v.picklist(['auto', 'cpu', 'gpu']),
  threads: v.nullable(whole(1, 256)),
  contextTokens: v.nullable(whole(256, 1_048_576)),
  detail: v.pipe(v.record(id, whole(1, 10_000)), v.maxEntries(1000)),
  sampling,
  systemPrompt: v.nullable(text(textLimits.systemPrompt)),
  networkAllowed: v.boolean(),
  hubEndpoint: v.nullable(
    v.pipe(
      v.string(),
      v.trim(),
      v.maxLength(2048),
      v.url(),
      v.regex(/^https?:\/\/[^\s?#@]+$/, 'the address of a hub'),
    ),
  ),
  /** Below this a large model takes years, and a throttle of whole pieces is none. */
  downloadBytesPerSecond: v.nullable(whole(10_000, 1e11)),
});

const pictures = v.pipe(
  v.array(v.strictObject({ photoId: id, region: v.nullable(rect) })),
  v.maxLength(mostPictures),
);
/** Answers of a conversation that are looked at together. */
const mostGraded = 1000;
const aPhoto = v.strictObject({ photoId: id });
const someOfPhoto = { photoId: id, region: v.nullish(rect) };
const way = v.variant('kind', [
  v.strictObject({ kind: v.literal('all') }),
  v.strictObject({ kind: v.literal('overview') }),
  v.strictObject({
    kind: v.literal('covered'),
    photoId: id,
    regions: v.pipe(v.array(rect), v.minLength(1), v.maxLength(mostCovered)),
  }),
  v.strictObject({ kind: v.literal('part'), photoId: id, region: rect }),
]);
const aConversation = v.strictObject({ conversationId: id });
const modelFilePart = v.picklist(['checkpoint', 'clip', 'pairs', 'mmproj', 'language']);
const anInstall = v.strictObject({ installId: id });
const aPackage = v.strictObject({ packageId: id });
const aMessage = v.strictObject({ messageId: id });
const llm = v.picklist(languagePrecisions);
const precision = v.strictObject({ vision: v.picklist(['f32', 'int8']), llm: v.nullable(llm) });
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80));

const inputSchemas = {
  describeApp: nothing,
  listLicences: nothing,
  diagnostics: nothing,
  listSamples: nothing,
  listScenes: nothing,
  drawScene: v.strictObject({ isPrivate: v.optional(v.boolean()) }),
  getScene: aPhoto,
  revealScene: aPhoto,
  gradeAnswers: v.strictObject({
    photoId: id,
    turns: v.pipe(
      v.array(v.strictObject({ question, answer: text(textLimits.answer) })),
      v.maxLength(mostGraded),
    ),
  }),
  listRecentPhotos: nothing,
  choosePhotos: v.strictObject({ folder: v.boolean(), isPrivate: v.optional(v.boolean()) }),
  getPhoto: aPhoto,
  getCropPlan: v.strictObject(someOfPhoto),
  forgetPhoto: aPhoto,
  locatePhoto: aPhoto,
  revealPhoto: aPhoto,
  preparePhoto: v.strictObject({ ...someOfPhoto, isPrivate: v.optional(v.boolean()) }),
  cancelPreparation: v.strictObject(someOfPhoto),
  listConversations: v.strictObject({
    query: text(textLimits.search),
    limit: whole(1, 1000),
  }),
  getConversation: aConversation,
  createConversation: v.strictObject({
    photoIds: v.pipe(v.array(id), v.maxLength(100)),
    isPrivate: v.boolean(),
  }),
  renameConversation: v.strictObject({
    conversationId: id,
    title: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(textLimits.title)),
  }),
  deleteConversation: aConversation,
  restoreConversation: aConversation,
  exportConversation: v.strictObject({
    conversationId: id,
    format: v.picklist(['markdown', 'json']),
    language: v.picklist(languages),
  }),
  importConversation: v.strictObject({ json: importText }),
  stopImport: nothing,
  sendMessage: v.strictObject({ conversationId: id, text: question, pictures, waitFor: v.nullish(id) }),
  answerNow: aMessage,
  stopMessage: aMessage,
  lookOf: aMessage,
  lookInViews: aMessage,
  coverAnswer: v.strictObject({ messageId: id, photoId: id, region: rect }),
  stopLook: aMessage,
  exportLook: aMessage,
  regenerateMessage: aMessage,
  editMessage: v.strictObject({ messageId: id, text: question }),
  measureContext: v.strictObject({ conversationId: id, text: question, pictures }),
  listDrafts: nothing,
  keepDraft: v.strictObject({ id, text: text(textLimits.draft), pictures }),
  getSettings: nothing,
  changeSettings: v.partial(settingsSchema),
  resetSettings: nothing,
  listPackages: nothing,
  getEngineStatus: nothing,
  getStorageUse: nothing,
  clearStorage: v.strictObject({
    area: v.picklist(['conversations', 'embeddings', 'thumbnails', 'uploads', 'packages', 'installs']),
  }),
  listNetworkRequests: nothing,
  listModels: nothing,
  measureMachine: nothing,
  measureModel: v.strictObject({ modelId: id, precision }),
  chooseModelFile: v.strictObject({ part: modelFilePart }),
  nameModelFile: v.strictObject({
    part: modelFilePart,
    path: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4096)),
  }),
  findModelPairs: v.strictObject({ folder: id }),
  addModelFiles: v.variant('kind', [
    v.strictObject({ kind: v.literal('folder'), checkpoint: id, clip: v.nullable(id) }),
    v.strictObject({ kind: v.literal('pair'), mmproj: id, language: id }),
  ]),
  forgetModel: v.strictObject({ modelId: id }),
  getModelActivity: nothing,
  startInstall: v.strictObject({
    modelId: id,
    precision,
    acceptedLicences: v.pipe(v.array(id), v.maxLength(16)),
  }),
  pauseInstall: anInstall,
  resumeInstall: anInstall,
  cancelInstall: anInstall,
  verifyPackage: aPackage,
  requantisePackage: v.strictObject({ packageId: id, llm, name }),
  dismissTask: aPackage,
  renamePackage: v.strictObject({ packageId: id, name }),
  removePackage: aPackage,
  getHubLogin: nothing,
  /** Goes into a header: visible ASCII only. */
  setHubToken: v.strictObject({
    token: v.nullable(v.pipe(v.string(), v.trim(), v.regex(/^[\x21-\x7e]{1,512}$/))),
  }),
  askAgain: v.strictObject({
    messageId: id,
    asked: v.pipe(v.array(v.strictObject({ packageId: id, way })), v.minLength(1), v.maxLength(mostSides)),
  }),
  stopComparison: v.strictObject({ comparisonId: id }),
  openExternal: v.strictObject({
    url: v.pipe(v.string(), v.maxLength(2048), v.url(), v.startsWith('https://')),
  }),
} as const satisfies Record<ApiMethod, v.GenericSchema>;

export const apiMethods = Object.keys(inputSchemas) as ApiMethod[];

/** The checked argument of `method`; throws valibot's ValiError when it is not what the contract says. */
export function parseInput<M extends ApiMethod>(method: M, input: unknown): Parameters<Api[M]>[0] {
  return v.parse(inputSchemas[method] as v.GenericSchema<Parameters<Api[M]>[0]>, input);
}
