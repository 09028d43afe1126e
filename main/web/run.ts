import { printable } from '../../preload/contract/errors.ts';
import type { HostedServices } from '../host/hosted.ts';
import { OpenedFiles } from '../host/opened-files.ts';
import { passMilliseconds } from './access.ts';
import { writeLaunchPage } from './launch-page.ts';
import type { LaunchPage } from './launch-page.ts';
import { browserCommand, openBrowser } from './open-browser.ts';
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

const stolenPass = `
WARNING: the page that signs the browser in was used twice. Somebody else on this machine may have read it and come in.
Both are signed out now. Sign in with the code above; if this happens again, end the program with Ctrl-C.
`;

/** A child process that does not end within this time is left to the operating system. */
const shutdownMilliseconds = 5000;

/** What ends the program from outside: Ctrl-C, the service manager, a closed terminal. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the web host until the process is told to end; everything it started is ended with it. Throws PortUnavailable. */
export async function runWebHost(options: WebHostOptions): Promise<WebServer> {
  const { services, say } = options;
  const files = new OpenedFiles((paths) => void openPaths(services, paths, say));
  files.add(options.paths);
  const server = await startWebServer({
    ...options,
    onListening: () => (files.listening = true),
    onStolenPass: () => say(stolenPass),
  });
  say(`INF-LLaVA Desktop is at ${server.address}`);
  say(`Code to sign in there: ${server.code}`);
  say('It is reachable from this machine only. Ctrl-C ends it.');
  // Where no page can be written, the code in the terminal is the way in.
  const launch = options.open && browserCommand('') ? await launchBrowser(server).catch(() => null) : null;
  endWith(async () => {
    await launch?.remove();
    await server.close();
    await services.dispose();
  });
  return server;
}

/** Shows the window in the person's browser, signed in; the page that does it goes as soon as it has. */
async function launchBrowser(server: WebServer): Promise<LaunchPage> {
  const pass = server.issuePass(() => void page.remove());
  const page = await writeLaunchPage(server.address, pass);
  setTimeout(() => void page.remove(), passMilliseconds).unref();
  openBrowser(page.path);
  return page;
}

/** Opens the files named on the command line and says at once which could not be. */
async function openPaths(
  services: HostedServices,
  paths: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  try {
    for (const { name, error } of await services.openPaths(paths)) {
      if (error) say(printable(`Not opened: ${name} (${error.code}).`));
    }
  } catch (error) {
    say(printable(`Not opened: ${(error as Error).message}`));
  }
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
