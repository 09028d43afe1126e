import { AppError } from '../../preload/contract/errors.ts';
import { isCancelled } from './abort.ts';

/**
 * Who may use the model, the most pressing first. `exclusive`: work that needs the memory of the model itself (the proof of
 * an install, a comparison); `picture`: that of a question which waits; `look-ahead`: photos before anybody asks; `batch`:
 * looks at an answer.
 */
export const lanes = ['exclusive', 'answer', 'picture', 'look-ahead', 'batch'] as const;
export type Lane = (typeof lanes)[number];

/** Work of these is begun again after it gave way: what it had computed is found in the caches. */
const givesWay: readonly Lane[] = ['picture', 'look-ahead', 'batch'];
/** A person looks at what they opened last. */
const newestFirst: readonly Lane[] = ['look-ahead'];

/** @param signal aborted when the work is to end: because it was cancelled, or because it has to give way */
type Work<T> = (signal: AbortSignal) => Promise<T>;

/** Work that was handed in. */
export interface Scheduled<T> {
  /** Rejects with what the work throws, and with `cancelled`. */
  readonly result: Promise<T>;
  /** Another lane from now on, whether it waits or runs. */
  move(lane: Lane): void;
}

interface Task {
  lane: Lane;
  readonly work: Work<unknown>;
  readonly cancelled: AbortSignal | null;
  readonly result: PromiseWithResolvers<unknown>;
  /** While it runs. */
  yields: AbortController | null;
}

/**
 * One use of the model at a time. The next is the first of the most pressing lane in which any work waits; work of a lane that
 * gives way is stopped for a more pressing one and begun again afterwards. Cancelled work that waits never begins; work that
 * runs has its signal aborted, and the next begins when it has ended.
 */
export class ModelSchedule {
  /** In the order of their arrival. */
  readonly #waiting: Task[] = [];
  #running: Task | null = null;
  #beside = 0;
  /** Those that wait to run beside. */
  #doors: (() => void)[] = [];

  add<T>(lane: Lane, work: Work<T>, cancelled: AbortSignal | null = null): Scheduled<T> {
    const result = Promise.withResolvers<unknown>();
    // Nobody has to wait for a result.
    result.promise.catch(() => undefined);
    const task: Task = { lane, work, cancelled, result, yields: null };
    const leave = () => {
      if (this.#take(task)) result.reject(cancellation());
      this.#advance();
    };
    if (cancelled?.aborted) result.reject(cancellation());
    else {
      cancelled?.addEventListener('abort', leave, { once: true });
      result.promise.then(
        () => cancelled?.removeEventListener('abort', leave),
        () => cancelled?.removeEventListener('abort', leave),
      );
      this.#waiting.push(task);
      queueMicrotask(() => this.#advance());
    }
    return {
      result: result.promise as Promise<T>,
      move: (to) => {
        task.lane = to;
        this.#advance();
      },
    };
  }

  /** `add`, for those who wait for the result. */
  run<T>(lane: Lane, work: Work<T>, cancelled: AbortSignal | null = null): Promise<T> {
    return this.add(lane, work, cancelled).result;
  }

  /** A quick look at the model beside other work; it waits only while that is exclusive. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    while (this.#isExclusive()) await new Promise<void>((resolve) => this.#doors.push(resolve));
    this.#beside++;
    try {
      return await work();
    } finally {
      this.#beside--;
      this.#advance();
    }
  }

  /** Exclusive work runs, or is the next and nothing else runs. */
  #isExclusive(): boolean {
    return (this.#running ?? this.#next())?.lane === 'exclusive';
  }

  #next(): Task | undefined {
    const [lane] = lanes.filter((each) => this.#waiting.some((task) => task.lane === each));
    if (!lane) return undefined;
    const isIts = (task: Task) => task.lane === lane;
    return newestFirst.includes(lane) ? this.#waiting.findLast(isIts) : this.#waiting.find(isIts);
  }

  #advance(): void {
    const next = this.#next();
    const running = this.#running;
    if (next && running && givesWay.includes(running.lane) && isBefore(next.lane, running.lane))
      running.yields?.abort();
    if (!running && next && (next.lane !== 'exclusive' || this.#beside === 0)) {
      this.#take(next);
      this.#running = next;
      void this.#run(next);
    }
    if (!this.#isExclusive()) for (const open of this.#doors.splice(0)) open();
  }

  async #run(task: Task): Promise<void> {
    const yields = new AbortController();
    task.yields = yields;
    const signal = task.cancelled ? AbortSignal.any([task.cancelled, yields.signal]) : yields.signal;
    try {
      task.result.resolve(await task.work(signal));
    } catch (error) {
      const gaveWay = yields.signal.aborted && isCancelled(error) && !task.cancelled?.aborted;
      // The first again where the oldest is the next, the last where the newest is.
      if (gaveWay) this.#waiting.unshift(task);
      else task.result.reject(error);
    } finally {
      task.yields = null;
      this.#running = null;
      // What follows from the result comes before work that would have to give way to it at once.
      setImmediate(() => this.#advance());
    }
  }

  #take(task: Task): boolean {
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }
}

const isBefore = (a: Lane, b: Lane) => lanes.indexOf(a) < lanes.indexOf(b);
const cancellation = () => new AppError('cancelled', 'Cancelled.');
