import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { exists } from '../../files/exists.ts';
import { isLocked, lockFolder, releaseLock } from '../../files/folder-lock.ts';
import { AppError, sendError } from '../../../preload/contract/errors.ts';
import type { CatalogueEntry } from '../catalogue/entry.ts';
import { discardInstall, runInstall, type InstallTools } from './install.ts';
import { InstallMeter } from './install-meter.ts';
import type { InstallJob, InstallPrecision, InstallState } from './job.ts';
import { newJob, readJob, readJobs, writeJob, type StoredJob } from './job-file.ts';
import { folderNameOf } from './package-name.ts';

export interface InstallsOptions {
  readonly dataFolder: string;
  readonly tools: InstallTools;
  /**
   * Whether installs that were under way when the program ended go on by themselves. Otherwise they are `failed` with
   * `process-died`, and go on when they are told to.
   */
  readonly goOn: boolean;
  readonly onChange: (jobs: readonly InstallJob[]) => void;
  /** A package has come to its place. */
  readonly onInstalled: () => void;
}

const atWork: readonly InstallState[] = ['queued', 'downloading', 'converting', 'proving'];
const over: readonly InstallState[] = ['done', 'cancelled'];

/** After these the repositories are asked again what they hold. */
const doubtful: readonly string[] = [
  'source-changed',
  'download-damaged',
  'hub-refused',
  'checkpoint-invalid',
];

interface Entry {
  stored: StoredJob;
  meter: InstallMeter;
  /** Another process is at work on it. */
  isElsewhere: boolean;
  isDoubtful: boolean;
}

interface Running {
  readonly id: string;
  readonly stop: AbortController;
  readonly end: Promise<void>;
}

/** All installs of a data folder: they wait for one another, and what they are is in their own folders. */
export class Installs {
  readonly #options: InstallsOptions;
  readonly #entries = new Map<string, Entry>();
  #running: Running | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isDisposed = false;

  private constructor(options: InstallsOptions) {
    this.#options = options;
  }

  static async open(options: InstallsOptions): Promise<Installs> {
    const installs = new Installs(options);
    for (const stored of await readJobs(join(options.dataFolder, 'installs'))) await installs.#adopt(stored);
    installs.#pump();
    return installs;
  }

  list(): readonly InstallJob[] {
    return [...this.#entries.values()].map(viewOf(this.#options.dataFolder));
  }

  /** Throws `package-exists` when a package or another install has the name, `wrong-usage` for a precision that is not on offer. */
  async start(entry: CatalogueEntry, precision: InstallPrecision, name: string | null): Promise<InstallJob> {
    requirePrecision(entry, precision);
    const { llm } = precision;
    const folder = folderNameOf(name ?? (llm === null ? entry.id : `${entry.id}-${llm}`));
    const out = join(this.#options.dataFolder, 'packages', folder);
    const other = [...this.#entries.values()].find(
      ({ stored }) => stored.folder === folder && !over.includes(stored.state),
    );
    if (other !== undefined || (await exists(out))) {
      throw new AppError('package-exists', `${folder}: a package of that name is already there.`, {
        file: folder,
      });
    }
    const id = `${entry.id.slice(0, 40)}-${randomBytes(6).toString('hex')}`;
    const stored: StoredJob = {
      ...newJob,
      ...{ id, entry, precision, folder, name: name ?? entry.name },
      state: 'queued',
      createdAt: Date.now(),
      diskBytes: { peak: 0, installed: 0 },
    };
    await writeJob(this.#folder(id), stored);
    this.#entries.set(id, entryOf(stored));
    this.#changed();
    this.#pump();
    return this.#view(id);
  }

  async pause(id: string): Promise<InstallJob> {
    const { stored } = await this.#mine(id);
    if (atWork.includes(stored.state)) {
      await this.#stop(id);
      // It may have come to its end meanwhile.
      if (atWork.includes(this.#entries.get(id)!.stored.state)) await this.#keep(id, { state: 'paused' });
    }
    return this.#view(id);
  }

  async resume(id: string): Promise<InstallJob> {
    const entry = await this.#mine(id);
    if (entry.stored.state === 'paused' || entry.stored.state === 'failed') {
      entry.isDoubtful = doubtful.includes(entry.stored.error?.code ?? '');
      entry.meter = new InstallMeter(entry.stored.fraction);
      await this.#keep(id, { state: 'queued', error: null });
      this.#pump();
    }
    return this.#view(id);
  }

  /** Ends an install and deletes what it has; takes one that is over off the list. */
  async cancel(id: string): Promise<void> {
    await this.#mine(id);
    await this.#stop(id);
    if (!over.includes(this.#entries.get(id)!.stored.state)) await this.#keep(id, { state: 'cancelled' });
    await discardInstall(this.#folder(id));
    this.#entries.delete(id);
    this.#changed();
  }

  /** Stops what is running and leaves it as it is. Safe to call twice. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    if (this.#running) await this.#stop(this.#running.id);
  }

  async #adopt(stored: StoredJob): Promise<void> {
    const isElsewhere = await isLocked(this.#folder(stored.id));
    const entry = entryOf(stored, isElsewhere);
    this.#entries.set(stored.id, entry);
    if (isElsewhere || !atWork.includes(stored.state)) return;
    const died = new AppError('process-died', 'The program ended while this was being installed.', {
      process: 'models',
    });
    await this.#keep(
      stored.id,
      this.#options.goOn ? { state: 'queued' } : { state: 'failed', error: sendError(died) },
    );
  }

  /** Begins the next install that waits, if none is under way. */
  #pump(): void {
    if (this.#running || this.#isDisposed) return;
    const next = [...this.#entries.values()].find(
      ({ stored, isElsewhere }) => stored.state === 'queued' && !isElsewhere,
    );
    if (!next) return;
    const { id } = next.stored;
    const stop = new AbortController();
    const end = this.#run(id, stop.signal).finally(() => {
      this.#running = null;
      this.#pump();
    });
    this.#running = { id, stop, end };
  }

  async #run(id: string, signal: AbortSignal): Promise<void> {
    const folder = this.#folder(id);
    const entry = this.#entries.get(id)!;
    try {
      await lockFolder(folder);
    } catch {
      entry.isElsewhere = true;
      return;
    }
    try {
      await this.#carryOut(id, folder, signal);
    } catch (error) {
      const { fraction } = entry.meter.progress();
      const sent = sendError(error);
      // Whoever has stopped it says what it is then.
      if (signal.aborted) await this.#keep(id, { fraction });
      else
        await this.#keep(id, { state: 'failed', error: sent, fraction }).catch(() => this.#fail(entry, sent));
    } finally {
      await releaseLock(folder);
    }
  }

  async #carryOut(id: string, folder: string, signal: AbortSignal): Promise<void> {
    const { dataFolder, tools } = this.#options;
    const entry = this.#entries.get(id)!;
    await mkdir(join(dataFolder, 'packages'), { recursive: true });
    // A run that was killed between the move to its place and the note of it has nothing left to do.
    const out = join(dataFolder, 'packages', entry.stored.folder);
    if (entry.stored.proof === null || !(await exists(out))) {
      await runInstall({
        ...{ job: entry.stored, folder, out, tools, signal },
        isFresh: takeDoubt(entry),
        meter: entry.meter,
        keep: (changes) => this.#keep(id, changes),
        show: (state) => this.#show(id, state),
      });
    }
    for (const part of ['checkpoint', 'clip', 'package']) await discardInstall(join(folder, part));
    await this.#keep(id, { state: 'done', fraction: 1 });
    this.#options.onInstalled();
  }

  /** The disk has no room even for this. */
  #fail(entry: Entry, error: StoredJob['error']): void {
    entry.stored = { ...entry.stored, state: 'failed', error };
    this.#changed();
  }

  async #stop(id: string): Promise<void> {
    if (this.#running?.id !== id) return;
    this.#running.stop.abort();
    await this.#running.end;
  }

  #show(id: string, state: InstallState): void {
    const entry = this.#entries.get(id)!;
    // What cannot be kept is said when the run ends.
    if (entry.stored.state !== state) void this.#keep(id, { state }).catch(() => undefined);
    else this.#changed();
  }

  async #keep(id: string, changes: Partial<StoredJob>): Promise<void> {
    const entry = this.#entries.get(id)!;
    entry.stored = { ...entry.stored, ...changes };
    this.#changed();
    // Writes follow one another, so that the file ends as the job did.
    this.#writing = this.#writing.catch(() => undefined).then(() => writeJob(this.#folder(id), entry.stored));
    await this.#writing;
  }

  #changed(): void {
    this.#options.onChange(this.list());
  }

  #view(id: string): InstallJob {
    return viewOf(this.#options.dataFolder)(this.#entries.get(id)!);
  }

  /** Throws `wrong-usage` for an install that is not there, `package-exists` for one another process is at work on. */
  async #mine(id: string): Promise<Entry> {
    const known = this.#entries.get(id);
    // The other process may have come to its end, whichever that was.
    if (known?.isElsewhere && !(await isLocked(this.#folder(id)))) {
      const stored = await readJob(this.#folder(id), id);
      if (stored) await this.#adopt(stored);
      else this.#entries.delete(id);
    }
    const entry = this.#entries.get(id);
    if (!entry) throw new AppError('wrong-usage', `${id}: there is no such install.`);
    if (entry.isElsewhere) {
      throw new AppError('package-exists', `${id}: another process is at work on it.`, { file: id });
    }
    return entry;
  }

  #folder(id: string): string {
    return join(this.#options.dataFolder, 'installs', id);
  }
}

/** A language file that is used where it lies stays as it is; any other is made, in some precision. */
function requirePrecision({ id, source }: CatalogueEntry, { llm }: InstallPrecision): void {
  if ((source.kind === 'pair') === (llm === null)) return;
  const fault = llm === null ? 'needs a precision of its language model' : 'uses its language file as it is';
  throw new AppError('wrong-usage', `${id}: ${fault}.`, { reason: 'precision' });
}

/** Asked once: the answer holds for the runs to come. */
function takeDoubt(entry: Entry): boolean {
  const { isDoubtful } = entry;
  entry.isDoubtful = false;
  return isDoubtful;
}

function entryOf(stored: StoredJob, isElsewhere = false): Entry {
  return { stored, meter: new InstallMeter(stored.fraction), isElsewhere, isDoubtful: false };
}

function viewOf(dataFolder: string): (entry: Entry) => InstallJob {
  return ({ stored, meter }) => {
    const { id, entry, name, precision, state, createdAt, pins, diskBytes, proof, error, folder } = stored;
    const progress = meter.progress();
    const isRunning = atWork.includes(state);
    return {
      ...{ id, name, precision, state, createdAt, diskBytes, proof, error },
      entryId: entry.id,
      revision: pins?.checkpoint.commit ?? null,
      files: meter.files,
      progress: isRunning ? progress : { ...progress, bytesPerSecond: null, secondsLeft: null, phase: null },
      packageFolder: state === 'done' ? join(dataFolder, 'packages', folder) : null,
    };
  };
}
