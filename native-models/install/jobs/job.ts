import type { ConvertPhase } from '../../convert/progress.ts';
import type { SentError } from '../../../preload/contract/errors.ts';
import type { InstallState, ModelPrecision } from '../../../preload/contract/models.ts';

/** `checking`: its hash is being compared with the hub's; `converted`: what the package needs of it is in the package. */
export type FileState = 'waiting' | 'downloading' | 'checking' | 'arrived' | 'converted';

export interface InstallFile {
  readonly part: 'checkpoint' | 'clip';
  readonly name: string;
  readonly bytes: number;
  readonly received: number;
  readonly state: FileState;
}

export interface InstallProgress {
  /** 0..1 over the download and the conversion together, never falling. */
  readonly fraction: number;
  readonly bytesReceived: number;
  /** 0 until the hub has said it. */
  readonly bytesTotal: number;
  /** Of the last seconds; null while nothing is being downloaded. */
  readonly bytesPerSecond: number | null;
  /** Until the package can be used, at the speeds measured so far; null until that can be said honestly. */
  readonly secondsLeft: number | null;
  /** What the conversion is at; null while it waits for files. */
  readonly phase: ConvertPhase | null;
}

/** One install, as windows and terminals show it. */
export interface InstallJob {
  readonly id: string;
  /** Of the catalogue entry. */
  readonly entryId: string;
  readonly name: string;
  readonly precision: ModelPrecision;
  readonly state: InstallState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The commit the checkpoint is pinned to; null until it has been asked for, and for local folders. */
  readonly revision: string | null;
  readonly files: readonly InstallFile[];
  readonly progress: InstallProgress;
  /** Most bytes of disk the install takes on its way and the finished package; 0 until they are known. */
  readonly diskBytes: { readonly peak: number; readonly installed: number };
  /** Folder of the finished package (absolute) once `done`. */
  readonly packageFolder: string | null;
  /** The proof of a finished package: cosine of the vision tower, and what it answered first. */
  readonly proof: InstallProof | null;
  /** Why it `failed`. */
  readonly error: SentError | null;
}

export interface InstallProof {
  readonly cosine: { readonly mean: number; readonly worst: number };
  readonly question: string;
  readonly answer: string;
}
