import { SvelteMap } from 'svelte/reactivity';
import type {
  AppEvent,
  Bridge,
  PhotoId,
  Preparation,
  PreparationStage,
  Privacy,
} from '../../preload/contract/api.ts';
import { isCancel, receivedFailure } from '../api/failure.ts';

/**
 * Owns how far each photo is on its way into the model. Created by `createStores`. The photo in front is prepared ahead
 * of the first question; one that is only passed on the film strip is not.
 */

/** Long enough not to start the model for every photo that an arrow key passes. */
const restMilliseconds = 500;

const ended: readonly PreparationStage[] = ['ready', 'failed', 'cancelled'];

export const isRunning = (preparation: Preparation | undefined) =>
  preparation !== undefined && !ended.includes(preparation.stage);

/** Crops already encoded while others are not; null when nothing is being encoded. */
export const encodedOf = (preparation: Preparation | undefined) =>
  preparation && isRunning(preparation) && preparation.stage !== 'queued' ? preparation.encoded : null;

export class PreparationStore {
  readonly of = new SvelteMap<PhotoId, Preparation>();
  readonly #bridge: Bridge;
  #followed: PhotoId | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /**
   * Prepares `photoId` once it has stayed in front for a moment, and stops preparing the one before.
   * @param privacy whether anything of it may be kept on disk
   * @param isNeeded whether somebody still waits for an answer about a photo that leaves the front
   */
  follow(photoId: PhotoId | null, privacy: Privacy, isNeeded: (photoId: PhotoId) => boolean): void {
    if (photoId === this.#followed) return;
    const left = this.#followed;
    this.#followed = photoId;
    clearTimeout(this.#timer);
    if (left !== null && isRunning(this.of.get(left)) && !isNeeded(left)) void this.cancel(left);
    if (photoId === null || this.of.get(photoId)?.stage === 'ready') return;
    this.#timer = setTimeout(() => void this.start(photoId, privacy), restMilliseconds);
  }

  async start(photoId: PhotoId, privacy: Privacy): Promise<void> {
    clearTimeout(this.#timer);
    if (isRunning(this.of.get(photoId))) return;
    this.of.set(photoId, blank(photoId, 'queued'));
    try {
      this.#take(await this.#bridge.preparePhoto({ photoId, ...privacy }));
    } catch (error) {
      const failure = receivedFailure(error);
      if (isCancel(failure)) this.of.set(photoId, blank(photoId, 'cancelled'));
      else this.of.set(photoId, { ...blank(photoId, 'failed'), error: failure });
    }
  }

  async cancel(photoId: PhotoId): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await this.#bridge.cancelPreparation({ photoId });
      if (isRunning(this.of.get(photoId))) this.of.set(photoId, blank(photoId, 'cancelled'));
    } catch {
      // Its next event, or the loss of the connection, tells what became of it.
    }
  }

  /** Another model, or a program started anew, has prepared nothing yet. */
  forget(): void {
    clearTimeout(this.#timer);
    this.of.clear();
    this.#followed = null;
  }

  onEvent(event: AppEvent): void {
    if (event.type === 'preparation') this.of.set(event.preparation.photoId, event.preparation);
  }

  /** An answer of `preparePhoto` may be older than the events that overtook it. */
  #take(preparation: Preparation): void {
    const known = this.of.get(preparation.photoId);
    const overtaken = known !== undefined && known.fraction > preparation.fraction;
    if (!overtaken) this.of.set(preparation.photoId, preparation);
  }
}

const blank = (photoId: PhotoId, stage: PreparationStage): Preparation => ({
  photoId,
  stage,
  encoded: [],
  fraction: 0,
  read: 0,
  secondsLeft: null,
  fromCache: false,
  error: null,
});
