import type { LanguageTypeName } from '../convert/language-types.ts';
import type { CatalogueEntry } from '../package/catalogue/entry.ts';
import type { InstallJob, InstallPrecision } from '../package/install/job.ts';
import type { SentError } from './protocol.ts';

/**
 * The methods of the models process: the catalogue, installs (download and conversion), and what is done with installed
 * packages. Installs live in the data folder and not in this process: a new process goes on with what it finds there.
 * Everything on the disk lies below the data folder: `packages/` (installed), `installs/` (on their way), `catalogue/`
 * (entries a person added).
 */

/** What a request to another machine is for; queries are left out of `url`, since those of redirects carry signatures. */
export interface PlannedRequest {
  readonly method: string;
  readonly url: string;
  /** "Download INF-LLaVA: model-00001-of-00004.safetensors". */
  readonly purpose: string;
}

/** How this process reaches the hub. Held in memory only. */
export interface HubAccess {
  /** `https://huggingface.co`, or a mirror with the same layout. */
  readonly endpoint: string;
  /** For gated repositories; sent to the endpoint's own host and to no other. */
  readonly token: string | null;
  /** Most bytes a second over all downloads; null for no limit. */
  readonly bytesPerSecond: number | null;
  /** Address of an HTTP proxy; null takes what the environment says (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly proxy: string | null;
}

/** What the process wants of its parent. Every ask is answered with `reply`. */
export type ModelsAsk =
  /** May this be sent? The parent answers when it may, with an error when it may not. */
  | { readonly kind: 'request'; readonly request: PlannedRequest }
  /** Ask the package in this folder a first question, in a process of its own that may die of it. */
  | {
      readonly kind: 'prove';
      readonly folder: string;
      /** A bundled sample as the square picture the model starts from; see `encode` of the inference process. */
      readonly picture: { readonly key: string; readonly pixels: Uint8Array; readonly side: number };
      readonly question: string;
    };

export type ModelsEvent =
  /** Every install, whenever anything about one has changed. */
  | { readonly kind: 'jobs'; readonly jobs: readonly InstallJob[] }
  /** A package was installed, removed, renamed or made anew. */
  | { readonly kind: 'packages' }
  | { readonly kind: 'ask'; readonly askId: number; readonly ask: ModelsAsk }
  /** How a request that was allowed has ended: "206, 64 MB", "failed: connection reset". */
  | { readonly kind: 'requested'; readonly askId: number; readonly outcome: string };

export type AskReply =
  | { readonly kind: 'request' }
  | { readonly kind: 'prove'; readonly answer: string }
  | { readonly kind: 'refused'; readonly error: SentError };

/** What a model takes in one precision, in bytes. */
export interface ModelNeeds {
  readonly precision: InstallPrecision;
  readonly diskDuring: number;
  readonly diskAfter: number;
  /** Memory of the running program on the processor alone. */
  readonly memory: number;
  /** GPU memory for all layers of the language model and its context. */
  readonly gpuMemory: number;
}

export interface ListedEntry {
  readonly entry: CatalogueEntry;
  /** `added`: by this person, who may remove it. */
  readonly origin: 'built-in' | 'added';
  /** For every precision on offer, the most exact first; empty where the entry does not say its size. */
  readonly needs: readonly ModelNeeds[];
  /** Terms that still have to be accepted. */
  readonly licencesToAccept: readonly string[];
}

/** An entry file that could not be used: it is named and left as it is. */
export interface RefusedEntry {
  readonly file: string;
  readonly error: SentError;
}

/** An installed package, with the folder that names it in the methods below. */
export interface InstalledPackage {
  /** Base name of its folder in `packages/`. */
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly visionPrecision: string;
  readonly languagePrecision: string;
  readonly licence: string;
  /** What is wrong with it, as far as its manifest and sizes say. */
  readonly error: SentError | null;
}

export interface StartInstall {
  readonly entryId: string;
  readonly precision: InstallPrecision;
  /** Ids of the licences the person agrees to; remembered. Throws `licence-not-accepted` while one is missing. */
  readonly acceptedLicences: readonly string[];
  /** Name of the package; the entry's own where null. */
  readonly name: string | null;
}

export interface ModelsMethods {
  /**
   * The first call: everything below works on this data folder from then on. It lasts until it is cancelled or the process
   * ends, and its progress is everything that happens. `goOn`: installs that were under way when the program ended go on
   * by themselves; otherwise they are `failed` with `process-died`, and go on when they are told to.
   */
  open: {
    input: { dataFolder: string; access: HubAccess; goOn: boolean };
    progress: ModelsEvent;
    result: null;
  };
  reply: { input: { askId: number; reply: AskReply }; progress: never; result: null };
  /** Takes effect for the next request. */
  setAccess: { input: HubAccess; progress: never; result: null };

  catalogue: {
    input: null;
    progress: never;
    result: { entries: readonly ListedEntry[]; refused: readonly RefusedEntry[] };
  };
  /**
   * Adds an entry: the JSON of one, a checkpoint's folder on this machine, or a pair of GGUF files. Throws `catalogue-invalid`,
   * and what is wrong with the files: `wrong-usage`, `checkpoint-invalid`, `file-missing`.
   */
  addEntry: {
    input:
      | { kind: 'json'; json: unknown }
      | { kind: 'folder'; checkpoint: string; clip: string | null; name: string | null }
      | { kind: 'pair'; mmproj: string; language: string; name: string | null };
    progress: never;
    result: ListedEntry;
  };
  removeEntry: { input: { entryId: string }; progress: never; result: null };
  /** Asks the hub how large the download exactly is, before anything else is asked of it. */
  measure: {
    input: { entryId: string; precision: InstallPrecision };
    progress: never;
    result: { downloadBytes: number; needs: ModelNeeds };
  };

  jobs: { input: null; progress: never; result: readonly InstallJob[] };
  /** Throws `licence-not-accepted`, `package-exists` when a package or another install has this name, `disk-full`. */
  start: { input: StartInstall; progress: never; result: InstallJob };
  /** Stops after what is being written this moment; keeps everything. */
  pause: { input: { jobId: string }; progress: never; result: InstallJob };
  /** Goes on with what is `paused` or `failed`. */
  resume: { input: { jobId: string }; progress: never; result: InstallJob };
  /** Ends an install and deletes what it had; a finished or cancelled one is only taken off the list. */
  cancel: { input: { jobId: string }; progress: never; result: null };

  installed: { input: null; progress: never; result: readonly InstalledPackage[] };
  /** Hashes every file against the manifest. Throws `package-invalid`. Progress is the fraction of the bytes. */
  verify: { input: { folder: string }; progress: number; result: InstalledPackage };
  /** Changes the name people see and the folder's. */
  rename: { input: { folder: string; name: string }; progress: never; result: InstalledPackage };
  /** Makes a package of the same model with a smaller language model beside it, or in its place. Progress 0..1. */
  requantise: {
    input: { folder: string; llm: LanguageTypeName; name: string; replace: boolean };
    progress: number;
    result: InstalledPackage;
  };
  /** Deletes the files the program made; a folder that holds others as well stays with those and is told. */
  remove: { input: { folder: string }; progress: never; result: { kept: readonly string[] } };
}
