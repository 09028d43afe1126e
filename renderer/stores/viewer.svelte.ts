import type { Photo, Point, Privacy, Rect } from '../../preload/contract/api.ts';
import { sameCrop, type CropRef } from '../geometry/crops.ts';
import { recall, remember, type LocalStorage } from './memory.ts';

/**
 * Owns what is drawn over the photo and what links photo and crops: switches, wipe, the crop pointed at, the crop
 * picked out, the crop shown large. Created by `createStores`.
 */

export type OverlayName = 'square' | 'tiles' | 'lattice';

/** What the stage can be told to do. It hands itself over while it shows a photo. */
export interface StageControls {
  zoomBy(factor: number): void;
  fit(): void;
  actualSize(): void;
  /** From fit to 100% and from anywhere else back to fit. */
  toggleFit(): void;
  /** Moves the view by a part of its width and height. */
  pan(x: number, y: number): void;
  /** Fills the view with a region given in photo pixels. */
  show(region: Rect): void;
  /** The part of the photo that is shown, in photo pixels. */
  visible(): Rect;
  /** Zooms at the centre until one model pixel is large enough to be seen. */
  showLattice(): void;
}

const storageKey = 'overlays';
const watchedKey = 'watched';
/** Where the border of a comparison stands at first. */
const middle = 0.5;
const defaults = { square: false, tiles: true, lattice: false };

export class ViewerStore {
  #overlays = $state.raw(defaults);
  /**
   * Where the border between photo, on its left, and the model's own pixels stands, 0..1 of the stage's width; null while
   * there is only the photo.
   */
  wipe = $state<number | null>(null);
  /** Whether the person wants to compare; null until they have said so, and samples do it by themselves. */
  #wantsWipe: boolean | null = null;
  /** The crop under the pointer, in the strip or in the photo. */
  hovered = $state.raw<CropRef | null>(null);
  /** The global crop under the pointer in the photo, beside the local one, when single pixels can be told apart. */
  hoveredPhase = $state.raw<CropRef | null>(null);
  /** The part of the photo in front that is looked at by itself, in photo pixels; null for all of it. `SessionStore.mark` sets it. */
  part = $state.raw<Rect | null>(null);
  /** The part is being marked: drags and keys change it. */
  isMarking = $state(false);
  /** The crop picked out in the photo while everything else is dimmed. */
  picked = $state.raw<CropRef | null>(null);
  /** The crop shown large. */
  large = $state.raw<CropRef | null>(null);
  isContactSheetOpen = $state(false);
  /** The picture of photo, model's view and answer that can be saved. */
  isShareOpen = $state(false);
  /** One place in the photo, in the local and in the global crop, beside each other. */
  isLoupeOpen = $state(false);
  /** In photo pixels; null while the pointer is elsewhere. */
  pointer = $state.raw<Point | null>(null);
  /** Screen pixels per photo pixel, of the photo shown last. */
  zoom = $state(0);
  isFitted = $state(true);
  /** Whether the photo is seen on its way into the model instead of by itself. */
  isWatching = $state(false);
  /** In this window; storage may be refused, or not be written to. */
  #hasWatched = false;
  #controls = $state.raw<StageControls | null>(null);
  /** What the stage shows first, in photo pixels; null for all of the photo. */
  #first: Rect | null = null;
  readonly #storage: LocalStorage;

  constructor(storage: LocalStorage) {
    this.#storage = storage;
    this.#overlays = recall(storage, storageKey, defaults);
  }

  get controls(): StageControls | null {
    return this.#controls;
  }

  /** Handed over by the stage once its photo is there, and taken back with null. */
  set controls(controls: StageControls | null) {
    this.#controls = controls;
    if (controls && this.#first) controls.show(this.#first);
    if (controls) this.#first = null;
  }

  /** Fills the view with a region given in photo pixels, at once or as soon as the photo is there. */
  closeUp(region: Rect): void {
    if (this.controls) this.controls.show(region);
    else this.#first = region;
  }

  get overlays(): Readonly<Record<OverlayName, boolean>> {
    return this.#overlays;
  }

  /** Shows the way of the first photo; of a later one when the person asks for it. What is private leaves no trace of it. */
  watchFirst({ isPrivate }: Privacy): void {
    if (this.#hasWatched || recall(this.#storage, watchedKey, { photo: false }).photo) return;
    this.#hasWatched = true;
    if (!isPrivate) remember(this.#storage, watchedKey, { photo: true });
    this.isWatching = true;
  }

  watch(): void {
    this.controls?.fit();
    this.isFitted = true;
    this.isWatching = true;
  }

  endWatch(): void {
    this.isWatching = false;
  }

  toggleOverlay(name: OverlayName): void {
    this.endWatch();
    this.#overlays = { ...this.#overlays, [name]: !this.#overlays[name] };
    remember(this.#storage, storageKey, this.#overlays);
  }

  toggleWipe(): void {
    this.endWatch();
    this.#wantsWipe = this.wipe === null;
    this.wipe = this.#wantsWipe ? middle : null;
  }

  toggleLoupe(): void {
    this.endWatch();
    this.isLoupeOpen = !this.isLoupeOpen;
  }

  pick(crop: CropRef | null): void {
    this.endWatch();
    this.picked = sameCrop(this.picked, crop) ? null : crop;
  }

  isLit(crop: CropRef): boolean {
    return sameCrop(this.hovered, crop) || sameCrop(this.hoveredPhase, crop) || sameCrop(this.picked, crop);
  }

  /** Another photo comes to the front. */
  front({ origin }: Pick<Photo, 'origin'>): void {
    this.clear();
    this.wipe = (this.#wantsWipe ?? origin === 'sample') ? middle : null;
  }

  /** What points into the photo ends: it is another one, or is seen in another way. */
  clear(): void {
    this.endWatch();
    this.hovered = null;
    this.hoveredPhase = null;
    this.picked = null;
    this.part = null;
    this.isMarking = false;
    this.large = null;
    this.isContactSheetOpen = false;
    this.isShareOpen = false;
    this.pointer = null;
    this.#first = null;
  }
}
