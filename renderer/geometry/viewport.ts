import type { Rect, Point } from '../../preload/contract/api.ts';

/**
 * Where the photo lies on the screen: a photo pixel's top left corner (x, y) is at `left + x * zoom`, `top + y * zoom`
 * in CSS pixels of the stage. There is no rotation.
 */
export interface Viewport {
  readonly left: number;
  readonly top: number;
  /** CSS pixels per photo pixel. */
  readonly zoom: number;
}

const photoToScreen = (view: Viewport, point: Point): Point => ({
  x: view.left + point.x * view.zoom,
  y: view.top + point.y * view.zoom,
});

export const screenToPhoto = (view: Viewport, point: Point): Point => ({
  x: (point.x - view.left) / view.zoom,
  y: (point.y - view.top) / view.zoom,
});

export function rectToScreen(view: Viewport, rect: Rect): Rect {
  const { x, y } = photoToScreen(view, rect);
  return { x, y, width: rect.width * view.zoom, height: rect.height * view.zoom };
}
