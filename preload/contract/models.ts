/**
 * Real models, as the window sees them: what the catalogue offers and whether it fits this machine, installs on their way,
 * and work on installed packages. Part of the contract in `./api.ts`.
 */
import type { AppFailure } from './errors.ts';

/** Number formats of the language model on offer, most exact first, named as llama.cpp names them. */
export const languagePrecisions = [
  'f32',
  'bf16',
  'f16',
  'q8_0',
  'q6_k',
  'q5_k_m',
  'q5_k_s',
  'q4_k_m',
  'q4_k_s',
  'q4_0',
  'q3_k_m',
  'q2_k',
] as const;

export type LanguagePrecision = (typeof languagePrecisions)[number];

/** How exact an installed model is: `vision` of the tower, `llm` of the language model, null for a file used as it is. */
export interface ModelPrecision {
  readonly vision: 'f32' | 'int8';
  readonly llm: LanguagePrecision | null;
}

/**
 * Whether a model runs here. `gpu`: wholly on the GPU; `cpu`: in the memory that is free now; `tight`: once other programs
 * give memory back; `no`: the disk or the memory of this machine is too small.
 */
export type Verdict = 'gpu' | 'cpu' | 'tight' | 'no';

/** One precision of a model on this machine. All sizes in bytes. */
export interface ModelOption {
  readonly precision: ModelPrecision;
  readonly diskDuring: number;
  readonly diskAfter: number;
  /** Of the running program on the processor alone. */
  readonly memory: number;
  /** For the whole language model on the GPU. */
  readonly gpuMemory: number;
  readonly verdict: Verdict;
  /** What is missing for `no`. */
  readonly lacks: readonly ('disk' | 'memory')[];
  /** About; null until this machine has been measured. */
  readonly secondsPerPhoto: number | null;
  readonly tokensPerSecond: number | null;
}

export interface ModelLicence {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** What of the model is under these terms. */
  readonly covers: string;
  /** The person has to agree and has not yet. */
  readonly isToAccept: boolean;
}

/** A model of the catalogue. */
export interface OfferedModel {
  readonly id: string;
  readonly name: string;
  /** `added`: by this person, who may take it off the list. */
  readonly origin: 'built-in' | 'added';
  /**
   * Among the first models that a person is offered: one that answers within seconds, a better one, or the one of the paper.
   * Null for the others.
   */
  readonly first: 'quick' | 'better' | 'paper' | null;
  /** `owner/name` at the hub; null for files of this machine. */
  readonly repository: string | null;
  /** Name of the language file on this machine that is used where it lies; null where the program makes one. */
  readonly languageFile: string | null;
  /** About; 0 where it is not known. */
  readonly downloadBytes: number;
  readonly licences: readonly ModelLicence[];
  /** What its authors report. */
  readonly figures: readonly { readonly benchmark: string; readonly score: number }[];
  readonly paper: string | null;
  /** Most exact first; empty where its size is not known before it is read. */
  readonly options: readonly ModelOption[];
  readonly recommended: ModelPrecision;
}

/** What of this machine decides whether a model fits, in bytes. */
export interface Machine {
  /** Null where the disk does not say. */
  readonly diskFree: number | null;
  readonly memoryTotal: number;
  readonly memoryFree: number;
  /** Null where there is none that works, or nobody has looked yet. */
  readonly gpu: { readonly name: string; readonly total: number; readonly free: number } | null;
  /** Whether its GPU and speed have been found out. */
  readonly isMeasured: boolean;
}

export interface ModelOffers {
  readonly machine: Machine;
  readonly models: readonly OfferedModel[];
  /** Entries that cannot be used, by the name of their file. */
  readonly refused: readonly { readonly file: string; readonly error: AppFailure }[];
}

/** What a person chooses to use files they have: a checkpoint's folder and one of CLIP, or a folder of pairs, or the two halves of one. */
export type ModelFilePart = 'checkpoint' | 'clip' | 'pairs' | 'mmproj' | 'language';

/** A file or folder that the person has chosen. Where it lies is known to the program alone. */
export interface ChosenFile {
  readonly id: string;
  /** Base name. */
  readonly name: string;
}

/** The models in a folder of GGUF files. */
export interface FoundPairs {
  readonly pairs: readonly {
    readonly mmproj: ChosenFile;
    readonly language: ChosenFile;
    /** Of both. */
    readonly bytes: number;
    /** The number format that most of the language model is in, as llama.cpp names it. */
    readonly precision: string;
  }[];
  /** Files that are no half of any of them, with the reason. */
  readonly unfit: readonly { readonly file: string; readonly error: AppFailure }[];
}

/** Chosen files that are one model, by their ids. */
export type ModelFiles =
  | { readonly kind: 'folder'; readonly checkpoint: string; readonly clip: string | null }
  | { readonly kind: 'pair'; readonly mmproj: string; readonly language: string };

export type InstallId = string;

/**
 * Where an install stands. `downloading`: files arrive, and those that have arrived are converted meanwhile; `converting`:
 * everything has arrived; `proving`: the finished package answers a first question. `paused` and `failed` keep what there
 * is and go on with `resume`; `done` and `cancelled` are the end, and `cancelled` has deleted what it had. `done` stays on
 * the list until it is dismissed.
 */
export type InstallState =
  'queued' | 'downloading' | 'paused' | 'converting' | 'proving' | 'done' | 'failed' | 'cancelled';

export interface Install {
  readonly id: InstallId;
  /** Of the catalogue. */
  readonly modelId: string;
  readonly name: string;
  readonly precision: ModelPrecision;
  readonly state: InstallState;
  readonly createdAt: number;
  /** Paused by the network switch: it goes on by itself when the network is allowed again. */
  readonly isHeldByNetwork: boolean;
  readonly files: {
    readonly total: number;
    readonly arrived: number;
    readonly converted: number;
  };
  readonly progress: {
    /** 0..1 over the download and the conversion together, never falling. */
    readonly fraction: number;
    readonly bytesReceived: number;
    /** 0 until the hub has said it. */
    readonly bytesTotal: number;
    readonly bytesPerSecond: number | null;
    /** Until the model can be used; null until it can be said honestly. */
    readonly secondsLeft: number | null;
    readonly phase: 'vision' | 'enhance' | 'language' | 'quantize' | 'finish' | null;
  };
  readonly disk: { readonly peak: number; readonly installed: number };
  /** The package it became. */
  readonly packageId: string | null;
  /** What the finished package answered first, and how near its tower is to float32. */
  readonly proof: { readonly question: string; readonly answer: string; readonly cosine: number } | null;
  readonly error: AppFailure | null;
}

/** Work on an installed package that takes more than a moment. */
export interface PackageTask {
  readonly packageId: string;
  readonly kind: 'verify' | 'requantise';
  readonly state: 'running' | 'done' | 'failed';
  /** 0..1 */
  readonly fraction: number;
  readonly error: AppFailure | null;
}

/** Everything that is under way with models. */
export interface ModelActivity {
  readonly installs: readonly Install[];
  readonly tasks: readonly PackageTask[];
}

/** How the program reaches the hub, beside what the settings say. */
export interface HubLogin {
  readonly hasToken: boolean;
  /** Whether a token outlasts the program: in the keychain of the system; otherwise it is in memory only. */
  readonly isKept: boolean;
}

/** Methods about models; see `Api`. */
export interface ModelsApi {
  /** What the catalogue offers, with verdicts from what is known of this machine. Asks nobody outside it. */
  listModels(): Promise<ModelOffers>;
  /** Finds out this machine's GPU and speed in a process of its own, seconds of work, and judges anew. */
  measureMachine(): Promise<ModelOffers>;
  /** Asks the hub how large the download exactly is, and which files of weights it is. */
  measureModel(input: {
    modelId: string;
    precision: ModelPrecision;
  }): Promise<{ readonly downloadBytes: number; readonly files: readonly string[] }>;
  /** Lets the person choose a file or folder of a model; null when the dialog is closed or this host has none. */
  chooseModelFile(input: { part: ModelFilePart }): Promise<ChosenFile | null>;
  /**
   * Takes a file or folder of a model by its path on the program's machine, where the host has no dialog to choose it in.
   * Throws `file-missing`, and `file-unreadable` for a file where a folder is needed and the other way round.
   */
  nameModelFile(input: { part: ModelFilePart; path: string }): Promise<ChosenFile>;
  /** Which files of a chosen folder (`pairs`) belong together. */
  findModelPairs(input: { folder: string }): Promise<FoundPairs>;
  /** Reads the chosen files, as far as to know that they are a model that can be used, and puts it on offer. */
  addModelFiles(input: ModelFiles): Promise<OfferedModel>;
  /** Takes an added entry off the list; its files stay. */
  forgetModel(input: { modelId: string }): Promise<void>;

  getModelActivity(): Promise<ModelActivity>;
  /** @param acceptedLicences ids of the licences the person agrees to, which is remembered */
  startInstall(input: {
    modelId: string;
    precision: ModelPrecision;
    acceptedLicences: readonly string[];
  }): Promise<Install>;
  pauseInstall(input: { installId: InstallId }): Promise<void>;
  resumeInstall(input: { installId: InstallId }): Promise<void>;
  /** Ends an install and deletes what it has; one that is done is only taken off the list. */
  cancelInstall(input: { installId: InstallId }): Promise<void>;

  /** Compares every file with its hash; progress comes as `models` events. */
  verifyPackage(input: { packageId: string }): Promise<void>;
  /** Makes a smaller package of the same model beside it; progress comes as `models` events. */
  requantisePackage(input: { packageId: string; llm: LanguagePrecision; name: string }): Promise<void>;
  /** Stops what is done with a package, or takes the result off the list. */
  dismissTask(input: { packageId: string }): Promise<void>;
  renamePackage(input: { packageId: string; name: string }): Promise<void>;
  /** Deletes what the program made. Files of others in the folder stay and are named. */
  removePackage(input: { packageId: string }): Promise<{ readonly kept: readonly string[] }>;

  getHubLogin(): Promise<HubLogin>;
  /** Null forgets the token. */
  setHubToken(input: { token: string | null }): Promise<HubLogin>;
}
