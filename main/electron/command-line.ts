import { isAbsolute } from 'node:path';
import * as v from 'valibot';

import { pathArgument } from '../host/path-argument.ts';

/** What a second instance hands to the first. */
const handedSchema = v.object({ paths: v.array(v.string()) });

export interface CommandLine {
  readonly argv: readonly string[];
  /** In development the first word that is no switch is the script that Electron runs. */
  readonly isPackaged: boolean;
  /** Folder in which it was typed. */
  readonly folder: string;
}

/** The files named on a command line, as absolute paths; what can be no file of this machine is left out. */
export function pathsOfCommandLine({ argv, isPackaged, folder }: CommandLine): string[] {
  return argv
    .slice(1)
    .filter((word) => word !== '' && !word.startsWith('-'))
    .slice(isPackaged ? 0 : 1)
    .flatMap((word) => {
      try {
        return [pathArgument(word, folder)];
      } catch {
        return [];
      }
    });
}

/** The paths in what another instance sent; empty when it is not what this program sends. */
export function handedPaths(data: unknown): string[] {
  const handed = v.safeParse(handedSchema, data);
  return handed.success ? handed.output.paths.filter(isAbsolute) : [];
}
