import { SvelteMap } from 'svelte/reactivity';
import { receivedFailure } from '../api/failure.ts';
import { textLimits, type Bridge, type Draft } from '../../preload/contract/api.ts';

/**
 * Owns what was typed or attached and not sent, of every conversation and every question that is edited. Created by
 * `createStores`. The program keeps it, so that neither a reload nor a crash loses a word.
 */
export class DraftStore {
  readonly #drafts = new SvelteMap<string, Draft>();
  /** Ids of which the program does not have the latest. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #unsent = new Set<string>();
  /** Ids that this window has changed since it was opened: what it holds of them, or that it holds none, is the latest. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #changed = new Set<string>();
  readonly #bridge: Bridge;
  #isSending = false;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Brings what the program kept, and hands over what it could not be given before. */
  async load(): Promise<void> {
    const kept = await this.#bridge.listDrafts().catch(() => []);
    for (const draft of kept) if (!this.#changed.has(draft.id)) this.#drafts.set(draft.id, draft);
    await this.#send();
  }

  of(id: string): Draft | undefined {
    return this.#drafts.get(id);
  }

  /** @param isLocal whether it is to be known to this window alone, until it is closed */
  set(draft: Draft, isLocal = false): void {
    this.#changed.add(draft.id);
    this.#drafts.set(draft.id, draft);
    if (!isLocal) this.#keep(draft.id);
  }

  remove(id: string, isLocal = false): void {
    this.#changed.add(id);
    if (this.#drafts.delete(id) && !isLocal) this.#keep(id);
  }

  #keep(id: string): void {
    this.#unsent.add(id);
    void this.#send();
  }

  /** One at a time: what changes meanwhile goes with the next. */
  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    let id: string | undefined;
    try {
      while (([id] = this.#unsent) && id !== undefined) {
        this.#unsent.delete(id);
        const draft = this.#drafts.get(id) ?? { id, text: '', pictures: [] };
        if (draft.text.length <= textLimits.draft) await this.#bridge.keepDraft(draft);
      }
    } catch (error) {
      // A program that does not answer is told of elsewhere; the next change, or its return, tries again. What it refuses, it would again.
      if (id !== undefined && receivedFailure(error).code !== 'wrong-usage') this.#unsent.add(id);
    } finally {
      this.#isSending = false;
    }
  }
}
