/**
 * The program without a window, in private: opens a photo, prepares it, asks twice, closes.
 *
 * usage: node private-question.ts DATA_FOLDER PACKAGE PROJECT PHOTO
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createServices } from '../../main/services/services.ts';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';

/** A library that reports does so from a thread of its own, some seconds after it was loaded. */
const lingerMilliseconds = 10_000;

const [dataFolder, packageFolder, appRoot, photo] = process.argv.slice(2) as [string, string, string, string];
const services = await createServices({
  host: 'web',
  appRoot,
  dataFolder,
  languages: ['en'],
  startWorker: (kind) => forkPort(workerPath(kind)),
  bundledPackages: [{ folder: packageFolder, kind: 'own' }],
});
const [opened] = await services.openPaths([photo], { isPrivate: true });
await services.api.preparePhoto({ photoId: opened!.id, isPrivate: true });
const { id } = await services.api.createConversation({ photoIds: [opened!.id], isPrivate: true });
const states: string[] = [];
for (const text of ['What is it?', 'And what else?']) {
  const finished = new Promise<string>((resolve) =>
    services.events.subscribe(({ event }) => {
      if (event.type !== 'message' || event.message.role !== 'assistant') return;
      if (!['waiting', 'writing'].includes(event.message.state)) resolve(event.message.state);
    }),
  );
  await services.api.sendMessage({ conversationId: id, text, pictures: [] });
  states.push(await finished);
}
await wait(lingerMilliseconds);
await services.dispose();
process.stdout.write(states.join(' '));
