import { join } from 'node:path';
import type { ImagesMethods } from '../../native-models/engine/images-protocol.ts';
import type { WorkerKind } from '../../native-models/engine/port.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import type { Api, Photo, PhotoId, Settings } from '../../preload/contract.ts';
import { createApi } from './api.ts';
import { Answers } from './chat/answers.ts';
import { Conversations } from './chat/conversations.ts';
import { Engine } from './engine.ts';
import { EventLog } from './events.ts';
import { Exports } from './export/exports.ts';
import { NetworkGate } from './network.ts';
import type { ServicesOptions } from './options.ts';
import { Packages } from './packages.ts';
import { expandFolders } from './photos/paths.ts';
import { PhotoImages } from './photos/photo-images.ts';
import { PhotoRegistry } from './photos/registry.ts';
import { Scenes } from './scenes.ts';
import { Uploads } from './photos/uploads.ts';
import type { Upload } from './photos/uploads.ts';
import { Pictures } from './pictures.ts';
import { Preparations } from './preparation/preparations.ts';
import { publishedView, viewOf } from './preparation/view.ts';
import { SettingsFile } from './settings.ts';
import { createStorage } from './storage-areas.ts';
import { openStores } from './store/stores.ts';
import type { Stores } from './store/stores.ts';

/** What a host gets: the contract, its events, and what a page sends besides JSON. */
export interface Services {
  readonly api: Api;
  /** Every event of the program, numbered and kept for windows that lost their connection. */
  readonly events: EventLog;
  /** Opens files (or the photos of folders) of this machine and announces them with `photos-opened`. */
  openPaths(paths: readonly string[], options?: { readonly isPrivate?: boolean }): Promise<readonly Photo[]>;
  /** Stores a photo that has no path on this machine: pasted, or sent by a browser. Throws what is wrong with it. */
  openUpload(upload: Upload): Promise<Photo>;
  /** Where the file of a photo is, for dragging it out of the window; null when it has none or it is gone. */
  photoPath(photoId: PhotoId): Promise<string | null>;
  /** Answers GET and HEAD requests for pictures and exports; null when the path is not theirs. */
  respond(request: Request): Promise<Response | null>;
  /** Process ids of the child processes that run. */
  readonly processes: Readonly<Record<WorkerKind, number | undefined>>;
  /** Ends the child processes and closes the store. Safe to call twice. */
  dispose(): Promise<void>;
}

/** Implements the contract for one data folder. Child processes start when they are first needed. */
export async function createServices(options: ServicesOptions): Promise<Services> {
  const events = new EventLog();
  const stores = openStores(options.dataFolder);
  const settings = await openSettings(options.dataFolder, stores.isKept, events);
  const seeing = createSeeing({ options, events, stores, settings });
  const chat = createChat({ options, events, stores, settings }, seeing);
  const { engine, packages, photos, worker } = seeing;
  const uploads = new Uploads(stores.folders.uploads, photos);
  const currentPackage = () => packages.use(settings.current.packageId).catch(() => null);
  const scenes = new Scenes({ images: worker, photos, uploads, currentPackage });
  const pictures = createPictures(seeing, settings, stores.folders.thumbnails);
  const api = createApi({
    ...seeing,
    ...chat,
    options,
    scenes,
    settings,
    uploads,
    notices: [stores.notice, settings.notice].filter((notice) => notice !== null),
    network: new NetworkGate(options.dataFolder, () => settings.current.networkAllowed),
    storage: createStorage(options.dataFolder, stores, chat.conversations, photos, uploads),
    currentPackage,
  });

  let disposal: Promise<void> | null = null;
  const dispose = async () => {
    seeing.preparations.dispose();
    await chat.answers.dispose();
    engine.dispose();
    worker.dispose();
    stores.close();
  };
  return {
    api,
    events,
    openPaths: async (paths, { isPrivate = false } = {}) => {
      const opened = await photos.openAll(await expandFolders(paths), { origin: 'file', isPrivate });
      events.publish({ type: 'photos-opened', photos: opened });
      return opened;
    },
    openUpload: (upload) => uploads.open(upload),
    photoPath: (photoId) => photos.path(photoId),
    respond: async (request) => chat.exports.respond(request) ?? pictures.respond(request),
    processes: {
      get images() {
        return worker.pid;
      },
      get inference() {
        return engine.pid;
      },
    },
    dispose: () => (disposal ??= dispose()),
  };
}

/** What every part is made with. */
interface Foundation {
  readonly options: ServicesOptions;
  readonly events: EventLog;
  readonly stores: Stores;
  readonly settings: SettingsFile;
}

type Seeing = ReturnType<typeof createSeeing>;

/** Photos, the model, and photos on their way into the model. */
function createSeeing({ options, events, stores, settings }: Foundation) {
  const { publish } = events;
  const current = () => settings.current;
  const worker = new Supervisor<ImagesMethods>('images', () => options.startWorker('images'));
  const photos = new PhotoRegistry({
    images: worker,
    durable: stores.durable.photos,
    passing: stores.passing.photos,
    publish,
  });
  const images = new PhotoImages(worker, photos);
  const packages = new Packages({
    bundled: options.bundledPackages,
    installedFolder: join(options.dataFolder, 'packages'),
  });
  const engine = new Engine({
    startInference: () => options.startWorker('inference'),
    packages,
    settings: current,
    findings: stores.durable.findings,
    cacheFolder: stores.folders.embeddings,
    publish,
  });
  const { measurements } = stores.durable;
  const preparations = new Preparations({ engine, images, photos, measurements, settings: current, publish });
  forgetWithModel(events, preparations);
  return { worker, photos, images, packages, engine, preparations };
}

/** Conversations, their answers, and conversations as files. */
function createChat({ options, events, stores, settings }: Foundation, seeing: Seeing) {
  const { engine, images, photos, preparations } = seeing;
  const { publish } = events;
  const { desktop, locale } = options;
  const answers = new Answers({ engine, photos, preparations, settings: () => settings.current, publish });
  const conversations = new Conversations({
    durable: stores.durable.conversations,
    passing: stores.passing.conversations,
    photos,
    answers,
    publish,
  });
  const exports = new Exports({
    conversations,
    photos,
    images,
    language: () => languageOf(settings.current.language, locale),
    chooseTarget: desktop && ((fileName) => desktop.chooseSavePath(fileName)),
  });
  return { answers, conversations, exports };
}

function createPictures(
  { images, packages, photos }: Seeing,
  settings: SettingsFile,
  thumbnailFolder: string | null,
): Pictures {
  return new Pictures({
    images,
    photos,
    thumbnailFolder,
    view: async (n, tile) => {
      const { manifest = null } = (await packages.use(settings.current.packageId).catch(() => null)) ?? {};
      const isIts = manifest?.crops.n === n && manifest.crops.tile === tile;
      return isIts ? viewOf(manifest) : publishedView(n, tile);
    },
  });
}

async function openSettings(dataFolder: string, isKept: boolean, events: EventLog): Promise<SettingsFile> {
  const changed = (settings: Settings) => events.publish({ type: 'settings', settings });
  return isKept ? SettingsFile.open(dataFolder, changed) : SettingsFile.inMemory(changed);
}

/** A model that went, by a crash or for another one, has taken what was prepared with it. */
function forgetWithModel(events: EventLog, preparations: Preparations): void {
  events.subscribe(({ event }) => {
    const isGone =
      event.type === 'engine' && (event.status.state === 'crashed' || event.status.state === 'stopped');
    if (isGone || event.type === 'settings') preparations.forget();
  });
}

function languageOf(language: Settings['language'], locale: string): 'en' | 'ko' {
  if (language !== 'system') return language;
  return /^ko\b/i.test(locale) ? 'ko' : 'en';
}
