import { recall, remember, type LocalStorage } from './memory.ts';

/** Owns which parts of the window are open, how large they are, and which dialog is. Created by `createStores`. */

export type Tab = 'photo' | 'model' | 'chat' | 'library';
export type DialogName = 'settings' | 'shortcuts' | 'about';
export type SettingsSection = 'appearance' | 'model' | 'answers' | 'privacy' | 'storage';

/** Least and most sizes of the panes in CSS pixels: below the least their content no longer fits. */
export const paneLimits = {
  library: { least: 200, most: 420 },
  chat: { least: 300, most: 760 },
  perspectives: { least: 168, most: 560 },
} as const;

export type PaneName = keyof typeof paneLimits;

const storageKey = 'layout';

/** Size of the window in CSS pixels. */
export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

/** At first the panes share a large window with the photo instead of keeping to its edge. */
const firstLayout = ({ width, height }: WindowSize) => ({
  library: clamp(width * 0.18, { least: 248, most: 340 }),
  chat: clamp(width * 0.28, { least: 380, most: 560 }),
  perspectives: clamp(height * 0.27, { least: 240, most: 420 }),
  isLibraryOpen: true,
  isChatOpen: true,
  isPerspectivesOpen: true,
});

type Kept = ReturnType<typeof firstLayout>;

export class LayoutStore {
  #kept: Kept;
  tab = $state<Tab>('photo');
  dialog = $state<DialogName | null>(null);
  settingsSection = $state<SettingsSection>('appearance');
  /** The library as a drawer over the photo, where there is no room beside it. */
  isDrawerOpen = $state(false);
  /** Where the person wants to type, until the field for it has taken the focus. */
  #wish = $state<'ask' | 'search' | null>(null);
  readonly #storage: LocalStorage;

  constructor(storage: LocalStorage, size: WindowSize) {
    this.#storage = storage;
    this.#kept = $state.raw(recall(storage, storageKey, firstLayout(size)));
  }

  get isLibraryOpen(): boolean {
    return this.#kept.isLibraryOpen;
  }

  get isChatOpen(): boolean {
    return this.#kept.isChatOpen;
  }

  get isPerspectivesOpen(): boolean {
    return this.#kept.isPerspectivesOpen;
  }

  /** Width, or for the perspectives height, in CSS pixels. */
  size(pane: PaneName): number {
    return clamp(this.#kept[pane], paneLimits[pane]);
  }

  resize(pane: PaneName, size: number): void {
    this.#keep({ [pane]: Math.round(clamp(size, paneLimits[pane])) });
  }

  toggleLibrary(): void {
    this.#keep({ isLibraryOpen: !this.isLibraryOpen });
  }

  toggleChat(): void {
    this.#keep({ isChatOpen: !this.isChatOpen });
  }

  togglePerspectives(): void {
    this.#keep({ isPerspectivesOpen: !this.isPerspectivesOpen });
  }

  openSettings(section: SettingsSection = this.settingsSection): void {
    this.settingsSection = section;
    this.dialog = 'settings';
  }

  /** Brings the composer to the front and gives it the focus. */
  ask(): void {
    if (!this.isChatOpen) this.toggleChat();
    this.tab = 'chat';
    this.isDrawerOpen = false;
    this.#wish = 'ask';
  }

  search(): void {
    if (!this.isLibraryOpen) this.toggleLibrary();
    this.tab = 'library';
    this.isDrawerOpen = true;
    this.#wish = 'search';
  }

  /** Whether that is what the person wants; asked by the field, once. */
  takeWish(wish: 'ask' | 'search'): boolean {
    if (this.#wish !== wish) return false;
    this.#wish = null;
    return true;
  }

  #keep(changes: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...changes };
    remember(this.#storage, storageKey, this.#kept);
  }
}

const clamp = (value: number, { least, most }: { least: number; most: number }) =>
  Math.min(most, Math.max(least, value));
