import type { CropKind, Picture, Preparation, PreparationStage } from '../../../preload/contract/api.ts';

/** What is known from earlier photos of how long this machine takes with this model, in seconds; null where nothing is. */
export interface KnownPace {
  readonly crop: number | null;
  /** The whole prefill of a photo. */
  readonly prefill: number | null;
}

/** What this photo took, in seconds. */
export interface MeasuredPace {
  readonly crop: number | null;
  readonly prefill: number | null;
}

/** Share of the crops in the whole while nothing is known: what it is on a CPU with the published dimensions. */
const cropsShareUnknown = 0.4;

/** Below that, a pace measured within a stage says nothing yet. */
const shortestMeasure = 0.2;

/**
 * How far a photo is, in one number, and how long it will still take, when that can be said. Times are in seconds on
 * any clock.
 */
export class PreparationProgress {
  readonly #passes: number;
  readonly #known: KnownPace;
  readonly encoded: { readonly kind: CropKind; readonly index: number }[] = [];
  stage: PreparationStage = 'queued';
  fromCache = false;
  #stageBegan = 0;
  #done = 0;
  #lastCrop = 0;
  #prefillShare = 0;
  #prefillBegan = 0;
  #measuredPrefill: number | null = null;
  #fraction = 0;

  /** @param passes encoder passes the photo costs */
  constructor(passes: number, known: KnownPace) {
    this.#passes = passes;
    this.#known = known;
  }

  enter(stage: PreparationStage, now: number): void {
    if (this.stage === stage) return;
    if (this.stage === 'prefill') this.#measuredPrefill = now - this.#prefillBegan;
    if (stage === 'encode') this.#stageBegan = now;
    if (stage === 'prefill') this.#prefillBegan = now;
    this.stage = stage;
  }

  /** A pass is done: of a crop, or of the base image where that is none. */
  passDone(kind: CropKind | 'base', index: number, now: number): void {
    this.#done++;
    if (kind !== 'base') this.encoded.push({ kind, index });
    this.#lastCrop = now;
  }

  /** @param share of the photo's prompt that is in the KV cache, 0..1 */
  prefilled(share: number): void {
    this.#prefillShare = share;
  }

  get measured(): MeasuredPace {
    const took = this.#lastCrop - this.#stageBegan;
    const crop = this.#done > 0 ? took / this.#done : null;
    return { crop, prefill: this.#measuredPrefill };
  }

  report(now: number): Omit<Preparation, keyof Picture | 'error'> {
    const crop = this.measured.crop ?? this.#known.crop;
    const prefill = this.#prefillPace(now) ?? this.#known.prefill;
    return {
      stage: this.stage,
      encoded: [...this.encoded],
      fraction: this.#advance(crop, prefill),
      read: this.stage === 'ready' ? 1 : this.#prefillShare,
      secondsLeft: this.#secondsLeft(crop, prefill, now),
      fromCache: this.fromCache,
    };
  }

  get #cropsShare(): number {
    if (this.fromCache || this.#prefillShare > 0) return 1;
    return this.#done / this.#passes;
  }

  /** The whole prefill by what it took so far; null while that says nothing. */
  #prefillPace(now: number): number | null {
    const took = now - this.#prefillBegan;
    if (this.stage !== 'prefill' || this.#prefillShare === 0 || took < shortestMeasure) return null;
    return took / this.#prefillShare;
  }

  /** Never goes back, also when later measurements make the whole larger. */
  #advance(crop: number | null, prefill: number | null): number {
    if (this.stage === 'ready') return (this.#fraction = 1);
    let weight = cropsShareUnknown;
    if (crop !== null && prefill !== null) {
      const encoding = crop * this.#passes;
      weight = encoding / (encoding + prefill || 1);
    }
    if (this.fromCache) weight = 0;
    const fraction = weight * this.#cropsShare + (1 - weight) * this.#prefillShare;
    return (this.#fraction = Math.min(1, Math.max(this.#fraction, fraction)));
  }

  #secondsLeft(crop: number | null, prefill: number | null, now: number): number | null {
    if (this.stage === 'ready') return 0;
    if (this.stage === 'queued' || prefill === null) return null;
    const prefilling = prefill * (1 - this.#prefillShare);
    if (this.#cropsShare === 1) return prefilling;
    if (crop === null) return null;
    const sinceCrop = this.#done > 0 ? now - this.#lastCrop : 0;
    return Math.max(0, crop * (this.#passes - this.#done) - sinceCrop) + prefilling;
  }
}
