import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach } from 'vitest';
import { createServices } from '../../../main/services/services.ts';
import type { Services } from '../../../main/services/services.ts';
import type { ServicesOptions } from '../../../main/services/options.ts';
import { defaultSettings } from '../../../preload/contract/api.ts';
import type {
  AppEvent,
  Conversation,
  Message,
  MessageId,
  Photo,
  PhotoId,
  Preparation,
  Settings,
} from '../../../preload/contract/api.ts';
import { goldenCase } from '../../support/golden.ts';
import { goldenPackage } from '../../support/golden-package.ts';
import { greedy } from '../../support/greedy.ts';
import { PacedAnswers } from '../../support/paced-answers.ts';

export const appRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** 1008 x 1008, so that nothing is resized on its way into the model. */
export const goldenPhoto = join(goldenCase('tower-inside').folder, 'preprocessed.png');

/** Short and repeatable answers; more threads than free cores would wait for one another. */
export const testSettings: Settings = {
  ...defaultSettings,
  device: 'cpu',
  threads: 1,
  sampling: greedy(8),
};

/** Has answers last as long as a test wants. */
export const answers = new PacedAnswers();
afterAll(() => answers.dispose());

const running = new Set<Services>();
const folders: string[] = [];

/** A process that was told to end may still be writing its last file. */
const removal = { recursive: true, force: true, maxRetries: 10 } as const;

afterEach(async () => {
  answers.release();
  await Promise.all([...running].map((services) => services.dispose()));
  running.clear();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, removal)));
});

/** A folder that goes with the test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-services-'));
  folders.push(folder);
  return folder;
}

/** A photo of one colour with a little of another in it, so that photos made with different numbers differ. */
export async function drawPhoto(path: string, number = 0, size = { width: 60, height: 40 }) {
  const raw = Buffer.alloc(size.width * size.height * 3, 40 + number);
  await sharp(raw, { raw: { ...size, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

/** What the program answers to a request for a picture. */
export async function get(
  services: Services,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response | null> {
  const answer = await services.respond(new Request(`http://127.0.0.1${path}`, { headers }));
  return answer && new Response(answer.body as BodyInit | null, answer);
}

/** A data folder whose settings make answers short. */
export async function newDataFolder(changes: Partial<Settings> = {}): Promise<string> {
  const folder = await testFolder();
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ ...testSettings, ...changes }));
  return folder;
}

/** The program without a window, with the golden package; it ends with the test. */
export async function startProgram(options: Partial<ServicesOptions> = {}): Promise<Services> {
  const services = await createServices({
    host: 'web',
    appRoot,
    dataFolder: options.dataFolder ?? (await newDataFolder()),
    languages: ['en-GB'],
    // It takes half a minute of every install.
    calibrationMilliseconds: 0,
    startWorker: answers.startWorker,
    bundledPackages: [{ folder: await goldenPackage(), kind: 'own' }],
    ...options,
  });
  running.add(services);
  return services;
}

/** Everything the program tells from now on. */
export class Watcher {
  readonly events: AppEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(services: Services) {
    services.events.subscribe(({ event }) => {
      this.events.push(event);
      for (const check of [...this.#waiting]) check();
    });
  }

  /** The first thing `find` makes of the events, those that have come included. */
  until<T>(find: (event: AppEvent) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      let seen = 0;
      const check = () => {
        for (; seen < this.events.length; seen++) {
          const found = find(this.events[seen]!);
          if (found === undefined) continue;
          this.#waiting.delete(check);
          resolve(found);
          return;
        }
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** The message once nothing more will be written of it. */
  finished(id: MessageId): Promise<Message> {
    return this.until((event) =>
      event.type === 'message' &&
      event.message.id === id &&
      event.message.state !== 'waiting' &&
      event.message.state !== 'writing'
        ? event.message
        : undefined,
    );
  }

  /** The first piece of text of a message. */
  firstText(id: MessageId): Promise<string> {
    return this.until((event) => (event.type === 'text' && event.messageId === id ? event.text : undefined));
  }

  prepared(id: PhotoId, stage: Preparation['stage'] = 'ready'): Promise<Preparation> {
    return this.until((event) =>
      event.type === 'preparation' && event.preparation.photoId === id && event.preparation.stage === stage
        ? event.preparation
        : undefined,
    );
  }
}

/** A photo of the golden case, opened. */
export async function openGoldenPhoto(services: Services): Promise<Photo> {
  const [photo] = await services.openPaths([goldenPhoto]);
  return photo!;
}

/** Asks, and waits for the whole answer. */
export async function ask(services: Services, conversation: Conversation, text: string) {
  const watcher = new Watcher(services);
  const [, answer] = await services.api.sendMessage({ conversationId: conversation.id, text, pictures: [] });
  return watcher.finished(answer.id);
}
