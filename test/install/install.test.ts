import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import type { InstallJob } from '../../native-models/install/jobs/job.ts';
import { expectFault } from '../support/faults.ts';
import { folderHash } from '../support/folder-hash.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  checkpointRepo,
  convertedHash,
  entryFor,
  f32,
  jobIn,
  openInstalls,
  packageOf,
  publishModel,
  type ListedRequest,
  type PublishedModel,
} from './support/installs.ts';

const folder = temporaryFolder();
const models: PublishedModel[] = [];
let count = 0;

function newFolder(): string {
  return join(folder, `data-${count++}`);
}

async function publish(...args: Parameters<typeof publishModel> extends [string, ...infer R] ? R : never) {
  const model = await publishModel(newFolder(), ...args);
  models.push(model);
  return model;
}

afterEach(async () => {
  for (const { hub } of models.splice(0)) await hub.close();
});

test('a published model is fetched, converted and installed, to the bytes of converting it where it lies', async () => {
  const model = await publish();
  const data = newFolder();
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(model.entry, f32, null);
  const job = await jobIn(installs, id, 'done');
  expect(job).toMatchObject({
    name: 'Tiny',
    revision: model.commit,
    packageFolder: packageOf(data),
    progress: { fraction: 1, bytesPerSecond: null },
    proof: { cosine: { mean: 1, worst: 1 }, answer: 'Noise.' },
  });
  expect(folderHash(packageOf(data))).toBe(await convertedHash(model, f32, newFolder()));
  await installs.dispose();
  expect(readdirSync(join(data, 'installs', id))).toEqual(['job.json']);
});

test.each([
  { layout: 'safetensors', tower: 'inside' },
  { layout: 'safetensors', tower: 'safetensors' },
  { layout: 'sharded-safetensors', tower: 'bin' },
  { layout: 'sharded-bin', tower: 'inside' },
  { layout: 'bin', tower: 'bin' },
] as const)('weights as $layout with the tower $tower', async (options) => {
  const model = await publish({ ...options, shards: 3 });
  const data = newFolder();
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(model.entry, f32, null);
  await jobIn(installs, id, 'done');
  expect(folderHash(packageOf(data))).toBe(await convertedHash(model, f32, newFolder()));
});

test.each(['q8_0', 'q4_k_m'] as const)('in %s, with the tower in int8', async (llm) => {
  const model = await publish({ languageWidth: 256, languageIntermediate: 256 });
  const precision = { vision: 'int8', llm } as const;
  const data = newFolder();
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(model.entry, precision, null);
  const job = await jobIn(installs, id, 'done');
  expect(job.proof!.cosine.mean).toBeGreaterThan(0.999);
  expect(folderHash(job.packageFolder!)).toBe(await convertedHash(model, precision, newFolder()));
});

test('only what has to be fetched is, and nothing a second time after a pause', async () => {
  const model = await publish({ shards: 8 });
  const data = newFolder();
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(model.entry, f32, null);
  await jobIn(installs, id, 'downloading', 'converting', 'proving', 'done');
  const stopped = await installs.pause(id);
  expect(['paused', 'done']).toContain(stopped.state);
  expect(stopped.progress.secondsLeft).toBeNull();
  await installs.resume(id);
  await jobIn(installs, id, 'done');
  expect(folderHash(packageOf(data))).toBe(await convertedHash(model, f32, newFolder()));
  const asked = model.hub.requests.map(({ file }) => file);
  expect(asked).not.toContain('model.safetensors');
  // The tower is in the checkpoint: of CLIP only its description is of use.
  expect(
    [
      ...new Set(model.hub.requests.filter(({ repo }) => repo.includes('clip')).map(({ file }) => file)),
    ].sort(),
  ).toEqual(
    ['', 'config.json', 'preprocessor_config.json'].filter(
      (file) => file === '' || existsSync(join(model.clip, file)),
    ),
  );
});

test('paused at any moment and resumed, by this process or the next, it ends as if undisturbed', async () => {
  const model = await publish({ shards: 8 });
  const expected = await convertedHash(model, f32, newFolder());
  for (const stopAfter of [1, 4, 9, 16, 30, 60, 100]) {
    const data = newFolder();
    let sent = 0;
    const reached = Promise.withResolvers<undefined>();
    model.hub.onSend = () => void (++sent === stopAfter && reached.resolve(undefined));
    const first = await openInstalls(model.hub, data);
    const { id } = await first.start(model.entry, f32, null);
    await Promise.race([reached.promise, jobIn(first, id, 'done')]);
    const { state } = await first.pause(id);
    await first.dispose();
    const next = await openInstalls(model.hub, data);
    expect(next.list()).toMatchObject([{ id, state }]);
    await next.resume(id);
    await jobIn(next, id, 'done');
    await next.dispose();
    expect(folderHash(packageOf(data))).toBe(expected);
    expect(readdirSync(join(data, 'installs', id))).toEqual(['job.json']);
  }
});

test('what was under way when the program ended goes on by itself, or says that it did not', async () => {
  const model = await publish();
  const data = newFolder();
  const reached = Promise.withResolvers<undefined>();
  model.hub.onSend = () => reached.resolve(undefined);
  const first = await openInstalls(model.hub, data);
  const { id } = await first.start(model.entry, f32, null);
  await reached.promise;
  await first.dispose();

  const waiting = await openInstalls(model.hub, data, { goOn: false });
  expect(waiting.list()).toMatchObject([{ id, state: 'failed', error: { code: 'process-died' } }]);
  await waiting.dispose();
  const again = await openInstalls(model.hub, data);
  await again.resume(id);
  await again.dispose();

  const goingOn = await openInstalls(model.hub, data, { goOn: true });
  await jobIn(goingOn, id, 'done');
});

test('a cancelled install leaves nothing, and its name is free again', async () => {
  const model = await publish();
  const data = newFolder();
  const reached = Promise.withResolvers<undefined>();
  model.hub.onSend = () => reached.resolve(undefined);
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(model.entry, f32, null);
  await expectFault(installs.start(model.entry, f32, null), 'package-exists', 'tiny-f32');
  await reached.promise;
  await installs.cancel(id);
  expect(installs.list()).toEqual([]);
  expect(readdirSync(join(data, 'installs'))).toEqual([]);
  const second = await installs.start(model.entry, f32, null);
  await jobIn(installs, second.id, 'done');
  await expectFault(installs.start(model.entry, f32, null), 'package-exists', 'tiny-f32');
  // A finished one is only taken off the list.
  await installs.cancel(second.id);
  expect(existsSync(packageOf(data))).toBe(true);
});

test('installs wait for one another, and one that waits can be paused', async () => {
  const model = await publish();
  const data = newFolder();
  const seen: InstallJob['state'][][] = [];
  const installs = await openInstalls(model.hub, data, {
    onChange: (jobs) => seen.push(jobs.map(({ state }) => state)),
  });
  const one = await installs.start(model.entry, f32, null);
  const two = await installs.start(model.entry, { vision: 'f32', llm: 'f16' }, null);
  const three = await installs.start(model.entry, { vision: 'f32', llm: 'bf16' }, 'Third');
  expect(await installs.pause(two.id)).toMatchObject({ state: 'paused' });
  await jobIn(installs, one.id, 'done');
  await jobIn(installs, three.id, 'done');
  expect(await installs.resume(two.id)).toMatchObject({ entryId: 'tiny' });
  await jobIn(installs, two.id, 'done');
  const working = (states: readonly string[]) =>
    states.filter((state) => ['downloading', 'converting', 'proving'].includes(state)).length;
  expect(Math.max(...seen.map(working))).toBe(1);
  expect(readdirSync(join(data, 'packages')).sort()).toEqual(['Third', 'tiny-f16', 'tiny-f32']);
});

test('the disk never holds more than the package, what is put aside, and two shards', async () => {
  const model = await publish({
    shards: 12,
    languageLayers: 6,
    languageWidth: 128,
    languageIntermediate: 256,
  });
  const data = newFolder();
  let most = 0;
  let shards = 0;
  const look = () => {
    const files = existsSync(data) ? readdirSync(data, { recursive: true, withFileTypes: true }) : [];
    const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const sizes = paths.map((path) => statSync(path, { throwIfNoEntry: false }) ?? { size: 0, blocks: 0 });
    most = Math.max(
      most,
      sizes.reduce((sum, { blocks }) => sum + blocks * 512, 0),
    );
    const there = paths.filter((path) => /\/checkpoint\/model-[^/]*\.safetensors(\.part)?$/.test(path));
    shards = Math.max(shards, there.length);
  };
  model.hub.onSend = look;
  const installs = await openInstalls(model.hub, data, { onChange: look });
  const { id } = await installs.start(model.entry, f32, null);
  const job = await jobIn(installs, id, 'done');
  const names = readdirSync(model.checkpoint).filter((name) => name.endsWith('.safetensors'));
  const sizes = names.map((name) => statSync(join(model.checkpoint, name)).size);
  const checkpoint = sizes.reduce((sum, size) => sum + size);
  const package_ = readdirSync(packageOf(data)).reduce(
    (sum, name) => sum + statSync(join(packageOf(data), name)).size,
    0,
  );
  expect(shards).toBe(2);
  expect(most).toBeGreaterThan(package_);
  expect(most).toBeLessThan(package_ + 0.5 * checkpoint);
  expect(most).toBeLessThan(job.diskBytes.peak);
});

test('the token goes to the hub alone, and no signature is listed', async () => {
  const model = await publish();
  await model.hub.publish(checkpointRepo, model.checkpoint, { token: 'hf_secret' });
  const data = newFolder();
  const listed: ListedRequest[] = [];
  const installs = await openInstalls(model.hub, data, { access: { token: 'hf_secret' }, listed });
  const { id } = await installs.start(model.entry, f32, null);
  await jobIn(installs, id, 'done');
  const { requests } = model.hub;
  expect(requests.some(({ kind }) => kind === 'storage')).toBe(true);
  for (const { kind, authorization, host } of requests) {
    expect(authorization, kind).toBe(kind === 'storage' ? null : 'Bearer hf_secret');
    expect(host).toBe(kind === 'storage' ? 'localhost' : '127.0.0.1');
  }
  // Every request is listed, with what it was for and how it ended, and without what only the storage may know.
  expect(listed).toHaveLength(requests.length);
  expect(JSON.stringify(listed)).not.toMatch(/secret|X-Amz/);
  expect(listed.every(({ outcome }) => /^(200|206|302)/.test(outcome))).toBe(true);
  expect(listed.some(({ purpose }) => purpose === 'Download Tiny: model-00003-of-00004.safetensors')).toBe(
    true,
  );
  const stored = readFileSync(join(data, 'installs', id, 'job.json'), 'utf8');
  expect(stored).not.toContain('secret');
});

test('a model on this machine is converted where it lies, and its files stay', async () => {
  const model = await publish();
  const before = folderHash(model.checkpoint);
  const data = newFolder();
  const entry = entryFor({
    source: { kind: 'folder', checkpoint: model.checkpoint, clip: model.clip },
  });
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(entry, f32, null);
  await jobIn(installs, id, 'done');
  expect(folderHash(packageOf(data))).toBe(await convertedHash({ ...model, entry }, f32, newFolder()));
  expect(folderHash(model.checkpoint)).toBe(before);
  expect(model.hub.requests).toEqual([]);
});

test('a repository that has changed meanwhile is fetched as it was when the install began', async () => {
  const model = await publish();
  const other = await publish({ seed: 2 });
  const data = newFolder();
  const reached = Promise.withResolvers<undefined>();
  model.hub.onSend = () => reached.resolve(undefined);
  const installs = await openInstalls(model.hub, data);
  const { id } = await installs.start(model.entry, f32, null);
  await reached.promise;
  await installs.pause(id);
  // The commit it is pinned to is gone: the hub serves no other in its place.
  await model.hub.publish(checkpointRepo, other.checkpoint);
  await installs.resume(id);
  const failed = await jobIn(installs, id, 'failed');
  expect(failed.error).toMatchObject({ code: 'hub-refused', details: { reason: 'not-found' } });
  // Resumed once more, it asks what there is now and begins anew.
  await installs.resume(id);
  await jobIn(installs, id, 'done');
  expect(folderHash(packageOf(data))).toBe(await convertedHash(other, f32, newFolder()));
});

test('progress never falls, and counts every byte once', async () => {
  const model = await publish({ shards: 6 });
  const data = newFolder();
  const seen: InstallJob['progress'][] = [];
  const installs = await openInstalls(model.hub, data, {
    onChange: ([job]) => job && seen.push(job.progress),
  });
  const { id } = await installs.start(model.entry, f32, null);
  const job = await jobIn(installs, id, 'done');
  seen.reduce((before, { fraction, bytesReceived, bytesTotal }) => {
    expect(fraction).toBeGreaterThanOrEqual(before);
    expect(fraction).toBeLessThanOrEqual(1);
    expect(bytesReceived).toBeLessThanOrEqual(bytesTotal);
    return fraction;
  }, 0);
  const { bytesReceived, bytesTotal } = job.progress;
  expect(bytesReceived).toBe(bytesTotal);
  expect(job.files.every(({ state, bytes, received }) => state === 'converted' && received === bytes)).toBe(
    true,
  );
});

test('two programs do not work on one install', async () => {
  const model = await publish();
  const data = newFolder();
  const reached = Promise.withResolvers<undefined>();
  model.hub.onSend = () => reached.resolve(undefined);
  const first = await openInstalls(model.hub, data);
  const { id } = await first.start(model.entry, f32, null);
  await reached.promise;
  const second = await openInstalls(model.hub, data, { goOn: true });
  await expectFault(second.cancel(id), 'package-exists', id);
  await jobIn(first, id, 'done');
  await first.dispose();
  // Once the first has let go of it, the second sees how it ended.
  expect(await second.pause(id)).toMatchObject({ state: 'done' });
});
