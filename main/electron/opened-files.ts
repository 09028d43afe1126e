import { isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';

/** What a second instance hands to the first. */
const handedSchema = v.object({ paths: v.array(v.string()) });

export interface CommandLine {
  readonly argv: readonly string[];
  /** In development the first word that is no switch is the script that Electron runs. */
  readonly isPackaged: boolean;
  /** Folder in which it was typed. */
  readonly folder: string;
}

/** The files named on a command line, as absolute paths. */
export function pathsOfCommandLine({ argv, isPackaged, folder }: CommandLine): string[] {
  return argv
    .slice(1)
    .filter((word) => word !== '' && !word.startsWith('-'))
    .slice(isPackaged ? 0 : 1)
    .map((word) => resolve(folder, word));
}

/** The paths in what another instance sent; empty when it is not what this program sends. */
export function handedPaths(data: unknown): string[] {
  const handed = v.safeParse(handedSchema, data);
  return handed.success ? handed.output.paths.filter(isAbsolute) : [];
}

/** Keeps files that arrive before a window listens, and hands them over once it does. */
export class OpenedFiles {
  readonly #open: (paths: readonly string[]) => void;
  #waiting: string[] = [];
  #listening = false;

  constructor(open: (paths: readonly string[]) => void) {
    this.#open = open;
  }

  add(paths: readonly string[]): void {
    this.#waiting.push(...paths);
    this.#flush();
  }

  /** Tells whether a window listens now. */
  set listening(listening: boolean) {
    this.#listening = listening;
    this.#flush();
  }

  #flush(): void {
    if (!this.#listening || this.#waiting.length === 0) return;
    this.#open(this.#waiting.splice(0));
  }
}
