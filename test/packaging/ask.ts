import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { forkPort, type WorkerKind } from '../../native-models/engine/port.ts';
import type * as ServicesModule from '../../main/services/services.ts';
import type { Message } from '../../preload/contract/api.ts';

/** The test model and a busy machine; a process that does not start fails at once. */
const answerMilliseconds = 180_000;

export interface AskOptions {
  /** The extracted archive: everything that runs comes from there. */
  readonly tree: string;
  readonly model: string;
  readonly photo: string;
  readonly dataFolder: string;
}

/**
 * Asks the packed app about a photo under plain Node: its services, both child processes and every native library.
 * Modules find their packages by where they lie, so what is not in the tree is not found.
 */
export async function askPacked({ tree, model, photo, dataFolder }: AskOptions): Promise<Message> {
  const app = join(tree, 'build', 'app');
  const { createServices } = (await import(
    pathToFileURL(join(app, 'main', 'services', 'services.js')).href
  )) as typeof ServicesModule;
  const engine = join(app, 'native-models', 'engine');
  // Their names carry the mark of the build, of which the archive has one.
  const scriptOf = (kind: WorkerKind) =>
    readdirSync(engine).find((name) => name.startsWith(`${kind}-worker`))!;
  const services = await createServices({
    host: 'electron',
    appRoot: tree,
    dataFolder,
    languages: ['en'],
    startWorker: (kind) => forkPort(join(engine, scriptOf(kind))),
    bundledPackages: [{ folder: model, kind: 'own' }],
  });
  try {
    const { api } = services;
    const [{ length: licences }, { length: samples }] = [await api.listLicences(), await api.listSamples()];
    if (licences === 0 || samples === 0) throw new Error(`${licences} licences and ${samples} samples.`);
    const { sampling } = await api.getSettings();
    await api.changeSettings({ sampling: { ...sampling, maxTokens: 8 } });
    const [opened] = await services.openPaths([photo]);
    const { id } = await api.createConversation({ photoIds: [opened!.id], isPrivate: true });
    const answered = new Promise<Message>((resolve, reject) => {
      setTimeout(() => reject(new Error('No answer in time.')), answerMilliseconds).unref();
      services.events.subscribe(({ event }) => {
        if (event.type === 'message' && event.message.role === 'assistant' && isOver(event.message)) {
          resolve(event.message);
        }
      });
    });
    const pictures = [{ photoId: opened!.id, region: null }];
    await api.sendMessage({ conversationId: id, text: 'What is written on the sign?', pictures });
    return await answered;
  } finally {
    await services.dispose();
  }
}

const isOver = ({ state }: Message) => state !== 'waiting' && state !== 'writing';
