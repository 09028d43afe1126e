import OpenSeadragon from 'openseadragon';
import {
  photoUrls,
  viewerLevels,
  viewerTileSize,
  type Photo,
  type Rect,
  type Point,
} from '../../../preload/contract/api.ts';
import { partBetween } from '../../geometry/parts.ts';
import { screenToPhoto, type Viewport } from '../../geometry/viewport.ts';
import type { StageControls } from '../../stores/viewer.svelte.ts';
import { IdleFrames, wakeOnTouch } from './idle-frames.ts';

/** The one module that knows OpenSeadragon: a photo that can be zoomed and moved, and where it lies on the screen. */

export interface StageOptions {
  readonly element: HTMLElement;
  readonly photo: Photo;
  /** Nothing flies or eases. */
  readonly reducedMotion: boolean;
  /** The region in photo pixels that "fit" shows. */
  readonly fitRegion: () => Rect;
  /** Model pixels per photo pixel; null until it is known. */
  readonly modelScale: () => number | null;
  /** Every time the view moved, before the screen is painted. */
  readonly onView: (view: Viewport, isFitted: boolean) => void;
  readonly onOpen: () => void;
  /** The first time that a part of the photo is on the screen. */
  readonly onDrawn: () => void;
  readonly onUnreadable: () => void;
  /** A click that is no double click and no drag, in photo pixels. */
  readonly onPick: (point: Point) => void;
  /** Whether a drag moves the photo. */
  readonly canDrag: () => boolean;
}

/** Free space around a fitted photo in CSS pixels. */
const fitMargin = 14;
/** Screen pixels per photo pixel beyond which pixels are drawn as the squares they are. */
const squarePixelZoom = 2;
/** CSS pixels per photo pixel at the closest. */
const closestZoom = 32;
/** Side of a model pixel in CSS pixels at which phases and their numbers can be read. */
const readableModelPixel = 30;
/** A second click within this time makes a double click. */
const doubleClickMilliseconds = 260;

export class PhotoStage implements StageControls {
  readonly #options: StageOptions;
  readonly #viewer: OpenSeadragon.Viewer;
  readonly #frames = new IdleFrames(() => this.#isAtRest());
  readonly #resizes = new ResizeObserver(() => this.#onResize());
  readonly #stopWaking: () => void;
  #isFitted = true;
  /** What is to be shown once there is room for it, while the stage is hidden. */
  #awaited: Rect | null = null;
  /** Opening, or moving by itself. */
  #isMoving = true;
  #clickTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StageOptions) {
    keepStyleOut();
    this.#options = options;
    Object.assign(OpenSeadragon, { requestAnimationFrame: this.#frames.request });
    this.#viewer = OpenSeadragon(viewerOptions(options));
    this.#listen();
    this.#resizes.observe(options.element);
    this.#stopWaking = wakeOnTouch(options.element, () => this.#frames.wake());
  }

  fit(immediately = false): void {
    this.#frames.wake();
    this.#isFitted = true;
    this.#showRegion(this.#options.fitRegion(), immediately);
  }

  actualSize(): void {
    this.#zoomTo(cssPixelsPerScreenPixel());
  }

  toggleFit(at?: OpenSeadragon.Point): void {
    if (this.#isFitted) this.#zoomTo(cssPixelsPerScreenPixel(), at);
    else this.fit();
  }

  zoomBy(factor: number): void {
    this.#leaveFit();
    this.#viewer.viewport.zoomBy(factor);
    this.#viewer.viewport.applyConstraints();
  }

  pan(x: number, y: number): void {
    this.#frames.wake();
    const { viewport } = this.#viewer;
    const { width, height } = viewport.getBounds();
    viewport.panBy(new OpenSeadragon.Point(x * width, y * height));
    viewport.applyConstraints();
  }

  show(region: Rect): void {
    this.#leaveFit();
    const hasRoom = this.#options.element.clientWidth > 0;
    this.#awaited = hasRoom ? null : region;
    if (hasRoom) this.#showRegion(region, false);
  }

  visible(): Rect {
    const { clientWidth, clientHeight } = this.#options.element;
    const { photo } = this.#options;
    const view = this.#view() ?? { left: 0, top: 0, zoom: clientWidth / photo.width };
    const corner = screenToPhoto(view, { x: 0, y: 0 });
    const end = screenToPhoto(view, { x: clientWidth, y: clientHeight });
    return partBetween(corner, end, photo) ?? { x: 0, y: 0, width: photo.width, height: photo.height };
  }

  showLattice(): void {
    const scale = this.#options.modelScale();
    if (scale !== null) this.#zoomTo(readableModelPixel * scale);
  }

  /** Shows the fit region again if that is what was shown. */
  refit(): void {
    if (this.#isFitted && this.#viewer.isOpen()) this.fit();
  }

  /** Safe to call twice. */
  dispose(): void {
    clearTimeout(this.#clickTimer);
    this.#resizes.disconnect();
    this.#stopWaking();
    this.#frames.dispose();
    this.#viewer.destroy();
  }

  #listen(): void {
    const viewer = this.#viewer;
    const leaveFit = () => this.#leaveFit();
    viewer.addOnceHandler('open', () => {
      this.#isMoving = false;
      this.#onResize();
      this.#options.onOpen();
    });
    viewer.addOnceHandler('tile-drawn', this.#options.onDrawn);
    viewer.addHandler('open-failed', this.#options.onUnreadable);
    viewer.addHandler('tile-load-failed', this.#options.onUnreadable);
    viewer.addHandler('animation-start', () => (this.#isMoving = true));
    viewer.addHandler('animation-finish', () => (this.#isMoving = false));
    viewer.addHandler('update-viewport', () => this.#onUpdate());
    viewer.addHandler('canvas-scroll', leaveFit);
    viewer.addHandler('canvas-pinch', leaveFit);
    viewer.addHandler('canvas-drag', (event) => {
      event.preventDefaultAction = !this.#options.canDrag();
      if (!event.preventDefaultAction) leaveFit();
    });
    viewer.addHandler('canvas-drag-end', (event) => {
      event.preventDefaultAction = !this.#options.canDrag();
    });
    viewer.addHandler('canvas-double-click', ({ position }) => {
      clearTimeout(this.#clickTimer);
      this.toggleFit(viewer.viewport.pointFromPixel(position));
    });
    viewer.addHandler('canvas-click', ({ quick, position }) => {
      clearTimeout(this.#clickTimer);
      if (quick) this.#clickTimer = setTimeout(() => this.#pick(position), doubleClickMilliseconds);
    });
  }

  #onUpdate(): void {
    const view = this.#view();
    if (!view) return;
    const { viewport, drawer } = this.#viewer;
    // How the model sees the photo may be known only after it was opened.
    viewport.setMaxZoomPixelRatio(mostZoom(this.#options.modelScale()), false);
    drawer?.setImageSmoothingEnabled(view.zoom / cssPixelsPerScreenPixel() < squarePixelZoom);
    this.#options.onView(view, this.#isFitted);
  }

  /** A fitted photo stays fitted, another keeps its size and its middle. */
  #onResize(): void {
    const { clientWidth, clientHeight } = this.#options.element;
    if (!this.#viewer.isOpen() || clientWidth === 0 || clientHeight === 0) return;
    this.#frames.wake();
    const { viewport } = this.#viewer;
    const zoom = viewport.viewportToImageZoom(viewport.getZoom());
    const centre = viewport.getCenter();
    viewport.resize(new OpenSeadragon.Point(clientWidth, clientHeight), false);
    if (this.#isFitted) this.fit(true);
    else if (this.#awaited) this.#showRegion(this.#awaited, true);
    else {
      viewport.zoomTo(viewport.imageToViewportZoom(zoom), undefined, true);
      viewport.panTo(centre, true);
    }
    this.#awaited = null;
    this.#viewer.forceRedraw();
  }

  #pick(position: OpenSeadragon.Point): void {
    const view = this.#view();
    if (view) this.#options.onPick(screenToPhoto(view, position));
  }

  #leaveFit(): void {
    this.#frames.wake();
    this.#isFitted = false;
  }

  #zoomTo(cssPixelsPerPhotoPixel: number, at?: OpenSeadragon.Point): void {
    this.#leaveFit();
    const { viewport } = this.#viewer;
    viewport.zoomTo(viewport.imageToViewportZoom(cssPixelsPerPhotoPixel), at);
    viewport.applyConstraints();
  }

  #showRegion(region: Rect, immediately: boolean): void {
    const { viewport } = this.#viewer;
    const { x, y, width, height } = withMargin(region, this.#options.element);
    const bounds = viewport.imageToViewportRectangle(x, y, width, height);
    viewport.fitBounds(bounds, immediately || this.#options.reducedMotion);
  }

  #view(): Viewport | null {
    const item = this.#viewer.world.getItemAt(0);
    if (!item) return null;
    const { width } = this.#options.photo;
    const corner = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const along = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(width, 0));
    return { left: corner.x, top: corner.y, zoom: (along.x - corner.x) / width };
  }

  #isAtRest(): boolean {
    if (this.#isMoving) return false;
    const { world } = this.#viewer;
    return !world.needsDraw() && (world.getItemAt(0)?.getFullyLoaded() ?? false);
  }
}

/** The types are of the release before: they know neither a tile source made in place nor every option. */
function viewerOptions({ element, photo, reducedMotion }: StageOptions): OpenSeadragon.Options {
  return {
    element,
    tileSources: {
      width: photo.width,
      height: photo.height,
      tileSize: viewerTileSize,
      tileOverlap: 0,
      minLevel: 0,
      maxLevel: viewerLevels(photo.width, photo.height) - 1,
      getTileUrl: (level: number, x: number, y: number) => photoUrls.tile(photo.id, level, x, y),
    } as unknown as OpenSeadragon.TileSourceOptions,
    drawer: 'canvas',
    // The viewer's own resizing undoes a fit that is made while it lasts.
    autoResize: false,
    showNavigationControl: false,
    tabIndex: -1,
    animationTime: reducedMotion ? 0 : 0.35,
    springStiffness: 9,
    blendTime: 0,
    imageLoaderLimit: 6,
    visibilityRatio: 0.4,
    minZoomImageRatio: 0.5,
    zoomPerScroll: 1.25,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
    gestureSettingsTouch: { dblClickToZoom: false },
    gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
    keyboardNavEnabled: false,
  } as OpenSeadragon.Options;
}

const cssPixelsPerScreenPixel = () => 1 / (window.devicePixelRatio || 1);

/** A model pixel must become large enough to be told apart, also where a photo is smaller than the model's input. */
const mostZoom = (modelScale: number | null) =>
  Math.max(closestZoom, 2 * readableModelPixel * (modelScale ?? 0));

function withMargin(region: Rect, element: HTMLElement): Rect {
  const across = Math.max(1, element.clientWidth - 2 * fitMargin);
  const down = Math.max(1, element.clientHeight - 2 * fitMargin);
  const margin = fitMargin * Math.max(region.width / across, region.height / down);
  return {
    x: region.x - margin,
    y: region.y - margin,
    width: region.width + 2 * margin,
    height: region.height + 2 * margin,
  };
}

/**
 * OpenSeadragon adds a style element unless it finds its own, and the content policy forbids style elements. An element
 * of that name outside of HTML is found and styles nothing; the one rule it would hold is in Stage.svelte.
 */
function keepStyleOut(): void {
  const mark = 'data-openseadragon-mobile-css';
  if (document.querySelector(`style[${mark}]`)) return;
  const placeholder = document.createElementNS(null, 'style');
  placeholder.setAttribute(mark, 'true');
  document.head.append(placeholder);
}
