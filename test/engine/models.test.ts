import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { ModelsClient, type ModelsClientOptions } from '../../native-models/engine/models-client.ts';
import type { LensHeads } from '../../native-models/engine/calibrate-lens.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';
import type { InstallJob } from '../../native-models/install/jobs/job.ts';
import { folderHash } from '../support/folder-hash.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  convertedHash,
  f32,
  packageOf,
  publishModel,
  type ListedRequest,
  type PublishedModel,
} from '../install/support/installs.ts';

const folder = temporaryFolder();
let model: PublishedModel;
let undisturbed: string;
let data: string;
let count = 0;
let listed: ListedRequest[];
const clients: ModelsClient[] = [];

beforeAll(async () => {
  model = await publishModel(join(folder, 'published'));
  undisturbed = await convertedHash(model, f32, join(folder, 'converted'));
});

beforeEach(() => {
  data = join(folder, `data-${count++}`);
  listed = [];
  model.hub.release();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
});

afterAll(() => model.hub.close());

type Watch = (jobs: readonly InstallJob[]) => void;

function newClient(watch: Watch = () => undefined, changes: Partial<ModelsClientOptions> = {}): ModelsClient {
  const client = new ModelsClient({
    start: () => forkPort(workerPath('models')),
    startInference: () => forkPort(workerPath('inference')),
    dataFolder: data,
    access: { endpoint: model.hub.endpoint, token: null, bytesPerSecond: null, proxy: null },
    network: {
      request: async (planned, perform) => {
        const request = { ...planned, outcome: '' };
        listed.push(request);
        const { value, outcome } = await perform();
        request.outcome = outcome;
        return value;
      },
    },
    onJobs: watch,
    ...changes,
  });
  clients.push(client);
  return client;
}

/** The first job, once `wanted` says so. */
function until(wanted: (job: InstallJob) => boolean): { watch: Watch; job: Promise<InstallJob> } {
  const { promise, resolve } = Promise.withResolvers<InstallJob>();
  return { watch: ([job]) => job && wanted(job) && resolve(job), job: promise };
}

/** Every listed request says how it ended: that is told in an event of its own, a moment after the work. */
const outcomesTold = () => expect.poll(() => listed.filter(({ outcome }) => outcome === '')).toEqual([]);

const start = { entryId: 'tiny', precision: f32, acceptedLicences: [], name: null } as const;

test('an install in the models process asks before every request, and proves the package in another', async () => {
  const done = until(({ state }) => state === 'done' || state === 'failed');
  let packages = 0;
  const calibrated = new Map<string, LensHeads | null>();
  const client = newClient(done.watch, {
    onPackages: () => packages++,
    calibration: { milliseconds: 1000, onFound: (sha256, found) => calibrated.set(sha256, found) },
  });
  expect(client.pid).toBeUndefined();
  await client.call('addEntry', { kind: 'json', json: model.entry });
  await client.call('start', start);
  const job = await done.job;
  expect(job.error).toBeNull();
  expect(job.proof!.question).toMatch(/\?$/);
  expect(folderHash(packageOf(data))).toBe(undisturbed);
  const { contentSha256 } = await openPackage(packageOf(data));
  expect([...calibrated.keys()]).toEqual([contentSha256]);
  expect(packages).toBe(1);
  expect(listed.length).toBeGreaterThan(10);
  await outcomesTold();
  expect(listed.every(({ outcome }) => /^(200|206|302)/.test(outcome))).toBe(true);

  const fractions: number[] = [];
  const verified = await client.call(
    'verify',
    { folder: 'tiny-f32' },
    { onProgress: (fraction) => void fractions.push(fraction) },
  );
  expect(verified).toMatchObject({ name: 'Tiny', error: null });
  expect(fractions.at(-1)).toBe(1);
});

test('kill -9 of the models process: the install says so, and goes on when it is told to', async () => {
  model.hub.hold(200_000);
  const begun = until(({ progress }) => progress.bytesReceived > 50_000);
  let crashes = 0;
  const client = newClient(begun.watch, { onCrash: () => crashes++ });
  await client.call('addEntry', { kind: 'json', json: model.entry });
  await client.call('start', start);
  await begun.job;
  process.kill(client.pid!, 'SIGKILL');
  while (crashes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(client.pid).toBeUndefined();
  // Requests that were under way do not stay without an end.
  await outcomesTold();

  const [job] = await client.call('jobs', null);
  expect(job).toMatchObject({ state: 'failed', error: { code: 'process-died' } });
  model.hub.release();
  await client.call('resume', { jobId: job!.id });
  for (;;) {
    const [now] = await client.call('jobs', null);
    if (now!.state === 'done') break;
    expect(now!.error).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(folderHash(packageOf(data))).toBe(undisturbed);
});

test('after a start of the program, what was under way goes on by itself', async () => {
  model.hub.hold(200_000);
  const begun = until(({ progress }) => progress.bytesReceived > 50_000);
  const first = newClient(begun.watch);
  await first.call('addEntry', { kind: 'json', json: model.entry });
  await first.call('start', start);
  await begun.job;
  first.dispose();
  first.dispose();
  model.hub.release();
  const done = until(({ state }) => state === 'done' || state === 'failed');
  newClient(done.watch).wake();
  expect((await done.job).state).toBe('done');
  expect(folderHash(packageOf(data))).toBe(undisturbed);
});

test('a limit holds for all downloads together, and can be lifted while they run', async () => {
  const slow = until(({ progress }) => progress.bytesReceived > 20_000);
  const client = newClient(slow.watch);
  const access = { endpoint: model.hub.endpoint, token: null, bytesPerSecond: 20_000, proxy: null };
  await client.setAccess(access);
  await client.call('addEntry', { kind: 'json', json: model.entry });
  const began = performance.now();
  await client.call('start', start);
  await slow.job;
  expect(performance.now() - began).toBeGreaterThan(700);
  await client.setAccess({ ...access, bytesPerSecond: null });
  for (;;) {
    const [now] = await client.call('jobs', null);
    if (now!.state === 'done') break;
    expect(now!.error).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test('how large a download is, is asked of the hub', async () => {
  const client = newClient();
  const size = {
    visionParameters: 1e6,
    enhanceParameters: 1e5,
    languageParameters: 1e6,
    languageLayers: 2,
    keyValueWidth: 32,
    contextTrained: 2048,
  };
  await client.call('addEntry', { kind: 'json', json: { ...model.entry, size } });
  const measured = await client.call('measure', { entryId: 'tiny', precision: f32 });
  expect(measured.downloadBytes).toBeGreaterThan(500_000);
  expect(measured.needs.diskAfter).toBeGreaterThan(8e6);
  await outcomesTold();
  expect(listed).toMatchObject([
    { purpose: expect.stringContaining('List Tiny'), outcome: expect.stringMatching(/^200/) },
  ]);
});
