import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Given on standard input. */
  readonly input?: Uint8Array;
  /** Presses Ctrl-C when this much has been printed. */
  readonly interruptAt?: (output: { stdout: string; stderr: string }) => boolean;
  /** Called once Ctrl-C has been pressed. */
  readonly afterInterrupt?: () => void;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder it runs in; that of this process where nothing is said. */
  readonly cwd?: string;
}

/** Runs the command line as a person would, in a process of its own. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { input, interruptAt, afterInterrupt, env = {}, cwd } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], { env: { ...process.env, ...env }, cwd });
    const output = { stdout: '', stderr: '' };
    let interrupted = false;
    const heard = (stream: keyof typeof output) => (piece: string) => {
      output[stream] += piece;
      if (interrupted || !interruptAt?.(output)) return;
      interrupted = true;
      child.kill('SIGINT');
      afterInterrupt?.();
    };
    child.stdout.setEncoding('utf8').on('data', heard('stdout'));
    child.stderr.setEncoding('utf8').on('data', heard('stderr'));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
    // A command that fails early may close its standard input before it is written.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Largest absolute difference of two arrays of equal length. */
export function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < one.length; index++) {
    const difference = Math.abs(one[index]! - other[index]!);
    // NaN is no agreement.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
