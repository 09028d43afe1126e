import type { Point, Rect, Size } from '../../../preload/contract/api.ts';
import { moveEdges, partBetween, snap, snapReach, wholeGrip, type linesOf } from '../../geometry/parts.ts';

/** CSS pixels: a shorter way is a click. */
const leastDrag = 4;
const corners = [
  { x: -1, y: -1 },
  { x: 1, y: 1 },
] as const;

interface Drag {
  readonly from: Point;
  /** The part that it moves; null where it draws one. */
  readonly moved: Rect | null;
  /** As it is by now; null while nothing was dragged. */
  readonly part: Rect | null;
}

/** A part of a photo while a pointer draws it or moves it. All places are in photo pixels. */
export class PartDrawing {
  #drag = $state.raw<Drag | null>(null);

  get part(): Rect | null {
    return this.#drag?.part ?? null;
  }

  /** @param moved the part that is moved; null to draw one */
  start(from: Point, moved: Rect | null): void {
    this.#drag = { from, moved, part: null };
  }

  /**
   * @param zoom CSS pixels per photo pixel
   * @param lines where edges like to lie
   */
  goOn(to: Point, zoom: number, photo: Size, lines: ReturnType<typeof linesOf>): void {
    if (!this.#drag) return;
    const { from, moved } = this.#drag;
    const by = { x: to.x - from.x, y: to.y - from.y };
    if (!this.#drag.part && Math.hypot(by.x, by.y) * zoom <= leastDrag) return;
    let part = moved ? moveEdges(moved, wholeGrip, by, photo) : partBetween(from, to, photo);
    for (const grip of moved ? [wholeGrip] : corners)
      part &&= snap(part, grip, lines, snapReach / zoom, photo);
    this.#drag = { from, moved, part };
  }

  /** The part that was drawn; null where it was a click. */
  end(): Rect | null {
    const { part } = this;
    this.cancel();
    return part;
  }

  cancel(): void {
    this.#drag = null;
  }
}
