import { expect, test } from 'vitest';
import { builtInEntries } from '../../native-models/install/catalogue/built-in.ts';
import { needsOf } from '../../native-models/install/catalogue/needs.ts';
import { judge, recommend } from '../../main/services/models/verdict.ts';
import type { Machine } from '../../preload/contract/api.ts';

const entry = builtInEntries[0]!;
const listed = { entry, origin: 'built-in', needs: needsOf(entry), licencesToAccept: [] } as const;
const gb = 1e9;

function machine(changes: Partial<Machine>): Machine {
  return {
    diskFree: 500 * gb,
    memoryTotal: 32 * gb,
    memoryFree: 24 * gb,
    gpu: null,
    isMeasured: true,
    ...changes,
  };
}

const options = (changes: Partial<Machine>) => judge(listed, machine(changes), null);
const recommended = (changes: Partial<Machine>) => recommend(options(changes)).llm;

test('the most exact precision that runs well is recommended', () => {
  expect(recommended({})).toBe('q8_0');
  // 8 GB free: an 8B model in 8 bits does not fit beside other programs, in fewer it does.
  expect(recommended({ memoryTotal: 16 * gb, memoryFree: 9 * gb })).not.toBe('q8_0');
  // A GPU that holds a smaller one is faster than a processor with a more exact one.
  const gpu = { name: 'GPU', total: 8 * gb, free: 7.5 * gb };
  expect(options({ gpu }).find(({ precision }) => precision.llm === recommended({ gpu }))!.verdict).toBe(
    'gpu',
  );
});

test('too little memory or disk is a plain no, with what is lacking', () => {
  const poor = options({ memoryTotal: 4 * gb, memoryFree: 3 * gb, diskFree: 1 * gb });
  expect(poor.every(({ verdict }) => verdict === 'no')).toBe(true);
  expect(poor.find(({ precision }) => precision.llm === 'q8_0')!.lacks).toEqual(['disk', 'memory']);
  // A GPU with room for all of it makes up for little memory.
  const gpu = { name: 'GPU', total: 24 * gb, free: 23 * gb };
  const rich = options({ memoryTotal: 8 * gb, memoryFree: 5 * gb, gpu });
  expect(rich.find(({ precision }) => precision.llm === 'q8_0')).toMatchObject({ verdict: 'gpu', lacks: [] });
});

test('memory that others have at the moment is tight, not a no', () => {
  const [option] = options({ memoryFree: 2 * gb }).filter(({ precision }) => precision.llm === 'q4_k_m');
  expect(option).toMatchObject({ verdict: 'tight', lacks: [] });
});

test('times follow what was measured: twice the speed, half the time', () => {
  const speed = { operationsPerSecond: 2e11, bytesPerSecond: 2e10 };
  const double = { operationsPerSecond: 4e11, bytesPerSecond: 4e10 };
  const at = (measured: typeof speed) =>
    judge(listed, machine({}), measured).find(({ precision }) => precision.llm === 'q8_0')!;
  // 10 ViT-L passes in 8 bits and 640 tokens of an 8B model; 8.5 bits a weight read for every token.
  expect(at(speed).secondsPerPhoto).toBeCloseTo(59, 0);
  expect(at(speed).tokensPerSecond).toBeCloseTo(2.3, 1);
  expect(at(double).secondsPerPhoto).toBeCloseTo(at(speed).secondsPerPhoto! / 2, 6);
});
