import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, resolve } from 'node:path';
import type { ModelsMethods } from '../../../native-models/engine/models-protocol.ts';
import { AppError, toAppError } from '../../../preload/contract/errors.ts';
import type { ChosenFile, ModelFilePart, ModelFiles } from '../../../preload/contract/api.ts';
import type { DesktopServices } from '../options.ts';

const isFolder = (part: ModelFilePart) => part === 'checkpoint' || part === 'clip' || part === 'pairs';

/** More than anybody chooses in one run, or a folder holds; the oldest goes first. */
const mostChosen = 1000;

/** Files of a model that a person chose in the system's dialog, or named. The window knows them by ids and never by their paths. */
export class ChosenFiles {
  readonly #desktop: DesktopServices | undefined;
  readonly #paths = new Map<string, string>();

  constructor(desktop: DesktopServices | undefined) {
    this.#desktop = desktop;
  }

  /** Null when the dialog is closed, or this host has none. */
  async choose(part: ModelFilePart): Promise<ChosenFile | null> {
    const path = await (isFolder(part) ? this.#desktop?.chooseFolder() : this.#desktop?.chooseGguf());
    return path == null ? null : this.keep(path);
  }

  /**
   * Where there is no dialog, by the path that the person has typed: absolute, or from their home with `~`. Throws
   * `wrong-usage` where there is one, `file-missing`, and `file-unreadable` for what is of the other kind.
   */
  async name(part: ModelFilePart, typed: string): Promise<ChosenFile> {
    if (this.#desktop) throw new AppError('wrong-usage', 'Files are chosen in a dialog here, not named.');
    const path = resolve(homedir(), typed.trim().replace(/^~(?=$|[\\/])/, homedir()));
    const facts = await stat(path).catch((error: unknown) => {
      throw toAppError(error);
    });
    if (facts.isDirectory() !== isFolder(part) || !(facts.isDirectory() || facts.isFile())) {
      const fault = isFolder(part) ? 'is a file, and a folder is needed' : 'is no file';
      throw new AppError('file-unreadable', `${path}: ${fault}.`, { file: path, fault });
    }
    return this.keep(path);
  }

  /** Takes a file that lies in a chosen folder. */
  keep(path: string): ChosenFile {
    const id = randomUUID();
    this.#paths.set(id, path);
    for (const oldest of [...this.#paths.keys()].slice(0, -mostChosen)) this.#paths.delete(oldest);
    return { id, name: basename(path) };
  }

  /** Throws `wrong-usage` for an id that nobody was given. */
  entryOf(files: ModelFiles): ModelsMethods['addEntry']['input'] {
    if (files.kind === 'pair') {
      const [mmproj, language] = [this.path(files.mmproj), this.path(files.language)];
      return { kind: 'pair', mmproj, language, name: null };
    }
    const clip = files.clip === null ? null : this.path(files.clip);
    return { kind: 'folder', checkpoint: this.path(files.checkpoint), clip, name: null };
  }

  /** Throws `wrong-usage` for an id that nobody was given. */
  path(id: string): string {
    const path = this.#paths.get(id);
    if (path === undefined) throw new AppError('wrong-usage', `${id}: no file of that id was chosen.`);
    return path;
  }
}
