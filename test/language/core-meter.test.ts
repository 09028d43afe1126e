import { cpus } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { CoreMeter } from '../../native-models/language/core-meter.ts';

vi.mock('node:os', { spy: true });

let now = 0;
let own = 0;

/** A machine whose cores were busy for so many milliseconds each, of which this process took `ownTime` of all. */
function after(milliseconds: number, busy: readonly number[], ownTime: number): void {
  now += milliseconds;
  own += ownTime;
  const times = (user: number) => ({ user, nice: 0, sys: 0, idle: 0, irq: 0 });
  vi.mocked(cpus).mockReturnValue(busy.map((time) => ({ model: '', speed: 0, times: times(time) })));
  vi.spyOn(performance, 'now').mockReturnValue(now);
  vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: own * 1000, system: 0 });
}
afterEach(() => vi.restoreAllMocks());

test('what this process did itself is no load of others', () => {
  after(0, [0, 0], 0);
  const meter = new CoreMeter();
  after(1000, [1000, 250], 1000);
  expect(meter.read(400)).toEqual({ cores: 2, others: 0.25 });
  after(1000, [2000, 1250], 500);
  expect(meter.othersShare()).toBe(0.75);
});

test('a moment is too short to tell, and cores that the system hides take nothing', () => {
  after(0, [0, 0], 0);
  const meter = new CoreMeter();
  after(100, [100, 100], 0);
  expect(meter.read(400)).toBeNull();
  expect(meter.othersShare()).toBeNull();
  after(400, [], 400);
  expect(meter.othersShare()).toBeNull();
});
