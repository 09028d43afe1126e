/**
 * The one interface between the window and the program behind it.
 *
 * The renderer sees `Bridge` and nothing else. In Electron the preload script exposes it over IPC; in the web host the
 * renderer's HTTP client implements it over 127.0.0.1. Every method of `Api` takes at most one argument, a plain object
 * checked against its schema in `./schemas.ts` before any code of the program sees it. Photos are named by opaque ids,
 * never by paths. Pictures travel as same-origin URLs (`photoUrls`), never inside messages.
 *
 * Coordinates: "photo pixels" are pixels of the upright photo (after EXIF orientation), origin at the top left, x right,
 * y down. "Square pixels" are pixels of the padded square before it is resized. "Model pixels" are pixels of the
 * n*tile-sided picture the crops are cut from.
 */

import type { AppFailure } from './contract-failure.ts';
import type { Comparison, InstallId, ModelActivity, ModelsApi } from './contract-models.ts';

export type { AppFailure } from './contract-failure.ts';
export * from './contract-models.ts';

// ---------------------------------------------------------------------------------------------------------- photos

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type PhotoId = string;

/** What a person should know about how a file was read; the sentence for each is made in the window. */
export type PhotoNote =
  'first-frame' | 'first-page' | 'partial' | 'alpha-flattened' | 'colour-converted' | 'reduced-to-fit';

/** `changed` and `missing` are noticed when the photo is used again: the file differs from, or is no longer, what was opened. */
export type PhotoState = 'ready' | 'changed' | 'missing' | 'unreadable';

export interface Photo {
  readonly id: PhotoId;
  /** File name for display; never a path. */
  readonly name: string;
  /** Upright size in photo pixels. */
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Sniffed from content: 'jpeg', 'heic', ... */
  readonly format: string;
  /** `scene`: drawn by the program for the demo model. */
  readonly origin: 'file' | 'upload' | 'sample' | 'scene';
  readonly notes: readonly PhotoNote[];
  readonly sha256: string;
  readonly state: PhotoState;
  readonly error: AppFailure | null;
  /** Milliseconds since 1970, when it was last opened. */
  readonly openedAt: number;
}

/** A picture of the gallery, drawn by the project, with questions whose answers lie in its small details. */
export interface Sample {
  readonly photo: Photo;
  readonly title: Localised;
  readonly questions: readonly Localised[];
}

/** What is in a drawn scene: not to be shown before the person asks for it. In English, as the demo model is. */
export interface SceneTruth {
  readonly description: string;
  readonly questions: readonly { readonly question: string; readonly answer: string }[];
}

export interface Localised {
  readonly en: string;
  readonly ko: string;
}

/** How the model will see a photo (DCM of the paper), in photo pixels; regions may lie outside the photo: the padding. */
export interface CropPlan {
  readonly photoId: PhotoId;
  /** Crops a side. */
  readonly n: number;
  /** Side of a crop in model pixels. */
  readonly tile: number;
  /** The padded square in photo pixels; its origin is negative on the padded sides. */
  readonly square: Rect;
  /** n*n local crops in row-major order, in photo pixels. */
  readonly locals: readonly CropPlace[];
  /** n*n global crops in row-major order of their phase. */
  readonly globals: readonly GlobalCrop[];
  /** Model pixels per photo pixel: below 1 when detail is lost, above 1 when the photo is smaller than the model's input. */
  readonly scale: number;
  /** Tokens of the language model that the picture becomes, and tokens a side of that grid. */
  readonly tokens: number;
  readonly grid: number;
  /** Encoder passes one photo costs. */
  readonly passes: number;
}

export interface CropPlace {
  readonly index: number;
  readonly place: Rect;
  readonly reachesAnswer: boolean;
}

export interface GlobalCrop {
  readonly index: number;
  /** Row and column inside every n x n block of model pixels that this crop takes. */
  readonly row: number;
  readonly column: number;
  readonly reachesAnswer: boolean;
  /** True for the crop that equals the base image. */
  readonly isBase: boolean;
}

export type CropKind = 'local' | 'global';

/** Side of a viewer tile in pixels. */
export const viewerTileSize = 512;

/** Addresses of pictures, the same in both hosts. `level` 0 is the coarsest, as in Deep Zoom. */
export const photoUrls = {
  thumbnail: (id: PhotoId) => `/photos/${id}/thumbnail`,
  tile: (id: PhotoId, level: number, column: number, row: number) =>
    `/photos/${id}/tiles/${level}/${column}_${row}`,
  /** One crop exactly as the encoder gets it, tile x tile, PNG. */
  crop: (id: PhotoId, kind: CropKind, index: number, n: number, tile: number) =>
    `/photos/${id}/crops/${kind}-${index}?n=${n}&tile=${tile}`,
  /** The padded, resized picture, n*tile a side, PNG. */
  square: (id: PhotoId, n: number, tile: number) => `/photos/${id}/square?n=${n}&tile=${tile}`,
} as const;

/** Levels of the viewer's pyramid: level L has the size ceil(size / 2^(levels - 1 - L)). */
export function viewerLevels(width: number, height: number): number {
  return 1 + Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / viewerTileSize)));
}

// ------------------------------------------------------------------------------------------------------ preparation

export type PreparationStage =
  'queued' | 'decode' | 'preprocess' | 'encode' | 'enhance' | 'prefill' | 'ready' | 'failed' | 'cancelled';

/** Where a photo stands on its way into the model. */
export interface Preparation {
  readonly photoId: PhotoId;
  readonly stage: PreparationStage;
  /** Crops already encoded, in the order they finished. */
  readonly encoded: readonly { readonly kind: CropKind; readonly index: number }[];
  /** 0..1 over the whole preparation. */
  readonly fraction: number;
  /** Null until it can be said honestly. */
  readonly secondsLeft: number | null;
  /** True when the embeddings came from the cache and no encoder pass was needed. */
  readonly fromCache: boolean;
  readonly error: AppFailure | null;
}

// ----------------------------------------------------------------------------------------------------- conversations

export type ConversationId = string;
export type MessageId = string;

export interface ConversationSummary {
  readonly id: ConversationId;
  readonly title: string;
  readonly photoIds: readonly PhotoId[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly messageCount: number;
  /** A private conversation is never written to disk and ends with the window. */
  readonly isPrivate: boolean;
  /** Where a search matched, as pieces of text; matched pieces are marked. */
  readonly snippet: readonly { readonly text: string; readonly matched: boolean }[] | null;
}

export interface Conversation extends ConversationSummary {
  readonly photos: readonly Photo[];
  readonly messages: readonly Message[];
}

/** `waiting`: sent while the photo is still being prepared, another answer is written, or a model is being installed. */
export type MessageState = 'waiting' | 'writing' | 'done' | 'interrupted' | 'failed';

export interface Message {
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly role: 'user' | 'assistant';
  /** Markdown; of an assistant possibly still growing. */
  readonly text: string;
  readonly state: MessageState;
  readonly createdAt: number;
  /** The photo or part of a photo brought in with this message, if any. */
  readonly picture: { readonly photoId: PhotoId; readonly region: Rect | null } | null;
  readonly provenance: Provenance | null;
  readonly error: AppFailure | null;
  /** Of an answer that waits for a model: the install that brings it. */
  readonly waitsFor: InstallId | null;
}

/** What an answer was made from, so that it can be made again. */
export interface Provenance {
  readonly photoSha256: string;
  readonly packageName: string;
  readonly packageSha256: string;
  readonly n: number;
  readonly cropsEncoded: number;
  readonly sampling: Sampling;
  readonly systemPrompt: string;
  readonly tokens: { readonly text: number; readonly image: number; readonly generated: number };
  readonly milliseconds: { readonly prefill: number; readonly generate: number };
  readonly device: string;
  readonly finish: 'stop' | 'length' | 'cancelled' | 'context';
}

export interface ContextGauge {
  /** Tokens already in the conversation, the draft's own, what an answer may take, and what the context holds. */
  readonly used: number;
  readonly draft: number;
  readonly answer: number;
  readonly capacity: number;
}

export interface Exported {
  readonly fileName: string;
  readonly mediaType: string;
  /** Where the finished file can be fetched once, same origin; null when it was saved through a dialog. */
  readonly url: string | null;
}

// --------------------------------------------------------------------------------------------------------- settings

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repeatPenalty: number;
  readonly maxTokens: number;
  /** Null draws a new one for every answer. */
  readonly seed: number | null;
}

export interface Settings {
  readonly theme: 'light' | 'dark' | 'system';
  readonly language: 'en' | 'ko' | 'system';
  readonly packageId: string | null;
  readonly device: 'auto' | 'cpu' | 'gpu';
  /** Null lets the program choose. */
  readonly threads: number | null;
  readonly contextTokens: number | null;
  readonly sampling: Sampling;
  /** Null is the package's own. */
  readonly systemPrompt: string | null;
  readonly networkAllowed: boolean;
  /** Address of a mirror of the hub; null is the public one. */
  readonly hubEndpoint: string | null;
  /** Most bytes a second of all downloads; null for no limit. */
  readonly downloadBytesPerSecond: number | null;
}

export const defaultSettings: Settings = {
  theme: 'system',
  language: 'system',
  packageId: null,
  device: 'auto',
  threads: null,
  contextTokens: null,
  sampling: {
    temperature: 0.2,
    topP: 0.95,
    topK: 40,
    minP: 0.05,
    repeatPenalty: 1,
    maxTokens: 512,
    seed: null,
  },
  systemPrompt: null,
  networkAllowed: true,
  hubEndpoint: null,
  downloadBytesPerSecond: null,
};

// ---------------------------------------------------------------------------------------------- models and machine

export interface ModelPackage {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  /** Of the files that are its own. */
  readonly bytes: number;
  /** Name of the language file outside the package, which is used where it lies; null for one of its own. */
  readonly languageFile: string | null;
  readonly n: number;
  readonly tile: number;
  readonly imageTokens: number;
  readonly visionPrecision: string;
  readonly languagePrecision: string;
  readonly contextTrained: number;
  readonly systemPrompt: string;
  /**
   * What the model is for and what it is not, shown wherever the model is used. `released`: downloaded from where its
   * authors publish it; `own`: made from files this person had.
   */
  readonly kind: 'released' | 'own' | 'demo' | 'untrained';
  /** Installed by this person, who may rename and remove it; otherwise it came with the program. */
  readonly isInstalled: boolean;
  readonly error: AppFailure | null;
  /** How a demo model was made and how often it is right; left out where there is no such card. */
  readonly card?: ModelCard | undefined;
}

export interface ModelCard {
  readonly hours: number;
  readonly machine: string;
  readonly scenes: number;
  readonly parameters: number;
  /** Held-out scenes it was measured on through the app; null when this very package was not measured. */
  readonly measuredScenes: number | null;
  /** By kind of question, "all" first, 0..1, with what the project asks for where it asks something. */
  readonly accuracy: readonly {
    readonly kind: string;
    readonly share: number;
    readonly bar: number | null;
  }[];
  /** Share of right answers with one perspective alone, with both, and with both that enrich each other; empty where not measured. */
  readonly ablation: readonly { readonly perspectives: AblationVariant; readonly accuracy: number }[];
  /** How the variants were compared, in English. */
  readonly ablationMethod: string | null;
}

export type AblationVariant = 'local' | 'global' | 'base' | 'both-without-dem' | 'both';

export interface EngineStatus {
  readonly state: 'stopped' | 'starting' | 'loading' | 'ready' | 'busy' | 'crashed';
  readonly packageId: string | null;
  /** For example "CPU, 8 threads" or "Vulkan: NVIDIA RTX 4070, 33 of 33 layers". */
  readonly device: string | null;
  readonly residentBytes: number | null;
  readonly error: AppFailure | null;
  /** A GPU was asked for, or there is one, and it cannot be used: the CPU is used instead. */
  readonly isGpuUnusable?: boolean | undefined;
}

/** Something the person must be told about how the program started; the sentence is made in the window. */
export interface Notice {
  readonly code:
    | 'conversations-set-aside'
    | 'conversations-from-later-version'
    | 'settings-set-aside'
    /** Nothing can be saved: conversations and settings last until the program is closed. */
    | 'data-folder-unwritable';
  /** Name of the file it is about, inside the data folder. */
  readonly file: string;
}

export interface AppDescription {
  readonly version: string;
  readonly host: 'electron' | 'web';
  readonly platform: 'darwin' | 'win32' | 'linux' | 'other';
  /** BCP 47 tag of the system. */
  readonly locale: string;
  /** What this host can do beyond the common: native dialogs, dragging a photo out, revealing a file. */
  readonly canChooseFiles: boolean;
  readonly canRevealFiles: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly notices: readonly Notice[];
}

export interface StorageUse {
  readonly dataFolder: string;
  readonly areas: readonly {
    readonly area: StorageArea;
    readonly bytes: number;
    readonly clearable: boolean;
  }[];
}

export type StorageArea = 'conversations' | 'embeddings' | 'thumbnails' | 'uploads' | 'packages';

/** One request that left this machine, or was about to and was forbidden. */
export interface NetworkRequest {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly purpose: string;
  readonly outcome: string;
}

export interface LicenceNotice {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

// ------------------------------------------------------------------------------------------------------------ errors

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AppFailure };

// ------------------------------------------------------------------------------------------------------------ events

/** Commands of the application menu and of the system, carried out by the window. */
export type MenuCommand =
  | 'open'
  | 'open-folder'
  | 'new-conversation'
  | 'new-private-conversation'
  | 'settings'
  | 'shortcuts'
  | 'about'
  | 'zoom-in'
  | 'zoom-out'
  | 'fit'
  | 'actual-size'
  | 'next-photo'
  | 'previous-photo'
  | 'search'
  | 'export';

export type AppEvent =
  | { readonly type: 'photo'; readonly photo: Photo }
  | { readonly type: 'photos-opened'; readonly photos: readonly Photo[] }
  | { readonly type: 'preparation'; readonly preparation: Preparation }
  | { readonly type: 'conversation'; readonly conversation: ConversationSummary }
  | { readonly type: 'conversation-removed'; readonly id: ConversationId }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'message-removed'; readonly id: MessageId; readonly conversationId: ConversationId }
  /** Text to append to a message that is being written; `at` is the length of its text before this piece. */
  | { readonly type: 'text'; readonly messageId: MessageId; readonly at: number; readonly text: string }
  | { readonly type: 'engine'; readonly status: EngineStatus }
  | { readonly type: 'packages'; readonly packages: readonly ModelPackage[] }
  | { readonly type: 'settings'; readonly settings: Settings }
  | { readonly type: 'models'; readonly activity: ModelActivity }
  | { readonly type: 'comparison'; readonly comparison: Comparison }
  | { readonly type: 'command'; readonly command: MenuCommand };

// ---------------------------------------------------------------------------------------------------------- methods

/** Said of what is done for a private conversation: then nothing of it is written to disk, recent photos included. */
export interface Privacy {
  readonly isPrivate?: boolean | undefined;
}

/** Implemented once, by main/services, for all hosts. A method that fails rejects with an AppFailure. */
export interface Api extends ModelsApi {
  describeApp(): Promise<AppDescription>;
  listLicences(): Promise<readonly LicenceNotice[]>;
  /** Versions, devices and settings as text; nothing of photos, questions, answers, names or paths. */
  diagnostics(): Promise<{ readonly text: string }>;

  listSamples(): Promise<readonly Sample[]>;
  /** Scenes for the demo model, drawn when they are first asked for; empty when another model is in use. */
  listScenes(): Promise<readonly Sample[]>;
  /** Draws a scene that nobody has seen. */
  drawScene(input: Privacy): Promise<Sample>;
  /** A scene that was drawn before. */
  getScene(input: { photoId: PhotoId }): Promise<Sample>;
  revealScene(input: { photoId: PhotoId }): Promise<SceneTruth>;
  listRecentPhotos(): Promise<readonly Photo[]>;
  /** Shows the system's file (or folder) dialog; empty when it is closed, or when this host has none. */
  choosePhotos(input: { folder: boolean } & Privacy): Promise<readonly Photo[]>;
  getPhoto(input: { photoId: PhotoId }): Promise<Photo>;
  getCropPlan(input: { photoId: PhotoId }): Promise<CropPlan>;
  forgetPhoto(input: { photoId: PhotoId }): Promise<void>;
  /** Lets the person point at where a moved photo is now; null when the dialog is closed. */
  locatePhoto(input: { photoId: PhotoId }): Promise<Photo | null>;
  revealPhoto(input: { photoId: PhotoId }): Promise<void>;

  /** Queues a photo to be encoded and prefilled ahead of the first question; progress comes as `preparation` events. */
  preparePhoto(input: { photoId: PhotoId } & Privacy): Promise<Preparation>;
  cancelPreparation(input: { photoId: PhotoId }): Promise<void>;

  listConversations(input: { query: string; limit: number }): Promise<readonly ConversationSummary[]>;
  getConversation(input: { conversationId: ConversationId }): Promise<Conversation>;
  createConversation(input: { photoIds: readonly PhotoId[]; isPrivate: boolean }): Promise<Conversation>;
  renameConversation(input: { conversationId: ConversationId; title: string }): Promise<void>;
  /** Deleted conversations can be brought back until the app is closed. */
  deleteConversation(input: { conversationId: ConversationId }): Promise<void>;
  restoreConversation(input: { conversationId: ConversationId }): Promise<void>;
  exportConversation(input: {
    conversationId: ConversationId;
    format: 'markdown' | 'json';
  }): Promise<Exported | null>;
  importConversation(input: { json: string }): Promise<Conversation>;

  /**
   * Stores the question and an empty answer, which is written by events. Both messages are returned. With `waitFor` the
   * answer waits for the model of that install, also when the program is closed meanwhile.
   */
  sendMessage(input: {
    conversationId: ConversationId;
    text: string;
    picture: { photoId: PhotoId; region: Rect | null } | null;
    waitFor?: InstallId | null | undefined;
  }): Promise<readonly [Message, Message]>;
  /** An answer that waits for a model no longer does: the current one writes it. */
  answerNow(input: { messageId: MessageId }): Promise<void>;
  /** Keeps what was written, marked interrupted. */
  stopMessage(input: { messageId: MessageId }): Promise<void>;
  /** Writes the answer again; what came after it is removed. */
  regenerateMessage(input: { messageId: MessageId }): Promise<Message>;
  /** Replaces a question and answers it; what came after it is removed. */
  editMessage(input: { messageId: MessageId; text: string }): Promise<readonly [Message, Message]>;
  measureContext(input: { conversationId: ConversationId; draft: string }): Promise<ContextGauge>;

  getSettings(): Promise<Settings>;
  changeSettings(input: Partial<Settings>): Promise<Settings>;
  resetSettings(): Promise<Settings>;
  listPackages(): Promise<readonly ModelPackage[]>;
  getEngineStatus(): Promise<EngineStatus>;
  getStorageUse(): Promise<StorageUse>;
  clearStorage(input: { area: StorageArea }): Promise<StorageUse>;
  listNetworkRequests(): Promise<readonly NetworkRequest[]>;
  /** Opens an https page in the person's browser, after the window has asked. */
  openExternal(input: { url: string }): Promise<void>;
}

export type ApiMethod = keyof Api;

/** What the renderer holds. */
export interface Bridge extends Api {
  /** Files dropped, pasted or picked in the window: Electron hands over their paths, the web host uploads them. */
  openFiles(files: readonly File[], privacy?: Privacy): Promise<readonly Photo[]>;
  /** Calls `listener` for every event from now on; returns the way to stop. `onGap` is called when events were lost and state must be read anew. */
  subscribe(listener: (event: AppEvent) => void, onGap: () => void): () => void;
}
