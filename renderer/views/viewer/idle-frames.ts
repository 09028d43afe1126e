/**
 * OpenSeadragon asks for the next frame for as long as it is open, which keeps a whole processor busy over a photo that
 * nobody moves. Its frames come from here instead: they stop when nothing has changed for a while, and go on with the
 * next touch.
 */

/** Frames without change after which none is worth drawing; half a second. */
const restingFrames = 30;

export class IdleFrames {
  readonly #isAtRest: () => boolean;
  #held: FrameRequestCallback[] = [];
  #unchanged = 0;

  /** @param isAtRest whether nothing moves and nothing that is to be seen is still loading */
  constructor(isAtRest: () => boolean) {
    this.#isAtRest = isAtRest;
  }

  /** Stands in for `requestAnimationFrame`. */
  request = (callback: FrameRequestCallback): number => {
    this.#unchanged = this.#isAtRest() ? this.#unchanged + 1 : 0;
    if (this.#unchanged <= restingFrames) return requestAnimationFrame(callback);
    this.#held.push(callback);
    return 0;
  };

  wake(): void {
    this.#unchanged = 0;
    const held = this.#held;
    this.#held = [];
    for (const callback of held) requestAnimationFrame(callback);
  }

  /** Lets go of what was held for a viewer that is gone. */
  dispose(): void {
    this.#held = [];
  }
}

/** Calls `wake` for everything a person does to an element that may move what is in it. Returns the way to stop. */
export function wakeOnTouch(element: HTMLElement, wake: () => void): () => void {
  const onMove = (event: PointerEvent) => event.buttons !== 0 && wake();
  const options = { capture: true, passive: true } as const;
  element.addEventListener('pointerdown', wake, options);
  element.addEventListener('pointerup', wake, options);
  element.addEventListener('wheel', wake, options);
  element.addEventListener('pointermove', onMove, options);
  return () => {
    element.removeEventListener('pointerdown', wake, options);
    element.removeEventListener('pointerup', wake, options);
    element.removeEventListener('wheel', wake, options);
    element.removeEventListener('pointermove', onMove, options);
  };
}
