import { join } from 'node:path';

import { AppError } from '../../preload/contract/errors.ts';
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
import { Asks } from './asks.ts';
import type { ModelsEvent, ModelsMethods } from './models-protocol.ts';
import type { HubAccess } from '../install/hub/access.ts';
import { parentPort } from './port.ts';
import { serve } from './serve.ts';

/**
 * The models process: fetches, converts and manages packages. It holds nothing that is not on the disk as well, so that it
 * may end at any moment; whoever starts it again goes on.
 */

interface Opened {
  readonly dataFolder: string;
  readonly packages: string;
  readonly catalogue: Catalogue;
  readonly installs: Installs;
  readonly connection: Parameters<typeof measureDownload>[0];
  readonly emit: (event: ModelsEvent) => void;
}

let opening: Promise<Opened> | null = null;
let access: HubAccess | null = null;
let asks: Asks | null = null;

/** Windows and terminals draw no faster. */
const jobsEveryMs = 150;

async function openFolder(
  dataFolder: string,
  goOn: boolean,
  emit: (event: ModelsEvent) => void,
  asked: Asks,
): Promise<Opened> {
  const connection = {
    access: () => access!,
    gate: (planned: Parameters<Asks['request']>[0]) => asked.request(planned),
    patience: defaultRetryPolicy,
  };
  let timer: NodeJS.Timeout | null = null;
  let opened: Installs | null = null;
  const sendJobs = () => {
    timer = null;
    if (opened) emit({ kind: 'jobs', jobs: opened.list() });
  };
  opened = await Installs.open({
    dataFolder,
    goOn,
    tools: {
      connection,
      throttle: new Throttle(() => access!.bytesPerSecond),
      cutting: defaultCutting,
      prove: (folder, signal) => asked.prove(folder, signal),
    },
    onChange: () => (timer ??= setTimeout(sendJobs, jobsEveryMs)),
    onInstalled: () => emit({ kind: 'packages' }),
  });
  sendJobs();
  const packages = join(dataFolder, 'packages');
  await sweepUnfinished(packages);
  return { dataFolder, packages, catalogue: new Catalogue(dataFolder), installs: opened, connection, emit };
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

serve<ModelsMethods>(parentPort(), {
  open: async ({ dataFolder, access: wanted, goOn }, { signal, progress }) => {
    if (opening) throw new AppError('internal', 'A data folder is open already.');
    setAccess(wanted);
    asks = new Asks(progress);
    opening = openFolder(dataFolder, goOn, progress, asks);
    // The next call may find the folder in order.
    opening.catch(() => (opening = null));
    const { installs } = await opening;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await installs.dispose();
    return null;
  },
  reply: ({ askId, reply }) => {
    asks?.reply(askId, reply);
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
    const { packages, emit } = await opened();
    const renamed = await renamePackage(packages, folder, name);
    emit({ kind: 'packages' });
    return renamed;
  },
  requantise: async (input, context) => {
    const { packages, emit } = await opened();
    const made = await requantisePackage(packages, input, context);
    emit({ kind: 'packages' });
    return made;
  },
  remove: async ({ folder }) => {
    const { packages, emit } = await opened();
    const removed = await removePackage(packages, folder);
    emit({ kind: 'packages' });
    return removed;
  },
});
