/**
 * Runs a program under strace in a network namespace of its own and tells what it did that it should not: sockets to
 * anywhere but this machine (look-ups of names included) and files opened for writing outside given folders.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const sockets = ['connect', 'bind', 'sendto', 'sendmsg', 'sendmmsg'];
const files = ['open', 'openat', 'openat2', 'creat', 'mkdir', 'mkdirat', 'mknod', 'mknodat'];

/** Writing there reaches no disk and nobody else. */
const harmless = ['/dev/null', '/dev/tty', '/proc/self', '/proc/thread-self'];

const succeeds = (command: string, args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Children too, stopped at the calls asked for alone, silent about itself, with paths for descriptors and long strings. */
const traced = ['-f', '--seccomp-bpf', '-qq', '-y', '-s', '4096'];

/** What makes a network namespace here; without privileges a user namespace comes with it. */
const namespaces = [['-n'], ['-r', '-n']];
const namespace =
  process.platform === 'linux' ? namespaces.find((flags) => succeeds('unshare', [...flags, 'true'])) : null;

/** Why programs cannot be watched on this machine, or null when they can. */
export const whyNotWatched: string | null =
  process.platform !== 'linux'
    ? `strace is of Linux, this is ${process.platform}`
    : !succeeds('strace', [...traced, '-o', '/dev/null', 'true'])
      ? 'strace is not installed or may not trace here'
      : namespace === undefined
        ? 'no network namespace may be made here'
        : null;

export interface Watched {
  readonly status: number | null;
  /** stdout and stderr. */
  readonly output: string;
  /** Calls that should not have been made, one line each; without repetitions. */
  readonly findings: readonly string[];
  /** What lies in its HOME and TMPDIR afterwards. */
  readonly left: readonly string[];
}

/**
 * Runs Node with `args`. The program gets a HOME and a TMPDIR of its own and nothing else of this environment, so that no
 * variable of a CI machine keeps a library quiet. It may write in these two and in the folders of `mayWrite`.
 */
export async function watch(args: readonly string[], mayWrite: readonly string[]): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'inf-llava-watch-'));
  const [home, temporary, calls] = ['home', 'tmp', 'calls'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [home, temporary, calls]) mkdirSync(path);
  try {
    const command = [
      ...namespace!,
      'sh',
      '-c',
      'ip link set lo up 2>/dev/null; exec strace "$@"',
      'sh',
      ...traced,
      '-ff',
      '-e',
      `trace=${[...sockets, ...files].join(',')}`,
      '-o',
      join(calls, 'thread'),
      process.execPath,
      ...args,
    ];
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: temporary, LANG: 'C.UTF-8' };
    const child = spawn('unshare', command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
    const [status] = (await once(child, 'close')) as [number | null];
    const allowed = [...harmless, home, temporary, ...mayWrite];
    const lines = readdirSync(calls).flatMap((name) => readFileSync(join(calls, name), 'utf8').split('\n'));
    const findings = [...new Set(lines.filter((line) => isFinding(line, allowed)))];
    const left = [home, temporary].flatMap((path) => readdirSync(path, { recursive: true }).map(String));
    return { status, output, findings, left };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isFinding(line: string, allowed: readonly string[]): boolean {
  const name = /^(\w+)\(/.exec(line)?.[1] ?? '';
  if (sockets.includes(name)) return leavesTheMachine(line, allowed);
  if (!files.includes(name)) return false;
  if (name.startsWith('open') && !/\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b/.test(line)) return false;
  // `openat(AT_FDCWD</folder>, "path", ...` and `creat("path", ...`
  const [, folder = '/', path] = /^\w+\((?:[^<"]*<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  return path === undefined || !isIn(resolve(folder, path), allowed);
}

/** An address that is neither loopback nor a socket file of the program's own. Sends without one go where `connect` went. */
function leavesTheMachine(line: string, allowed: readonly string[]): boolean {
  const family = /sa_family=AF_(\w+)/.exec(line)?.[1];
  if (family === undefined) return false;
  if (family === 'INET') return !/inet_addr\("127\./.test(line);
  if (family === 'INET6') return !/"::1"|"::ffff:127\./.test(line);
  const path = /sun_path="([^"]*)"/.exec(line)?.[1];
  return path === undefined || !isIn(path, allowed);
}

const isIn = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
