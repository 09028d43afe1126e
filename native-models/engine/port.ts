import { fork } from 'node:child_process';
import { basename, extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeFilesPrivate } from '../files/private-files.ts';
import { vipsSwitches } from '../image/vips-switches.ts';
import { keepMemoryOutOfCoreDumps, withoutCoreDump } from './core-dumps.ts';
import { onnxSwitches } from '../vision/onnx-switches.ts';
import type { Channel } from './peer.ts';

/**
 * The child processes of the program: `images` touches pixels of photos, `inference` runs the model, `models` fetches,
 * converts and manages packages.
 */
export type WorkerKind = 'images' | 'inference' | 'models';

export interface PortExit {
  /** Exit status, or null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
}

/**
 * A child process as its parent talks to it, started by `child_process.fork` here and by Electron's `utilityProcess` in
 * main/electron. Messages are plain values of the structured clone algorithm; typed arrays stay
 * typed arrays.
 */
export interface Port extends Channel {
  readonly pid: number | undefined;
  /** Called once, also when the process could not be started at all. */
  onExit(listener: (exit: PortExit) => void): void;
  /** Ends the process at once; safe to call twice. */
  kill(): void;
}

/** Put there by main/build.ts; the sources have none. */
declare const buildMark: string | undefined;

/**
 * Path of the script of a child process: beside this file, and like it TypeScript in development and JavaScript when built.
 * A program that runs starts those of its own build also when there is a newer one.
 */
export function workerPath(kind: WorkerKind): string {
  const mark = typeof buildMark === 'undefined' ? '' : `-${buildMark}`;
  const extension = extname(new URL(import.meta.url).pathname);
  return fileURLToPath(new URL(`./${kind}-worker${mark}${extension}`, import.meta.url));
}

/** Environment of every child process: this process's own, and what a library must find in it before it is loaded. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, ...onnxSwitches, ...vipsSwitches };
}

/**
 * `INF_LLAVA_INSPECT=inference` (or `images`, `models`) opens the inspector of that child on a free port of this machine; the
 * child writes the address to stderr.
 */
export function inspectArguments(script: string): readonly string[] {
  const kind = process.env['INF_LLAVA_INSPECT'];
  return kind && basename(script).startsWith(`${kind}-worker`) ? ['--inspect=127.0.0.1:0'] : [];
}

/** Hands every line that a child process writes to `log`. */
export function logLines(
  streams: readonly (NodeJS.ReadableStream | null)[],
  log: (line: string) => void,
): void {
  for (const stream of streams) {
    if (stream) createInterface({ input: stream }).on('line', log);
  }
}

/**
 * Starts `script` as a child process of plain Node. Lines that it writes go to `log` (development); without, those of
 * stderr go where this process's own do.
 */
export function forkPort(script: string, log: ((line: string) => void) | null = null): Port {
  const { command, args } = withoutCoreDump(process.execPath);
  const child = fork(script, {
    execPath: command,
    // Structured clone: typed arrays travel as bytes and not as JSON.
    serialization: 'advanced',
    // Nothing of this process's flags: two processes cannot share a debugger's port.
    execArgv: [...args, ...inspectArguments(script)],
    env: childEnvironment(),
    stdio: log ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (log) logLines([child.stdout, child.stderr], log);
  const exits: ((exit: PortExit) => void)[] = [];
  let exited: PortExit | null = null;
  const exit = (code: number | null, signal: string | null) => {
    if (exited) return;
    exited = { code, signal };
    for (const listener of exits) listener(exited);
  };
  child.on('exit', exit);
  // The process could not be started or its channel broke: nothing can come from it any more.
  child.on('error', () => {
    child.kill('SIGKILL');
    exit(null, null);
  });
  return {
    pid: child.pid,
    post: (message) => {
      // A channel that is closed already is reported by 'exit'.
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      if (exited) listener(exited);
      else exits.push(listener);
    },
    // SIGKILL, because a process busy in native code answers nothing softer, and it keeps nothing that needs saving.
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Electron's side of the channel in a utility process, as far as it is used here. */
interface ElectronParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/**
 * The way back to the parent, in a child process. The child ends when its parent does, however that ended, so that
 * no process with a model in memory is ever left behind. What it makes is its user's alone.
 */
export function parentPort(): Channel {
  makeFilesPrivate();
  keepMemoryOutOfCoreDumps();
  const electron = (process as { parentPort?: ElectronParentPort }).parentPort;
  if (electron) {
    return {
      post: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on('message', ({ data }) => listener(data)),
    };
  }
  if (!process.send) throw new Error('This script runs as a child process of the program only.');
  // Not process.exit: native threads may be at work, and what they use would be torn down under them.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  return {
    post: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on('message', listener),
  };
}
