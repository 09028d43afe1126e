import { isDeepStrictEqual } from 'node:util';
import type {
  EncodedStep,
  PictureKey,
  PrefillProgress,
} from '../../../native-models/engine/inference-protocol.ts';
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

export interface PreparationsOptions {
  readonly engine: Engine;
  readonly images: PhotoImages;
  readonly photos: PhotoRegistry;
  readonly measurements: MeasurementStore;
  readonly settings: () => Settings;
  readonly publish: (event: AppEvent) => void;
}

/** Pictures whose key is remembered, so that a photo that was encoded is not decoded again to find its embeddings. */
const rememberedKeys = 1000;

/**
 * Brings photos into the model ahead of the first question, the one asked for last first. A question has its own pictures
 * prepared before all others.
 */
export class Preparations {
  readonly #options: PreparationsOptions;
  readonly #jobs = new Set<Job>();
  readonly #shown = new Map<PhotoId, Preparation>();
  readonly #keys = new Map<string, PictureKey>();

  constructor(options: PreparationsOptions) {
    this.#options = options;
  }

  /** Queues a photo and says where it stands. Throws `file-missing` when the id is unknown. */
  prepare(photoId: PhotoId, keep: boolean): Preparation {
    this.#options.photos.record(photoId);
    const shown = this.#shown.get(photoId);
    const isUnderWay = this.#find({ photoId, region: null }) !== undefined;
    if (shown && (shown.stage === 'ready' || isUnderWay)) return shown;
    this.#add({ photoId, region: null }, { keep, prefill: true });
    return this.#show(photoId, { ...blank, photoId });
  }

  /** Ends the preparation of a photo; nothing when there is none under way. */
  cancel(photoId: PhotoId): void {
    this.#find({ photoId, region: null })?.cancelled.abort();
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
    for (const [photoId, { stage }] of this.#shown) if (stage === 'ready') this.#shown.delete(photoId);
  }

  #find({ photoId, region }: Picture): Job | undefined {
    return [...this.#jobs].find(
      ({ picture, cancelled }) =>
        !cancelled.signal.aborted && picture.photoId === photoId && sameRegion(picture.region, region),
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
    const name = pictureName(photo.sha256, picture.region, seeing);
    const known = this.#keys.get(name);
    if (known !== undefined && (await model.call('hasPicture', { key: known }))) {
      if (job.keep) await model.call('keepPicture', { key: known });
      report(() => (progress.fromCache = true));
      return known;
    }
    const wanted = { region: picture.region, seeing };
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
    return seeingOf(manifest, this.#options.settings().detail[card.id]);
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

  /**
   * Only whole photos are shown: a part of one is a part of a question, whose message shows that it waits. That a photo
   * which is ready was looked for and found is no news.
   */
  #report({ picture: { photoId, region } }: Job, preparation: Omit<Preparation, 'photoId'>): void {
    const isReady = this.#shown.get(photoId)?.stage === 'ready';
    if (region !== null || (isReady && unremarkable.includes(preparation.stage))) return;
    this.#show(photoId, { ...preparation, photoId });
  }

  #show(photoId: PhotoId, preparation: Preparation): Preparation {
    this.#shown.set(photoId, preparation);
    this.#options.publish({ type: 'preparation', preparation });
    return preparation;
  }
}

const blank: Omit<Preparation, 'photoId'> = {
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

const sameRegion = (a: Rect | null, b: Rect | null) => JSON.stringify(a) === JSON.stringify(b);

const paceName = (what: string, sha256: string, device: string) => `${what}-seconds ${sha256} ${device}`;

const pictureName = (sha256: string, region: Rect | null, seeing: Seeing) =>
  JSON.stringify([sha256, region, seeing]);
