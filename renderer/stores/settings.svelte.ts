import {
  defaultSettings,
  type AppDescription,
  type AppEvent,
  type Bridge,
  type Sampling,
  type Settings,
} from '../../preload/contract/api.ts';
import type { I18n } from '../i18n/i18n.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';

/** Owns the settings as the program last confirmed them and the description of the host. Created by `createStores`. */
export class SettingsStore {
  current = $state.raw<Settings>(defaultSettings);
  app = $state.raw<AppDescription | null>(null);
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #i18n: I18n;

  constructor(bridge: Bridge, notices: NoticeStore, i18n: I18n) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#i18n = i18n;
  }

  async load(): Promise<void> {
    const isStart = this.app === null;
    const [app, settings] = await Promise.all([
      this.#notices.attempt(this.#bridge.describeApp()),
      this.#notices.attempt(this.#bridge.getSettings()),
    ]);
    if (app) {
      this.app = app;
      this.#i18n.preferred = app.languages;
    }
    if (settings) this.#take(settings);
    if (!isStart) return;
    const { startNotices } = this.#i18n.t.shell;
    for (const { code, file } of app?.notices ?? []) this.#notices.warn(startNotices[code](file));
  }

  /** Shows the change at once and goes back when the program refuses it. */
  async change(changes: Partial<Settings>): Promise<void> {
    const before = this.current;
    this.#take({ ...before, ...changes });
    this.#take((await this.#notices.attempt(this.#bridge.changeSettings(changes))) ?? before);
  }

  changeSampling(changes: Partial<Sampling>): Promise<void> {
    return this.change({ sampling: { ...this.current.sampling, ...changes } });
  }

  async reset(): Promise<boolean> {
    const settings = await this.#notices.attempt(this.#bridge.resetSettings());
    if (settings) this.#take(settings);
    return settings !== undefined;
  }

  onEvent(event: AppEvent): void {
    if (event.type === 'settings') this.#take(event.settings);
  }

  #take(settings: Settings): void {
    this.current = settings;
    this.#i18n.choice = settings.language;
  }
}
