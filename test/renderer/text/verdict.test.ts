import { expect, test } from 'vitest';
import { Format } from '../../../renderer/i18n/format.ts';
import { dictionaries } from '../../../renderer/i18n/i18n.svelte.ts';
import { installText, speedText, verdictText } from '../../../renderer/text/verdict.ts';
import { makeInstall, makeOffers, makeOption } from '../fake-data.ts';

const { machine } = makeOffers();
const english = [dictionaries.en.models, new Format('en')] as const;
const korean = [dictionaries.ko.models, new Format('ko')] as const;

test('what does not fit says so with both numbers, in both languages', () => {
  const option = makeOption({ verdict: 'no', lacks: ['memory'], memory: 10.7e9 });
  const small = { ...machine, memoryTotal: 8e9 };
  expect(verdictText(option, small, ...english)).toBe(
    'Does not fit: needs 11 GB of memory, and this computer has 8 GB.',
  );
  expect(verdictText(option, small, ...korean)).toMatch(/11GB.*8GB/);
  const full = { ...machine, diskFree: 12e9 };
  expect(verdictText(makeOption({ verdict: 'no', lacks: ['disk'] }), full, ...english)).toBe(
    'Does not fit: needs 21 GB of disk on the way, and 12 GB are free.',
  );
});

test('what fits says where it runs and what that leaves', () => {
  expect(verdictText(makeOption(), machine, ...english)).toBe('Fits: needs 11 GB of memory, 21 GB are free.');
  // Beside a figure of the memory, that is not told again.
  for (const texts of [english, korean]) {
    const told = (option: ReturnType<typeof makeOption>) => verdictText(option, machine, ...texts, true);
    expect(told(makeOption())).not.toMatch(/11/);
    expect(told(makeOption({ verdict: 'tight' }))).not.toMatch(/11/);
    expect(told(makeOption({ verdict: 'no', lacks: ['memory'] }))).not.toMatch(/11/);
  }
  expect(verdictText(makeOption(), machine, ...english, true)).toBe('Fits: 21 GB of memory are free.');
  const gpu = { name: 'RTX 4070', total: 12e9, free: 11e9 };
  expect(verdictText(makeOption({ verdict: 'gpu' }), { ...machine, gpu }, ...english)).toBe(
    'Runs on the GPU (RTX 4070): needs 9.4 GB of its 12 GB.',
  );
});

test('times are told as estimates, and not at all before anything was measured', () => {
  expect(speedText(makeOption(), machine, ...english)).toBe(
    'about 48 sec for a new photo, then about 2.6 words a second (on the processor)',
  );
  const unknown = makeOption({ secondsPerPhoto: null, tokensPerSecond: null });
  expect(speedText(unknown, { ...machine, isMeasured: false }, ...english)).toBe('Measuring this computer…');
});

test('an install says how far it is and, while it moves, how long still', () => {
  expect(installText(makeInstall('i1'), ...english)).toBe('43% · about 19 min left');
  expect(installText(makeInstall('i1', { state: 'paused' }), ...english)).toBe('43% · Paused');
  expect(installText(makeInstall('i1'), ...korean)).toBe('43% · 약 19분 남음');
});
