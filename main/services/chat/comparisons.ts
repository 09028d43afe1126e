import { randomUUID } from 'node:crypto';
import { familyOf } from '../../../native-models/families/index.ts';
import { checkRegion } from '../../../native-models/image/geometry.ts';
import type { Dialogue } from '../../../native-models/language/prompt.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type {
  AppEvent,
  AskedAgain,
  ComparedAnswer,
  Comparison,
  MessageId,
  Picture,
  Settings,
  Way,
} from '../../../preload/contract/api.ts';
import { isCancelled } from '../abort.ts';
import { Engine, type EngineOptions, type Model } from '../engine.ts';
import { toFailure } from '../failure.ts';
import type { Packages } from '../models/available-packages.ts';
import { Preparations, type Alteration, type PreparationsOptions } from '../preparation/preparations.ts';
import { requireTaken } from '../preparation/view.ts';
import { Answers } from './answers.ts';
import type { Conversations } from './conversations.ts';
import { dialogueOf, picturesIn } from './turns.ts';

export interface ComparisonsOptions {
  readonly conversations: Conversations;
  readonly engine: Engine;
  readonly packages: Packages;
  readonly engineOptions: EngineOptions;
  readonly preparationOptions: Omit<PreparationsOptions, 'engine' | 'settings' | 'publish' | 'alteration'>;
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

type Asked = ReturnType<Conversations['asked']>;

/**
 * Asks the question of an answer again, one way after the other: the model in use at once, every other package in an engine of its
 * own while the model in use has given its memory back. Sampled as the answer was. Nothing of it is kept.
 */
export class Comparisons {
  readonly #options: ComparisonsOptions;
  #running: { readonly id: string; readonly stop: AbortController } | null = null;

  constructor(options: ComparisonsOptions) {
    this.#options = options;
  }

  /**
   * Begins a comparison, in place of the one under way.
   * @throws AppError file-missing, package-invalid, wrong-usage for what is no part of a photo
   */
  async start(answerId: MessageId, ways: readonly AskedAgain[]): Promise<Comparison> {
    const { conversations, packages, preparationOptions } = this.#options;
    const asked = conversations.asked(answerId);
    const cards = await packages.list();
    const sides = ways.map(({ packageId, way }): ComparedAnswer => {
      const card = cards.find(({ id }) => id === packageId);
      if (!card)
        throw new AppError('package-invalid', `${packageId}: there is no such package.`, { reason: 'none' });
      for (const { photoId, region } of partsOf(way))
        checkRegion(region, preparationOptions.photos.record(photoId));
      return { ...atFirst, packageId, way, packageName: card.name };
    });
    const id = randomUUID();
    const comparison: Comparison = { id, question: asked.question.text, sides };
    this.#running?.stop.abort();
    const stop = new AbortController();
    this.#running = { id, stop };
    void this.#run(comparison, asked, stop.signal);
    return comparison;
  }

  stop(id: string): void {
    if (this.#running?.id === id) this.#running.stop.abort();
  }

  /** Stops what is under way. Safe to call twice. */
  dispose(): void {
    this.#running?.stop.abort();
  }

  async #run(comparison: Comparison, asked: Asked, signal: AbortSignal): Promise<void> {
    const { engine, packages, publish } = this.#options;
    const sides = [...comparison.sides];
    for (const [index, side] of sides.entries()) {
      const show = (changes: Partial<ComparedAnswer>) => {
        sides[index] = { ...sides[index]!, ...changes };
        publish({ type: 'comparison', comparison: { ...comparison, sides: [...sides] } });
      };
      const inUse = await packages.use(this.#options.settings().packageId).catch(() => null);
      const ask = (used: Engine) => this.#ask(used, side, asked, show, signal);
      const isInUse = inUse?.card.id === side.packageId;
      // Rejects only where it was stopped before its turn.
      await (isInUse ? ask(engine) : engine.alone(() => this.#withOther(side.packageId, ask), signal)).catch(
        () => show({ state: 'stopped' }),
      );
    }
  }

  /** Runs `work` with an engine of its own for a package. */
  async #withOther(packageId: string, work: (engine: Engine) => Promise<void>): Promise<void> {
    const { engineOptions } = this.#options;
    const settings = () => ({ ...this.#options.settings(), packageId });
    const engine = new Engine({ ...engineOptions, settings, publish: () => undefined });
    try {
      await work(engine);
    } finally {
      engine.dispose();
    }
  }

  async #ask(
    engine: Engine,
    { packageId, way }: AskedAgain,
    { answer, before, question }: Asked,
    show: (changes: Partial<ComparedAnswer>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { preparationOptions } = this.#options;
    const sampling = answer.provenance?.sampling;
    const settings = () => {
      const current = this.#options.settings();
      return { ...current, packageId, sampling: sampling ?? current.sampling };
    };
    const publish = () => undefined;
    const alteration = alterationOf(way);
    const preparations = new Preparations({ ...preparationOptions, engine, settings, publish, alteration });
    const pictures = way.kind === 'part' ? [{ photoId: way.photoId, region: way.region }] : question.pictures;
    const dialogue = dialogueOf(before, { text: question.text, pictures });
    const stopwatch = new Stopwatch();
    let seconds: ComparedAnswer['seconds'] = atFirst.seconds;
    const lap = (part: keyof typeof seconds) => (seconds = { ...seconds, [part]: stopwatch.lap() });
    try {
      show({ state: 'loading' });
      await engine.schedule('answer', (model) => check(model, dialogue, way), signal).result;
      lap('load');
      show({ state: 'preparing', seconds });
      const shown = picturesIn(dialogue);
      const wish = { keep: false, prefill: dialogue.turns.length === 0 && shown.length === 1 };
      for (const picture of shown) await preparations.ensure(picture, wish, signal);
      lap('photo');
      show({ state: 'writing', seconds });
      let text = '';
      const writer = {
        begin: () => undefined,
        append: (piece: string) => show({ text: (text += piece) }),
      };
      const answers = new Answers({ ...preparationOptions, engine, preparations, settings, publish });
      const { finish, tokens } = await answers.generate(dialogue, false, writer, signal);
      lap('answer');
      show({
        state: finish === 'cancelled' ? 'stopped' : 'done',
        seconds,
        tokens: { image: tokens.image, generated: tokens.generated },
      });
    } catch (error) {
      if (isCancelled(error)) show({ state: 'stopped' });
      else show({ state: 'failed', error: toFailure(error) });
    } finally {
      preparations.dispose();
    }
  }
}

/** @throws AppError too-many-pictures, wrong-usage where the model has no overview */
async function check(
  { package: { manifest } }: Model,
  dialogue: Dialogue<Picture>,
  { kind }: Way,
): Promise<void> {
  requireTaken(manifest, dialogue);
  if (kind === 'overview' && familyOf(manifest).overview() === null)
    throw new AppError('wrong-usage', 'The model has no view of the whole alone.', {
      problem: 'no overview',
    });
}

function partsOf(way: Way) {
  if (way.kind === 'covered') return way.regions.map((region) => ({ photoId: way.photoId, region }));
  return way.kind === 'part' ? [way] : [];
}

const alterationOf = (way: Way): Alteration => ({
  isOverview: way.kind === 'overview',
  covered: way.kind === 'covered' ? partsOf(way) : [],
});

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
