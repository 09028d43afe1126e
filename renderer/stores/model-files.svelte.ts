import type {
  AppFailure,
  Bridge,
  ChosenFile,
  FoundPairs,
  ModelFilePart,
  ModelFiles,
} from '../../preload/contract/api.ts';
import { isCancel, receivedFailure } from '../api/failure.ts';
import type { ModelsStore } from './models.svelte.ts';

/** Owns the dialog in which a person names files of theirs that are a model. Created by `createStores`. */

type Chosen = Readonly<Partial<Record<ModelFilePart, ChosenFile>>>;

export class ModelFilesStore {
  isOpen = $state(false);
  kind: ModelFiles['kind'] = $state('folder');
  chosen: Chosen = $state.raw({});
  /** What the chosen folder of pairs holds; null before one is chosen. */
  found: FoundPairs | null = $state.raw(null);
  /** The chosen files are being read. */
  isReading = $state(false);
  failure: AppFailure | null = $state.raw(null);
  /** The last change of each part: what comes of one before it comes too late. */
  #changes: Partial<Record<ModelFilePart, symbol | undefined>> = {};
  readonly #bridge: Bridge;
  readonly #models: ModelsStore;

  constructor(bridge: Bridge, models: ModelsStore) {
    this.#bridge = bridge;
    this.#models = models;
  }

  /** What has been chosen, as a model; null while a part of it is missing. */
  readonly files: ModelFiles | null = $derived.by(() => {
    const { checkpoint, clip, mmproj, language } = this.chosen;
    if (this.kind === 'pair')
      return mmproj && language ? { kind: 'pair', mmproj: mmproj.id, language: language.id } : null;
    return checkpoint ? { kind: 'folder', checkpoint: checkpoint.id, clip: clip?.id ?? null } : null;
  });

  open(): void {
    this.#changes = {};
    this.chosen = {};
    this.found = null;
    this.failure = null;
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
  }

  show(kind: ModelFiles['kind']): void {
    this.#changes = {};
    this.kind = kind;
    this.failure = null;
  }

  /** Takes both halves of a pair that was found. */
  pick({ mmproj, language }: FoundPairs['pairs'][number]): void {
    this.chosen = { ...this.chosen, mmproj, language };
    this.failure = null;
  }

  /** Lets the person choose in the system's dialog; closing that leaves what was chosen before. */
  async choose(part: ModelFilePart): Promise<void> {
    await this.#take(part, this.#bridge.chooseModelFile({ part }));
  }

  /** The same by the path the person has typed; what was named before it is gone at once. */
  async name(part: ModelFilePart, path: string): Promise<void> {
    this.clear(part);
    if (path.trim() !== '') await this.#take(part, this.#bridge.nameModelFile({ part, path }));
  }

  clear(part: ModelFilePart): void {
    this.#changes[part] = undefined;
    this.chosen = Object.fromEntries(Object.entries(this.chosen).filter(([each]) => each !== part));
    if (part === 'pairs') this.found = null;
    this.failure = null;
  }

  /** Puts the chosen files on offer and opens the dialog of the model they are. */
  async add(): Promise<void> {
    const { files } = this;
    if (files === null || this.isReading) return;
    this.isReading = true;
    const added = await this.#attempt(this.#bridge.addModelFiles(files));
    this.isReading = false;
    if (!added) return;
    await this.#models.loadOffers();
    // Where the dialog has been closed meanwhile, the model is on the list.
    if (!this.isOpen) return;
    this.close();
    await this.#models.choose(added);
  }

  async #take(part: ModelFilePart, asked: Promise<ChosenFile | null>): Promise<void> {
    const change = (this.#changes[part] = Symbol());
    const isLast = () => this.#changes[part] === change;
    const file = await this.#attempt(asked, isLast);
    if (!file || !isLast()) return;
    this.chosen = { ...this.chosen, [part]: file };
    if (part === 'pairs') await this.#find(file, isLast);
  }

  /** Looks into a folder of pairs; the only one there is taken at once. */
  async #find(folder: ChosenFile, isAwaited: () => boolean): Promise<void> {
    this.found = null;
    this.isReading = true;
    const found = await this.#attempt(this.#bridge.findModelPairs({ folder: folder.id }), isAwaited);
    this.isReading = false;
    if (!found || !isAwaited()) return;
    this.found = found;
    const [only, ...others] = found.pairs;
    if (only && others.length === 0) this.pick(only);
  }

  async #attempt<T>(call: Promise<T>, isAwaited = () => true): Promise<T | undefined> {
    this.failure = null;
    try {
      return await call;
    } catch (error) {
      const failure = receivedFailure(error);
      if (isAwaited() && !isCancel(failure)) this.failure = failure;
      return undefined;
    }
  }
}
