import { randomUUID } from 'node:crypto';
import type { Dialogue } from '../../../native-models/language/prompt.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type {
  AppEvent,
  ComparedAnswer,
  Comparison,
  MessageId,
  Picture,
  Settings,
} from '../../../preload/contract/api.ts';
import { isCancelled } from '../abort.ts';
import { Answers } from '../chat/answers.ts';
import type { Conversations } from '../chat/conversations.ts';
import { dialogueOf, picturesIn } from '../chat/turns.ts';
import { Engine, type EngineOptions, type Model } from '../engine.ts';
import { toFailure } from '../failure.ts';
import type { Packages } from './available-packages.ts';
import { Preparations, type PreparationsOptions } from '../preparation/preparations.ts';
import { requireTaken } from '../preparation/view.ts';

export interface ComparisonsOptions {
  readonly conversations: Conversations;
  readonly engine: Engine;
  readonly packages: Packages;
  readonly engineOptions: EngineOptions;
  readonly preparationOptions: Omit<PreparationsOptions, 'engine' | 'settings' | 'publish'>;
  readonly settings: () => Settings;
  readonly publish: (event: AppEvent) => void;
}

const atFirst = {
  state: 'waiting',
  text: '',
  seconds: { load: null, photo: null, answer: null },
  tokens: null,
  error: null,
} as const;

/**
 * Asks one question of two packages, one after the other, each in an engine of its own, while the model in use has given its
 * memory back. Nothing of it is kept.
 */
export class Comparisons {
  readonly #options: ComparisonsOptions;
  #running: { readonly id: string; readonly stop: AbortController } | null = null;

  constructor(options: ComparisonsOptions) {
    this.#options = options;
  }

  /** Begins a comparison, in place of the one under way. Throws `file-missing`, `package-invalid`. */
  async start(answerId: MessageId, packageIds: readonly [string, string]): Promise<Comparison> {
    const { conversations, packages } = this.#options;
    const { question, before } = conversations.asked(answerId);
    const cards = await packages.list();
    const side = (id: string): ComparedAnswer => {
      const card = cards.find((each) => each.id === id);
      if (!card)
        throw new AppError('package-invalid', `${id}: there is no such package.`, { reason: 'none' });
      return { ...atFirst, packageId: id, packageName: card.name };
    };
    const id = randomUUID();
    const comparison: Comparison = {
      id,
      question: question.text,
      sides: [side(packageIds[0]), side(packageIds[1])],
    };
    this.#running?.stop.abort();
    const stop = new AbortController();
    this.#running = { id, stop };
    void this.#run(comparison, dialogueOf(before, question), stop.signal);
    return comparison;
  }

  stop(id: string): void {
    if (this.#running?.id === id) this.#running.stop.abort();
  }

  /** Stops what is under way. Safe to call twice. */
  dispose(): void {
    this.#running?.stop.abort();
  }

  async #run(comparison: Comparison, dialogue: Dialogue<Picture>, signal: AbortSignal): Promise<void> {
    const { engine, publish } = this.#options;
    const sides = [...comparison.sides] as [ComparedAnswer, ComparedAnswer];
    const show = (index: 0 | 1, changes: Partial<ComparedAnswer>) => {
      sides[index] = { ...sides[index], ...changes };
      publish({ type: 'comparison', comparison: { ...comparison, sides: [...sides] } });
    };
    const work = async () => {
      for (const index of [0, 1] as const) {
        await this.#ask(sides[index].packageId, dialogue, (changes) => show(index, changes), signal);
      }
    };
    // Rejects only where it was stopped before its turn.
    await engine.alone(work, signal).catch(() => {
      for (const index of [0, 1] as const) show(index, { state: 'stopped' });
    });
  }

  async #ask(
    packageId: string,
    dialogue: Dialogue<Picture>,
    show: (changes: Partial<ComparedAnswer>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { engineOptions, preparationOptions } = this.#options;
    const settings = () => ({ ...this.#options.settings(), packageId });
    const publish = () => undefined;
    const engine = new Engine({ ...engineOptions, settings, publish });
    const preparations = new Preparations({ ...preparationOptions, engine, settings, publish });
    const stopwatch = new Stopwatch();
    let seconds: ComparedAnswer['seconds'] = atFirst.seconds;
    const lap = (part: keyof typeof seconds) => (seconds = { ...seconds, [part]: stopwatch.lap() });
    try {
      show({ state: 'loading' });
      const check = async (model: Model) => requireTaken(model.package.manifest, dialogue);
      await engine.schedule('answer', check, signal).result;
      lap('load');
      show({ state: 'preparing', seconds });
      const pictures = picturesIn(dialogue);
      const wish = { keep: false, prefill: dialogue.turns.length === 0 && pictures.length === 1 };
      for (const picture of pictures) await preparations.ensure(picture, wish, signal);
      lap('photo');
      show({ state: 'writing', seconds });
      let text = '';
      const writer = {
        begin: () => undefined,
        append: (piece: string) => show({ text: (text += piece) }),
      };
      const answers = new Answers({ ...preparationOptions, engine, preparations, settings, publish });
      const made = await answers.generate(dialogue, false, writer, signal);
      lap('answer');
      show({
        state: made.finish === 'cancelled' ? 'stopped' : 'done',
        seconds,
        tokens: made.tokens.generated,
      });
    } catch (error) {
      if (isCancelled(error)) show({ state: 'stopped' });
      else show({ state: 'failed', error: toFailure(error) });
    } finally {
      preparations.dispose();
      engine.dispose();
    }
  }
}

/** Seconds since it was last asked. */
class Stopwatch {
  #last = performance.now();

  lap(): number {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    return seconds;
  }
}
