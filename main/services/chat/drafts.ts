import type { Draft, Picture } from '../../../preload/contract/api.ts';
import type { Tables } from '../store/databases.ts';

/** Drafts of all conversations. Those of private ones, and of what the program does not know, are in memory only. */
export class Drafts {
  readonly #durable: Tables;
  readonly #transient: Tables;

  constructor({ durable, transient }: { readonly durable: Tables; readonly transient: Tables }) {
    this.#durable = durable;
    this.#transient = transient;
  }

  list(): Draft[] {
    // A photo in memory only is gone after a restart, and the draft of a conversation on disk is not.
    const isKnown = ({ photoId }: Picture) =>
      [this.#durable, this.#transient].some(({ photos }) => photos.get(photoId) !== null);
    return [...this.#durable.drafts.all(), ...this.#transient.drafts.all()]
      .map((draft) => ({ ...draft, pictures: draft.pictures.filter(isKnown) }))
      .filter(({ text, pictures }) => text !== '' || pictures.length > 0);
  }

  /** Takes the place of what was kept under that id; a draft of nothing is not kept. */
  keep(draft: Draft): void {
    const isNothing = draft.text === '' && draft.pictures.length === 0;
    const home = this.#isDurable(draft.id) ? this.#durable : this.#transient;
    for (const parts of [this.#durable, this.#transient]) {
      if (isNothing || parts !== home) parts.drafts.remove(draft.id);
    }
    if (!isNothing) home.drafts.put(draft);
  }

  #isDurable(id: string): boolean {
    const { conversations, photos } = this.#durable;
    return [conversations.get(id), conversations.message(id), photos.get(id)].some((owner) => owner !== null);
  }
}
