import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../files/make-folder.ts';
import { readTextIfThere } from '../files/regular-file.ts';
import * as v from 'valibot';

import { AppError } from '../../preload/contract/errors.ts';
import { sha256OfFile } from '../package/open-package.ts';
import { manifestName, packageFileNames } from '../package/package-files.ts';
import { exists } from '../files/exists.ts';
import { forgetLock, lockFolder, lockName, releaseLock } from '../files/folder-lock.ts';
import { replaceFile } from '../files/replace-file.ts';

const stateName = 'state.json';

/** Every name a conversion writes, and the beginnings of those that come and go. */
const ownNames: readonly string[] = [...packageFileNames, manifestName, stateName, lockName];
const passingNames = /^((language\.gguf\.partial|lock)-|kept-[\w.-]+$|.+\.[0-9a-f]{12}\.tmp$)/;

const fileSchema = v.object({ bytes: v.number(), sha256: v.string() });
const stateSchema = v.object({
  key: v.string(),
  files: v.record(v.string(), fileSchema),
  /** What a finished stage found out, by its name. */
  notes: v.record(v.string(), v.unknown()),
  /** The tensors of which GGUF file are safely on the disk. */
  gguf: v.nullable(v.object({ name: v.string(), tensors: v.array(v.string()) })),
  /** Weight files that are no longer needed: what the package takes of them is in it, or kept beside it. */
  taken: v.array(v.string()),
});

type State = v.InferOutput<typeof stateSchema>;

export interface FinishedFile {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The folder `OUT.partial` in which a package grows: what is finished in it, so that an interrupted conversion of the
 * same source goes on where it stopped, and a lock against a second one. The caller calls `close` or `discard`.
 */
export class PartialFolder {
  readonly path: string;
  #state: State;

  private constructor(path: string, state: State) {
    this.path = path;
    this.#state = state;
  }

  /**
   * Opens or makes the folder for a conversion with this `key` (source and options). What another key left is removed.
   * Throws `package-exists` when another process is at work in it, or when it holds files no conversion made.
   */
  static async open(path: string, key: string): Promise<PartialFolder> {
    makeFolder(path);
    await refuseForeignFiles(path);
    await lockFolder(path);
    try {
      const found = await readState(path);
      const folder = new PartialFolder(path, { key, files: {}, notes: {}, gguf: null, taken: [] });
      if (found?.key === key) await folder.#adopt(found);
      await folder.#removeUnlisted();
      await folder.#save();
      return folder;
    } catch (error) {
      await releaseLock(path);
      throw error;
    }
  }

  /** Absolute path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  finished(name: string): FinishedFile | null {
    return this.#state.files[name] ?? null;
  }

  /** What `finish` was told with this name. */
  note(name: string): unknown {
    return this.#state.notes[name];
  }

  /** Tensors of this unfinished GGUF file that are on the disk. */
  durableTensors(name: string): ReadonlySet<string> {
    return new Set(this.#state.gguf?.name === name ? this.#state.gguf.tensors : []);
  }

  /** Weight files that are no longer needed. */
  get taken(): ReadonlySet<string> {
    return new Set(this.#state.taken);
  }

  async recordTaken(name: string): Promise<void> {
    this.#state = { ...this.#state, taken: [...this.#state.taken, name] };
    await this.#save();
  }

  get isEmpty(): boolean {
    return Object.keys(this.#state.files).length === 0 && this.#state.gguf === null;
  }

  async recordTensors(name: string, tensors: readonly string[]): Promise<void> {
    this.#state = { ...this.#state, gguf: { name, tensors: [...tensors] } };
    await this.#save();
  }

  /** Records finished files once their bytes are on the disk. Hashes not yet known are taken from the disk. */
  async finish(
    names: readonly string[],
    options: {
      readonly note?: readonly [string, unknown];
      readonly sha256?: string;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<void> {
    const files = { ...this.#state.files };
    for (const name of names) {
      const path = this.file(name);
      await syncFile(path);
      const sha256 = options.sha256 ?? (await sha256OfFile(path, options.signal));
      files[name] = { bytes: (await stat(path)).size, sha256 };
    }
    const notes = options.note
      ? { ...this.#state.notes, [options.note[0]]: options.note[1] }
      : this.#state.notes;
    const gguf = names.includes(this.#state.gguf?.name ?? '') ? null : this.#state.gguf;
    this.#state = { ...this.#state, files, notes, gguf };
    await this.#save();
  }

  /** Deletes a file that is not part of the package. */
  async drop(name: string): Promise<void> {
    const others = Object.entries(this.#state.files).filter(([other]) => other !== name);
    this.#state = { ...this.#state, files: Object.fromEntries(others) };
    await this.#save();
    await rm(this.file(name), { force: true });
  }

  /** Leaves the folder for a later conversion to go on with. */
  async close(): Promise<void> {
    await releaseLock(this.path);
  }

  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    forgetLock(this.path);
  }

  /** Makes it ready to become the package: nothing in it but the package's files and, until it is moved, the lock. */
  async seal(): Promise<void> {
    await rm(this.file(stateName), { force: true });
    await this.#removeUnlisted([manifestName]);
    await syncFolder(this.path);
  }

  /** To be called once the folder has been renamed. */
  async releaseAt(path: string): Promise<void> {
    forgetLock(this.path);
    await rm(join(path, lockName), { force: true });
  }

  /** Takes over what an earlier run finished, as far as it is still what that run recorded. */
  async #adopt(found: State): Promise<void> {
    const files: Record<string, FinishedFile> = {};
    for (const [name, file] of Object.entries(found.files)) {
      if (isConversionFile(name) && (await isIntact(this.file(name), file))) files[name] = file;
    }
    const isWhole = Object.keys(files).length === Object.keys(found.files).length;
    const gguf = found.gguf && (await exists(this.file(found.gguf.name))) ? found.gguf : null;
    // What was made of a weight file is gone, and nobody knows of which: all of them are wanted again.
    const taken = isWhole && gguf === found.gguf ? found.taken : [];
    this.#state = { ...found, files, gguf, taken };
  }

  async #removeUnlisted(keep: readonly string[] = []): Promise<void> {
    const kept = [...Object.keys(this.#state.files), this.#state.gguf?.name, lockName, ...keep];
    for (const name of await readdir(this.path)) {
      if (!kept.includes(name)) await rm(this.file(name), { recursive: true, force: true });
    }
  }

  async #save(): Promise<void> {
    await replaceFile(this.file(stateName), JSON.stringify(this.#state));
  }
}

/** True for a folder in which a conversion may delete: an empty one, or one with no names but its own. */
export async function isOwnFolder(path: string): Promise<boolean> {
  const names = await readdir(path);
  return names.every(isConversionFile);
}

/** Whether a conversion writes files of this name. */
export function isConversionFile(name: string): boolean {
  return ownNames.includes(name) || passingNames.test(name);
}

async function refuseForeignFiles(path: string): Promise<void> {
  if (await isOwnFolder(path)) return;
  throw new AppError('package-exists', `${path}: holds files that no conversion made; nothing was changed.`, {
    file: path,
  });
}

async function readState(path: string): Promise<State | null> {
  try {
    const json: unknown = JSON.parse(await readTextIfThere(join(path, stateName)));
    const parsed = v.safeParse(stateSchema, json);
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // None yet, or cut short: the work is begun again.
  }
}

async function isIntact(path: string, file: FinishedFile): Promise<boolean> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => -1,
  );
  return bytes === file.bytes && (await sha256OfFile(path)) === file.sha256;
}

/** Waits until the bytes of a file are on the disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the names in a folder are on the disk; Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
