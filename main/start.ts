/**
 * `npm start`: the desktop app where Electron is there or can be had, otherwise the same window in the browser.
 * Builds what is out of date first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { keepMemoryOutOfCoreDumps } from '../native-models/engine/core-dumps.ts';
import { appScript, buildScript, isStale, keepFor, projectRoot, webScript } from './build.ts';
import type { BuildPart } from './build.ts';
import { downloadElectron, findElectron } from './electron-binary.ts';
import { pathArgument } from './host/path-argument.ts';
import type { NetworkGate } from './services/network.ts';
import type * as WebProgram from './web/index.ts';
import { hasDisplay } from './web/open-browser.ts';

const usage = `Usage: npm start -- [options] [PHOTOS AND FOLDERS...]

  --web        in the browser, also where Electron could be used
  --port N     port of the web host (default: a free one)
  --no-open    do not open the browser; the address is printed
  --help       this text

INF_LLAVA_DATA names another folder for conversations, settings and caches.`;

/** npm runs scripts in the project's folder; paths are meant from where the person is. */
const startedFrom =
  (process.env['npm_lifecycle_event'] === 'start' && process.env['INIT_CWD']) || process.cwd();

const say = (line: string) => console.log(line);

async function start(): Promise<void> {
  const { values, positionals } = parse();
  if (values.help) return say(usage);
  const paths = pathsOf(positionals);
  for (const part of ['renderer', 'app'] as const) await buildIfStale(part);
  const electron = values.web ? null : await electronOrReason();
  if (typeof electron === 'string') return runElectron(electron, paths);
  if (electron) say(`${electron.reason}; opening the window in your browser instead.`);
  keepFor(process.pid);
  const { runWeb } = (await import(pathToFileURL(webScript).href)) as typeof WebProgram;
  await runWeb(projectRoot, { paths, port: Number(values.port), open: !values['no-open'], say });
}

function parse() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        web: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        'no-open': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (!/^\d{1,5}$/.test(parsed.values.port) || Number(parsed.values.port) > 65_535) {
      throw new Error(`--port ${parsed.values.port}: not a port.`);
    }
    return parsed;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

function pathsOf(words: readonly string[]): readonly string[] {
  try {
    return words.map((word) => pathArgument(word, startedFrom));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

/** In a process of its own: the bundler's memory, hundreds of megabytes, would stay. Ends this one where it fails. */
async function buildIfStale(part: BuildPart): Promise<void> {
  if (!isStale(part)) return;
  say(`Building the ${part === 'app' ? 'program' : 'window'} ...`);
  const child = spawn(process.execPath, [buildScript, part], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exit(1);
}

/** As the person set it, and listed where the app lists its own requests. */
async function openNetwork(): Promise<NetworkGate> {
  // A start with Electron, or without a display, has no use for any of these.
  const [{ openPrivateFolder }, { dataFolder }, { readSettings }, { NetworkGate }] = await Promise.all([
    import('../native-models/files/private-files.ts'),
    import('./host/data-folder.ts'),
    import('./services/settings.ts'),
    import('./services/network.ts'),
  ]);
  const folder = dataFolder();
  openPrivateFolder(folder);
  return new NetworkGate(folder, async () => (await readSettings(folder)).networkAllowed);
}

/** Electron's executable, or why it is not to be used. */
async function electronOrReason(): Promise<string | { readonly reason: string }> {
  if (process.platform === 'linux' && !hasDisplay(process.env)) return { reason: 'There is no display' };
  const found = findElectron(projectRoot) ?? (await downloadElectron(projectRoot, say, await openNetwork()));
  return found ?? { reason: 'Electron is not installed and cannot be downloaded' };
}

function runElectron(executable: string, paths: readonly string[]): void {
  const env = { ...process.env };
  // Terminals inside other Electron programs set it; Electron would then be a plain Node.
  delete env['ELECTRON_RUN_AS_NODE'];
  const child = spawn(executable, [appScript, ...paths], { stdio: 'inherit', env });
  // The window may outlive this process.
  if (child.pid !== undefined) keepFor(child.pid);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    if (code !== 0) fail(signal ?? `status ${code}`);
  });
}

function fail(reason: string): void {
  console.error(`Electron ended (${reason}). The same window opens in the browser with: npm start -- --web`);
  process.exitCode = 1;
}

keepMemoryOutOfCoreDumps();
await start();
