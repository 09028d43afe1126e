import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThreadPace } from '../../native-models/language/thread-pace.ts';

/** A machine with some work of other programs on it, whose threads stall each other as llama.cpp's do. */
interface Machine {
  readonly cores: number;
  /** Milliseconds of a token with one thread that has a core. */
  readonly token: number;
  /** Times as long as a token takes when its threads have to share cores. */
  readonly stall: number;
  /** Share of a token that more threads do not make shorter. */
  readonly serial: number;
  /** Cores that others want, at a time in milliseconds. */
  readonly load: (at: number) => number;
  /** Whether the system tells what others take. */
  readonly tells: boolean;
  /** A factor that is around one. */
  readonly noise: () => number;
}

function tokenTime({ cores, token, stall, serial, load }: Machine, threads: number, at: number): number {
  const ideal = token * (serial + (1 - serial) / threads);
  const free = cores - load(at);
  if (threads <= free) return ideal;
  // One thread that shares a core is slower by its share; several wait for one another besides.
  const share = Math.max(threads / (threads + load(at)), 0.1);
  return (ideal / share) * (threads === 1 ? 1 : stall);
}

/** Milliseconds between two looks of a decoder at the machine. */
const lookEvery = 400;

/** Tokens that are written in this time, in milliseconds, and how many at which time. */
function write(machine: Machine, milliseconds: number, pace = new ThreadPace(machine.cores)) {
  const tokens: { at: number; threads: number }[] = [];
  let looked = 0;
  for (let at = 0; at < milliseconds;) {
    const { threads } = pace;
    const took = tokenTime(machine, threads, at) * machine.noise();
    at += took;
    tokens.push({ at, threads });
    pace.took(took, at);
    if (at - looked < lookEvery) continue;
    looked = at;
    pace.sees(machine.tells ? machine.cores - Math.min(machine.load(at), machine.cores) : machine.cores);
  }
  return tokens;
}

function bestFixed(machine: Machine, milliseconds: number): number {
  const fixed = (threads: number) => {
    let written = 0;
    for (let at = 0; at < milliseconds; written++) at += tokenTime(machine, threads, at);
    return written;
  };
  return Math.max(...Array.from({ length: machine.cores }, (_, index) => fixed(index + 1)));
}

const machines = fc.record({
  cores: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 16, 32),
  token: fc.constantFrom(4, 13, 40, 120),
  stall: fc.constantFrom(1, 2, 5, 10),
  serial: fc.constantFrom(0, 0.1, 0.4),
  tells: fc.boolean(),
});
const steady = (value: number) => () => value;

test('on any machine with any steady load, words come within 15 % of the best fixed number of threads', () => {
  const time = 60_000;
  for (const cores of [1, 2, 3, 4, 6, 8, 16, 32])
    for (let load = 0; load <= 2 * cores; load += Math.ceil(cores / 4))
      for (const token of [13, 120])
        for (const stall of [1, 2, 10])
          for (const serial of [0, 0.4])
            for (const tells of [true, false]) {
              const machine = { cores, token, stall, serial, tells, load: steady(load), noise: () => 1 };
              // Where the system does not tell, one that has just started has to find out.
              const settled = tells ? 0 : 5 * time;
              const written = write(machine, settled + time).filter(({ at }) => at > settled);
              // One token may have been under way at either end.
              const share = (written.length + 2) / bestFixed(machine, time);
              expect(share, JSON.stringify(machine)).toBeGreaterThanOrEqual(tells ? 0.85 : 0.8);
            }
});

test('load that comes and goes is followed within two seconds, and the words stay within 15 %', () => {
  fc.assert(
    fc.property(machines, fc.integer({ min: 1, max: 4 }), fc.integer(), (made, others, seed) => {
      const random = mulberry(seed);
      const period = 10_000;
      // Off in the first half of every period.
      const load = (at: number) => (at % period < period / 2 ? 0 : Math.min(others, made.cores));
      const noise = () => 0.9 + 0.2 * random();
      const machine: Machine = {
        ...made,
        cores: Math.max(2, made.cores),
        token: 13,
        tells: true,
        load,
        noise,
      };
      const tokens = write(machine, 4 * period);
      for (const isBusy of [false, true]) {
        // From two seconds after each change on.
        const settled = ({ at }: { at: number }) =>
          at % period >= period / 2 === isBusy && at % (period / 2) > 2000 && at > period;
        const steadyMachine = { ...machine, noise: () => 1, load: steady(isBusy ? load(period * 0.75) : 0) };
        const seconds = (3 * (period / 2 - 2000)) / 1000;
        const best = bestFixed(steadyMachine, 10_000) / 10;
        expect(tokens.filter(settled).length / seconds).toBeGreaterThanOrEqual(0.85 * best);
      }
    }),
    { numRuns: 200 },
  );
});

test('a system that hides what others do costs time to notice that they have gone, not that they have come', () => {
  const load = (at: number) => (at < 10_000 || at > 20_000 ? 0 : 1);
  const tokens = write(
    { cores: 2, token: 13, stall: 8, serial: 0, load, tells: false, noise: () => 1 },
    30_000,
  );
  const threadsAt = (time: number) => tokens.findLast(({ at }) => at <= time)!.threads;
  expect([9_900, 10_500, 12_000, 19_900, 29_900].map(threadsAt)).toEqual([2, 1, 1, 1, 2]);
});

test('one core is no choice', () => {
  const tokens = write(
    { cores: 1, token: 10, stall: 1, serial: 0, load: steady(3), tells: true, noise: () => 1 },
    5_000,
  );
  expect(new Set(tokens.map(({ threads }) => threads))).toEqual(new Set([1]));
});

function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
