import { join } from 'node:path';
import { openPrivateFolder } from '../../native-models/files/private-files.ts';
import type { ImagesMethods } from '../../native-models/engine/images-protocol.ts';
import { ImagesClient } from '../../native-models/engine/images-client.ts';
import type { WorkerKind } from '../../native-models/engine/port.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import type { Api, Photo, PhotoId, Settings } from '../../preload/contract/api.ts';
import type { HttpRequest, HttpResponse } from './http-messages.ts';
import { createApi } from './api.ts';
import { Answers } from './chat/answers.ts';
import { Conversations } from './chat/conversations.ts';
import { Drafts } from './chat/drafts.ts';
import { Looks } from './chat/looks.ts';
import { Engine } from './engine.ts';
import { EventLog } from './events.ts';
import { Exports } from './export/exports.ts';
import { Comparisons } from './chat/comparisons.ts';
import { MachineFacts } from './models/machine.ts';
import { Models } from './models/models.ts';
import { MemorySecret } from './models/secrets.ts';
import { sweepTemporaries } from '../../native-models/files/replace-file.ts';
import { NetworkGate } from './network.ts';
import type { ServicesOptions } from './options.ts';
import { Packages } from './models/available-packages.ts';
import { expandFolders } from './photos/paths.ts';
import { PhotoImages } from './photos/photo-images.ts';
import { PhotoRegistry } from './photos/registry.ts';
import { Scenes } from './scenes.ts';
import { Uploads } from './photos/uploads.ts';
import type { Upload } from './photos/uploads.ts';
import { Pictures } from './pictures.ts';
import { Preparations } from './preparation/preparations.ts';
import { published, seeingKey } from './crop-plan.ts';
import { SettingsFile } from './settings.ts';
import { createStorage } from './storage-areas.ts';
import { openDatabases } from './store/databases.ts';
import type { Databases } from './store/databases.ts';

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
  respond(request: HttpRequest): Promise<HttpResponse | null>;
  /** Process ids of the child processes that run. */
  readonly processes: Readonly<Record<WorkerKind, number | undefined>>;
  /** Ends the child processes and closes the store. Safe to call twice. */
  dispose(): Promise<void>;
}

/** Implements the contract for one data folder. Child processes start when they are first needed. */
export async function createServices(options: ServicesOptions): Promise<Services> {
  openPrivateFolder(options.dataFolder);
  const events = new EventLog();
  const stores = openDatabases(options.dataFolder);
  const settings = await openSettings(options.dataFolder, stores.isKept, events);
  const photoServices = createPhotoServices({ options, events, stores, settings });
  const foundation = { options, events, stores, settings };
  const chat = createChat(foundation, photoServices);
  const network = new NetworkGate(options.dataFolder, () => settings.current.networkAllowed);
  const getting = createModelServices(foundation, photoServices, chat, network);
  const { client, engine, packages, photos, worker } = photoServices;
  const uploads = new Uploads(stores.folders.uploads, photos);
  await Promise.all([
    uploads.sweep(),
    // On a full disk nothing can be changed, but everything can be read.
    uploads.forgetUnused((id) => chat.conversations.usesPhoto(id)).catch(() => undefined),
    ...[options.dataFolder, stores.folders.embeddings, stores.folders.thumbnails]
      .filter((folder) => folder !== null)
      .map(sweepTemporaries),
  ]);
  const currentPackage = () => packages.use(settings.current.packageId).catch(() => null);
  const scenes = new Scenes({ images: client, photos, uploads, currentPackage });
  const pictures = createPictures(photoServices, settings, stores.folders.thumbnails);
  const api = createApi({
    ...photoServices,
    ...chat,
    ...getting,
    options,
    drafts: new Drafts(stores),
    scenes,
    settings,
    uploads,
    notices: [stores.notice, settings.notice].filter((notice) => notice !== null),
    network,
    storage: createStorage(options.dataFolder, stores, chat.conversations, photos, uploads),
    currentPackage,
  });

  let disposal: Promise<void> | null = null;
  const dispose = async () => {
    chat.exports.stopImports();
    chat.looks.dispose();
    getting.comparisons.dispose();
    getting.models.dispose();
    getting.machine.dispose();
    photoServices.preparations.dispose();
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
      events.publish({ type: 'photos-opened', photos: opened, isPrivate });
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
      get models() {
        return getting.models.pid;
      },
    },
    dispose: () => (disposal ??= dispose()),
  };
}

/** What every part is made with. */
interface Foundation {
  readonly options: ServicesOptions;
  readonly events: EventLog;
  readonly stores: Databases;
  readonly settings: SettingsFile;
}

type PhotoServices = ReturnType<typeof createPhotoServices>;

/** Photos, the model, and photos on their way into the model. */
function createPhotoServices({ options, events, stores, settings }: Foundation) {
  const { publish } = events;
  const current = () => settings.current;
  const worker = new Supervisor<ImagesMethods>('images', () => options.startWorker('images'));
  const client = new ImagesClient(worker, options.photoDeadline);
  const photos = new PhotoRegistry({
    images: client,
    findings: stores.durable.findings,
    durable: stores.durable.photos,
    transient: stores.transient.photos,
    publish,
  });
  const images = new PhotoImages(client, photos);
  const packages = new Packages({
    bundled: options.bundledPackages,
    installedFolder: join(options.dataFolder, 'packages'),
  });
  const { findings, measurements } = stores.durable;
  const engineOptions = {
    startInference: () => options.startWorker('inference'),
    ...{ packages, findings, publish },
    settings: current,
    cacheFolder: stores.folders.embeddings,
  };
  const engine = new Engine(engineOptions);
  const preparations = new Preparations({ engine, images, photos, measurements, settings: current, publish });
  forgetWithModel(events, preparations);
  return { worker, client, photos, images, packages, engine, engineOptions, preparations };
}

/** Conversations, their answers, and conversations as files. */
function createChat({ options, events, stores, settings }: Foundation, photoServices: PhotoServices) {
  const { engine, images, photos, preparations } = photoServices;
  const { publish } = events;
  const { desktop } = options;
  const answers = new Answers({ engine, photos, preparations, settings: () => settings.current, publish });
  const conversations = new Conversations({
    durable: stores.durable.conversations,
    transient: stores.transient.conversations,
    photos,
    answers,
    publish,
  });
  const exports = new Exports({
    publish,
    conversations,
    photos,
    images,
    chooseTarget: desktop && ((fileName) => desktop.chooseSavePath(fileName)),
  });
  const looks = new Looks({
    ...{ conversations, engine, images, photos, preparations, publish },
    findings: stores.durable.findings,
    settings: () => settings.current,
  });
  return { answers, conversations, exports, looks };
}

/** Models on their way to this machine, and answers of several side by side. */
function createModelServices(
  { options, events, stores, settings }: Foundation,
  photoServices: PhotoServices,
  { answers, conversations }: ReturnType<typeof createChat>,
  network: NetworkGate,
) {
  const { engine, engineOptions, images, packages, photos } = photoServices;
  const { dataFolder, startWorker, calibrationMilliseconds, secrets = new MemorySecret() } = options;
  const { publish } = events;
  const { findings, measurements } = stores.durable;
  const current = () => settings.current;
  const machine = new MachineFacts({
    ...{ dataFolder, measurements, settings: current },
    startInference: () => startWorker('inference'),
  });
  const models = new Models({
    calibrationMilliseconds,
    ...{ dataFolder, startWorker, engine, findings, packages, network, machine, settings, secrets, publish },
    onInstalled: (install) => answers.release(install),
    onGone: (install) => void answers.abandon(install),
  });
  events.subscribe(({ event }) => {
    if (event.type === 'settings') void models.follow(event.settings);
  });
  conversations.resumeWaiting();
  void models.wake().then(
    () => abandonLost(answers, models),
    () => undefined,
  );
  const comparisons = new Comparisons({
    ...{ conversations, engine, packages, engineOptions, publish },
    preparationOptions: { images, photos, measurements },
    settings: current,
  });
  return { machine, models, comparisons };
}

/** What waits for an install that is no longer there waits in vain. */
function abandonLost(answers: Answers, models: Models): void {
  for (const install of new Set(answers.awaited)) {
    const isThere = models.installs.list().some(({ id }) => id === install);
    if (!isThere) void answers.abandon(install);
  }
}

function createPictures(
  { images, packages, photos, preparations }: PhotoServices,
  settings: SettingsFile,
  thumbnailFolder: string | null,
): Pictures {
  return new Pictures({
    images,
    photos,
    thumbnailFolder,
    seeing: async (key) => {
      const current = await packages.use(settings.current.packageId).catch(() => null);
      const own = current && preparations.seeingOf(current);
      return [own, published].find((seeing) => seeing && seeingKey(seeing) === key) ?? null;
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
