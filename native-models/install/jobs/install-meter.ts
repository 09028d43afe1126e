import type { ConvertProgress } from '../../convert/progress.ts';
import type { PhaseBytes } from '../../convert/progress.ts';
import type { FileState, InstallFile, InstallProgress } from './job.ts';

/** The speed of a download is that of its last seconds: connections change. */
const speedSeconds = 15;
/** Before this a speed says little. */
const secondsBeforeEstimate = 3;

/**
 * Speeds for weighing download against conversion while neither has been measured: a usual connection, and the cost unit of
 * convert/work.ts. They shape the bar and never the time left once there is something measured.
 */
const usualBytesPerSecond = 15e6;
const usualCostPerSecond = 0.4e9;

/** Less than this of a conversion says little about the rest. */
const leastMeasured = 0.02;

/** Joins the progress of a download and of the conversion that runs beside it into one, with one time left. */
export class InstallMeter {
  readonly #now: () => number;
  readonly #files = new Map<string, InstallFile>();
  readonly #samples: { readonly at: number; readonly received: number }[] = [];
  #fraction: number;
  #cost: PhaseBytes | null = null;
  #converted: ConvertProgress | null = null;
  /** Of the conversion when this run began: what an earlier run did says nothing about this one's speed. */
  #convertedBefore: number | null = null;
  #isWaiting = false;
  #busySince: number | null = null;
  #busySeconds = 0;

  /** `fraction`: where the bar stood when the install was left. */
  constructor(fraction: number, now: () => number = () => performance.now() / 1000) {
    this.#fraction = fraction;
    this.#now = now;
  }

  get files(): readonly InstallFile[] {
    return [...this.#files.values()];
  }

  /** A file of the download, in the order in which they are shown. */
  addFile(part: InstallFile['part'], name: string, bytes: number): void {
    const file: InstallFile = { part, name, bytes, received: 0, state: 'waiting' };
    this.#files.set(keyOf(part, name), file);
  }

  setFile(part: InstallFile['part'], name: string, changes: { received?: number; state?: FileState }): void {
    const key = keyOf(part, name);
    const file = { ...this.#files.get(key)!, ...changes };
    this.#files.set(key, file.state === 'converted' ? { ...file, received: file.bytes } : file);
    this.#sample();
  }

  /** What the conversion will cost, by phase. */
  plan(cost: PhaseBytes): void {
    this.#cost = cost;
  }

  convert(progress: ConvertProgress): void {
    this.#convertedBefore ??= progress.fraction;
    this.#converted = progress;
    if (!this.#isWaiting) this.#busySince ??= this.#now();
  }

  /** The conversion begins or ends to wait for a file. */
  wait(isWaiting: boolean): void {
    this.#isWaiting = isWaiting;
    const now = this.#now();
    if (this.#busySince !== null) this.#busySeconds += now - this.#busySince;
    this.#busySince = isWaiting ? null : now;
  }

  progress(): InstallProgress {
    const { received, total } = this.#bytes();
    const bytesPerSecond = received < total ? this.#speed() : null;
    // Files of this machine: there is nothing but the conversion.
    if (this.#files.size === 0) this.#fraction = Math.max(this.#fraction, this.#share);
    const convertCost = sum(this.#cost) / usualCostPerSecond;
    const whole = total / usualBytesPerSecond + convertCost;
    const done = received / usualBytesPerSecond + convertCost * this.#share;
    if (whole > 0 && this.#cost !== null) this.#fraction = Math.max(this.#fraction, done / whole);
    return {
      fraction: this.#fraction,
      bytesReceived: received,
      bytesTotal: total,
      bytesPerSecond,
      secondsLeft: this.#secondsLeft(received, total, bytesPerSecond),
      phase: this.#isWaiting ? null : (this.#converted?.phase ?? null),
    };
  }

  get #share(): number {
    return this.#converted?.fraction ?? 0;
  }

  /**
   * The conversion runs beside the download but ends after it: what the last file brings, and what can only be done at the
   * end, comes on top.
   */
  #secondsLeft(received: number, total: number, bytesPerSecond: number | null): number | null {
    if (this.#files.size === 0) return this.#converted?.secondsLeft ?? null;
    if (this.#cost === null) return null;
    const converting = this.#convertSeconds() * (1 - this.#share);
    if (received >= total) return Math.round(converting);
    if (bytesPerSecond === null || bytesPerSecond <= 0) return null;
    const last = Math.max(
      0,
      ...this.files.filter(({ state }) => state !== 'converted').map(({ bytes }) => bytes),
    );
    const { language, finish } = this.#cost;
    const tail = (finish + (language * Math.min(total, last)) / total) / Math.max(1, sum(this.#cost));
    const downloading = (total - received) / bytesPerSecond;
    return Math.round(
      Math.max(downloading + this.#convertSeconds() * Math.min(tail, 1 - this.#share), converting),
    );
  }

  /** What the whole conversion takes on this machine, as far as it has been seen. */
  #convertSeconds(): number {
    const running = this.#busySince === null ? 0 : this.#now() - this.#busySince;
    const busy = this.#busySeconds + running;
    const made = this.#share - (this.#convertedBefore ?? 0);
    if (made > leastMeasured && busy >= secondsBeforeEstimate) return busy / made;
    return sum(this.#cost) / usualCostPerSecond;
  }

  #bytes(): { received: number; total: number } {
    let received = 0;
    let total = 0;
    for (const file of this.#files.values()) {
      received += file.received;
      total += file.bytes;
    }
    return { received, total };
  }

  #sample(): void {
    const at = this.#now();
    const last = this.#samples.at(-1);
    if (last && at - last.at < 0.2) return;
    this.#samples.push({ at, received: this.#bytes().received });
    while (this.#samples[1] && at - this.#samples[1].at > speedSeconds) this.#samples.shift();
  }

  #speed(): number | null {
    const first = this.#samples[0];
    if (!first) return null;
    const elapsed = this.#now() - first.at;
    if (elapsed < secondsBeforeEstimate) return null;
    return Math.max(0, (this.#bytes().received - first.received) / elapsed);
  }
}

function keyOf(part: string, name: string): string {
  return `${part}/${name}`;
}

function sum(cost: PhaseBytes | null): number {
  return cost === null ? 0 : Object.values(cost).reduce((total, one) => total + one, 0);
}
