import { SvelteMap } from 'svelte/reactivity';
import type {
  AppEvent,
  AppFailure,
  Bridge,
  CropPlan,
  Photo,
  PhotoId,
  Privacy,
  Rect,
  Sample,
} from '../../preload/contract/api.ts';
import { isShownAtOnce } from '../api/shown-at-once.ts';
import { receivedFailure } from '../api/failure.ts';
import { pictureId } from '../geometry/parts.ts';
import { recall, remember, type LocalStorage } from './memory.ts';
import type { NoticeStore } from './notices.svelte.ts';
import type { SettingsStore } from './settings.svelte.ts';
import { unique } from './unique.ts';

const rollKey = 'film-strip';

/** Shows the page's own picker; empty when it was closed. */
export type PickFiles = (folder: boolean) => Promise<readonly File[]>;

/**
 * Owns every photo the window knows, the samples, the recent ones, the film strip, and how the model sees each photo
 * (its crop plan). Created by `createStores`. Which photo is in front is the session's business.
 */
export class PhotoStore {
  readonly known = new SvelteMap<PhotoId, Photo>();
  /** By `pictureId`: those of whole photos by the photo's own. */
  readonly plans = new SvelteMap<string, CropPlan>();
  samples = $state.raw<readonly Sample[] | null>(null);
  /** Scenes of the gallery for the demo model; null while they are drawn. */
  scenes = $state.raw<readonly Sample[] | null>(null);
  isDrawing = $state(false);
  /** Scenes by photo, those of the gallery and all others that were in front. */
  readonly #scenes = new SvelteMap<PhotoId, Sample>();
  #recentIds = $state.raw<readonly PhotoId[]>([]);
  #rollIds = $state.raw<readonly PhotoId[]>([]);
  /** Progress of files being handed over; null when none is. */
  opening = $state.raw<{ readonly done: number; readonly total: number } | null>(null);
  /** The browser's own picture of a file on its way in: it is seen until the photo itself can be. */
  arriving = $state.raw<{
    readonly name: string;
    readonly url: string;
    readonly photoId: PhotoId | null;
  } | null>(null);
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #settings: SettingsStore;
  readonly #visit: LocalStorage;
  readonly #pickFiles: PickFiles;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #planRequests = new Map<string, number>();
  #planGeneration = 0;
  /** The photo whose plan stays to be seen until the next one is there. */
  #outdated: PhotoId | null = null;

  /** @param visit storage that lasts as long as the window, reloads included */
  constructor(
    bridge: Bridge,
    notices: NoticeStore,
    settings: SettingsStore,
    visit: LocalStorage,
    pickFiles: PickFiles,
  ) {
    this.#bridge = bridge;
    this.#visit = visit;
    this.#notices = notices;
    this.#settings = settings;
    this.#pickFiles = pickFiles;
  }

  readonly recent: readonly Photo[] = $derived.by(() => this.#look(this.#recentIds));

  /** The photos that were opened together, in order: what the arrow keys go through. */
  readonly roll: readonly Photo[] = $derived.by(() => this.#look(this.#rollIds));

  async load(): Promise<void> {
    const before = this.#recentIds;
    const [samples, recent] = await Promise.all([
      this.#notices.attempt(this.#bridge.listSamples()),
      this.#notices.attempt(this.#bridge.listRecentPhotos()),
    ]);
    this.learn(samples?.map(({ photo }) => photo) ?? []);
    this.learn(recent ?? []);
    this.samples = samples ?? this.samples ?? [];
    // What was opened or forgotten while the list was on its way is not, or still, in it.
    if (before !== this.#recentIds) return this.load();
    if (recent) this.#recentIds = recent.map(({ id }) => id);
  }

  sampleOf(photoId: PhotoId): Sample | null {
    return this.samples?.find(({ photo }) => photo.id === photoId) ?? this.#scenes.get(photoId) ?? null;
  }

  /** Asks for the scenes of the gallery; there are none where the model in use is no demo model. */
  async loadScenes(): Promise<void> {
    const scenes = await this.#notices.attempt(this.#bridge.listScenes());
    this.scenes = scenes ?? [];
    this.#learnScenes(this.scenes);
  }

  /** A scene that nobody has seen; undefined when it could not be drawn. */
  async drawScene(privacy: Privacy): Promise<Photo | undefined> {
    if (this.isDrawing) return undefined;
    this.isDrawing = true;
    try {
      const scene = await this.#notices.attempt(this.#bridge.drawScene(privacy));
      if (scene) this.#learnScenes([scene]);
      return scene?.photo;
    } finally {
      this.isDrawing = false;
    }
  }

  /** Brings the questions of a scene that was drawn before this window was opened. */
  async loadScene({ id, origin }: Photo): Promise<void> {
    if (origin !== 'scene' || this.#scenes.has(id)) return;
    const scene = await this.#notices.attempt(this.#bridge.getScene({ photoId: id }));
    if (scene) this.#learnScenes([scene]);
  }

  #learnScenes(scenes: readonly Sample[]): void {
    this.learn(scenes.map(({ photo }) => photo));
    for (const scene of scenes) this.#scenes.set(scene.photo.id, scene);
  }

  setRoll(photos: readonly Photo[]): void {
    this.learn(photos);
    this.#rollIds = unique(photos.map(({ id }) => id));
    remember(this.#visit, rollKey, { ids: this.#rollIds.join(' ') });
  }

  /** Brings back the film strip of before a reload; photos that are gone since are left out. */
  async restoreRoll(): Promise<void> {
    const ids = recall(this.#visit, rollKey, { ids: '' })
      .ids.split(' ')
      .filter((id) => id !== '');
    await this.bring(ids);
    this.#rollIds = ids.filter((id) => this.known.has(id));
  }

  /** Makes photos of before a reload known, but for those that are gone since. */
  async bring(ids: readonly PhotoId[]): Promise<void> {
    for (const photoId of ids.filter((id) => !this.known.has(id))) {
      await this.#bridge.getPhoto({ photoId }).then(
        (photo) => this.learn([photo]),
        () => undefined,
      );
    }
  }

  /** The photo `step` places along the film strip from this one; null past its ends. */
  neighbour(photoId: PhotoId, step: 1 | -1): Photo | null {
    const at = this.#rollIds.indexOf(photoId);
    const id = at < 0 ? undefined : this.#rollIds[at + step];
    return (id === undefined ? undefined : this.known.get(id)) ?? null;
  }

  /** Reads a photo anew, so that a file that changed or vanished is noticed. Undefined when it is not known at all. */
  async refresh(photoId: PhotoId): Promise<Photo | undefined> {
    const photo = await this.#notices.attempt(this.#bridge.getPhoto({ photoId }));
    if (photo) this.learn([photo]);
    return photo;
  }

  /** Photos of the system's dialog, or of the page's own where the host has none; empty when it was closed. */
  async choose(folder: boolean, privacy: Privacy, isToShow = true): Promise<readonly Photo[]> {
    if (!this.#hasDialogs) {
      const files = await this.#pickFiles(folder);
      return isToShow ? this.openToShow(files, privacy) : this.openFiles(files, privacy);
    }
    const photos = (await this.#notices.attempt(this.#bridge.choosePhotos({ folder, ...privacy }))) ?? [];
    this.#opened(photos, privacy);
    return photos;
  }

  /** Hands files to the program as `openFiles` does, and has one that comes alone be seen while it is on its way. */
  async openToShow(files: readonly File[], privacy: Privacy): Promise<readonly Photo[]> {
    this.endArrival();
    const [first] = files;
    if (!first || files.length > 1 || !isShownAtOnce(first)) return this.openFiles(files, privacy);
    this.arriving = { name: first.name, url: URL.createObjectURL(first), photoId: null };
    const { url } = this.arriving;
    const photos = await this.openFiles(files, privacy);
    if (this.arriving?.url !== url) return photos;
    const [photo] = photos;
    if (photo) this.arriving = { name: first.name, url, photoId: photo.id };
    else this.endArrival();
    return photos;
  }

  /** The photo itself is seen, or something else is to be. */
  endArrival(): void {
    if (this.arriving) URL.revokeObjectURL(this.arriving.url);
    this.arriving = null;
  }

  /** Hands files to the program. One that cannot be read does not take the others with it. */
  async openFiles(files: readonly File[], privacy: Privacy): Promise<readonly Photo[]> {
    const photos: Photo[] = [];
    const failures: { readonly name: string; readonly failure: AppFailure }[] = [];
    try {
      for (const [done, part] of this.#inParts(files).entries()) {
        this.opening = { done, total: files.length };
        try {
          photos.push(...(await this.#bridge.openFiles(part, privacy)));
        } catch (error) {
          const failure = receivedFailure(error);
          // The program may know a file by another name, such as that of an upload.
          if (part.length === 1) failures.push({ name: part[0]!.name, failure });
          else this.#notices.fail(failure);
        }
      }
    } finally {
      this.opening = null;
    }
    if (photos.length > 0) this.#notices.succeed('opening');
    this.#notices.failFiles(failures);
    this.#opened(photos, privacy);
    return photos;
  }

  async forget(photoId: PhotoId): Promise<void> {
    await this.#notices.attempt(this.#bridge.forgetPhoto({ photoId }));
    this.#recentIds = this.#recentIds.filter((id) => id !== photoId);
  }

  /** Lets the person point at a moved photo; null when the dialog was closed. */
  async locate(photoId: PhotoId, privacy: Privacy): Promise<Photo | null> {
    if (!this.#hasDialogs) return (await this.openFiles(await this.#pickFiles(false), privacy))[0] ?? null;
    const photo = (await this.#notices.attempt(this.#bridge.locatePhoto({ photoId }))) ?? null;
    if (photo) this.#opened([photo], privacy);
    return photo;
  }

  async reveal(photoId: PhotoId): Promise<void> {
    await this.#notices.attempt(this.#bridge.revealPhoto({ photoId }));
  }

  /** Asks how the model will see a photo, or a part of it, once per picture and package. */
  async loadPlan(photoId: PhotoId, region: Rect | null = null): Promise<void> {
    const generation = this.#planGeneration;
    const id = pictureId({ photoId, region });
    const isThere = this.plans.has(id) && id !== this.#outdated;
    if (isThere || this.#planRequests.get(id) === generation) return;
    this.#planRequests.set(id, generation);
    const asked = region ? { photoId, region } : { photoId };
    const plan = await this.#notices.attempt(this.#bridge.getCropPlan(asked));
    if (generation !== this.#planGeneration) return;
    this.#planRequests.delete(id);
    if (id === this.#outdated) this.#outdated = null;
    if (plan) this.plans.set(id, plan);
    else this.plans.delete(id);
  }

  /** Photos are seen in another way from now on; what is shown stays until its next plan is there. */
  forgetPlans(shown: PhotoId | null): void {
    this.#planGeneration++;
    this.#planRequests.clear();
    for (const id of this.plans.keys()) if (id !== shown) this.plans.delete(id);
    this.#outdated = shown;
  }

  onEvent(event: AppEvent): void {
    if (event.type === 'photo') this.learn([event.photo]);
    if (event.type === 'photos-opened') this.#opened(event.photos, event);
  }

  get #hasDialogs(): boolean {
    return this.#settings.app?.canChooseFiles ?? false;
  }

  /** Uploads go one by one, so that their progress is seen; paths of files on this machine all at once. */
  #inParts(files: readonly File[]): readonly (readonly File[])[] {
    if (this.#settings.app?.host !== 'electron') return files.map((file) => [file]);
    return files.length === 0 ? [] : [files];
  }

  #opened(photos: readonly Photo[], { isPrivate }: Privacy): void {
    this.learn(photos);
    if (isPrivate) return;
    const ids = photos.filter(({ origin }) => origin === 'file' || origin === 'upload').map(({ id }) => id);
    this.#recentIds = unique([...ids, ...this.#recentIds]);
  }

  learn(photos: readonly Photo[]): void {
    for (const photo of photos) this.known.set(photo.id, photo);
  }

  #look(ids: readonly PhotoId[]): readonly Photo[] {
    return ids.flatMap((id) => this.known.get(id) ?? []);
  }
}
