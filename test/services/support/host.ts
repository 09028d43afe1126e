import { once } from 'node:events';

import { createServices } from '../../../main/services/services.ts';
import { startHeldWorker } from '../../support/paced-answers.ts';

// The program without a window, to be killed: opens a photo, asks two questions about it, the second when it is told to, and
// tells its events.
const [dataFolder, packageFolder, appRoot, photo] = process.argv.slice(2) as [string, string, string, string];
const services = await createServices({
  host: 'web',
  appRoot,
  dataFolder,
  languages: ['en'],
  startWorker: startHeldWorker,
  bundledPackages: [{ folder: packageFolder, kind: 'own' }],
});
services.events.subscribe(({ event }) => process.send?.({ event, processes: { ...services.processes } }));
const [opened] = await services.openPaths([photo]);
const { id } = await services.api.createConversation({ photoIds: [opened!.id], isPrivate: false });
const send = (text: string) => services.api.sendMessage({ conversationId: id, text, pictures: [] });
await send('What is it?');
await once(process, 'message');
await send('Tell me everything.');
