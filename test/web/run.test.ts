import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { writeLaunchPage } from '../../main/web/launch-page.ts';
import { browserCommand } from '../../main/web/open-browser.ts';
import { bearer, postSecret, signIn } from './sign-in.ts';
import { waitFor } from '../support/wait-for.ts';

let child: ChildProcess | null = null;

afterEach(() => child?.kill('SIGKILL'));

const start = (...args: string[]) => startWith({}, ...args);

async function startWith(env: Record<string, string>, ...args: string[]) {
  let output = '';
  child = fork(join(import.meta.dirname, 'fake-host.ts'), args, {
    silent: true,
    execArgv: [],
    env: { ...process.env, ...env },
  });
  child.stdout!.on('data', (text: Buffer) => (output += text.toString()));
  await waitFor(() => expect(output).toContain('Ctrl-C'));
  return { host: child, output: () => output };
}

const addressIn = (output: string) => /at (http:\S+)/.exec(output)![1]!;
const codeIn = (output: string) => /Code to sign in there: ([\w-]+)/.exec(output)![1]!;
const listen = async (output: string) => {
  const headers = bearer(await signIn({ address: addressIn(output), code: codeIn(output) }));
  return fetch(new URL('/events', addressIn(output)), { headers });
};

test('it says where it is, on this machine only, at an address without a secret, and with which code', async () => {
  const { output } = await start();
  expect(output()).toMatch(/at http:\/\/127\.0\.0\.1:\d+\/\n/);
  expect(output()).toMatch(/: ([a-z2-9]{4}-){4}[a-z2-9]{4}\n/);
});

test('the files of the command line wait for the first window that listens; what cannot be opened is told there and on the terminal', async () => {
  const { output } = await start('/photos/a.png', '/photos/missing\u001b[2J.png');
  await setTimeout(200);
  expect(output()).not.toContain('opens');
  const events = await listen(output());
  await waitFor(() => expect(output()).toContain('opens /photos/a.png /photos/missing'));
  await waitFor(() => expect(output()).toContain('Not opened: missing\\u001b[2J.png (file-missing).'));
  await listen(output());
  await setTimeout(200);
  expect(output().split('opens')).toHaveLength(2);
  await events.body!.cancel();
});

// Windows knows no signals: there the closed terminal ends the program and its children.
test.skipIf(process.platform === 'win32').each([['SIGINT'], ['SIGTERM'], ['SIGHUP']] as const)(
  '%s closes what it started and ends it, also while a page is open',
  async (signal) => {
    const { host, output } = await start();
    const events = await listen(output());
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
  ['darwin', {}, ['open', '/tmp/a&b.html']],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', '/tmp/a&b.html']],
  ['linux', { DISPLAY: ':0' }, ['xdg-open', '/tmp/a&b.html']],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', '/tmp/a&b.html']],
  ['linux', {}, null],
] as const)('on %s with %j the browser is opened by %j', (platform, env, command) => {
  expect(browserCommand('/tmp/a&b.html', { platform, env })).toEqual(command);
});

// The rights of files are those of Linux and macOS; there the command is a script that this test puts in its place.
test.skipIf(process.platform === 'win32')(
  'the browser is opened by a page that only its owner can read, and that is gone once it was used',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'run-'));
    const opener = join(folder, process.platform === 'darwin' ? 'open' : 'xdg-open');
    await writeFile(opener, `#!/bin/sh\nprintf '%s\\n' "$@" > "${folder}/command"\n`, { mode: 0o700 });
    const env = { PATH: `${folder}:${process.env['PATH']}`, DISPLAY: ':0', TMPDIR: folder, HOME: folder };
    const { host, output } = await startWith(env, '--open');
    const read = () => readFile(join(folder, 'command'), 'utf8');
    await waitFor(async () => expect(await read()).toMatch(/\n$/));
    const path = (await read()).trim();
    const page = await readFile(path, 'utf8');
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    const pass = /value="([\w-]{43})"/.exec(page)![1]!;
    expect(page).toContain(`action="${addressIn(output())}sign-in"`);
    expect(await read()).not.toContain(pass);

    expect((await postSecret(addressIn(output()), pass)).status).toBe(200);
    await waitFor(() => expect(existsSync(dirname(path))).toBe(false));
    expect((await postSecret(addressIn(output()), pass)).status).toBe(401);
    await waitFor(() => expect(output()).toContain('WARNING'));
    host.kill('SIGTERM');
    await once(host, 'exit');
    await rm(folder, { recursive: true });
  },
);

test('a page that was not used goes with the program', async () => {
  const page = await writeLaunchPage('http://127.0.0.1:1/', 'pass');
  expect(existsSync(page.path)).toBe(true);
  await page.remove();
  await page.remove();
  expect(existsSync(dirname(page.path))).toBe(false);
});
