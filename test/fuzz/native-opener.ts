import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type NativeRuntime = 'llama' | 'onnx';

/** What the child is asked, and what it answers: null, or the error it had no business with. */
export interface OpenRequest {
  readonly runtime: NativeRuntime;
  readonly path: string;
}
export type OpenReply = { readonly fault: string | null };

const script = fileURLToPath(new URL('native-child.ts', import.meta.url));

/** A file that is not opened, or refused, by then hangs; they take a tenth of a second. */
const mostMilliseconds = 120_000;

/** Lets native code open accepted files as the app would, in a child process that may die of it. */
export class NativeOpener {
  #child: ChildProcess | null = null;

  /** Null when the file was opened and used, or refused with an error; otherwise what happened to the process. */
  async open(runtime: NativeRuntime, path: string): Promise<string | null> {
    this.#child ??= fork(script, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    const child = this.#child;
    const outcome = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve('hangs native code'), mostMilliseconds);
      const settle = (fault: string | null) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(fault);
      };
      child.once('message', (reply) => settle((reply as OpenReply).fault));
      child.once('exit', (code, signal) => settle(`ends the process (${signal ?? `status ${code}`})`));
      child.send({ runtime, path } satisfies OpenRequest);
    });
    if (outcome !== null) this.dispose();
    return outcome;
  }

  /** Safe to call twice. */
  dispose(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}
