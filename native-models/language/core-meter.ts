/** How busy this machine's cores are, and with whose work. */
import { cpus } from 'node:os';

/** Milliseconds of all cores since they were started, and of this process. */
interface Account {
  readonly at: number;
  readonly cores: number;
  readonly busy: number;
  readonly own: number;
}

export interface CoreUse {
  readonly cores: number;
  /** Cores that other programs took, on average. */
  readonly others: number;
}

/** Milliseconds: the system's clocks advance in hundredths of a second. */
const shortestSpan = 200;

function account(): Account {
  const times = cpus().map((cpu) => cpu.times);
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    cores: times.length,
    busy: times.reduce((sum, { user: code, nice, sys, irq }) => sum + code + nice + sys + irq, 0),
    own: (user + system) / 1000,
  };
}

/**
 * Counts from when it was made or last read. Where the system tells nothing of its cores, or of those of a larger machine
 * around, all of them look free; who uses it judges by what happens.
 */
export class CoreMeter {
  #last = account();

  /** Share of all cores, 0 to 1, that other programs took since the last reading; null where that cannot be told. */
  othersShare(): number | null {
    const use = this.read(shortestSpan);
    return use && use.cores > 0 ? use.others / use.cores : null;
  }

  /** What the cores did since the last reading, or null when that is less than `least` milliseconds ago. */
  read(least: number): CoreUse | null {
    if (performance.now() - this.#last.at < least) return null;
    const [before, now] = [this.#last, account()];
    this.#last = now;
    const others = (now.busy - before.busy - (now.own - before.own)) / (now.at - before.at);
    return { cores: now.cores, others: Math.min(Math.max(others, 0), now.cores) };
  }
}
