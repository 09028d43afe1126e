/**
 * Runs the built desktop app with a stand-in for Electron and tells what it did.
 *
 * usage: node run-built-app.ts SCRIPT PHOTO
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { channels, type DroppedFiles } from '../../preload/channels.ts';
import type { AppDescription, Outcome, Photo } from '../../preload/contract/api.ts';

const [script, photo] = process.argv.slice(2) as [string, string];
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: new URL('./stand-in.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});

const { fake } = await import('./stand-in.ts');
await import(pathToFileURL(script).href);
fake.becomeReady();
while (!fake.windows[0]?.loaded) await new Promise((resolve) => setTimeout(resolve, 10));
const [window] = fake.windows;
const page = window!.webContents;

const call = async <T>(channel: string, input?: unknown): Promise<T> => {
  const outcome = (await fake.invoke(page, channel, input)) as Outcome<T>;
  if (!outcome.ok) throw new Error(`${channel}: ${JSON.stringify(outcome.error)}`);
  return outcome.value;
};
const get = (path: string) => fake.recorded.protocolHandler!(new Request(`${window!.loaded}${path}`));

const { host, version } = await call<AppDescription>(channels.call('describeApp'));
const dropped: DroppedFiles = { paths: [photo], isPrivate: false };
const [opened] = await call<readonly Photo[]>(channels.openPaths, dropped);
const thumbnail = await get(`photos/${opened!.id}/thumbnail`);
const result = {
  host,
  version,
  preloadExists: existsSync(window!.options.webPreferences!.preload!),
  pageStatus: (await get('')).status,
  photo: { name: opened!.name, width: opened!.width, height: opened!.height, state: opened!.state },
  thumbnail: [thumbnail.status, (await thumbnail.arrayBuffer()).byteLength > 0],
  recent: fake.recorded.recent,
};
fake.app.emit('will-quit', { preventDefault: () => undefined });
while (fake.recorded.exits.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
process.stdout.write(JSON.stringify({ ...result, exits: fake.recorded.exits }));
