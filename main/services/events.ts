import type { AppEvent } from '../../preload/contract.ts';

/**
 * Tells every window what changed. Created once by the services; whatever changes publishes here. Hosts number events
 * and keep them for windows that lost their connection, because only they have connections.
 */
export class Events {
  readonly #listeners = new Set<(event: AppEvent) => void>();

  readonly publish = (event: AppEvent): void => {
    for (const listener of this.#listeners) listener(event);
  };

  /** Calls `listener` for every event from now on; returns the way to stop. */
  subscribe(listener: (event: AppEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
