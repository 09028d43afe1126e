import type { AppEvent, Bridge, EngineStatus, ModelPackage, Photo } from '../../preload/contract/api.ts';
import type { NoticeStore } from './notices.svelte.ts';
import type { SettingsStore } from './settings.svelte.ts';

/** Owns what is known of the model packages and of the process that runs them. Created by `createStores`. */
export class EngineStore {
  status = $state.raw<EngineStatus | null>(null);
  packages = $state.raw<readonly ModelPackage[] | null>(null);
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #settings: SettingsStore;

  constructor(bridge: Bridge, notices: NoticeStore, settings: SettingsStore) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#settings = settings;
  }

  /** The package that answers: the chosen one, or the first that can be used; null while there is none. */
  readonly package: ModelPackage | null = $derived.by(() => {
    const all = this.packages ?? [];
    const chosen = all.find(({ id }) => id === this.#settings.current.packageId);
    return chosen ?? all.find(({ error }) => error === null) ?? null;
  });

  /** Whether questions can be answered: a package is chosen and is sound. */
  readonly canAnswer: boolean = $derived(this.package !== null && this.package.error === null);

  /** Whether the answers are those of the demo model, which knows drawn scenes alone. */
  readonly isDemo: boolean = $derived(this.package?.kind === 'demo' && this.package.error === null);

  /** Whether the answers about a photo have anything to do with it. */
  knows({ origin }: Pick<Photo, 'origin'>): boolean {
    return this.canAnswer && (!this.isDemo || origin === 'scene');
  }

  async load(): Promise<void> {
    const [status, packages] = await Promise.all([
      this.#notices.attempt(this.#bridge.getEngineStatus()),
      this.#notices.attempt(this.#bridge.listPackages()),
    ]);
    this.status = status ?? this.status;
    this.packages = packages ?? this.packages;
  }

  onEvent(event: AppEvent): void {
    if (event.type === 'engine') {
      if (event.status.state === 'crashed' && this.status?.state !== 'crashed' && event.status.error) {
        this.#notices.fail(event.status.error);
      }
      this.status = event.status;
    }
    if (event.type === 'packages') this.packages = event.packages;
  }
}
