/** The program as `npm start -- --web` runs it, in processes of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { projectRoot } from '../../main/build.ts';

export interface WebProgram {
  readonly child: ChildProcess;
  readonly address: string;
  /** What one signs in with. */
  readonly code: string;
  close(): Promise<void>;
}

/** Starts the program on a data folder, with no browser opened. What it writes to stderr is handed to `onError`, or shown. */
export async function startWebProgram(
  dataFolder: string,
  { env = {}, onError }: { env?: NodeJS.ProcessEnv; onError?: (text: string) => void } = {},
): Promise<WebProgram> {
  const child = spawn(process.execPath, ['main/bootstrap.mjs', 'main/start.ts', '--web', '--no-open'], {
    cwd: projectRoot,
    env: { ...process.env, ...env, INF_LLAVA_DATA: dataFolder },
    stdio: ['ignore', 'pipe', onError ? 'pipe' : 'inherit'],
  });
  if (onError) child.stderr!.setEncoding('utf8').on('data', onError);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { child, ...(await signInOf(child)), close };
}

/** Where the program is and with which code one signs in there, as it says on the terminal. */
function signInOf(child: ChildProcess): Promise<{ address: string; code: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address, code] = /is at (\S+)\nCode[^:]*: (\S+)\n/.exec(said) ?? [];
      if (address !== undefined && code !== undefined) resolve({ address, code });
    });
    child.once('exit', (code) => reject(new Error(`The program ended with code ${code}.`)));
  });
}
