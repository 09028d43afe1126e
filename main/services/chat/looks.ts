import { isDeepStrictEqual } from 'node:util';
import {
  calibrationMilliseconds,
  type PictureKey,
} from '../../../native-models/engine/inference-protocol.ts';
import type { LensHeads } from '../../../native-models/engine/calibrate-lens.ts';
import type { ViewPlan } from '../../../native-models/families/index.ts';
import { intersect } from '../../../native-models/image/geometry.ts';
import { lastPictures, type Dialogue } from '../../../native-models/language/prompt.ts';
import type {
  AppEvent,
  CoverTest,
  Look,
  LookInViews,
  LookStage,
  Message,
  MessageId,
  Picture,
  Rect,
  Settings,
} from '../../../preload/contract/api.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type { Engine, Model } from '../engine.ts';
import type { PhotoImages } from '../photos/photo-images.ts';
import type { PhotoRegistry } from '../photos/registry.ts';
import type { Preparations } from '../preparation/preparations.ts';
import { planOf } from '../preparation/view.ts';
import { bundledLens } from './bundled-lens.ts';
import { everyHead, lookInViewsOf, lookOf, unpackMaps } from './look-of.ts';
import type { FindingTable } from '../store/measurements.ts';
import type { Conversations } from './conversations.ts';
import { dialogueOf, mapPictures, picturesIn } from './turns.ts';

export interface LooksOptions {
  readonly conversations: Conversations;
  readonly engine: Engine;
  readonly images: PhotoImages;
  readonly photos: PhotoRegistry;
  readonly preparations: Preparations;
  readonly findings: FindingTable;
  readonly settings: () => Settings;
  readonly publish: (event: AppEvent) => void;
}

/** Answers whose maps are kept in memory: those of a conversation that is being looked at. */
const mostKept = 12;
/** Times that the pictures are prepared, should the model lose them each time. */
const mostTries = 3;
/** Shares of a covering test: that of the pictures, and that of the answer, which is judged twice. */
const encodeShare = 0.8;
const scoreShare = 0.1;

interface Scoring {
  /** The prompt is read anew. */
  readonly anew: boolean;
  /** Where of the whole work it begins, 0..1. */
  readonly from: number;
}

type Asked = ReturnType<Conversations['asked']>;

/** What the work on one answer needs, once the model has it. */
interface Ready {
  readonly asked: Asked;
  readonly dialogue: Dialogue<Picture>;
  readonly model: Model;
  readonly signal: AbortSignal;
  readonly keys: ReadonlyMap<Picture, PictureKey>;
}

interface Running {
  readonly stopped: AbortController;
  readonly givesWay: boolean;
}

interface Kept {
  readonly made: Message['provenance'];
  readonly look: Look;
  /** Undefined before it was asked for. */
  inViews?: LookInViews | null;
}

/**
 * Where the model looked when it wrote an answer, and what the answer is worth without a part of the photo. Computed when it is asked
 * for, in the lane that gives way to all others; nothing of it is written to disk.
 */
export class Looks {
  readonly #options: LooksOptions;
  readonly #running = new Map<MessageId, Running>();
  /** With how the answer was made: it may be written again, to the same words. */
  readonly #kept = new Map<MessageId, Kept>();

  /** What was found out of packages by now; what a private answer asked for is known here alone. */
  readonly #calibrated = new Map<string, string>();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** @throws AppError as `Api.lookOf` says, and what preparing a photo and loading a model throw */
  async look(id: MessageId): Promise<Look> {
    const { conversations, engine } = this.#options;
    const { answer } = conversations.asked(id);
    const kept = this.#keptOf(answer);
    if (!kept) return (await this.#work(id, (ready) => this.#made(ready))).look;
    await engine.beside(async (model) => this.#requireWriter(model, answer));
    return kept.look;
  }

  /**
   * Where in the views of the picture DEM found what the look is on; null where a row is of one view alone. Gives way to all other
   * work for the answer, whichever was asked for first.
   * @throws AppError as `look`
   */
  async lookInViews(id: MessageId): Promise<LookInViews | null> {
    const find = async (ready: Ready): Promise<LookInViews | null> => {
      const kept = await this.#made(ready);
      return (kept.inViews ??= await this.#inViews(ready, kept.look));
    };
    return this.#work(id, find, { givesWay: true });
  }

  /** @throws AppError as `look` */
  cover(id: MessageId, photoId: Picture['photoId'], region: Rect): Promise<CoverTest> {
    return this.#work(id, async (ready) => {
      const { model, signal, asked } = ready;
      const covered = new Map(ready.keys);
      const shows = (picture: Picture) =>
        picture.photoId === photoId && (!picture.region || intersect(picture.region, region) !== null);
      const showing = [...ready.keys.keys()].filter(shows);
      const share = encodeShare / showing.length;
      this.#tell(id, 'encode', 0);
      for (const [at, picture] of showing.entries()) {
        const { key, picture: made, plan } = await this.#modelPicture(ready, picture, [region]);
        const onProgress = this.#crops(id, 'encode', plan, { from: at * share, share });
        await model.call('encode', { key, picture: made, plan, keep: false }, { signal, onProgress });
        covered.set(picture, key);
      }
      const scored = (keys: ReadonlyMap<Picture, PictureKey>, { anew, from }: Scoring) => {
        const tell = (fraction: number) => this.#tell(id, 'score', from + scoreShare * fraction);
        tell(0);
        const onProgress = ({ done, total }: { done: number; total: number }) => tell(done / total);
        const given = givenAnswer(asked, this.#prompt({ ...ready, keys }));
        return model.call('score', { ...given, anew }, { signal, onProgress });
      };
      const before = await scored(ready.keys, { anew: false, from: encodeShare });
      const after = await scored(covered, { anew: true, from: encodeShare + scoreShare });
      const drops = [...before.logLikelihood].map((value, at) => value - after.logLikelihood[at]!);
      return { messageId: id, photoId, region, tokens: before.tokens, drops };
    });
  }

  /** Ends what is under way for an answer. */
  stop(id: MessageId): void {
    this.#running.get(id)?.stopped.abort();
  }

  /** Ends everything that is under way. */
  dispose(): void {
    for (const { stopped } of this.#running.values()) stopped.abort();
  }

  /** What is kept of an answer as it is now. */
  #keptOf({ id, provenance }: Message): Kept | null {
    const kept = this.#kept.get(id);
    return kept && isDeepStrictEqual(kept.made, provenance) ? kept : null;
  }

  async #made(ready: Ready): Promise<Kept> {
    const { model, dialogue, asked } = ready;
    const { id, provenance } = asked.answer;
    const known = this.#keptOf(asked.answer);
    if (known) return known;
    const { manifest, sha256 } = model.package;
    const lens = await this.#lens(ready);
    const given = givenAnswer(asked, this.#prompt(ready));
    const heads = lens?.heads ?? everyHead(manifest.language);
    this.#tell(id, 'look', null);
    const facts = await model.call('look', { ...given, heads }, { signal: ready.signal });
    const pictures = lastPictures(dialogue).map((seen) => ({ ...seen, plan: this.#planOf(model, seen) }));
    const look = lookOf({ messageId: id, package: { ...manifest, sha256 }, pictures, heads, lens }, facts);
    const kept: Kept = { made: provenance, look };
    this.#kept.set(id, kept);
    if (this.#kept.size > mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    return kept;
  }

  async #inViews(ready: Ready, look: Look): Promise<LookInViews | null> {
    const { model, signal, asked } = ready;
    const { id } = asked.answer;
    const [seen] = lastPictures(ready.dialogue);
    const plan = seen && this.#planOf(model, seen);
    if (!plan?.connections.some(({ hasDem }) => hasDem)) return null;
    this.#tell(id, 'views', null);
    const options = { signal, onProgress: this.#crops(id, 'views', plan) };
    const own = { key: ready.keys.get(seen!)!, maps: unpackMaps(look), plan };
    const held = await model.call('lookInViews', { ...own, picture: null }, options);
    if (held) return lookInViewsOf(look, plan, held);
    const { picture } = await this.#modelPicture(ready, seen!);
    const found = await model.call('lookInViews', { ...own, picture }, options);
    return found && lookInViewsOf(look, plan, found);
  }

  /**
   * Prepares the pictures of an answer and runs `work` with the model that wrote it; one piece of work for an answer at a time. What
   * `givesWay` ends for other work, and does not begin beside it.
   */
  async #work<T>(
    id: MessageId,
    work: (ready: Ready) => Promise<T>,
    { givesWay } = { givesWay: false },
  ): Promise<T> {
    const running = this.#running.get(id);
    if (givesWay && running && !running.givesWay)
      throw new AppError('cancelled', 'The answer is looked at in another way.');
    this.stop(id);
    const stopped = new AbortController();
    this.#running.set(id, { stopped, givesWay });
    try {
      const { conversations, engine, preparations } = this.#options;
      const asked = conversations.asked(id);
      const dialogue = dialogueOf(asked.before, asked.question);
      await engine.schedule(
        'batch',
        async (model) => this.#requireWriter(model, asked.answer),
        stopped.signal,
      ).result;
      const wish = { keep: !asked.isPrivate, prefill: false };
      for (let tries = 0; tries < mostTries; tries++) {
        const keys = new Map<Picture, PictureKey>();
        for (const picture of picturesIn(dialogue))
          keys.set(picture, (await preparations.ensure(picture, wish, stopped.signal)).key);
        const run = async (model: Model, signal: AbortSignal) => {
          this.#requireWriter(model, asked.answer);
          // A model that was started again meanwhile has none of them.
          for (const key of keys.values()) if (!(await model.call('hasPicture', { key }))) return null;
          return { found: await work({ asked, dialogue, model, signal, keys }) };
        };
        const done = await engine.schedule('batch', run, stopped.signal).result;
        if (done) return done.found;
      }
      throw new AppError('internal', 'The model has lost the pictures of the conversation.');
    } finally {
      if (this.#running.get(id)?.stopped === stopped) this.#running.delete(id);
    }
  }

  /** Another model, or the same at another detail, would say where it looks, not where the writer did. */
  #requireWriter(model: Model, { provenance }: Message): void {
    if (provenance === null)
      throw new AppError('wrong-usage', 'An answer that was not written is looked for.');
    const { sha256, card } = model.package;
    const isSame =
      sha256 === provenance.packageSha256 &&
      this.#options.settings().detail[card.id] === provenance.mostTiles;
    if (!isSame)
      throw new AppError('written-otherwise', `${provenance.packageName} wrote this answer.`, {
        package: provenance.packageName,
      });
  }

  #prompt({ dialogue, keys, asked }: Pick<Ready, 'dialogue' | 'keys' | 'asked'>) {
    const system = asked.answer.provenance!.systemPrompt;
    return { system, ...mapPictures(dialogue, (picture) => keys.get(picture)!) };
  }

  /** What is known of the heads of a package, or found out now. */
  async #lens({ model, signal, asked }: Ready): Promise<LensHeads | null> {
    const { findings } = this.#options;
    const key = lensKey(model.package.sha256);
    const keep = (known: string) => {
      if (!asked.isPrivate) findings.set(key, known);
    };
    const known = findings.get(key);
    if (known) return JSON.parse(known) as LensHeads | null;
    const calibrated = this.#calibrated.get(key);
    if (calibrated !== undefined) {
      keep(calibrated);
      return JSON.parse(calibrated) as LensHeads | null;
    }
    const bundled = await bundledLens(model.package);
    if (bundled) return bundled;
    this.#tell(asked.answer.id, 'calibrate', null);
    const input = { milliseconds: calibrationMilliseconds };
    const { found } = await model.call('calibrateLens', input, { signal });
    this.#calibrated.set(key, JSON.stringify(found));
    keep(JSON.stringify(found));
    return found;
  }

  #modelPicture({ model, signal }: Ready, { photoId, region }: Picture, covered: readonly Rect[] = []) {
    const { images, preparations } = this.#options;
    const wanted = { region, seeing: preparations.seeingOf(model.package), covered };
    return images.make(photoId, 'modelPicture', wanted, signal);
  }

  /** Tells of every step of an encoding, which is `share` of the work and begins at `from`. */
  #crops(id: MessageId, stage: LookStage, { views }: ViewPlan, { from, share } = { from: 0, share: 1 }) {
    let done = 0;
    return () => this.#tell(id, stage, from + (share * ++done) / (views.length + 1));
  }

  #planOf(model: Model, { photoId, region }: Picture): ViewPlan {
    const { photos, preparations } = this.#options;
    return planOf(preparations.seeingOf(model.package), region ?? photos.record(photoId));
  }

  #tell(messageId: MessageId, stage: LookStage, fraction: number | null): void {
    this.#options.publish({ type: 'look', progress: { messageId, stage, fraction } });
  }
}

/** Under which is kept what was found out about a package's heads. */
export const lensKey = (packageSha256: string) => `lens ${packageSha256}`;

const givenAnswer = <P>({ answer, tokenIds }: Asked, prompt: P) => ({
  prompt,
  answer: tokenIds ?? answer.text,
});
