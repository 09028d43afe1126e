import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../preload/contract/errors.ts';
import type { Api, AppDescription, StartNotice } from '../../preload/contract/api.ts';
import type { Conversations } from './chat/conversations.ts';
import type { Drafts } from './chat/drafts.ts';
import { cropDetails, cropPlan } from './crop-plan.ts';
import { diagnosticText } from './diagnostics.ts';
import type { Engine } from './engine.ts';
import type { Exports } from './export/exports.ts';
import type { Looks } from './chat/looks.ts';
import { listLicences } from './licences.ts';
import { modelMethods } from './models/model-methods.ts';
import type { Comparisons } from './chat/comparisons.ts';
import type { MachineFacts } from './models/machine.ts';
import type { Models } from './models/models.ts';
import type { NetworkGate } from './network.ts';
import type { ServicesOptions } from './options.ts';
import type { Packages, UsablePackage } from './models/available-packages.ts';
import { expandFolders } from './photos/paths.ts';
import type { PhotoRegistry } from './photos/registry.ts';
import type { Uploads } from './photos/uploads.ts';
import type { Preparations } from './preparation/preparations.ts';
import { createSamples } from './samples.ts';
import type { Scenes } from './scenes.ts';
import type { SettingsFile } from './settings.ts';
import type { Storage } from './storage.ts';

/** Photos in the list of recent ones: what a person may recognise at a glance, and then some. */
const recentPhotos = 60;

export interface ApiParts {
  readonly options: ServicesOptions;
  readonly notices: readonly StartNotice[];
  readonly conversations: Conversations;
  readonly drafts: Drafts;
  readonly engine: Engine;
  readonly exports: Exports;
  readonly looks: Looks;
  readonly comparisons: Comparisons;
  readonly machine: MachineFacts;
  readonly models: Models;
  readonly network: NetworkGate;
  readonly packages: Packages;
  readonly photos: PhotoRegistry;
  readonly preparations: Preparations;
  readonly scenes: Scenes;
  readonly settings: SettingsFile;
  readonly storage: Storage;
  readonly uploads: Uploads;
  /** The package the settings ask for; null when there is none that can be used. */
  readonly currentPackage: () => Promise<UsablePackage | null>;
}

/** The methods of the contract, each handed to the part that owns it. */
export function createApi(parts: ApiParts): Api {
  return {
    ...appMethods(parts),
    ...photoMethods(parts),
    ...chatMethods(parts),
    ...machineMethods(parts),
    ...modelMethods(parts.models, parts.machine, parts.options.desktop),
  };
}

function appMethods({ options, notices, engine, network, packages, settings, storage }: ApiParts) {
  const describeApp = () => describe(options, notices);
  return {
    describeApp,
    listLicences: () => listLicences(options.appRoot),
    diagnostics: async () => ({
      text: diagnosticText({
        app: await describeApp(),
        settings: settings.current,
        engine: engine.status,
        packages: await packages.list(),
        storage: await storage.use(),
      }),
    }),
    listNetworkRequests: () => network.list(),
    openExternal: async ({ url }) => {
      if (!options.desktop) throw notHere('openExternal');
      await options.desktop.openExternal(url);
    },
  } satisfies Partial<Api>;
}

function photoMethods(parts: ApiParts) {
  const { options, conversations, photos, preparations, scenes, uploads, currentPackage } = parts;
  const { desktop } = options;
  return {
    listSamples: createSamples(photos),
    listScenes: () => scenes.list(),
    drawScene: ({ isPrivate = false }) => scenes.drawNew(isPrivate),
    getScene: ({ photoId }) => scenes.get(photoId),
    revealScene: async ({ photoId }) => scenes.truth(photoId),
    gradeAnswers: async ({ photoId, turns }) => scenes.grade(photoId, turns),
    listRecentPhotos: async () => photos.recent(recentPhotos),
    choosePhotos: async ({ folder, isPrivate = false }) => {
      const paths = (await desktop?.choosePaths({ folder, multiple: !folder, isPrivate })) ?? [];
      return photos.openAll(await expandFolders(paths), { origin: 'file', isPrivate });
    },
    getPhoto: ({ photoId }) => photos.get(photoId),
    getCropPlan: async ({ photoId, region: part = null }) => {
      const record = photos.record(photoId);
      // A photo that could never be read has no size, and says so.
      if (record.sha256 === '') await photos.use(photoId);
      const current = await currentPackage();
      if (!current) return cropPlan(record, undefined, undefined, part);
      const cost = (details: { passes: number; tokens: number }) => preparations.secondsFor(current, details);
      const details = cropDetails(part ?? record, current.manifest, cost);
      return cropPlan(record, preparations.seeingOf(current), details, part);
    },
    forgetPhoto: async ({ photoId }) => {
      const { origin, path } = photos.record(photoId);
      const isUsed = conversations.usesPhoto(photoId);
      preparations.cancelAll(photoId);
      photos.forget(photoId, isUsed);
      const isOurs = origin === 'upload' || origin === 'scene';
      if (isOurs && !photos.needsUpload(path)) await uploads.remove(path);
    },
    locatePhoto: async ({ photoId }) => {
      const isPrivate = photos.isPrivate(photoId);
      const [path] = (await desktop?.choosePaths({ folder: false, multiple: false, isPrivate })) ?? [];
      return path === undefined ? null : photos.relocate(photoId, path);
    },
    revealPhoto: async ({ photoId }) => {
      if (!desktop) throw notHere('revealPhoto');
      const path = await photos.path(photoId);
      if (path === null)
        throw new AppError('file-missing', 'The photo has no file.', { file: photos.record(photoId).name });
      desktop.reveal(path);
    },
    preparePhoto: async ({ photoId, region = null, isPrivate = false }) =>
      preparations.prepare({ photoId, region }, !isPrivate && !photos.isPrivate(photoId)),
    cancelPreparation: async ({ photoId, region = null }) => preparations.cancel({ photoId, region }),
  } satisfies Partial<Api>;
}

function chatMethods({ comparisons, conversations, drafts, exports, looks, models }: ApiParts) {
  return {
    listConversations: async ({ query, limit }) => conversations.list(query, limit),
    getConversation: ({ conversationId }) => conversations.get(conversationId),
    createConversation: ({ photoIds, isPrivate }) => conversations.create(photoIds, isPrivate),
    renameConversation: async ({ conversationId, title }) => conversations.rename(conversationId, title),
    deleteConversation: ({ conversationId }) => conversations.delete(conversationId),
    restoreConversation: async ({ conversationId }) => conversations.restore(conversationId),
    exportConversation: (wanted) => exports.export(wanted),
    importConversation: ({ json }) => exports.import(json),
    stopImport: async () => exports.stopImports(),
    sendMessage: async ({ conversationId, text, pictures, waitFor }) =>
      conversations.send(conversationId, text, pictures, waitFor && models.stillComing(waitFor)),
    answerNow: async ({ messageId }) => conversations.answerNow(messageId),
    stopMessage: ({ messageId }) => conversations.stop(messageId),
    regenerateMessage: ({ messageId }) => conversations.regenerate(messageId),
    editMessage: ({ messageId, text }) => conversations.edit(messageId, text),
    lookOf: ({ messageId }) => looks.look(messageId),
    lookInViews: ({ messageId }) => looks.lookInViews(messageId),
    coverAnswer: ({ messageId, photoId, region }) => looks.cover(messageId, photoId, region),
    stopLook: async ({ messageId }) => looks.stop(messageId),
    exportLook: async ({ messageId }) =>
      exports.exportLook(await looks.look(messageId), await looks.lookInViews(messageId)),
    askAgain: ({ messageId, asked }) => comparisons.start(messageId, asked),
    stopComparison: async ({ comparisonId }) => comparisons.stop(comparisonId),
    measureContext: async ({ conversationId, text, pictures }) =>
      conversations.measure(conversationId, text, pictures),
    listDrafts: async () => drafts.list(),
    keepDraft: async (draft) => drafts.keep(draft),
  } satisfies Partial<Api>;
}

function machineMethods({ engine, packages, settings, storage }: ApiParts) {
  return {
    getSettings: async () => settings.current,
    changeSettings: (changes) => settings.change(changes),
    resetSettings: () => settings.reset(),
    listPackages: () => packages.list(),
    getEngineStatus: async () => engine.status,
    getStorageUse: () => storage.use(),
    clearStorage: ({ area }) => storage.clear(area),
  } satisfies Partial<Api>;
}

const programSchema = v.object({ version: v.string(), dependencies: v.record(v.string(), v.string()) });

async function describe(
  { host, appRoot, languages, desktop, commandLine }: ServicesOptions,
  notices: readonly StartNotice[],
): Promise<AppDescription> {
  const text = await readFile(join(appRoot, 'package.json'), 'utf8');
  const { version, dependencies } = v.parse(programSchema, JSON.parse(text));
  const { node, electron, chrome } = process.versions;
  return {
    version,
    host,
    platform: platformOf(process.platform),
    languages,
    canChooseFiles: desktop !== undefined,
    canRevealFiles: desktop !== undefined,
    commandLine: commandLine ?? null,
    versions: { ...(electron && { electron }), ...(chrome && { chrome }), node, ...dependencies },
    notices,
  };
}

function platformOf(platform: NodeJS.Platform): AppDescription['platform'] {
  return platform === 'darwin' || platform === 'win32' || platform === 'linux' ? platform : 'other';
}

const notHere = (method: string) =>
  new AppError('wrong-usage', `${method}: this host has no desktop.`, { problem: 'not in this host' });
