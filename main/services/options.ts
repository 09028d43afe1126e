import type { Port, WorkerKind } from '../../native-models/engine/port.ts';
import type { AppDescription } from '../../preload/contract/api.ts';
import type { SecretStore } from './models/secrets.ts';
import type { PackagePlace } from './models/available-packages.ts';

export interface PhotoDialog {
  readonly folder: boolean;
  readonly multiple: boolean;
  /** What is chosen leaves no trace in the system's lists. */
  readonly isPrivate: boolean;
}

/** The desktop around the window, where the host has one. */
export interface DesktopServices {
  /** Lets the person choose photos, or one folder of them; empty when the dialog is closed. */
  choosePaths(options: PhotoDialog): Promise<readonly string[]>;
  /** Lets the person choose a folder that holds no photos; null when the dialog is closed. */
  chooseFolder(): Promise<string | null>;
  /** Lets the person choose a GGUF file; null when the dialog is closed. */
  chooseGguf(): Promise<string | null>;
  /** Lets the person choose where to save a file; null when the dialog is closed. */
  chooseSavePath(fileName: string): Promise<string | null>;
  /** Shows a file in the file manager. */
  reveal(path: string): void;
  openExternal(url: string): Promise<void>;
}

export interface ServicesOptions {
  readonly host: AppDescription['host'];
  /** Folder of the program: its package.json, node_modules or the packed list of licences. */
  readonly appRoot: string;
  /** Everything that is kept is in this folder; made when it is not there. */
  readonly dataFolder: string;
  /** BCP 47 tags of the system's languages, the best first. */
  readonly languages: readonly string[];
  /** `AppDescription.commandLine`; left out where there is no terminal of this machine beside the window. */
  readonly commandLine?: string | undefined;
  readonly startWorker: (kind: WorkerKind) => Port;
  /** Milliseconds that reading the smallest photo may take; given in tests. */
  readonly photoDeadline?: number | undefined;
  /** Most time for finding out, at an install, which heads of the model tell where it looks; given in tests. */
  readonly calibrationMilliseconds?: number | undefined;
  /** Packages that come with the program, in the order in which they are preferred. */
  readonly bundledPackages: readonly PackagePlace[];
  readonly desktop?: DesktopServices | undefined;
  /** Where the hub's token is kept; in memory where the host has no better place. */
  readonly secrets?: SecretStore | undefined;
}
