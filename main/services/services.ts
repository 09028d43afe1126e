import { join } from 'node:path';
import type { ImagesMethods } from '../../native-models/engine/images-protocol.ts';
import type { WorkerKind } from '../../native-models/engine/port.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import type { Api, Notice, Photo, PhotoId, Settings } from '../../preload/contract.ts';
import { createApi } from './api.ts';
import { Answers } from './chat/answers.ts';
import { Conversations } from './chat/conversations.ts';
import { Engine } from './engine.ts';
import { EventLog } from './events.ts';
import { Exports } from './export/exports.ts';
import { filesBytes, folderBytes } from './files.ts';
import { NetworkGate } from './network.ts';
import type { ServicesOptions } from './options.ts';
import { Packages } from './packages.ts';
import { expandFolders } from './photos/paths.ts';
import { PhotoImages } from './photos/photo-images.ts';
import { PhotoRegistry } from './photos/registry.ts';
import { Uploads } from './photos/uploads.ts';
import type { Upload } from './photos/uploads.ts';
import { Pictures } from './pictures.ts';
import { Preparations } from './preparation/preparations.ts';
import { publishedView, viewOf } from './preparation/view.ts';
import { SettingsFile } from './settings.ts';
import { Storage, folderArea } from './storage.ts';
import { ConversationStore } from './store/conversations.ts';
import { openDatabase, openMemoryDatabase } from './store/database.ts';
import type { Connection } from './store/database.ts';
import { FindingStore, MeasurementStore } from './store/measurements.ts';
import { PhotoStore } from './store/photos.ts';

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
  const { publish } = events;
  const stores = openStores(options.dataFolder);
  const { folders } = stores;
  const settings = await openSettings(options.dataFolder, stores.isKept, publish);
  const packages = new Packages({
    bundled: options.bundledPackages,
    installedFolder: join(options.dataFolder, 'packages'),
  });

  const worker = new Supervisor<ImagesMethods>('images', () => options.startWorker('images'));
  const photos = new PhotoRegistry({
    images: worker,
    durable: stores.durable.photos,
    passing: stores.passing.photos,
    publish,
  });
  const images = new PhotoImages(worker, photos);
  const engine = new Engine({
    startInference: () => options.startWorker('inference'),
    packages,
    settings: () => settings.current,
    findings: stores.durable.findings,
    cacheFolder: folders.embeddings,
    publish,
  });
  const preparations = new Preparations({
    engine,
    images,
    photos,
    measurements: stores.durable.measurements,
    settings: () => settings.current,
    publish,
  });
  const answers = new Answers({ engine, photos, preparations, settings: () => settings.current, publish });
  const conversations = new Conversations({
    durable: stores.durable.conversations,
    passing: stores.passing.conversations,
    photos,
    answers,
    publish,
  });
  forgetWithModel(events, preparations);

  const currentPackage = () => packages.use(settings.current.packageId).catch(() => null);
  const pictures = new Pictures({
    images,
    photos,
    thumbnailFolder: folders.thumbnails,
    view: async (n, tile) => {
      const found = await currentPackage();
      const isIts = found?.manifest.crops.n === n && found.manifest.crops.tile === tile;
      return isIts ? viewOf(found.manifest) : publishedView(n, tile);
    },
  });
  const exports = new Exports({
    conversations,
    photos,
    images,
    language: () => languageOf(settings.current.language, options.locale),
    chooseTarget: options.desktop && ((fileName) => options.desktop!.chooseSavePath(fileName)),
  });
  const uploads = new Uploads(folders.uploads, photos);
  const network = new NetworkGate(options.dataFolder, () => settings.current.networkAllowed);
  const notices = [stores.notice, settings.notice].filter((notice) => notice !== null);
  const storage = createStorage(options.dataFolder, stores, conversations, photos, uploads);
  const parts = {
    conversations,
    engine,
    exports,
    network,
    packages,
    photos,
    preparations,
    settings,
    storage,
    uploads,
  };

  let disposal: Promise<void> | null = null;
  return {
    api: createApi({ ...parts, options, notices, currentPackage }),
    events,
    openPaths: async (paths, { isPrivate = false } = {}) => {
      const opened = await photos.openAll(await expandFolders(paths), { origin: 'file', isPrivate });
      publish({ type: 'photos-opened', photos: opened });
      return opened;
    },
    openUpload: (upload) => uploads.open(upload),
    photoPath: (photoId) => photos.path(photoId),
    respond: async (request) => exports.respond(request) ?? pictures.respond(request),
    processes: {
      get images() {
        return worker.pid;
      },
      get inference() {
        return engine.pid;
      },
    },
    dispose: () => {
      disposal ??= answers.dispose().then(() => {
        engine.dispose();
        worker.dispose();
        stores.close();
      });
      return disposal;
    },
  };
}

interface Stores {
  readonly durable: StoreParts;
  readonly passing: StoreParts;
  readonly notice: Notice | null;
  /** Whether anything is kept on disk. */
  readonly isKept: boolean;
  readonly databasePath: string;
  readonly folders: Readonly<Record<'embeddings' | 'thumbnails' | 'uploads', string | null>>;
  close(): void;
}

interface StoreParts {
  readonly conversations: ConversationStore;
  readonly photos: PhotoStore;
  readonly measurements: MeasurementStore;
  readonly findings: FindingStore;
}

function openStores(dataFolder: string): Stores {
  const databasePath = join(dataFolder, 'conversations.sqlite');
  const { database, notice } = openDatabase(databasePath);
  const memory = openMemoryDatabase();
  const isKept = notice?.code !== 'data-folder-unwritable';
  const folder = (...names: string[]) => (isKept ? join(dataFolder, ...names) : null);
  const durable = storeParts(database, false);
  // What the last run left behind when it was ended without warning.
  durable.conversations.interruptUnfinished();
  durable.conversations.purge();
  return {
    durable,
    passing: storeParts(memory, true),
    notice,
    isKept,
    databasePath,
    folders: {
      embeddings: folder('cache', 'embeddings'),
      thumbnails: folder('cache', 'thumbnails'),
      uploads: folder('uploads'),
    },
    close: () => {
      durable.conversations.purge();
      database.close();
      memory.close();
    },
  };
}

const storeParts = (database: Connection, isPrivate: boolean): StoreParts => ({
  conversations: new ConversationStore(database, isPrivate),
  photos: new PhotoStore(database),
  measurements: new MeasurementStore(database),
  findings: new FindingStore(database),
});

function openSettings(dataFolder: string, isKept: boolean, publish: EventLog['publish']) {
  const changed = (settings: Settings) => publish({ type: 'settings', settings });
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

function createStorage(
  dataFolder: string,
  { databasePath, folders }: Stores,
  conversations: Conversations,
  photos: PhotoRegistry,
  uploads: Uploads,
): Storage {
  const folder = (name: keyof typeof folders) => folders[name] ?? join(dataFolder, name);
  return new Storage(dataFolder, [
    {
      area: 'conversations',
      bytes: () => filesBytes([databasePath, `${databasePath}-wal`, `${databasePath}-shm`]),
      clear: () => conversations.clear(),
    },
    folderArea('embeddings', folder('embeddings')),
    folderArea('thumbnails', folder('thumbnails')),
    {
      area: 'uploads',
      bytes: () => folderBytes(folder('uploads')),
      // Those of conversations stay: without them a conversation would lose what it is about.
      clear: async () => {
        for (const record of photos.uploads()) {
          if (conversations.usesPhoto(record.id)) continue;
          photos.forget(record.id, false);
          await uploads.remove(record.path);
        }
      },
    },
    { area: 'packages', bytes: () => folderBytes(join(dataFolder, 'packages')), clear: null },
  ]);
}

function languageOf(language: Settings['language'], locale: string): 'en' | 'ko' {
  if (language !== 'system') return language;
  return /^ko\b/i.test(locale) ? 'ko' : 'en';
}
