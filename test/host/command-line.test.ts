import { expect, test } from 'vitest';
import { commandLine } from '../../main/host/command-line.ts';

const linux = { platform: 'linux', env: {}, home: '/home/me' } as const;

test('the command names the program where it lies, and the data folder where it is not the usual one', () => {
  const usual = '/home/me/.local/share/inf-llava-desktop';
  expect(commandLine('/opt/app', usual, linux)).toBe('node /opt/app/main/cli/inf-llava.mjs');
  expect(commandLine('/opt/app', '/data', linux)).toBe(
    'INF_LLAVA_DATA=/data node /opt/app/main/cli/inf-llava.mjs',
  );
});

test('a shell takes names with spaces and quotes as they are', () => {
  expect(commandLine("/opt/it's mine", '/data', { ...linux, env: { INF_LLAVA_DATA: '/data' } })).toBe(
    String.raw`INF_LLAVA_DATA=/data node '/opt/it'\''s mine/main/cli/inf-llava.mjs'`,
  );
});
