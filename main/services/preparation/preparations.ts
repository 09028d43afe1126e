import { isDeepStrictEqual } from 'node:util';
import type {
  EncodedStep,
  PictureKey,
  PrefillProgress,
} from '../../../native-models/engine/inference-protocol.ts';
import { familyOf } from '../../../native-models/families/index.ts';
import type { Seeing } from '../../../native-models/families/index.ts';
import type {
  AppEvent,
  PhotoId,
  Picture,
  Preparation,
  PreparationStage,
  Rect,
  Settings,
} from '../../../preload/contract/api.ts';
import { checkRegion } from '../../../native-models/image/geometry.ts';
import { abortable, isCancelled } from '../abort.ts';
import type { Engine, Model } from '../engine.ts';
import { toFailure } from '../failure.ts';
import type { Scheduled } from '../model-schedule.ts';
import type { PhotoImages } from '../photos/photo-images.ts';
import type { PhotoRegistry } from '../photos/registry.ts';
import type { MeasurementStore } from '../store/measurements.ts';
import type { UsablePackage } from '../models/available-packages.ts';
import { PreparationProgress, type KnownPace } from './progress.ts';
import { planOf, seeingOf } from './view.ts';

/** What is wanted of a preparation. */
export interface Wish {
  /** Whether what is computed may be written to disk. */
  keep: boolean;
  /** Whether the prompt up to the picture is computed too, which only a first question can use. */
  prefill: boolean;
}

/** A picture whose embeddings are at hand. */
export interface Prepared {
  readonly key: PictureKey;
  /** How it was seen, and in how many views. */
  readonly seeing: Seeing;
  readonly views: number;
}

interface Job extends Wish {
  readonly picture: Picture;
  /** Aborted by the person. */
  readonly cancelled: AbortController;
  readonly work: Scheduled<Prepared>;
  /** Questions that wait for it. */
  questions: number;
}

/** How pictures are changed before the model sees them. */
export interface Alteration {
  /** Without their detail. */
  readonly isOverview: boolean;
  /** Parts of photos, in photo pixels, that are covered with the padding colour. */
  readonly covered: readonly { readonly photoId: PhotoId; readonly region: Rect }[];
}

export interface PreparationsOptions {
  /** Left out, nothing is altered. */
  readonly alteration?: Alteration | undefined;
  readonly engine: Engine;
  readonly images: PhotoImages;
  readonly photos: PhotoRegistry;
  readonly measurements: MeasurementStore;
  readonly settings: () => Settings;
  readonly publish: (event: AppEvent) => void;
}

/** Pictures whose key, and where they stand, is remembered: a photo that was encoded is not decoded again to find its embeddings. */
const rememberedKeys = 1000;

/**
 * Brings photos into the model ahead of the first question, the one asked for last first. A question has its own pictures
 * prepared before all others.
 */
export class Preparations {
  readonly #options: PreparationsOptions;
  readonly #jobs = new Set<Job>();
  /** By `idOf`. */
  readonly #shown = new Map<string, Preparation>();
  readonly #keys = new Map<string, PictureKey>();

  constructor(options: PreparationsOptions) {
    this.#options = options;
  }

  /**
   * Queues a picture and says where it stands.
   * @throws AppError file-missing when the photo is unknown, wrong-usage when the region is not inside it
   */
  prepare(picture: Picture, keep: boolean): Preparation {
    const { photoId, region } = picture;
    const photo = this.#options.photos.record(photoId);
    if (region) checkRegion(region, photo);
    const shown = this.#shown.get(idOf(picture));
    const isUnderWay = this.#find(picture) !== undefined;
    if (shown && (shown.stage === 'ready' || isUnderWay)) return shown;
    // A part is mostly asked about after the whole: then its prompt does not begin with it.
    this.#add(picture, { keep, prefill: region === null });
    return this.#show({ ...blank, photoId, region });
  }

  /** Ends the preparation of a picture; nothing when there is none under way. */
  cancel(picture: Picture): void {
    this.#find(picture)?.cancelled.abort();
  }

  /** Ends those of a photo and of all its parts. */
  cancelAll(photoId: PhotoId): void {
    for (const { picture, cancelled } of this.#jobs) if (picture.photoId === photoId) cancelled.abort();
  }

  /** Brings a picture into the model where it is not there already. */
  async ensure(picture: Picture, wish: Wish, signal: AbortSignal): Promise<Prepared> {
    const job = this.#find(picture) ?? this.#add(picture, wish);
    job.keep ||= wish.keep;
    job.prefill ||= wish.prefill;
    job.questions++;
    job.work.move('picture');
    try {
      return await abortable(job.work.result, signal);
    } finally {
      if (--job.questions === 0) job.work.move('look-ahead');
    }
  }

  /** Ends everything that is under way. */
  dispose(): void {
    for (const { cancelled } of this.#jobs) cancelled.abort();
  }

  /** Another model, or a new process, has prepared nothing. */
  forget(): void {
    for (const [id, { stage }] of this.#shown) if (stage === 'ready') this.#shown.delete(id);
  }

  #find(wanted: Picture): Job | undefined {
    return [...this.#jobs].find(
      ({ picture, cancelled }) => !cancelled.signal.aborted && idOf(picture) === idOf(wanted),
    );
  }

  #add(picture: Picture, wish: Wish): Job {
    const cancelled = new AbortController();
    const work = this.#options.engine.schedule(
      'look-ahead',
      (model, signal) => this.#work(model, job, signal),
      cancelled.signal,
    );
    const job: Job = { ...wish, picture, cancelled, work, questions: 0 };
    this.#jobs.add(job);
    work.result.then(
      () => this.#jobs.delete(job),
      (error: unknown) => this.#fail(job, error),
    );
    return job;
  }

  async #work(model: Model, job: Job, signal: AbortSignal): Promise<Prepared> {
    try {
      return await this.#prepare(model, job, signal);
    } catch (error) {
      // Others go first; it waits again.
      if (isCancelled(error) && !job.cancelled.signal.aborted) this.#report(job, blank);
      throw error;
    }
  }

  /** Decode, encode, prefill: the path of one picture, with what can be skipped skipped. */
  async #prepare(model: Model, job: Job, signal: AbortSignal): Promise<Prepared> {
    const size = job.picture.region ?? this.#options.photos.record(job.picture.photoId);
    const seeing = this.seeingOf(model.package);
    const { views, rows } = planOf(seeing, size);
    const pace = this.#pace(model, rows);
    const progress = new PreparationProgress(views.length, pace.known);
    const report = (change: (now: number) => void) => {
      const now = performance.now() / 1000;
      change(now);
      this.#report(job, { ...blank, ...progress.report(now) });
    };
    const key = await this.#embeddings(model, job, seeing, report, progress, signal);
    // The detail was changed meanwhile.
    if (!isDeepStrictEqual(this.seeingOf(model.package), seeing)) return this.#prepare(model, job, signal);
    if (job.prefill) {
      report((now) => progress.enter('prefill', now));
      const onProgress = ({ done, total }: PrefillProgress) => report(() => progress.prefilled(done / total));
      const system = this.#options.settings().systemPrompt;
      await model.call('prefill', { system, picture: key }, { signal, onProgress });
    }
    report((now) => progress.enter('ready', now));
    if (job.keep) pace.learn(progress);
    return { key, seeing, views: views.length };
  }

  async #embeddings(
    model: Model,
    job: Job,
    seeing: Seeing,
    report: (change: (now: number) => void) => void,
    progress: PreparationProgress,
    signal: AbortSignal,
  ): Promise<PictureKey> {
    const { images, photos } = this.#options;
    const { picture } = job;
    report((now) => progress.enter('decode', now));
    const photo = await photos.use(picture.photoId);
    const hidden =
      this.#options.alteration?.covered.filter(({ photoId }) => photoId === picture.photoId) ?? [];
    const covered = hidden.map(({ region }) => region);
    const name = JSON.stringify([photo.sha256, picture.region, seeing, covered]);
    const known = this.#keys.get(name);
    if (known !== undefined && (await model.call('hasPicture', { key: known }))) {
      if (job.keep) await model.call('keepPicture', { key: known });
      report(() => (progress.fromCache = true));
      return known;
    }
    const wanted = { region: picture.region, seeing, covered };
    const { key, ...made } = await images.make(picture.photoId, 'modelPicture', wanted, signal);
    this.#remember(name, key);
    report((now) => progress.enter('encode', now));
    const onProgress = (step: EncodedStep) =>
      report((now) =>
        step.stage === 'crop'
          ? progress.passDone(step.kind, step.index, now)
          : progress.enter('enhance', now),
      );
    const { fromCache } = await model.call(
      'encode',
      { key, picture: made.picture, plan: made.plan, keep: job.keep },
      { signal, onProgress },
    );
    report(() => (progress.fromCache = fromCache));
    return key;
  }

  #remember(name: string, key: PictureKey): void {
    this.#keys.set(name, key);
    if (this.#keys.size > rememberedKeys) this.#keys.delete(this.#keys.keys().next().value!);
  }

  /** How a package sees, at the detail that the person chose for it. */
  seeingOf({ card, manifest }: UsablePackage): Seeing {
    const { settings, alteration } = this.#options;
    const seeing = seeingOf(manifest, settings().detail[card.id]);
    return (alteration?.isOverview ? familyOf(seeing).overview() : null) ?? seeing;
  }

  /** Seconds from a photo to its first answer on this machine; null where the model never saw one here. */
  secondsFor(
    { sha256 }: UsablePackage,
    { passes, tokens }: { passes: number; tokens: number },
  ): number | null {
    const { device } = this.#options.engine.status;
    const { crop, prefill } = this.#known(sha256, device ?? '', tokens);
    return crop === null || prefill === null ? null : passes * crop + prefill;
  }

  #known(sha256: string, device: string, tokens: number): KnownPace {
    const { measurements } = this.#options;
    const token = measurements.get(paceName('token', sha256, device));
    const crop = measurements.get(paceName('crop', sha256, device));
    return { crop, prefill: token === null ? null : token * tokens };
  }

  /** How long this machine takes with this model for a photo of so many tokens, as known and to be learnt. */
  #pace({ package: { sha256 }, loaded: { device } }: Model, tokens: number) {
    const { measurements } = this.#options;
    const name = (what: string) => paceName(what, sha256, device);
    const known = this.#known(sha256, device, tokens);
    const learn = ({ measured: { crop, prefill }, fromCache }: PreparationProgress) => {
      if (crop !== null && !fromCache) measurements.add(name('crop'), crop);
      // A prefix restored from memory takes no time that another photo's would.
      if (prefill !== null && !fromCache) measurements.add(name('token'), prefill / tokens);
    };
    return { known, learn };
  }

  #fail(job: Job, error: unknown): void {
    this.#jobs.delete(job);
    if (isCancelled(error)) this.#report(job, { ...blank, stage: 'cancelled' });
    else this.#report(job, { ...blank, stage: 'failed', error: toFailure(error) });
  }

  /** Publishes the state, unless it only says again that a picture is ready. */
  #report({ picture }: Job, state: typeof blank): void {
    const isReady = this.#shown.get(idOf(picture))?.stage === 'ready';
    if (!isReady || !unremarkable.includes(state.stage)) this.#show({ ...state, ...picture });
  }

  #show(preparation: Preparation): Preparation {
    const id = idOf(preparation);
    // Those of parts are many: the oldest are forgotten.
    this.#shown.delete(id);
    this.#shown.set(id, preparation);
    if (this.#shown.size > rememberedKeys) this.#shown.delete(this.#shown.keys().next().value!);
    this.#options.publish({ type: 'preparation', preparation });
    return preparation;
  }
}

const blank: Omit<Preparation, keyof Picture> = {
  stage: 'queued',
  encoded: [],
  fraction: 0,
  read: 0,
  secondsLeft: null,
  fromCache: false,
  error: null,
};

/** What a photo goes through that turns out to be in the model already. */
const unremarkable: readonly PreparationStage[] = ['queued', 'decode', 'prefill', 'ready'];

const idOf = ({ photoId, region }: Picture) =>
  JSON.stringify([photoId, region && [region.x, region.y, region.width, region.height]]);

const paceName = (what: string, sha256: string, device: string) => `${what}-seconds ${sha256} ${device}`;
