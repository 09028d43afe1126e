import { SvelteMap } from 'svelte/reactivity';
import type {
  AppEvent,
  Bridge,
  Picture,
  Preparation,
  PreparationStage,
  Privacy,
} from '../../preload/contract/api.ts';
import { isCancel, receivedFailure } from '../api/failure.ts';
import { pictureId } from '../geometry/parts.ts';

/**
 * Owns how far each photo, or part of one, is on its way into the model. Created by `createStores`. The picture in front is
 * prepared ahead of the first question; one that is only passed on the film strip, or on the way to another part, is not.
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
  /** By `pictureId`. */
  readonly of = new SvelteMap<string, Preparation>();
  readonly #bridge: Bridge;
  #followed: Picture | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /**
   * Prepares `picture` once it has stayed in front for a moment, and stops preparing the one before.
   * @param privacy whether anything of it may be kept on disk
   * @param isNeeded whether somebody still waits for an answer about a picture that leaves the front
   */
  follow(picture: Picture | null, privacy: Privacy, isNeeded: (picture: Picture) => boolean): void {
    const left = this.#followed;
    if (picture === left || (picture && left && pictureId(picture) === pictureId(left))) return;
    this.#followed = picture;
    clearTimeout(this.#timer);
    if (left !== null && isRunning(this.stateOf(left)) && !isNeeded(left)) void this.cancel(left);
    if (picture === null || this.stateOf(picture)?.stage === 'ready') return;
    this.#timer = setTimeout(() => void this.start(picture, privacy), restMilliseconds);
  }

  stateOf(picture: Picture): Preparation | undefined {
    return this.of.get(pictureId(picture));
  }

  async start(picture: Picture, privacy: Privacy): Promise<void> {
    clearTimeout(this.#timer);
    if (isRunning(this.stateOf(picture))) return;
    this.#set(blank(picture, 'queued'));
    try {
      this.#take(await this.#bridge.preparePhoto({ ...asked(picture), ...privacy }));
    } catch (error) {
      const failure = receivedFailure(error);
      if (isCancel(failure)) this.#set(blank(picture, 'cancelled'));
      else this.#set({ ...blank(picture, 'failed'), error: failure });
    }
  }

  async cancel(picture: Picture): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await this.#bridge.cancelPreparation(asked(picture));
      if (isRunning(this.stateOf(picture))) this.#set(blank(picture, 'cancelled'));
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
    if (event.type === 'preparation') this.#set(event.preparation);
  }

  /** An answer of `preparePhoto` may be older than the events that overtook it. */
  #take(preparation: Preparation): void {
    const known = this.stateOf(preparation);
    const overtaken = known !== undefined && known.fraction > preparation.fraction;
    if (!overtaken) this.#set(preparation);
  }

  #set(preparation: Preparation): void {
    this.of.set(pictureId(preparation), preparation);
  }
}

const asked = ({ photoId, region }: Picture) => (region ? { photoId, region } : { photoId });

const blank = ({ photoId, region }: Picture, stage: PreparationStage): Preparation => ({
  photoId,
  region,
  stage,
  encoded: [],
  fraction: 0,
  read: 0,
  secondsLeft: null,
  fromCache: false,
  error: null,
});
