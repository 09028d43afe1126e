import { join } from 'node:path';

import { AppError, sendError } from '../../preload/contract/errors.ts';
import { findPairs } from '../convert/pair/find-pairs.ts';
import { familyOf } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';
import { readManifest } from '../package/read-manifest.ts';
import { loadSamples } from '../samples/samples.ts';
import { checkEndpoint, useProxy } from '../install/hub/access.ts';
import { Catalogue } from '../install/catalogue/catalogue.ts';
import { needsFor } from '../install/catalogue/needs.ts';
import { defaultCutting } from '../install/hub/download.ts';
import { defaultRetryPolicy } from '../install/hub/retry.ts';
import { Throttle } from '../install/hub/throttle.ts';
import { Installs } from '../install/jobs/installs.ts';
import { measureDownload } from '../install/jobs/measure.ts';
import { listInstalled, removePackage, renamePackage, verifyPackage } from '../install/jobs/manage.ts';
import { requantisePackage, sweepUnfinished } from '../install/jobs/requantise.ts';
import type { ModelsMethods, ModelsParentMethods } from './models-protocol.ts';
import type { HubAccess, PlannedRequest } from '../install/hub/access.ts';
import { Peer } from './peer.ts';
import { pictureKey } from './picture-key.ts';
import { parentPort } from './port.ts';

/**
 * The models process: fetches, converts and manages packages. It holds nothing that is not on the disk as well, so that it
 * may end at any moment; a new one resumes.
 */

interface Opened {
  readonly dataFolder: string;
  readonly packages: string;
  readonly catalogue: Catalogue;
  readonly installs: Installs;
  readonly connection: Parameters<typeof measureDownload>[0];
}

let opening: Promise<Opened> | null = null;
let access: HubAccess | null = null;

/** Windows and terminals draw no faster. */
const jobsEveryMs = 150;

/** A parent that cannot be told anything is gone, and this process with it. */
const ignore = () => undefined;

const tellPackages = () => void parent.call('packages', null).catch(ignore);

/** See `RequestGate`. */
async function gate(planned: PlannedRequest): Promise<(outcome: string) => void> {
  const number = await parent.call('request', planned);
  return (outcome) => void parent.call('requested', { number, outcome }).catch(ignore);
}

/** Has the package answer the first question of the first sample picture. */
async function prove(folder: string, signal: AbortSignal): Promise<{ question: string; answer: string }> {
  const manifest = await readManifest(folder);
  const [sample] = await loadSamples();
  const photo = await openPhoto(sample!.path, { signal });
  const { picture, plan } = await familyOf(manifest).prepare(photo, { signal });
  const question = sample!.questions[0]!.en;
  const shown = { key: pictureKey(picture, plan), picture, plan };
  return { question, answer: await parent.call('prove', { folder, picture: shown, question }, { signal }) };
}

async function openFolder(dataFolder: string, goOn: boolean): Promise<Opened> {
  const connection = { access: () => access!, gate, patience: defaultRetryPolicy };
  let timer: NodeJS.Timeout | null = null;
  let opened: Installs | null = null;
  const sendJobs = () => {
    timer = null;
    if (opened) void parent.call('jobs', opened.list()).catch(ignore);
  };
  opened = await Installs.open({
    dataFolder,
    goOn,
    tools: {
      connection,
      throttle: new Throttle(() => access!.bytesPerSecond),
      cutting: defaultCutting,
      prove,
    },
    onChange: () => (timer ??= setTimeout(sendJobs, jobsEveryMs)),
    onInstalled: tellPackages,
  });
  sendJobs();
  const packages = join(dataFolder, 'packages');
  await sweepUnfinished(packages);
  return { dataFolder, packages, catalogue: new Catalogue(dataFolder), installs: opened, connection };
}

function setAccess(wanted: HubAccess): void {
  const endpoint = checkEndpoint(wanted.endpoint);
  if (access === null || access.proxy !== wanted.proxy) useProxy(wanted.proxy);
  access = { ...wanted, endpoint };
}

async function opened(): Promise<Opened> {
  if (!opening) throw new AppError('internal', 'No data folder is open.');
  return opening;
}

// Ctrl-C in a terminal reaches every process of its group: the parent decides what becomes of this one.
process.on('SIGINT', () => undefined);

const parent: Peer<ModelsMethods, ModelsParentMethods> = new Peer<ModelsMethods, ModelsParentMethods>(
  parentPort(),
  {
    open: async ({ dataFolder, access: wanted, goOn }) => {
      if (opening) throw new AppError('internal', 'A data folder is open already.');
      setAccess(wanted);
      opening = openFolder(dataFolder, goOn);
      // The next call may find the folder in order.
      opening.catch(() => (opening = null));
      await opening;
      return null;
    },
    setAccess: (wanted) => {
      setAccess(wanted);
      return null;
    },

    catalogue: async () => (await opened()).catalogue.list(),
    addEntry: async (input) => {
      const { catalogue } = await opened();
      if (input.kind === 'json') return catalogue.add(input.json);
      if (input.kind === 'pair') return catalogue.addPair(input, input.name);
      return catalogue.addFolder(input.checkpoint, input.clip, input.name);
    },
    findPairs: async ({ folder }) => {
      const { pairs, unfit } = await findPairs(folder);
      return { pairs, unfit: unfit.map(({ file, error }) => ({ file, error: sendError(error) })) };
    },
    removeEntry: async ({ entryId }) => {
      await (await opened()).catalogue.remove(entryId);
      return null;
    },
    measure: async ({ entryId, precision }, { signal }) => {
      const { catalogue, connection } = await opened();
      const { entry } = await catalogue.find(entryId);
      const { files, ...measured } = await measureDownload(connection, entry, signal);
      const needs = needsFor({ ...entry, ...measured }, precision);
      if (needs === null) throw new AppError('wrong-usage', `${entryId}: does not say its size.`);
      return { downloadBytes: measured.downloadBytes, files, needs };
    },

    jobs: async () => (await opened()).installs.list(),
    start: async ({ entryId, precision, acceptedLicences, name }) => {
      const { catalogue, installs } = await opened();
      const listed = await catalogue.find(entryId);
      await catalogue.accept(listed, acceptedLicences);
      return installs.start(listed.entry, precision, name);
    },
    pause: async ({ jobId }) => (await opened()).installs.pause(jobId),
    resume: async ({ jobId }) => (await opened()).installs.resume(jobId),
    cancel: async ({ jobId }) => {
      await (await opened()).installs.cancel(jobId);
      return null;
    },

    installed: async () => listInstalled((await opened()).packages),
    verify: async ({ folder }, context) => verifyPackage((await opened()).packages, folder, context),
    rename: async ({ folder, name }) => {
      const { packages } = await opened();
      const renamed = await renamePackage(packages, folder, name);
      tellPackages();
      return renamed;
    },
    requantise: async (input, context) => {
      const { packages } = await opened();
      const made = await requantisePackage(packages, input, context);
      tellPackages();
      return made;
    },
    remove: async ({ folder }) => {
      const { packages } = await opened();
      const removed = await removePackage(packages, folder);
      tellPackages();
      return removed;
    },
  },
);
