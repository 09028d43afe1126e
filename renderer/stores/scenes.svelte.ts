import { SvelteMap } from 'svelte/reactivity';
import type { Bridge, Message, MessageId, PhotoId, SceneTruth } from '../../preload/contract/api.ts';
import type { NoticeStore } from './notices.svelte.ts';

/** Owns what the person has asked to see of drawn scenes: what is in them, and which answers are right. Created by `createStores`. */
export class SceneStore {
  readonly #truths = new SvelteMap<PhotoId, SceneTruth>();
  readonly #grades = new SvelteMap<MessageId, boolean>();
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;

  constructor(bridge: Bridge, notices: NoticeStore) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  /** What is in a scene; null while it is not to be seen. */
  truthOf(photoId: PhotoId): SceneTruth | null {
    return this.#truths.get(photoId) ?? null;
  }

  /** Whether an answer is right; null while that is not to be seen, or cannot be said. */
  gradeOf(photoId: PhotoId | null, { id, state }: Message): boolean | null {
    if (photoId === null || !this.#truths.has(photoId) || state !== 'done') return null;
    return this.#grades.get(id) ?? null;
  }

  async toggle(photoId: PhotoId): Promise<void> {
    if (this.#truths.delete(photoId)) return;
    const truth = await this.#notices.attempt(this.#bridge.revealScene({ photoId }));
    if (truth) this.#truths.set(photoId, truth);
  }

  /** Looks at the finished answers of a conversation about a scene. */
  async grade(photoId: PhotoId, messages: readonly Message[]): Promise<void> {
    const answers = messages.flatMap((message, index) => {
      const question = messages[index - 1];
      return message.role === 'assistant' && message.state === 'done' && question?.role === 'user'
        ? { id: message.id, question: question.text, answer: message.text }
        : [];
    });
    if (answers.length === 0) return;
    const turns = answers.map(({ question, answer }) => ({ question, answer }));
    const grades = await this.#notices.attempt(this.#bridge.gradeAnswers({ photoId, turns }));
    for (const [index, grade] of (grades ?? []).entries()) {
      const { id } = answers[index]!;
      if (grade === null) this.#grades.delete(id);
      else this.#grades.set(id, grade);
    }
  }
}
