/**
 * The one interface between the window and the program behind it.
 *
 * The renderer sees `Bridge` and nothing else. In Electron the preload script exposes it over IPC; in the web host the
 * renderer's HTTP client implements it over 127.0.0.1. Every method of `Api` takes at most one argument, a plain object
 * checked against its schema in `./schemas.ts` before any code of the program sees it. Photos are named by opaque ids,
 * never by paths. Pictures travel as same-origin URLs (`photoUrls`), never inside messages.
 *
 * Coordinates: "photo pixels" are pixels of the upright photo (after EXIF orientation), origin at the top left, x right,
 * y down. "Model pixels" are pixels of the picture that the crops are cut from (`CropPlan.size`).
 */

import type {
  ContextGauge,
  Conversation,
  ConversationId,
  ConversationSummary,
  Draft,
  Message,
  MessageId,
  Picture,
  Sampling,
} from './chat.ts';
import type { AppFailure } from './errors.ts';
import type { Rect } from './geometry.ts';
import type { Language } from './language.ts';
import type { CoverTest, Look, LookInViews, LookProgress } from './looks.ts';
import type { AskedAgain, Comparison } from './again.ts';
import type { InstallId, ModelActivity, ModelsApi } from './models.ts';
import type { CropPlan, Photo, PhotoId, Preparation, Sample, SceneTruth } from './photos.ts';

export * from './again.ts';
export * from './chat.ts';
export type { AppFailure } from './errors.ts';
export type * from './geometry.ts';
export * from './language.ts';
export * from './looks.ts';
export * from './models.ts';
export * from './photos.ts';

export interface Exported {
  readonly fileName: string;
  readonly mediaType: string;
  /** Where the finished file can be fetched once, same origin; null when it was saved through a dialog. */
  readonly url: string | null;
}

// --------------------------------------------------------------------------------------------------------- settings

export interface Settings {
  readonly theme: 'light' | 'dark' | 'system';
  readonly language: Language | 'system';
  readonly packageId: string | null;
  readonly device: 'auto' | 'cpu' | 'gpu';
  /** Null lets the program choose. */
  readonly threads: number | null;
  readonly contextTokens: number | null;
  /** The most local views of a photo, by package, where a person chose fewer than the model's own: `CropPlan.details`. */
  readonly detail: Readonly<Record<string, number>>;
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
  detail: {},
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
  /** Photos it looks at in one question. */
  readonly picturesInQuestion: number;
  /** Whether it can be shown the whole of a photo without its detail. */
  readonly hasOverview: boolean;
  readonly visionPrecision: string;
  readonly languagePrecision: string;
  readonly contextTrained: number;
  readonly systemPrompt: string;
  /** BCP 47 tags of those it states to know; empty where it states none. */
  readonly languages: readonly string[];
  /**
   * What the model is for and what it is not, shown wherever the model is used. `released`: downloaded from where its
   * authors publish it; `own`: made from files this person had.
   */
  readonly kind: 'released' | 'own' | 'demo';
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
export interface StartNotice {
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
  /** BCP 47 tags of what the person reads, the best first: of the browser in the web host, of the system elsewhere. */
  readonly languages: readonly string[];
  /** What this host can do beyond the common: native dialogs, dragging a photo out, revealing a file. */
  readonly canChooseFiles: boolean;
  readonly canRevealFiles: boolean;
  /** What begins a command of the program in a terminal of this machine; null where that is no way to use it. */
  readonly commandLine: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly notices: readonly StartNotice[];
}

export interface StorageUse {
  readonly dataFolder: string;
  readonly areas: readonly {
    readonly area: StorageArea;
    readonly bytes: number;
    readonly clearable: boolean;
  }[];
}

export type StorageArea = 'conversations' | 'embeddings' | 'thumbnails' | 'uploads' | 'packages' | 'installs';

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
  | {
      readonly type: 'photos-opened';
      readonly photos: readonly Photo[];
      /** They were opened for a private conversation. */
      readonly isPrivate: boolean;
    }
  | { readonly type: 'preparation'; readonly preparation: Preparation }
  | { readonly type: 'conversation'; readonly conversation: ConversationSummary }
  | { readonly type: 'conversation-removed'; readonly id: ConversationId }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'message-removed'; readonly id: MessageId; readonly conversationId: ConversationId }
  /** Text to append to a message that is being written; `at` is the length of its text before this piece. */
  | { readonly type: 'text'; readonly messageId: MessageId; readonly at: number; readonly text: string }
  | { readonly type: 'look'; readonly progress: LookProgress }
  | { readonly type: 'engine'; readonly status: EngineStatus }
  | { readonly type: 'packages'; readonly packages: readonly ModelPackage[] }
  | { readonly type: 'settings'; readonly settings: Settings }
  | { readonly type: 'models'; readonly activity: ModelActivity }
  /** Messages of a conversation that is being taken in; null once it is or is not. */
  | {
      readonly type: 'import';
      readonly progress: { readonly done: number; readonly total: number } | null;
    }
  | { readonly type: 'comparison'; readonly comparison: Comparison }
  | { readonly type: 'command'; readonly command: MenuCommand };

// ---------------------------------------------------------------------------------------------------------- methods

/** Said of what is done for a private conversation: then nothing of it is written to disk, recent photos included. */
export interface Privacy {
  readonly isPrivate?: boolean | undefined;
}

/** A photo, or with `region` a part of it, in photo pixels. */
export interface SomeOfPhoto {
  readonly photoId: PhotoId;
  readonly region?: Rect | null | undefined;
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
  /** Whether answers about a scene are right; null for a question that the scene says nothing about. */
  gradeAnswers(input: {
    photoId: PhotoId;
    turns: readonly { readonly question: string; readonly answer: string }[];
  }): Promise<readonly (boolean | null)[]>;
  listRecentPhotos(): Promise<readonly Photo[]>;
  /** Shows the system's file (or folder) dialog; empty when it is closed, or when this host has none. */
  choosePhotos(input: { folder: boolean } & Privacy): Promise<readonly Photo[]>;
  getPhoto(input: { photoId: PhotoId }): Promise<Photo>;
  /** Throws `wrong-usage` for a region that is not inside the photo, as all methods that take one. */
  getCropPlan(input: SomeOfPhoto): Promise<CropPlan>;
  forgetPhoto(input: { photoId: PhotoId }): Promise<void>;
  /** Lets the person point at where a moved photo is now; null when the dialog is closed. */
  locatePhoto(input: { photoId: PhotoId }): Promise<Photo | null>;
  revealPhoto(input: { photoId: PhotoId }): Promise<void>;

  /**
   * Queues a photo to be encoded and prefilled ahead of the first question, or a part of it to be encoded; progress comes as
   * `preparation` events.
   */
  preparePhoto(input: SomeOfPhoto & Privacy): Promise<Preparation>;
  cancelPreparation(input: SomeOfPhoto): Promise<void>;

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
    /** Of the headings in a Markdown file. */
    language: Language;
  }): Promise<Exported | null>;
  /** Told by `import` events on the way. */
  importConversation(input: { json: string }): Promise<Conversation>;
  /** Ends imports that are under way with `cancelled`; nothing of them stays. */
  stopImport(): Promise<void>;

  /**
   * Stores the question and an empty answer, which is written by events. Both messages are returned. With `waitFor` the
   * answer waits for the model of that install, also when the program is closed meanwhile.
   */
  sendMessage(input: {
    conversationId: ConversationId;
    text: string;
    pictures: readonly Picture[];
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
  /**
   * Where the model looked when it wrote an answer, computed when it is asked for and told by `look` events on the way. Rejects
   * with `written-otherwise` when another package, or this one at another detail, is in use, and with `cancelled`.
   */
  lookOf(input: { messageId: MessageId }): Promise<Look>;
  /** One level deeper; null where each row is of one view. Like `lookOf`. */
  lookInViews(input: { messageId: MessageId }): Promise<LookInViews | null>;
  /** How likely the same answer is with that part of the photo covered; like `lookOf`. */
  coverAnswer(input: { messageId: MessageId; photoId: PhotoId; region: Rect }): Promise<CoverTest>;
  /** Ends either with `cancelled`; nothing when neither is under way. */
  stopLook(input: { messageId: MessageId }): Promise<void>;
  /** Where the model looked as a JSON file (docs/lens-file.md); null when the person closed the dialog. As `lookOf`. */
  exportLook(input: { messageId: MessageId }): Promise<Exported | null>;
  /**
   * Asks the question of an answer again, in one way after the other; told by `comparison` events. Nothing of it is kept. Rejects
   * with `file-missing`, `package-invalid`.
   */
  askAgain(input: { messageId: MessageId; asked: readonly AskedAgain[] }): Promise<Comparison>;
  stopComparison(input: { comparisonId: string }): Promise<void>;
  /** How full the context would be with a question of `text` and `pictures`. */
  measureContext(input: {
    conversationId: ConversationId;
    text: string;
    pictures: readonly Picture[];
  }): Promise<ContextGauge>;
  listDrafts(): Promise<readonly Draft[]>;
  /** Keeps what was typed and not sent, in memory only where it belongs to something private; a draft of nothing is forgotten. */
  keepDraft(input: Draft): Promise<void>;

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
  /** Says how this window opens photos from now on, for those that the system hands to it. At first it is not private. */
  setPrivacy(privacy: Privacy): void;
  /** Calls `listener` for every event from now on; returns the way to stop. `onGap` is called when events were lost and state must be read anew. */
  subscribe(listener: (event: AppEvent) => void, onGap: () => void): () => void;
}
