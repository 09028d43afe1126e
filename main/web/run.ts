import type { HostedServices } from '../host/hosted.ts';
import { openBrowser } from './open-browser.ts';
import { startWebServer } from './server.ts';
import type { WebServer } from './server.ts';

export interface WebHostOptions {
  readonly services: HostedServices;
  readonly rendererRoot: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether to show the window in the person's browser. */
  readonly open: boolean;
  /** Photos and folders to open with the window. */
  readonly paths: readonly string[];
  /** Writes a line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/** A child process that does not end within this time is left to the operating system. */
const shutdownMilliseconds = 5000;

/** What ends the program from outside: Ctrl-C, the service manager, a closed terminal. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the web host until the process is told to end; everything it started is ended with it. */
export async function runWebHost(options: WebHostOptions): Promise<WebServer> {
  const { services, say } = options;
  const server = await startWebServer(options);
  say(`INF-LLaVA Desktop is at ${server.address}`);
  say('It is reachable from this machine only. Ctrl-C ends it.');
  if (options.open) openBrowser(server.launchAddress());
  if (options.paths.length > 0) {
    services.openPaths(options.paths).catch((error: Error) => say(`Not opened: ${error.message}`));
  }
  endWith(async () => {
    await server.close();
    await services.dispose();
  });
  return server;
}

/** Calls `close` once when the process is told to end or its parent goes, and then ends it. */
function endWith(close: () => Promise<void>): void {
  let ending = false;
  const end = () => {
    // A second Ctrl-C: the person does not want to wait.
    if (ending) process.exit(1);
    ending = true;
    setTimeout(() => process.exit(1), shutdownMilliseconds).unref();
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of endingSignals) process.on(signal, end);
  process.on('disconnect', end);
}
