import { beforeEach, expect, test } from 'vitest';

import { InstallMeter } from '../../native-models/install/jobs/install-meter.ts';

const megabyte = 1e6;
let now: number;
let meter: InstallMeter;

/** Two shards of 500 MB; converting both takes as long as 40 seconds at the usual speed, as long as it is not measured. */
beforeEach(() => {
  now = 0;
  meter = new InstallMeter(0, () => now);
  for (const name of ['one', 'two']) meter.addFile('checkpoint', name, 500 * megabyte);
  meter.plan({ vision: 8e9, enhance: 0, language: 8e9, finish: 0 });
});

function receive(name: string, seconds: number, bytesPerSecond: number, from = 0): void {
  for (let second = 1; second <= seconds; second++) {
    now++;
    meter.setFile('checkpoint', name, { received: from + second * bytesPerSecond, state: 'downloading' });
  }
}

test('nothing is said of the time left before the speed is known', () => {
  meter.setFile('checkpoint', 'one', { received: 0 });
  receive('one', 2, 10 * megabyte);
  expect(meter.progress()).toMatchObject({
    bytesReceived: 20 * megabyte,
    bytesPerSecond: null,
    secondsLeft: null,
  });
});

test('while downloading is the slower part, the time left is that of the download and of what comes after its end', () => {
  receive('one', 50, 10 * megabyte);
  const { bytesPerSecond, secondsLeft, fraction } = meter.progress();
  expect(bytesPerSecond).toBeCloseTo(10 * megabyte, -4);
  // 50 s of download, and half of the language model, which the last shard brings.
  expect(secondsLeft).toBe(50 + 10);
  expect(fraction).toBeGreaterThan(0.2);
});

test('the speed is that of the last seconds', () => {
  receive('one', 40, 10 * megabyte);
  receive('one', 20, 1 * megabyte, 400 * megabyte);
  expect(meter.progress().bytesPerSecond).toBeCloseTo(1 * megabyte, -5);
});

test('once everything is here, the time left is the conversion at the speed it has shown, waits left out', () => {
  meter.wait(true);
  receive('one', 100, 5 * megabyte);
  meter.wait(false);
  meter.convert({ phase: 'vision', fraction: 0, bytesDone: 0, bytesTotal: 1, secondsLeft: null });
  now += 100;
  meter.convert({ phase: 'vision', fraction: 0.5, bytesDone: 0, bytesTotal: 1, secondsLeft: null });
  for (const name of ['one', 'two']) meter.setFile('checkpoint', name, { state: 'converted' });
  expect(meter.progress()).toMatchObject({ secondsLeft: 100, bytesPerSecond: null, phase: 'vision' });
});

test('an install that goes on begins where its bar stood', () => {
  const resumed = new InstallMeter(0.7, () => now);
  expect(resumed.progress().fraction).toBe(0.7);
  resumed.addFile('checkpoint', 'one', 100);
  resumed.plan({ vision: 1, enhance: 1, language: 1, finish: 1 });
  resumed.setFile('checkpoint', 'one', { received: 1 });
  expect(resumed.progress().fraction).toBe(0.7);
});
