import type {
  AppEvent,
  Bridge,
  HubLogin,
  Install,
  InstallId,
  ModelActivity,
  ModelOffers,
  ModelPackage,
  ModelPrecision,
  OfferedModel,
} from '../../preload/contract/api.ts';
import type { I18n } from '../i18n/i18n.svelte.ts';
import type { EngineStore } from './engine.svelte.ts';
import { recall, remember, type LocalStorage } from './memory.ts';
import type { NoticeStore } from './notices.svelte.ts';

/**
 * Owns what is known of models that can be got, of those on their way, and of work on installed ones. Created by
 * `createStores`.
 */

const storageKey = 'models';

const nothing: ModelActivity = { installs: [], tasks: [] };

/** Models that know photographs, wherever they came from. */
const isReal = (kind: ModelPackage['kind']) => kind === 'released' || kind === 'own';

const firstOrder = ['quick', 'better', 'paper'] as const;

/** How long a person likes to wait for a new photo, in seconds. */
const shortWait = 30;

function runsWell({ options, recommended }: OfferedModel): boolean {
  const option = options.find(
    ({ precision }) => precision.vision === recommended.vision && precision.llm === recommended.llm,
  );
  if (option?.verdict === 'gpu') return true;
  return option?.verdict === 'cpu' && option.secondsPerPhoto !== null && option.secondsPerPhoto <= shortWait;
}

export class ModelsStore {
  offers = $state.raw<ModelOffers | null>(null);
  activity = $state.raw<ModelActivity>(nothing);
  login = $state.raw<HubLogin | null>(null);
  /** The model whose dialog is open. */
  chosen = $state.raw<OfferedModel | null>(null);
  /** While a model is on its way, the next question waits for it instead of being asked of the current one. */
  wantsToWait = $state(false);
  #kept: { isOfferPutOff: boolean };
  #measuring: Promise<void> | null = null;
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #engine: EngineStore;
  readonly #i18n: I18n;
  readonly #storage: LocalStorage;

  constructor(bridge: Bridge, notices: NoticeStore, engine: EngineStore, i18n: I18n, storage: LocalStorage) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#engine = engine;
    this.#i18n = i18n;
    this.#storage = storage;
    this.#kept = $state.raw(recall(storage, storageKey, { isOfferPutOff: false }));
  }

  /** The model that will be ready next; null when none is on its way. */
  readonly coming: Install | null = $derived.by(
    () => this.activity.installs.find(({ state }) => state !== 'done' && state !== 'cancelled') ?? null,
  );

  /** The install that the next question waits for. */
  readonly waitFor: InstallId | null = $derived.by(() =>
    this.coming && (this.wantsToWait || !this.#engine.canAnswer) ? this.coming.id : null,
  );

  /** Whether a question can be taken: it is answered now, or once a model is there. */
  readonly canAsk: boolean = $derived.by(() => this.#engine.canAnswer || this.coming !== null);

  /** There is no real model yet, and the person has not put off getting one. */
  readonly isOffering: boolean = $derived.by(() => {
    const hasReal = this.#engine.packages?.some(({ kind, error }) => isReal(kind) && !error) ?? true;
    return !hasReal && !this.#kept.isOfferPutOff;
  });

  /** What the gallery offers, the quickest first. */
  readonly offered: readonly OfferedModel[] = $derived.by(() => {
    const all = this.isOffering ? (this.offers?.models ?? []) : [];
    return firstOrder.flatMap((first) => all.find((model) => model.first === first) ?? []);
  });

  /** The best of them that answers within a short wait here; otherwise the quickest. */
  readonly suggested: OfferedModel | null = $derived.by(
    () => this.offered.findLast(runsWell) ?? this.offered[0] ?? null,
  );

  async load(): Promise<void> {
    this.activity = (await this.#notices.attempt(this.#bridge.getModelActivity())) ?? this.activity;
  }

  /** Reads the catalogue: when a view shows it, since that takes a process of its own. */
  async loadOffers(): Promise<void> {
    this.offers = (await this.#notices.attempt(this.#bridge.listModels())) ?? this.offers;
  }

  async loadLogin(): Promise<void> {
    this.login = (await this.#notices.attempt(this.#bridge.getHubLogin())) ?? this.login;
  }

  async setToken(token: string | null): Promise<void> {
    this.login = (await this.#notices.attempt(this.#bridge.setHubToken({ token }))) ?? this.login;
  }

  /** The same with what each costs here, which takes seconds the first time. */
  async loadCosts(): Promise<void> {
    await this.loadOffers();
    if (this.offers?.machine.isMeasured === false) await this.measure();
  }

  /** Finds out how fast this computer is, and judges the models by that. Asked again meanwhile, it is still one measurement. */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = null));
    return this.#measuring;
  }

  async #measure(): Promise<void> {
    this.offers = (await this.#notices.attempt(this.#bridge.measureMachine())) ?? this.offers;
  }

  /** Opens the dialog of a model, and finds out how fast this computer is where that is not known yet. */
  async choose(model: OfferedModel): Promise<void> {
    this.chosen = model;
    if (this.offers?.machine.isMeasured) return;
    await this.measure();
    const judged = this.offers?.models.find(({ id }) => id === model.id);
    if (this.chosen === model && judged) this.chosen = judged;
  }

  putOff(): void {
    this.#kept = { isOfferPutOff: true };
    remember(this.#storage, storageKey, this.#kept);
  }

  /** Begins an install; whether it was begun. */
  async start(modelId: string, precision: ModelPrecision, acceptedLicences: string[]): Promise<boolean> {
    const call = this.#bridge.startInstall({ modelId, precision, acceptedLicences });
    const started = await this.#notices.attempt(call);
    if (!started) return false;
    this.chosen = null;
    if (!this.activity.installs.some(({ id }) => id === started.id)) {
      this.activity = { ...this.activity, installs: [...this.activity.installs, started] };
    }
    return true;
  }

  async pause(installId: InstallId): Promise<void> {
    await this.#notices.attempt(this.#bridge.pauseInstall({ installId }));
  }

  async resume(installId: InstallId): Promise<void> {
    await this.#notices.attempt(this.#bridge.resumeInstall({ installId }));
  }

  async cancel(installId: InstallId): Promise<void> {
    await this.#notices.attempt(this.#bridge.cancelInstall({ installId }));
  }

  onEvent(event: AppEvent): void {
    if (event.type === 'models') this.#take(event.activity);
  }

  #take(activity: ModelActivity): void {
    const before = this.activity;
    this.activity = activity;
    for (const { id, name, state } of activity.installs) {
      const was = before.installs.find((install) => install.id === id)?.state;
      if (state !== 'done' || was === 'done' || was === undefined) continue;
      this.wantsToWait = false;
      this.#notices.say(this.#i18n.t.models.install.ready(name));
      void this.loadOffers();
    }
  }
}
