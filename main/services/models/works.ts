import type { ModelsClient } from '../../../native-models/engine/models-client.ts';
import type { LanguagePrecision, PackageWork } from '../../../preload/contract/api.ts';
import { isCancelled } from '../abort.ts';
import { toFailure } from '../failure.ts';

interface Work {
  shown: PackageWork;
  readonly stop: AbortController;
  /** Resolves when the models process has let go of the package. */
  ended: Promise<void>;
}

/** What a run of a method of the models process needs of its caller. */
interface Run {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

export interface PackageWorksOptions {
  readonly client: ModelsClient;
  readonly changed: () => void;
}

/** Long work on installed packages: one at a time for each, shown until it is dismissed. */
export class PackageWorks {
  readonly #options: PackageWorksOptions;
  readonly #works = new Map<string, Work>();

  constructor(options: PackageWorksOptions) {
    this.#options = options;
  }

  list(): PackageWork[] {
    return [...this.#works.values()].map(({ shown }) => shown);
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
    const work = this.#works.get(packageId);
    if (!work) return;
    work.stop.abort();
    await work.ended;
    if (this.#works.get(packageId) === work) this.#works.delete(packageId);
    this.#options.changed();
  }

  /** Stops everything. Safe to call twice. */
  dispose(): void {
    for (const { stop } of this.#works.values()) stop.abort();
    this.#works.clear();
  }

  #begin(packageId: string, kind: PackageWork['kind'], perform: (run: Run) => Promise<unknown>): void {
    if (this.#works.get(packageId)?.shown.state === 'running') return;
    const stop = new AbortController();
    const shown: PackageWork = { packageId, kind, state: 'running', fraction: 0, error: null };
    const work: Work = { shown, stop, ended: Promise.resolve() };
    this.#works.set(packageId, work);
    const show = (changes: Partial<PackageWork>) => {
      work.shown = { ...work.shown, ...changes };
      if (this.#works.get(packageId) === work) this.#options.changed();
    };
    const run = { signal: stop.signal, onProgress: (fraction: number) => show({ fraction }) };
    work.ended = perform(run).then(
      () => show({ state: 'done', fraction: 1 }),
      (error: unknown) => {
        // Who stopped it takes it off the list.
        if (!isCancelled(error)) show({ state: 'failed', error: toFailure(error) });
      },
    );
    show({});
  }
}
