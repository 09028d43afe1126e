/**
 * `npm run dev`: the window with hot reload, in front of the web host.
 *
 * Vite serves the sources of the window and passes everything else on to the web host, whose keys, Host and Origin checks
 * hold as in the product. The page itself comes without the product's content security policy, which forbids what Vite
 * does: so this is for development alone, on 127.0.0.1, with a data folder of its own.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { signInPath } from '../preload/contract/web-session.ts';
import { projectRoot } from './build.ts';
import type { HostedServices } from './host/hosted.ts';
import { startWebServer } from './web/server.ts';
import { sourceServices } from './web/source-services.ts';

/** What the web host answers. The window's own modules are in a folder `api` too: names with a dot are theirs. */
const hostPaths = [
  '/api/[\\w-]+$',
  '/api-upload\\?',
  '/events$',
  '/exports/',
  '/pictures/',
  `${signInPath}$`,
];

export interface DevServer {
  readonly address: string;
  /** What a person signs in with there. */
  readonly code: string;
  close(): Promise<void>;
}

/** @param port 0 takes a free one */
export async function startDev(services: HostedServices, port: number): Promise<DevServer> {
  const host = await startWebServer({ services, rendererRoot: null, port: 0 });
  const target = host.address.replace(/\/$/, '');
  const vite = await createServer({
    configFile: join(projectRoot, 'renderer', 'vite.config.ts'),
    logLevel: 'warn',
    server: {
      host: '127.0.0.1',
      port,
      cors: false,
      fs: { allow: ['renderer', 'preload', 'node_modules'].map((folder) => join(projectRoot, folder)) },
      // The host compares Host with Origin: it has to see the one that the browser sent.
      proxy: Object.fromEntries(hostPaths.map((path) => [`^${path}`, { target, changeOrigin: false }])),
    },
  });
  await vite.listen();
  return {
    address: vite.resolvedUrls!.local[0]!,
    code: host.code,
    close: async () => {
      await vite.close();
      await host.close();
    },
  };
}

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '5173' } } });
  process.env['INF_LLAVA_DATA'] ||= join(projectRoot, 'build', 'dev-data');
  const services = await sourceServices(projectRoot);
  const server = await startDev(services, Number(values.port));
  console.log(`The window, with hot reload: ${server.address}`);
  console.log(`Code to sign in there: ${server.code}`);
  console.log(
    'Changes of renderer/ and preload/ show at once; those of main/ and native-models/ after a restart.',
  );
  const end = () =>
    void server
      .close()
      .then(() => services.dispose())
      .then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
}

// Not import.meta.main: the bootstrap imports this file when it runs on the project's own Node already.
if (process.argv[1] === import.meta.filename) await run();
