/** What a conversion is doing; while weights still arrive, the language model is written around the others. */
export type ConvertPhase = 'vision' | 'enhance' | 'language' | 'finish';

export interface ConvertProgress {
  readonly phase: ConvertPhase;
  /** Of the whole conversion, 0 to 1, never falling. */
  readonly fraction: number;
  /** Of what the conversion reads and writes; the two sides of `fraction` in bytes. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Seconds until the end at the speed so far; null while that is not known. */
  readonly secondsLeft: number | null;
}

/** Bytes that a phase handles. */
export type PhaseBytes = Readonly<Record<ConvertPhase, number>>;

/** Before this the speed says little. */
const secondsBeforeEstimate = 2;

/** Turns the progress of single phases into that of the whole, with the time left. */
export class ProgressMeter {
  readonly #bytes: PhaseBytes;
  readonly #cost: PhaseBytes;
  readonly #report: (progress: ConvertProgress) => void;
  readonly #now: () => number;
  readonly #started: number;
  readonly #done = new Map<ConvertPhase, number>();
  #startFraction = 0;
  #fraction = 0;

  /** `cost`: about how many seconds a phase takes, in any unit that is the same for all. */
  constructor(
    bytes: PhaseBytes,
    cost: PhaseBytes,
    report: (progress: ConvertProgress) => void,
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#bytes = bytes;
    this.#cost = cost;
    this.#report = report;
    this.#now = now;
    this.#started = now();
  }

  /** A phase that an earlier run has done, wholly or in part: it says nothing about this run's speed. */
  resume(phase: ConvertPhase, fraction: number): void {
    this.at(phase, fraction);
    this.#startFraction = this.#fraction;
  }

  /** `fraction` of `phase`, 0 to 1, is done. */
  at(phase: ConvertPhase, fraction: number): void {
    this.#done.set(phase, Math.max(this.#done.get(phase) ?? 0, Math.min(1, fraction)));
    this.#fraction = Math.max(this.#fraction, this.#share(this.#cost));
    const bytesTotal = sum(this.#bytes);
    this.#report({
      phase,
      fraction: this.#fraction,
      bytesDone: Math.round(this.#share(this.#bytes) * bytesTotal),
      bytesTotal,
      secondsLeft: this.#secondsLeft(),
    });
  }

  #share(weights: PhaseBytes): number {
    const done = [...this.#done].reduce((total, [phase, fraction]) => total + weights[phase] * fraction, 0);
    return done / Math.max(1, sum(weights));
  }

  #secondsLeft(): number | null {
    const elapsed = this.#now() - this.#started;
    const made = this.#fraction - this.#startFraction;
    if (elapsed < secondsBeforeEstimate || made <= 0) return null;
    return Math.round((elapsed / made) * (1 - this.#fraction));
  }
}

function sum(weights: PhaseBytes): number {
  return Object.values(weights).reduce((total, weight) => total + weight, 0);
}
