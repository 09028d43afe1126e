/**
 * How many threads llama.cpp takes, chosen by how long its work took. Its threads wait for each other by spinning, many
 * times a token: when other programs want the cores too, one thread that loses its core stalls all, and two threads were
 * seen to be ten times slower than one. Only numbers here; `CoreMeter` looks at the machine.
 */

/** Trials may cost this share of the time: one that lost a tenth of a second is followed by seconds without another. */
const trialShare = 1 / 40;
/** Milliseconds between trials that nothing asked for, even when they cost nothing. */
const leastRest = 1500;
/** Milliseconds after which a slower or faster machine is looked at again. */
const shortRest = 300;
/** A trial ends after so many steps, or when it has taken so many times what they should. */
const trialSteps = 3;
const hopeless = 2;
/** Steps after which one thread is tried, which cannot stall: at most a tenth of the time until then. */
const stepsToProbe = 20;
/** What counts as better, and as a change of the machine, by ratio: less is noise. */
const better = 0.95;
const slower = 1.3;
/** Share of the newest step in what a step takes now, and in what it usually takes. */
const newest = 0.4;
const usualNewest = 0.05;
/** Cores: free ones are not whole, as the meter itself and the system take a little. */
const tolerance = 0.3;

interface Trial {
  readonly index: number;
  steps: number;
  milliseconds: number;
}

/** Numbers of threads worth trying, ascending: all small ones, then neighbours that differ by an eighth. */
function countsUpTo(most: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < most; count = Math.max(count + 1, Math.floor(count * 1.125)))
    counts.push(count);
  return [...counts, most];
}

/** For one kind of work: steps must be comparable, so that single tokens and batches have one each. */
export class ThreadPace {
  readonly #counts: readonly number[];
  #index: number;
  /** Milliseconds of a step with the present number of threads; null before the first. */
  #usual: number | null = null;
  #recent = 0;
  #trial: Trial | null = null;
  /** What is tried next, and whether upwards: the way it came. */
  #wanted: number | null = null;
  #upwards = false;
  /** How far away the next trial is: what is no better one step away may be so further on, as stalled threads all are alike. */
  #stride = 1;
  /** Times in milliseconds: no trial before, unless something has changed, and no trial at all before. */
  #restsUntil = 0;
  #pausesUntil = 0;
  /** What the system's account said last, as an index: another account is a reason for a trial, the same is none. */
  #fit: number | null = null;
  /** Whether that has still to be tried. */
  #isFitNew = false;
  /** Whether the work became slower and nothing better has been found yet: fewer threads are tried down to one. */
  #isStalled = false;
  /** Steps until one thread is tried; a machine that was busy from the start and does not say so has shown nothing of it. */
  #unprobed = stepsToProbe;

  /** @param most threads at most, from 1 on: the cores that are useful for arithmetic */
  constructor(most: number) {
    this.#counts = countsUpTo(most);
    this.#index = this.#counts.length - 1;
  }

  /** For the next step. */
  get threads(): number {
    return this.#counts[this.#trial?.index ?? this.#index]!;
  }

  /** Milliseconds after which the next step is better stopped and done again: it is a trial that has failed. */
  get patience(): number {
    return this.#trial
      ? this.#recent * (this.#trial.steps + 1) * hopeless - this.#trial.milliseconds
      : Infinity;
  }

  /**
   * Cores that other programs leave, by the system's own account; it says what to try, and the steps say what is kept.
   */
  sees(free: number): void {
    const fit = this.#within(this.#counts.findLastIndex((count) => count <= free + tolerance));
    if (fit === this.#fit) return;
    if (this.#fit === null && this.#usual === null) this.#index = fit;
    this.#fit = fit;
    this.#isFitNew = true;
  }

  /**
   * @param milliseconds that a step with `threads` took, by token where steps differ in length
   * @param now milliseconds
   * @param isStopped whether it was stopped for taking longer than `patience`
   */
  took(milliseconds: number, now: number, isStopped = false): void {
    if (this.#trial) this.#judge(this.#trial, milliseconds, now, isStopped);
    else this.#follow(milliseconds, now);
    if (this.#trial || now < this.#pausesUntil) return;
    if (this.#isFitNew) {
      this.#isFitNew = false;
      this.#want(this.#fit!);
    }
    if (this.#wanted === null) return;
    this.#trial = { index: this.#wanted, steps: 0, milliseconds: 0 };
    this.#wanted = null;
  }

  #within(index: number): number {
    return Math.max(0, Math.min(index, this.#counts.length - 1));
  }

  #want(index: number): void {
    if (index === this.#index || this.#trial) return;
    this.#wanted = index;
    this.#upwards = index > this.#index;
  }

  #follow(milliseconds: number, now: number): void {
    if (this.#usual === null) {
      this.#usual = this.#recent = milliseconds;
      return;
    }
    this.#recent += newest * (milliseconds - this.#recent);
    this.#usual += usualNewest * (milliseconds - this.#usual);
    if (this.#recent > this.#usual * slower && now >= this.#pausesUntil) {
      this.#usual = this.#recent = milliseconds;
      this.#isStalled = true;
      this.#stride = 1;
      this.#want(this.#within(this.#index - 1));
    } else if (this.#unprobed > 0 && --this.#unprobed === 0) {
      this.#isStalled = true;
      this.#want(0);
    } else if (now >= this.#restsUntil && this.#wanted === null) {
      if (this.#recent * slower < this.#usual) this.#usual = this.#recent;
      // Both ways in turn.
      const up = this.#index === 0 || (!this.#upwards && this.#index < this.#counts.length - 1);
      this.#want(this.#within(this.#index + (up ? this.#stride : -this.#stride)));
    }
  }

  #judge(trial: Trial, milliseconds: number, now: number, isStopped: boolean): void {
    trial.steps++;
    trial.milliseconds += milliseconds;
    const expected = this.#recent * trial.steps;
    if (!isStopped && trial.steps < trialSteps && trial.milliseconds < expected * hopeless) return;
    const mean = isStopped ? Infinity : trial.milliseconds / trial.steps;
    const lost = Math.max(0, trial.milliseconds - (isStopped ? 0 : expected));
    this.#trial = null;
    // Where one thread is as fast as several that may stall, they do: it is the place to look for more from.
    const isWayOut = this.#isStalled && trial.index === 0;
    if (mean < this.#recent * (isWayOut ? 1 / better : better)) {
      const way = isWayOut ? 1 : Math.sign(trial.index - this.#index);
      this.#index = trial.index;
      this.#usual = this.#recent = mean;
      this.#isStalled = false;
      this.#stride = 1;
      // Where this was better, the next one may be better still.
      this.#want(this.#within(trial.index + way));
      this.#restsUntil = now + leastRest;
      return;
    }
    const isRoundDone = trial.index < this.#index || this.#index === 0;
    // A stall is left in large steps; else nothing in between is passed over.
    const further = this.#isStalled ? this.#stride * 2 : this.#stride + 1;
    if (isRoundDone) this.#stride = this.#stride < this.#counts.length ? further : 1;
    this.#isStalled &&= trial.index > 0 && trial.index < this.#index;
    if (this.#isStalled) return this.#want(this.#within(this.#index - this.#stride));
    this.#restsUntil = now + Math.max(leastRest, lost / trialShare);
    this.#pausesUntil = now + shortRest;
  }
}
