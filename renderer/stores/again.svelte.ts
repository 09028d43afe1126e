import type {
  AppEvent,
  AskedAgain,
  Bridge,
  ComparedAnswer,
  Comparison,
  Message,
  Photo,
  Way,
} from '../../preload/contract/api.ts';
import type { NoticeStore } from './notices.svelte.ts';

/**
 * Owns the answer whose question is asked again in other ways, and what is said then. Created by `createStores`. Nothing of it outlasts
 * its dialog.
 */

const ended: readonly ComparedAnswer['state'][] = ['done', 'failed', 'stopped'];

export class AgainStore {
  /** The answer that is open for it. */
  answer = $state.raw<Message | null>(null);
  /** The way it was opened for, which is asked at once; null lets the person choose. */
  wish = $state.raw<Way | null>(null);
  comparison = $state.raw<Comparison | null>(null);
  /** What was told of comparisons since one was asked for: of one that is over soon, all of it before the call has returned. */
  #told: readonly Comparison[] = [];
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;

  constructor(bridge: Bridge, notices: NoticeStore) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  get isRunning(): boolean {
    return this.comparison?.sides.some(({ state }) => !ended.includes(state)) ?? false;
  }

  open(answer: Message, wish: Way | null = null): void {
    this.answer = answer;
    this.wish = wish;
    this.comparison = null;
  }

  close(): void {
    if (this.isRunning) void this.stop();
    this.answer = null;
    this.comparison = null;
  }

  async ask(asked: readonly AskedAgain[]): Promise<void> {
    const { answer } = this;
    if (!answer) return;
    this.#told = [];
    const begun = await this.#notices.attempt(this.#bridge.askAgain({ messageId: answer.id, asked }));
    if (this.answer !== answer) return;
    this.comparison = this.#told.find(({ id }) => id === begun?.id) ?? begun ?? null;
  }

  async stop(): Promise<void> {
    if (!this.comparison) return;
    await this.#notices.attempt(this.#bridge.stopComparison({ comparisonId: this.comparison.id }));
  }

  /** Whether answers to a question about a drawn scene are right; null for each of which that cannot be said. */
  async grade(
    { id, origin }: Photo,
    question: string,
    answers: readonly string[],
  ): Promise<readonly (boolean | null)[]> {
    if (origin !== 'scene') return answers.map(() => null);
    const turns = answers.map((answer) => ({ question, answer }));
    const grades = await this.#notices.attempt(this.#bridge.gradeAnswers({ photoId: id, turns }));
    return grades ?? answers.map(() => null);
  }

  onEvent(event: AppEvent): void {
    if (event.type !== 'comparison') return;
    const { comparison } = event;
    this.#told = [...this.#told.filter(({ id }) => id !== comparison.id), comparison];
    if (this.comparison?.id === comparison.id) this.comparison = comparison;
  }
}
