import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { ModelsMethods } from '../../../native-models/engine/models-protocol.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type { ChosenFile, ModelFilePart, ModelFiles } from '../../../preload/contract/api.ts';
import type { DesktopServices } from '../options.ts';

/** More than anybody chooses in one run; the oldest goes first. */
const mostChosen = 100;

/** Files of a model that a person chose in the system's dialog. The window knows them by ids and never by their paths. */
export class ChosenFiles {
  readonly #desktop: DesktopServices | undefined;
  readonly #paths = new Map<string, string>();

  constructor(desktop: DesktopServices | undefined) {
    this.#desktop = desktop;
  }

  /** Null when the dialog is closed, or this host has none. */
  async choose(part: ModelFilePart): Promise<ChosenFile | null> {
    const isFolder = part === 'checkpoint' || part === 'clip';
    const path = await (isFolder ? this.#desktop?.chooseFolder() : this.#desktop?.chooseGguf());
    if (path == null) return null;
    const id = randomUUID();
    this.#paths.set(id, path);
    for (const oldest of [...this.#paths.keys()].slice(0, -mostChosen)) this.#paths.delete(oldest);
    return { id, name: basename(path) };
  }

  /** Throws `wrong-usage` for an id that nobody was given. */
  entryOf(files: ModelFiles): ModelsMethods['addEntry']['input'] {
    if (files.kind === 'pair') {
      const [mmproj, language] = [this.#path(files.mmproj), this.#path(files.language)];
      return { kind: 'pair', mmproj, language, name: null };
    }
    const clip = files.clip === null ? null : this.#path(files.clip);
    return { kind: 'folder', checkpoint: this.#path(files.checkpoint), clip, name: null };
  }

  #path(id: string): string {
    const path = this.#paths.get(id);
    if (path === undefined) throw new AppError('wrong-usage', `${id}: no file of that id was chosen.`);
    return path;
  }
}
