import type { SentError } from '../../preload/contract/errors.ts';
import type { LanguagePrecision, ModelPrecision } from '../../preload/contract/models.ts';
import type { FoundPair } from '../convert/pair/find-pairs.ts';
import type { ListedEntry, RefusedEntry } from '../install/catalogue/catalogue.ts';
import type { ModelNeeds } from '../install/catalogue/needs.ts';
import type { HubAccess, PlannedRequest } from '../install/hub/access.ts';
import type { InstalledPackage } from '../install/jobs/manage.ts';
import type { InstallJob } from '../install/jobs/job.ts';
import type { ModelPicture } from './images-protocol.ts';

/**
 * The methods of the models process: the catalogue, installs (download and conversion), and what is done with installed
 * packages. Installs live in the data folder and not in this process: a new process resumes what it finds there.
 * Everything on the disk lies below the data folder: `packages/` (installed), `installs/` (on their way), `catalogue/`
 * (entries a person added).
 */

/** The first question to a package. */
export interface FirstQuestion {
  /** Folder of the package. */
  readonly folder: string;
  /** A bundled sample as the picture the model starts from; see `encode` of the inference process. */
  readonly picture: Omit<ModelPicture, 'partial'>;
  readonly question: string;
}

/** What the parent does for the process. */
export interface ModelsParentMethods {
  /** Every install, whenever anything about one has changed. */
  jobs: { input: readonly InstallJob[]; progress: never; result: null };
  /** A package was installed, removed, renamed or made anew. */
  packages: { input: null; progress: never; result: null };
  /** May this be sent? Returns its number when it may, and throws when it may not. */
  request: { input: PlannedRequest; progress: never; result: number };
  /** How a request that was allowed has ended: "206, 64 MB", "failed: connection reset". */
  requested: { input: { number: number; outcome: string }; progress: never; result: null };
  /** Asks a package its first question, in a process of its own that may die of it. Returns the answer. */
  prove: { input: FirstQuestion; progress: never; result: string };
}

export interface StartInstall {
  readonly entryId: string;
  readonly precision: ModelPrecision;
  /** Ids of the licences the person agrees to; remembered. Throws `licence-not-accepted` while one is missing. */
  readonly acceptedLicences: readonly string[];
  /** Name of the package; the entry's own where null. */
  readonly name: string | null;
}

export interface ModelsMethods {
  /**
   * The first call: everything below works on this data folder from then on. `goOn`: installs that were under way when the
   * program ended resume by themselves; otherwise they are `failed` with `process-died`, and resume when they are told to.
   */
  open: {
    input: { dataFolder: string; access: HubAccess; goOn: boolean };
    progress: never;
    result: null;
  };
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
  /** Which GGUF files of a folder belong together. Throws what the file system throws. */
  findPairs: {
    input: { folder: string };
    progress: never;
    result: {
      readonly pairs: readonly FoundPair[];
      readonly unfit: readonly { readonly file: string; readonly error: SentError }[];
    };
  };
  removeEntry: { input: { entryId: string }; progress: never; result: null };
  /** Asks the hub which files are downloaded and how large they exactly are, before anything else is asked of it. */
  measure: {
    input: { entryId: string; precision: ModelPrecision };
    progress: never;
    result: { downloadBytes: number; files: readonly string[]; needs: ModelNeeds };
  };

  jobs: { input: null; progress: never; result: readonly InstallJob[] };
  /** Throws `licence-not-accepted`, `package-exists` when a package or another install has this name, `disk-full`. */
  start: { input: StartInstall; progress: never; result: InstallJob };
  /** Stops after what is being written this moment; keeps everything. */
  pause: { input: { jobId: string }; progress: never; result: InstallJob };
  /** Resumes what is `paused` or `failed`. */
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
    input: { folder: string; llm: LanguagePrecision; name: string; replace: boolean };
    progress: number;
    result: InstalledPackage;
  };
  /** Deletes the files the program made; a folder that holds others as well stays with those and is told. */
  remove: { input: { folder: string }; progress: never; result: { kept: readonly string[] } };
}
