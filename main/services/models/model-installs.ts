import type { ModelsClient } from '../../../native-models/engine/models-client.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type { InstallJob } from '../../../native-models/install/jobs/job.ts';
import type { Install, InstallId, ModelPrecision } from '../../../preload/contract/api.ts';
import { folderOf, installOf, isNetworkOff } from './views.ts';

export interface ModelInstallsOptions {
  readonly client: ModelsClient;
  readonly changed: () => void;
  /** The package of an install is in its place; resolves with its id. */
  readonly onInstalled: (install: InstallId, folder: string) => Promise<string | null>;
  /** An install will never bring its model. */
  readonly onGone: (install: InstallId) => void;
}

/** Work that asks the hub. */
const onTheNetwork: readonly InstallJob['state'][] = ['queued', 'downloading'];

/** Installs as the windows see them: those of the models process, and those that have come to their end. */
export class ModelInstalls {
  readonly #options: ModelInstallsOptions;
  #jobs: readonly InstallJob[] = [];
  /** Finished ones, until they are dismissed or the program ends. */
  readonly #finished = new Map<InstallId, Install>();
  /** Cancelled or taken off the list, which a list that was sent before does not know. */
  readonly #gone = new Set<InstallId>();
  /** Paused by the network switch. */
  readonly #held = new Set<InstallId>();

  constructor(options: ModelInstallsOptions) {
    this.#options = options;
  }

  list(): Install[] {
    const underWay = this.#jobs
      .filter(({ id }) => !this.#finished.has(id) && !this.#gone.has(id))
      .map((job) => installOf(job, null, this.#held.has(job.id)));
    return [...underWay, ...this.#finished.values()];
  }

  /** How all installs stand now, as the models process tells. */
  hear(jobs: readonly InstallJob[]): void {
    this.#jobs = jobs;
    for (const job of jobs) {
      if (job.state === 'done' && !this.#finished.has(job.id) && !this.#gone.has(job.id))
        void this.#finish(job);
    }
    this.#options.changed();
  }

  async start(modelId: string, precision: ModelPrecision, licences: readonly string[]): Promise<Install> {
    const input = { entryId: modelId, precision, acceptedLicences: licences, name: null };
    return installOf(await this.#options.client.call('start', input), null, false);
  }

  async pause(jobId: InstallId): Promise<void> {
    this.#held.delete(jobId);
    await this.#options.client.call('pause', { jobId });
  }

  async resume(jobId: InstallId): Promise<void> {
    this.#held.delete(jobId);
    await this.#options.client.call('resume', { jobId });
  }

  /** Ends an install, or takes a finished one off the list. */
  async cancel(jobId: InstallId): Promise<void> {
    if (!this.list().some(({ id }) => id === jobId)) {
      throw new AppError('wrong-usage', `${jobId}: there is no such install.`);
    }
    if (!this.#finished.delete(jobId)) {
      await this.#options.client.call('cancel', { jobId });
      this.#options.onGone(jobId);
    }
    this.#gone.add(jobId);
    this.#options.changed();
  }

  /** The network switch: what downloads is paused, and goes on by itself once it may. */
  async allowNetwork(isAllowed: boolean): Promise<void> {
    const { client } = this.#options;
    const wanted = isAllowed
      ? this.#jobs.filter(({ id, error }) => this.#held.has(id) || isNetworkOff(error))
      : this.#jobs.filter(({ state }) => onTheNetwork.includes(state));
    for (const { id } of wanted) {
      if (isAllowed) this.#held.delete(id);
      else this.#held.add(id);
      // One that has come to its end meanwhile needs neither.
      await client.call(isAllowed ? 'resume' : 'pause', { jobId: id }).catch(() => undefined);
    }
    this.#options.changed();
  }

  async #finish(job: InstallJob): Promise<void> {
    // Done once its package is in use: what waits for it may ask for that.
    this.#finished.set(job.id, { ...installOf(job, null, false), state: 'proving' });
    const folder = folderOf(job);
    const packageId = folder && (await this.#options.onInstalled(job.id, folder));
    if (this.#finished.has(job.id)) this.#finished.set(job.id, installOf(job, packageId, false));
    // What it was is remembered here; on the list of the next start it would be installed a second time.
    await this.#options.client.call('cancel', { jobId: job.id }).catch(() => undefined);
    this.#options.changed();
  }
}
