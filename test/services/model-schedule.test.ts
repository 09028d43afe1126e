import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelSchedule, lanes, type Lane, type Scheduled } from '../../main/services/model-schedule.ts';
import { AppError } from '../../preload/contract/errors.ts';

/** Everything that can go on without anybody's doing has gone on. */
const settle = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Work that ends when it is told to, or when its signal says so, and notes what it sees. */
class Bench {
  readonly schedule = new ModelSchedule();
  readonly running = new Map<number, () => void>();
  readonly started: number[] = [];
  readonly outcomes = new Map<number, string>();
  readonly aborts = new Map<number, AbortController>();
  readonly lanes = new Map<number, Lane>();
  readonly tasks = new Map<number, Scheduled<number>>();
  readonly faults: string[] = [];
  besides = 0;

  add(lane: Lane): number {
    const id = this.tasks.size;
    const abort = new AbortController();
    this.aborts.set(id, abort);
    this.lanes.set(id, lane);
    const task = this.schedule.add(lane, (signal) => this.#work(id, signal), abort.signal);
    this.tasks.set(id, task);
    task.result.then(
      () => this.outcomes.set(id, 'done'),
      (error: AppError) => this.outcomes.set(id, error.code),
    );
    return id;
  }

  beside(): Promise<void> {
    return this.schedule.beside(async () => {
      this.besides++;
      this.#check();
      await settle();
      this.#check();
      this.besides--;
    });
  }

  async #work(id: number, signal: AbortSignal): Promise<number> {
    this.started.push(id);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.running.set(id, () => resolve(id));
    signal.addEventListener('abort', () => reject(new AppError('cancelled', 'Cancelled.')), { once: true });
    this.#check();
    if (signal.aborted) this.faults.push(`${id} began though it was cancelled`);
    return promise.finally(() => this.running.delete(id));
  }

  #check(): void {
    if (this.running.size > 1) this.faults.push('two use the model at once');
    const exclusive = [...this.running.keys()].some((id) => this.lanes.get(id) === 'exclusive');
    if (exclusive && this.besides > 0) this.faults.push('beside exclusive work');
  }
}

test('the most pressing lane goes first, the oldest within a lane, the newest of what is looked ahead', async () => {
  const bench = new Bench();
  bench.add('answer');
  await settle();
  const waiting: Lane[] = [
    'batch',
    'look-ahead',
    'answer',
    'picture',
    'look-ahead',
    'exclusive',
    'answer',
    'batch',
  ];
  for (const lane of waiting) bench.add(lane);
  for (let each = 0; each <= waiting.length; each++) {
    await settle();
    for (const finish of bench.running.values()) finish();
  }
  expect(bench.started).toEqual([0, 6, 3, 7, 4, 5, 2, 1, 8]);
});

test('work that gives way is begun again, and its caller notices nothing', async () => {
  const bench = new Bench();
  const ahead = bench.add('look-ahead');
  await settle();
  const answer = bench.add('answer');
  await settle();
  expect(bench.started).toEqual([ahead, answer]);
  bench.running.get(answer)!();
  await settle();
  bench.running.get(ahead)!();
  await settle();
  expect(bench.started).toEqual([ahead, answer, ahead]);
  expect([...bench.outcomes]).toEqual([
    [answer, 'done'],
    [ahead, 'done'],
  ]);
});

test('what runs and is moved to the lane of a question stays for other pictures; answers are never stopped', async () => {
  const bench = new Bench();
  const ahead = bench.add('look-ahead');
  await settle();
  bench.tasks.get(ahead)!.move('picture');
  bench.add('picture');
  await settle();
  expect(bench.started).toEqual([ahead]);
  const answer = bench.add('answer');
  await settle();
  bench.add('exclusive');
  await settle();
  expect(bench.started).toEqual([ahead, answer]);
});

type Step =
  | { readonly kind: 'add'; readonly lane: Lane }
  | { readonly kind: 'cancel' | 'finish'; readonly which: number }
  | { readonly kind: 'move'; readonly which: number; readonly lane: Lane }
  | { readonly kind: 'beside' };

const lane = fc.constantFrom(...lanes);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), lane }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), which: fc.nat(99), lane }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('beside' as const) }) },
);

test('never two at once, nothing beside exclusive work, nobody starves, and cancelling leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const bench = new Bench();
      const besides: Promise<void>[] = [];
      for (const each of steps) {
        const pick = 'which' in each ? each.which % Math.max(1, bench.tasks.size) : 0;
        if (each.kind === 'add') bench.add(each.lane);
        else if (each.kind === 'beside') besides.push(bench.beside());
        else if (each.kind === 'cancel') bench.aborts.get(pick)?.abort();
        else if (each.kind === 'finish') [...bench.running.values()][0]?.();
        else if (each.kind === 'move' && !bench.running.has(pick)) {
          bench.lanes.set(pick, each.lane);
          bench.tasks.get(pick)?.move(each.lane);
        }
        await settle();
      }
      // Every task that is left gets its turn, one after the other.
      for (let turns = 0; bench.outcomes.size < bench.tasks.size && turns < 200; turns++) {
        for (const finish of [...bench.running.values()]) finish();
        await settle();
      }
      await Promise.all(besides);
      expect(bench.faults).toEqual([]);
      expect(bench.running.size).toBe(0);
      expect([...bench.outcomes.keys()].sort()).toEqual([...bench.tasks.keys()].sort());
      for (const [id, abort] of bench.aborts) {
        if (!abort.signal.aborted) expect(bench.outcomes.get(id)).toBe('done');
      }
    }),
    { numRuns: 300 },
  );
});
