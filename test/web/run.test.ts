import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { browserCommand } from '../../main/web/open-browser.ts';

let child: ChildProcess | null = null;

afterEach(() => child?.kill('SIGKILL'));

async function start(...paths: string[]) {
  let output = '';
  child = fork(join(import.meta.dirname, 'fake-host.ts'), paths, { silent: true, execArgv: [] });
  child.stdout!.on('data', (text: Buffer) => (output += text.toString()));
  await vi.waitFor(() => expect(output).toContain('Ctrl-C'), 10_000);
  return { host: child, output: () => output };
}

test('it says where it is, on this machine only, and opens the files it was given', async () => {
  const { output } = await start('/photos/a.png');
  expect(output()).toMatch(/at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n/);
  await vi.waitFor(() => expect(output()).toContain('opens /photos/a.png'));
});

// Windows knows no signals: there the closed terminal ends the program and its children.
test.skipIf(process.platform === 'win32').each([['SIGINT'], ['SIGTERM'], ['SIGHUP']] as const)(
  '%s closes what it started and ends it, also while a page is open',
  async (signal) => {
    const { host, output } = await start();
    const address = /http:\S+/.exec(output())![0];
    const login = await fetch(address, { redirect: 'manual' });
    const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!;
    const events = await fetch(new URL('/events', address), { headers: { cookie } });
    host.kill(signal);
    expect(await once(host, 'exit')).toEqual([0, null]);
    expect(output()).toContain('disposed');
    await events.body!.cancel().catch(() => undefined);
  },
);

test('it ends with the process that started it', async () => {
  const { host, output } = await start();
  host.disconnect();
  expect(await once(host, 'exit')).toEqual([0, null]);
  expect(output()).toContain('disposed');
});

test.each([
  ['darwin', {}, ['open', 'http://127.0.0.1:1/?a=1&b=2']],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', 'http://127.0.0.1:1/?a=1&b=2']],
  ['linux', { DISPLAY: ':0' }, ['xdg-open', 'http://127.0.0.1:1/?a=1&b=2']],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', 'http://127.0.0.1:1/?a=1&b=2']],
  ['linux', {}, null],
] as const)('on %s with %j the browser is opened by %j', (platform, env, command) => {
  expect(browserCommand('http://127.0.0.1:1/?a=1&b=2', { platform, env })).toEqual(command);
});
