import OpenSeadragon from 'openseadragon';
import { photoUrls, viewerLevels, viewerTileSize, type Photo, type Rect } from '../../../preload/contract.ts';
import { screenToPhoto, type View } from '../../geometry/view.ts';
import type { Point } from '../../geometry/crops.ts';
import type { StageControls } from '../../stores/viewer.svelte.ts';

/** The one module that knows OpenSeadragon: a photo that can be zoomed and moved, and where it lies on the screen. */

export interface StageOptions {
  readonly element: HTMLElement;
  readonly photo: Photo;
  /** Nothing flies or eases. */
  readonly reducedMotion: boolean;
  /** The region in photo pixels that "fit" shows. */
  readonly fitRegion: () => Rect;
  /** Model pixels per photo pixel, when known. */
  readonly modelScale: () => number | null;
  /** Every time the view moved, before the screen is painted. */
  readonly onView: (view: View, isFitted: boolean) => void;
  readonly onOpen: () => void;
  readonly onUnreadable: () => void;
  /** A click that is no double click and no drag, in photo pixels. */
  readonly onPick: (point: Point) => void;
}

export interface Stage {
  readonly controls: StageControls;
  /** Shows the fit region again if that is what was shown. */
  refit(): void;
  dispose(): void;
}

/** Free space around a fitted photo in CSS pixels. */
const fitMargin = 14;
/** Screen pixels per photo pixel beyond which pixels are drawn as the squares they are. */
const squarePixelZoom = 2;
/** Screen pixels per photo pixel at the closest. */
const closestZoom = 32;
/** Side of a model pixel in CSS pixels at which phases and their numbers can be read. */
const readableModelPixel = 30;
/** A second click within this time makes a double click. */
const doubleClickMilliseconds = 260;

export function openStage(options: StageOptions): Stage {
  keepStyleOut();
  const { element, photo } = options;
  const levels = viewerLevels(photo.width, photo.height);
  const perScreenPixel = () => 1 / (window.devicePixelRatio || 1);
  const viewer = OpenSeadragon({
    element,
    tileSources: {
      width: photo.width,
      height: photo.height,
      tileSize: viewerTileSize,
      tileOverlap: 0,
      minLevel: 0,
      maxLevel: levels - 1,
      getTileUrl: (level: number, x: number, y: number) => photoUrls.tile(photo.id, level, x, y),
    } as unknown as OpenSeadragon.TileSourceOptions,
    drawer: 'canvas',
    // The viewer's own resizing undoes a fit that is made while it lasts.
    autoResize: false,
    showNavigationControl: false,
    keyboardNavEnabled: false,
    tabIndex: -1,
    animationTime: options.reducedMotion ? 0 : 0.35,
    springStiffness: 9,
    blendTime: 0,
    imageLoaderLimit: 6,
    visibilityRatio: 0.4,
    minZoomImageRatio: 0.5,
    zoomPerScroll: 1.25,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
    gestureSettingsTouch: { dblClickToZoom: false },
    gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
  } as OpenSeadragon.Options);

  let isFitted = true;
  let clickTimer: ReturnType<typeof setTimeout> | undefined;

  const readView = (): View | null => {
    const item = viewer.world.getItemAt(0);
    if (!item) return null;
    const corner = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const along = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(photo.width, 0));
    return { left: corner.x, top: corner.y, zoom: (along.x - corner.x) / photo.width };
  };

  const fit = (immediately = false) => {
    isFitted = true;
    const region = withMargin(options.fitRegion(), element);
    viewer.viewport.fitBounds(toViewport(viewer, region), immediately || options.reducedMotion);
  };

  const zoomTo = (cssPixelsPerPhotoPixel: number, at?: OpenSeadragon.Point) => {
    isFitted = false;
    viewer.viewport.zoomTo(viewer.viewport.imageToViewportZoom(cssPixelsPerPhotoPixel), at);
    viewer.viewport.applyConstraints();
  };

  const toggleFit = (at?: OpenSeadragon.Point) => {
    if (isFitted) zoomTo(perScreenPixel(), at);
    else fit();
  };

  /** A fitted photo stays fitted, another keeps its size and its middle. */
  const onResize = () => {
    if (!viewer.isOpen() || element.clientWidth === 0 || element.clientHeight === 0) return;
    const { viewport } = viewer;
    const zoom = viewport.viewportToImageZoom(viewport.getZoom());
    const centre = viewport.getCenter();
    viewport.resize(new OpenSeadragon.Point(element.clientWidth, element.clientHeight), false);
    if (isFitted) fit(true);
    else {
      viewport.zoomTo(viewport.imageToViewportZoom(zoom), undefined, true);
      viewport.panTo(centre, true);
    }
    viewer.forceRedraw();
  };
  const resizes = new ResizeObserver(onResize);
  resizes.observe(element);

  viewer.addOnceHandler('open', () => {
    onResize();
    options.onOpen();
  });
  viewer.addHandler('open-failed', options.onUnreadable);
  viewer.addHandler('tile-load-failed', options.onUnreadable);
  viewer.addHandler('update-viewport', () => {
    const view = readView();
    if (!view) return;
    // How the model sees the photo may be known only after it was opened.
    Object.assign(viewer.viewport, { maxZoomPixelRatio: mostZoom(options.modelScale()) });
    const showSquares = view.zoom / perScreenPixel() >= squarePixelZoom;
    viewer.drawer?.setImageSmoothingEnabled(!showSquares);
    options.onView(view, isFitted);
  });
  viewer.addHandler('canvas-scroll', () => (isFitted = false));
  viewer.addHandler('canvas-pinch', () => (isFitted = false));
  viewer.addHandler('canvas-drag', () => (isFitted = false));
  viewer.addHandler('canvas-double-click', ({ position }) => {
    clearTimeout(clickTimer);
    toggleFit(viewer.viewport.pointFromPixel(position));
  });
  viewer.addHandler('canvas-click', ({ quick, position }) => {
    if (!quick) return;
    clearTimeout(clickTimer);
    clickTimer = setTimeout(() => {
      const view = readView();
      if (view) options.onPick(screenToPhoto(view, position));
    }, doubleClickMilliseconds);
  });

  return {
    controls: {
      fit: () => fit(),
      toggleFit: () => toggleFit(),
      actualSize: () => zoomTo(perScreenPixel()),
      zoomBy: (factor) => {
        isFitted = false;
        viewer.viewport.zoomBy(factor);
        viewer.viewport.applyConstraints();
      },
      pan: (x, y) => {
        const bounds = viewer.viewport.getBounds();
        viewer.viewport.panBy(new OpenSeadragon.Point(x * bounds.width, y * bounds.height));
        viewer.viewport.applyConstraints();
      },
      show: (region) => {
        isFitted = false;
        viewer.viewport.fitBounds(toViewport(viewer, withMargin(region, element)), options.reducedMotion);
      },
      showLattice: () => {
        const scale = options.modelScale();
        if (scale !== null) zoomTo(readableModelPixel * scale);
      },
    },
    refit: () => isFitted && viewer.isOpen() && fit(),
    dispose: () => {
      clearTimeout(clickTimer);
      resizes.disconnect();
      viewer.destroy();
    },
  };
}

/** A model pixel must become large enough to be told apart, also where a photo is smaller than the model's input. */
const mostZoom = (modelScale: number | null) =>
  Math.max(closestZoom, 2 * readableModelPixel * (modelScale ?? 0));

function toViewport(viewer: OpenSeadragon.Viewer, region: Rect): OpenSeadragon.Rect {
  return viewer.viewport.imageToViewportRectangle(region.x, region.y, region.width, region.height);
}

function withMargin(region: Rect, element: HTMLElement): Rect {
  const across = Math.max(1, element.clientWidth - 2 * fitMargin);
  const down = Math.max(1, element.clientHeight - 2 * fitMargin);
  const perPixel = Math.max(region.width / across, region.height / down);
  const margin = fitMargin * perPixel;
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
