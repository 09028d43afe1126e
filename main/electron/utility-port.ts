import type { UtilityProcess } from 'electron';
import { childEnvironment, inspectArguments, logLines } from '../../native-models/engine/port.ts';
import type { Port, PortExit, WorkerKind } from '../../native-models/engine/port.ts';

/** The part of Electron's utilityProcess that starts one. */
export interface Forker {
  fork(script: string, args: string[], options: Electron.ForkOptions): UtilityProcess;
}

/** Names of the child processes in the system's and Electron's process lists. */
const serviceNames: Readonly<Record<WorkerKind, string>> = {
  images: 'INF-LLaVA Images',
  inference: 'INF-LLaVA Inference',
  models: 'INF-LLaVA Models',
};

/**
 * Starts `script` as a utility process of Electron; to be called once Electron is ready. With a `log` (development), lines
 * that it writes go there, and `INF_LLAVA_INSPECT` counts.
 */
export function utilityPort(
  utilityProcess: Forker,
  kind: WorkerKind,
  script: string,
  log: ((line: string) => void) | null = null,
): Port {
  const child = utilityProcess.fork(script, [], {
    serviceName: serviceNames[kind],
    env: childEnvironment(),
    execArgv: log ? [...inspectArguments(script)] : [],
    stdio: log ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'ignore', 'inherit'],
    // llama.cpp, ONNX Runtime and sharp are libraries that others have signed, or nobody.
    allowLoadingUnsignedLibraries: true,
  });
  if (log) logLines([child.stdout, child.stderr], log);
  let exited: PortExit | null = null;
  const exits: ((exit: PortExit) => void)[] = [];
  child.on('exit', (code) => {
    exited = { code, signal: null };
    for (const listener of exits) listener(exited);
  });
  return {
    get pid() {
      return child.pid;
    },
    post: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      if (exited) listener(exited);
      else exits.push(listener);
    },
    kill: () => {
      // Electron sends SIGTERM, which a process busy in native code could sit out.
      const { pid } = child;
      child.kill();
      if (pid !== undefined && process.platform !== 'win32') killNow(pid);
    },
  };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
