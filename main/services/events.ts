import { randomBytes } from 'node:crypto';
import type { AppEvent } from '../../preload/contract/api.ts';

/** An event with its place in the order of all events since the program started, from 1. */
export interface NumberedEvent {
  readonly sequence: number;
  readonly event: AppEvent;
}

/** Enough for a long answer and a preparation while a connection is re-established. */
const keptEvents = 2000;

/**
 * Sends events to every window, and keeps the latest so that a window whose connection was cut can catch up.
 * Created once by the services; everything that changes publishes here.
 */
export class EventLog {
  /** Differs from run to run: a sequence number of an earlier run means nothing in this one. */
  readonly epoch = randomBytes(8).toString('hex');
  readonly #listeners = new Set<(numbered: NumberedEvent) => void>();
  #kept: NumberedEvent[] = [];
  #sequence = 0;

  /** Sequence number of the latest event. */
  get sequence(): number {
    return this.#sequence;
  }

  readonly publish = (event: AppEvent): void => {
    const numbered = { sequence: ++this.#sequence, event };
    this.#kept.push(numbered);
    // Twice as many are let in before the oldest half goes, so that an event costs no copy of the list.
    if (this.#kept.length > 2 * keptEvents) this.#kept = this.#kept.slice(-keptEvents);
    for (const listener of this.#listeners) listener(numbered);
  };

  /** Calls `listener` for every event from now on; returns the way to stop. */
  subscribe(listener: (numbered: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The events after `sequence`, or null when some of them are no longer kept: state must be read anew. */
  since(sequence: number): readonly NumberedEvent[] | null {
    if (sequence > this.#sequence) return null;
    const missed = this.#sequence - sequence;
    if (missed > this.#kept.length) return null;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }
}
