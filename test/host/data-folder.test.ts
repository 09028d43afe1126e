import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder } from '../../main/host/data-folder.ts';

const home = join('/home', 'someone');

test('data is where each platform keeps the data of programs', () => {
  expect(dataFolder({ platform: 'linux', env: {}, home })).toBe(
    join(home, '.local', 'share', 'inf-llava-desktop'),
  );
  expect(dataFolder({ platform: 'linux', env: { XDG_DATA_HOME: '/data' }, home })).toBe(
    join('/data', 'inf-llava-desktop'),
  );
  expect(dataFolder({ platform: 'darwin', env: {}, home })).toContain(
    join('Library', 'Application Support', 'INF-LLaVA Desktop'),
  );
  expect(dataFolder({ platform: 'win32', env: { APPDATA: '/roaming' }, home })).toBe(
    join('/roaming', 'INF-LLaVA Desktop', 'data'),
  );
});

test('a folder that was chosen is used on every platform', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    expect(dataFolder({ platform, env: { INF_LLAVA_DATA: '/chosen' }, home })).toBe(resolve('/chosen'));
  }
});
