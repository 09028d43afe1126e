import type { ModelsClient } from '../../../native-models/engine/models-client.ts';
import type { LanguagePrecision, PackageTask } from '../../../preload/contract/api.ts';
import { isCancelled } from '../abort.ts';
import { toFailure } from '../failure.ts';

interface RunningTask {
  shown: PackageTask;
  readonly stop: AbortController;
  /** Resolves when the models process has let go of the package. */
  ended: Promise<void>;
}

/** What a run of a method of the models process needs of its caller. */
interface Run {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

export interface PackageTasksOptions {
  readonly client: ModelsClient;
  readonly changed: () => void;
}

/** Long work on installed packages: one at a time for each, shown until it is dismissed. */
export class PackageTasks {
  readonly #options: PackageTasksOptions;
  readonly #tasks = new Map<string, RunningTask>();

  constructor(options: PackageTasksOptions) {
    this.#options = options;
  }

  list(): PackageTask[] {
    return [...this.#tasks.values()].map(({ shown }) => shown);
  }

  verify(packageId: string, folder: string): void {
    this.#begin(packageId, 'verify', (run) => this.#options.client.call('verify', { folder }, run));
  }

  requantise(packageId: string, folder: string, llm: LanguagePrecision, name: string): void {
    const input = { folder, llm, name, replace: false };
    this.#begin(packageId, 'requantise', (run) => this.#options.client.call('requantise', input, run));
  }

  /** Stops what is done with a package, or takes the result off the list; resolves when it is off. */
  async dismiss(packageId: string): Promise<void> {
    const task = this.#tasks.get(packageId);
    if (!task) return;
    task.stop.abort();
    await task.ended;
    if (this.#tasks.get(packageId) === task) this.#tasks.delete(packageId);
    this.#options.changed();
  }

  /** Stops everything. Safe to call twice. */
  dispose(): void {
    for (const { stop } of this.#tasks.values()) stop.abort();
    this.#tasks.clear();
  }

  #begin(packageId: string, kind: PackageTask['kind'], perform: (run: Run) => Promise<unknown>): void {
    if (this.#tasks.get(packageId)?.shown.state === 'running') return;
    const stop = new AbortController();
    const shown: PackageTask = { packageId, kind, state: 'running', fraction: 0, error: null };
    const task: RunningTask = { shown, stop, ended: Promise.resolve() };
    this.#tasks.set(packageId, task);
    const show = (changes: Partial<PackageTask>) => {
      task.shown = { ...task.shown, ...changes };
      if (this.#tasks.get(packageId) === task) this.#options.changed();
    };
    const run = { signal: stop.signal, onProgress: (fraction: number) => show({ fraction }) };
    task.ended = perform(run).then(
      () => show({ state: 'done', fraction: 1 }),
      (error: unknown) => {
        // Who stopped it takes it off the list.
        if (!isCancelled(error)) show({ state: 'failed', error: toFailure(error) });
      },
    );
    show({});
  }
}
