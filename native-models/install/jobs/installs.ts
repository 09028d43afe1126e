import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';

import { exists } from '../../files/exists.ts';
import { isLocked, lockFolder, releaseLock } from '../../files/folder-lock.ts';
import { sweepTemporaries } from '../../files/replace-file.ts';
import { AppError, sendError } from '../../../preload/contract/errors.ts';
import { isPair, type CatalogueEntry } from '../catalogue/entry.ts';
import { runInstall } from './run-install.ts';
import { discardInstall, type InstallTools } from './install-steps.ts';
import { InstallMeter } from './install-meter.ts';
import type { InstallState, ModelPrecision } from '../../../preload/contract/models.ts';
import type { InstallJob } from './job.ts';
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
  /** As it was last decided; on its way to the disk. */
  job: StoredJob;
  /** What everybody is told: `job` as it was when the disk last held it and, at the end of a run, nothing else was left. */
  told: StoredJob;
  meter: InstallMeter;
  /** Another process is at work on it. */
  isElsewhere: boolean;
  isDoubtful: boolean;
}

interface Running {
  readonly id: string;
  readonly stop: AbortController;
  /** What it is once it has been stopped; null: it is still under way for the next process. */
  endsAs: 'paused' | 'cancelled' | null;
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
  async start(entry: CatalogueEntry, precision: ModelPrecision, name: string | null): Promise<InstallJob> {
    requirePrecision(entry, precision);
    const { llm } = precision;
    const folder = folderNameOf(name ?? (llm === null ? entry.id : `${entry.id}-${llm}`));
    const out = join(this.#options.dataFolder, 'packages', folder);
    const other = [...this.#entries.values()].find(
      ({ job }) => job.folder === folder && !over.includes(job.state),
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
    const entry = await this.#mine(id);
    await this.#stop(id, 'paused');
    // One that waits has no run that ends so.
    if (atWork.includes(entry.job.state)) await this.#keep(entry, { state: 'paused' });
    return this.#view(id);
  }

  async resume(id: string): Promise<InstallJob> {
    const entry = await this.#mine(id);
    const { job, told } = entry;
    if (job === told && (told.state === 'paused' || told.state === 'failed')) {
      entry.isDoubtful = doubtful.includes(told.error?.code ?? '');
      entry.meter = new InstallMeter(told.fraction);
      await this.#keep(entry, { state: 'queued', error: null });
      this.#pump();
    }
    return this.#view(id);
  }

  /** Ends an install and deletes what it has; takes one that is over off the list. */
  async cancel(id: string): Promise<void> {
    const entry = await this.#mine(id);
    await this.#stop(id, 'cancelled');
    if (!over.includes(entry.job.state)) await this.#write(entry, { state: 'cancelled' });
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
    if (!isElsewhere && stored.state === 'cancelled') {
      // The program ended while it was being deleted.
      await discardInstall(this.#folder(stored.id));
      this.#entries.delete(stored.id);
      return;
    }
    if (!isElsewhere) await sweepTemporaries(this.#folder(stored.id));
    const entry = entryOf(stored, isElsewhere);
    this.#entries.set(stored.id, entry);
    if (isElsewhere || !atWork.includes(stored.state)) return;
    const died = new AppError('process-died', 'The program ended while this was being installed.', {
      process: 'models',
    });
    await this.#keep(
      entry,
      this.#options.goOn ? { state: 'queued' } : { state: 'failed', error: sendError(died) },
    );
  }

  /** Begins the next install that waits, if none is under way. */
  #pump(): void {
    if (this.#running || this.#isDisposed) return;
    const next = [...this.#entries.values()].find(
      ({ job, isElsewhere }) => job.state === 'queued' && !isElsewhere,
    );
    if (!next) return;
    const { id } = next.job;
    const stop = new AbortController();
    const end = this.#run(id, stop.signal).finally(() => {
      this.#running = null;
      this.#pump();
    });
    this.#running = { id, stop, end, endsAs: null };
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
      await this.#carryOut(entry, folder, signal);
      await this.#write(entry, { state: 'done', fraction: 1 });
    } catch (error) {
      const { fraction } = entry.meter.progress();
      const endsAs = this.#running?.endsAs;
      const end: Partial<StoredJob> = signal.aborted
        ? { fraction, ...(endsAs && { state: endsAs }) }
        : { state: 'failed', error: sendError(error), fraction };
      // A disk that has no room even for this is why it failed.
      await this.#write(entry, end).catch(() => (entry.job = { ...entry.job, ...end }));
    }
    await releaseLock(folder);
    if (entry.job.state === 'done') this.#options.onInstalled();
    // A cancelled one goes from the list once it has been deleted.
    if (entry.job.state !== 'cancelled') this.#tell(entry, entry.job);
  }

  async #carryOut(entry: Entry, folder: string, signal: AbortSignal): Promise<void> {
    const { dataFolder, tools } = this.#options;
    makeFolder(join(dataFolder, 'packages'));
    // A run that was killed between the move to its place and the note of it has nothing left to do.
    const out = join(dataFolder, 'packages', entry.job.folder);
    if (entry.job.proof === null || !(await exists(out))) {
      await runInstall({
        ...{ job: entry.job, folder, out, tools, signal },
        isFresh: takeDoubt(entry),
        meter: entry.meter,
        keep: (changes) => this.#keep(entry, changes),
        show: (state) => this.#show(entry, state),
      });
    }
    for (const part of ['checkpoint', 'clip', 'package']) await discardInstall(join(folder, part));
  }

  async #stop(id: string, endsAs: Running['endsAs'] = null): Promise<void> {
    const running = this.#running;
    if (running?.id !== id) return;
    running.endsAs = endsAs;
    running.stop.abort();
    await running.end;
  }

  #show(entry: Entry, state: InstallState): void {
    // What cannot be kept is said when the run ends.
    if (entry.job.state !== state) void this.#keep(entry, { state }).catch(() => undefined);
    else this.#changed();
  }

  async #keep(entry: Entry, changes: Partial<StoredJob>): Promise<void> {
    this.#tell(entry, await this.#write(entry, changes));
  }

  /** The job with `changes`, once it is on the disk. */
  async #write(entry: Entry, changes: Partial<StoredJob>): Promise<StoredJob> {
    const job = { ...entry.job, ...changes };
    entry.job = job;
    // Writes follow one another, so that the file ends as the job did.
    this.#writing = this.#writing.catch(() => undefined).then(() => writeJob(this.#folder(job.id), job));
    try {
      await this.#writing;
    } catch (error) {
      if (entry.job === job) entry.job = entry.told;
      throw error;
    }
    return job;
  }

  #tell(entry: Entry, job: StoredJob): void {
    entry.told = job;
    this.#changed();
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
function requirePrecision({ id, source }: CatalogueEntry, { llm }: ModelPrecision): void {
  if (isPair(source) === (llm === null)) return;
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
  return {
    job: stored,
    told: stored,
    meter: new InstallMeter(stored.fraction),
    isElsewhere,
    isDoubtful: false,
  };
}

function viewOf(dataFolder: string): (entry: Entry) => InstallJob {
  return ({ told, meter }) => {
    const { id, entry, name, precision, state, createdAt, pins, diskBytes, proof, error, folder } = told;
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
