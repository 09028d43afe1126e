/** Getting models through the services: offered, installed, asked, managed, with a hub on this machine. */
import { builtInEntries } from '../../native-models/install/catalogue/built-in.ts';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Services } from '../../main/services/services.ts';
import type { Install, InstallState, Message, Settings } from '../../preload/contract/api.ts';
import { offerModel, publishSmallModel } from '../support/published-model.ts';
import type { PublishedModel } from '../install/support/installs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { newDataFolder, openGoldenPhoto, startProgram, Watcher } from './support/program.ts';

const folder = temporaryFolder();
let model: PublishedModel;

beforeAll(async () => {
  model = await publishSmallModel(join(folder, 'published'));
});
beforeEach(() => {
  model.hub.fault = () => null;
  model.hub.release();
  model.hub.requests.length = 0;
});
afterAll(() => model.hub.close());

const precision = { vision: 'f32', llm: 'f32' } as const;
const start = { modelId: 'tiny', precision, acceptedLicences: ['some-terms'] } as const;

async function dataFolderWithOffer(changes: Partial<Settings> = {}): Promise<string> {
  const dataFolder = await newDataFolder({ hubEndpoint: model.hub.endpoint, ...changes });
  offerModel(dataFolder);
  return dataFolder;
}

/** The install once it is in one of `states`. */
function installIn(watcher: Watcher, id: string, ...states: InstallState[]): Promise<Install> {
  return watcher.until((event) =>
    event.type === 'models'
      ? event.activity.installs.find((install) => install.id === id && states.includes(install.state))
      : undefined,
  );
}

async function ask(services: Services, waitFor: string | null): Promise<readonly [Message, Message]> {
  const photo = await openGoldenPhoto(services);
  const { id } = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  return services.api.sendMessage({ conversationId: id, text: 'What is it?', pictures: [], waitFor });
}

test('the catalogue is offered with what each precision needs and a verdict, without asking anyone', async () => {
  const services = await startProgram({ dataFolder: await dataFolderWithOffer() });
  const { machine, models, refused } = await services.api.listModels();
  expect(refused).toEqual([]);
  expect(models.map(({ id }) => id)).toEqual([...builtInEntries.map(({ id }) => id), 'tiny']);
  const [published, , tiny] = models;
  expect(published).toMatchObject({ repository: 'WeihuangLin/INF-LLaVA-sft', origin: 'built-in' });
  expect(published!.licences.find(({ id }) => id === 'llama3')).toMatchObject({ isToAccept: true });
  for (const { diskDuring, verdict, lacks } of published!.options) {
    expect(verdict === 'no').toBe(lacks.length > 0);
    expect(lacks.includes('disk')).toBe(diskDuring > machine.diskFree!);
  }
  expect(tiny!.options[0]!.verdict).not.toBe('no');
  expect(model.hub.requests).toEqual([]);
  expect(await services.api.listNetworkRequests()).toEqual([]);
});

test('measuring the machine gives times for a photo and tokens a second, which are remembered', async () => {
  const dataFolder = await dataFolderWithOffer();
  const services = await startProgram({ dataFolder });
  expect((await services.api.listModels()).models[0]!.options[0]!.secondsPerPhoto).toBeNull();
  const { machine, models } = await services.api.measureMachine();
  expect(machine.isMeasured).toBe(true);
  const exact = models[0]!.options.find(({ precision: { llm } }) => llm === 'q8_0')!;
  const small = models[0]!.options.find(({ precision: { llm } }) => llm === 'q4_k_m')!;
  if (exact.verdict !== 'gpu') {
    expect(exact.secondsPerPhoto).toBeGreaterThan(0);
    expect(small.tokensPerSecond).toBeGreaterThan(exact.tokensPerSecond!);
  }
  await services.dispose();
  const again = await startProgram({ dataFolder });
  const [offered] = (await again.api.listModels()).models;
  expect(offered!.options.find(({ precision: { llm } }) => llm === 'q4_k_m')!.secondsPerPhoto).toBe(
    small.secondsPerPhoto,
  );
});

test('a licence is accepted once; then the model is installed, becomes the current one, and answers what has waited for it', async () => {
  const dataFolder = await dataFolderWithOffer();
  const services = await startProgram({ dataFolder, calibrationMilliseconds: undefined });
  const watcher = new Watcher(services);
  const { api } = services;
  await expect(api.startInstall({ ...start, acceptedLicences: [] })).rejects.toMatchObject({
    code: 'licence-not-accepted',
  });
  expect(model.hub.requests).toEqual([]);

  model.hub.hold(50_000);
  const { id } = await api.startInstall(start);
  const [, waiting] = await ask(services, id);
  expect(waiting).toMatchObject({ state: 'waiting', waitsFor: id });
  // Another question is answered by the current model meanwhile.
  const [, now] = await ask(services, null);
  expect((await watcher.finished(now.id)).provenance?.packageName).toBe('Golden case');
  expect((await api.getModelActivity()).installs).toMatchObject([{ id, modelId: 'tiny' }]);
  model.hub.release();

  const done = await watcher.until((event) =>
    event.type === 'models'
      ? event.activity.installs.find((install) => install.state === 'done' && install.packageId !== null)
      : undefined,
  );
  expect(done.proof).toMatchObject({ question: expect.stringMatching(/\?$/) as string });
  const answered = await watcher.finished(waiting.id);
  expect(answered).toMatchObject({ state: 'done', waitsFor: null, provenance: { packageName: 'Tiny' } });
  expect((await api.getSettings()).packageId).toBe(done.packageId);
  expect((await api.listPackages())[0]).toMatchObject({
    id: done.packageId,
    isInstalled: true,
    kind: 'released',
  });

  // Where it looks was found out at the install, and is not again.
  await api.lookOf({ messageId: answered.id });
  const stages = watcher.events.flatMap((event) => (event.type === 'look' ? [event.progress.stage] : []));
  expect(stages).toEqual(['look']);

  const requests = await api.listNetworkRequests();
  expect(requests.length).toBeGreaterThan(5);
  for (const { url } of requests) expect(url).not.toContain('secret');
  const { models } = await api.listModels();
  expect(models.find((offer) => offer.id === 'tiny')!.licences[0]!.isToAccept).toBe(false);
  await api.cancelInstall({ installId: id });
  expect((await api.getModelActivity()).installs).toEqual([]);
});

test('a broken connection fails with its sentence and resumes; a wrong hash is never installed', async () => {
  const services = await startProgram({ dataFolder: await dataFolderWithOffer() });
  const watcher = new Watcher(services);
  model.hub.fault = ({ kind, file }) =>
    kind === 'storage' && file.includes('00003') ? { kind: 'corrupt', at: 40_000 } : null;
  const { id } = await services.api.startInstall(start);
  const failed = await installIn(watcher, id, 'failed');
  expect(failed.error).toMatchObject({
    code: 'download-damaged',
    details: { file: expect.stringContaining('00003') },
  });
  expect((await services.api.listPackages()).filter(({ isInstalled }) => isInstalled)).toEqual([]);
  model.hub.fault = () => null;
  await services.api.resumeInstall({ installId: id });
  await installIn(watcher, id, 'done');
});

test('the network switch pauses a download and forbids the next request; allowed again, it goes on by itself', async () => {
  const services = await startProgram({ dataFolder: await dataFolderWithOffer() });
  const watcher = new Watcher(services);
  model.hub.hold(50_000);
  const { id } = await services.api.startInstall(start);
  await watcher.until((event) =>
    event.type === 'models' && (event.activity.installs[0]?.progress.bytesReceived ?? 0) > 0
      ? true
      : undefined,
  );
  await services.api.changeSettings({ networkAllowed: false });
  const held = await watcher.until((event) =>
    event.type === 'models'
      ? event.activity.installs.find((install) => install.isHeldByNetwork && install.state === 'paused')
      : undefined,
  );
  expect(held).toMatchObject({ id, error: null });
  const before = model.hub.requests.length;
  await expect(services.api.measureModel({ modelId: 'tiny', precision })).rejects.toMatchObject({
    code: 'cancelled',
    details: { reason: 'network-off' },
  });
  expect(model.hub.requests.length).toBe(before);
  expect((await services.api.listNetworkRequests())[0]).toMatchObject({ outcome: 'forbidden' });
  model.hub.release();
  await services.api.changeSettings({ networkAllowed: true });
  await installIn(watcher, id, 'done');
});

test('closed in the middle, the program goes on with the install and with the question that waits for it', async () => {
  const dataFolder = await dataFolderWithOffer();
  const first = await startProgram({ dataFolder });
  model.hub.hold(50_000);
  const { id } = await first.api.startInstall(start);
  const [, waiting] = await ask(first, id);
  await first.dispose();
  model.hub.release();
  const second = await startProgram({ dataFolder });
  const watcher = new Watcher(second);
  expect(await watcher.finished(waiting.id)).toMatchObject({
    state: 'done',
    provenance: { packageName: 'Tiny' },
  });
  await second.dispose();
  // Once only: the next start neither installs nor switches again.
  const third = await startProgram({ dataFolder });
  expect((await third.api.getModelActivity()).installs).toEqual([]);
});

test('cancelled, an install deletes what it had, and what waited for it is marked; a waiting question can be asked now', async () => {
  const services = await startProgram({ dataFolder: await dataFolderWithOffer() });
  const watcher = new Watcher(services);
  model.hub.hold(50_000);
  const { id } = await services.api.startInstall(start);
  const [, given] = await ask(services, id);
  const [, changed] = await ask(services, id);
  await services.api.answerNow({ messageId: changed.id });
  expect(await watcher.finished(changed.id)).toMatchObject({
    state: 'done',
    provenance: { packageName: 'Golden case' },
  });
  await services.api.cancelInstall({ installId: id });
  expect(await watcher.finished(given.id)).toMatchObject({ state: 'interrupted', waitsFor: null });
  expect((await services.api.getModelActivity()).installs).toEqual([]);
  await expect(services.api.cancelInstall({ installId: id })).rejects.toMatchObject({ code: 'wrong-usage' });
});

test('an installed package is verified, renamed, made smaller and removed; the bundled one is none of them', async () => {
  const services = await startProgram({ dataFolder: await dataFolderWithOffer() });
  const { api } = services;
  const watcher = new Watcher(services);
  const { id } = await api.startInstall(start);
  await installIn(watcher, id, 'done');
  await watcher.until((event) =>
    event.type === 'settings' && event.settings.packageId !== null ? true : undefined,
  );
  const installed = async () => (await api.listPackages()).filter((each) => each.isInstalled);
  const packageId = (await installed())[0]!.id;
  const worked = (kind: 'verify' | 'requantise', of: string) =>
    watcher.until((event) =>
      event.type === 'models'
        ? event.activity.tasks.find(
            (work) => work.packageId === of && work.kind === kind && work.state !== 'running',
          )
        : undefined,
    );
  await api.verifyPackage({ packageId });
  expect(await worked('verify', packageId)).toMatchObject({ state: 'done', error: null });

  await api.renamePackage({ packageId, name: '작은 모델' });
  const [renamed] = await installed();
  expect(renamed).toMatchObject({ name: '작은 모델', id: packageId });
  expect((await api.getSettings()).packageId).toBe(packageId);

  await api.requantisePackage({ packageId: renamed!.id, llm: 'q8_0', name: 'Smaller' });
  expect(await worked('requantise', renamed!.id)).toMatchObject({ state: 'done' });
  expect((await installed()).map((each) => each.languagePrecision).sort()).toEqual(['f32', 'q8_0']);

  expect(await api.removePackage({ packageId: renamed!.id })).toEqual({ kept: [] });
  expect((await installed()).map(({ name }) => name)).toEqual(['Smaller']);
  expect((await api.getSettings()).packageId).toBeNull();
  const bundled = (await api.listPackages()).find((each) => !each.isInstalled)!;
  await expect(api.removePackage({ packageId: bundled.id })).rejects.toMatchObject({ code: 'wrong-usage' });
});

test('a token is sent to the hub alone, in this host for this run only, and is told to nobody', async () => {
  const gated = 'someone/gated';
  await model.hub.publish(gated, model.checkpoint, { token: 'hf_right' });
  const dataFolder = await newDataFolder({ hubEndpoint: model.hub.endpoint });
  offerModel(dataFolder, {
    source: { kind: 'hub', checkpoint: { repo: gated, revision: 'main' }, clip: null },
  });
  const services = await startProgram({ dataFolder });
  const { api } = services;
  const measure = () => api.measureModel({ modelId: 'tiny', precision });
  await expect(measure()).rejects.toMatchObject({ code: 'hub-refused' });
  expect(await api.setHubToken({ token: 'hf_right' })).toEqual({ hasToken: true, isKept: false });
  expect((await measure()).downloadBytes).toBeGreaterThan(100_000);
  expect((await api.diagnostics()).text).not.toContain('hf_right');
  await services.dispose();
  const again = await startProgram({ dataFolder });
  expect(await again.api.getHubLogin()).toEqual({ hasToken: false, isKept: false });
});

test('two packages answer the same question about the same photo, one after the other, each with its time', async () => {
  const services = await startProgram({ dataFolder: await dataFolderWithOffer() });
  const { api } = services;
  const watcher = new Watcher(services);
  const [, answer] = await ask(services, null);
  await watcher.finished(answer.id);
  const { id } = await api.startInstall(start);
  await installIn(watcher, id, 'done');
  await watcher.until((event) =>
    event.type === 'settings' && event.settings.packageId !== null ? true : undefined,
  );
  const [tiny, golden] = await api.listPackages();
  const way = { kind: 'all' } as const;
  const comparison = await api.askAgain({
    messageId: answer.id,
    asked: [golden!, tiny!].map((card) => ({ packageId: card.id, way })),
  });
  const ended = await watcher.until((event) =>
    event.type === 'comparison' &&
    event.comparison.id === comparison.id &&
    event.comparison.sides.every(({ state }) => state === 'done' || state === 'failed')
      ? event.comparison
      : undefined,
  );
  expect(ended.question).toBe('What is it?');
  expect(ended.sides.map(({ state, packageName }) => [state, packageName])).toEqual([
    ['done', 'Golden case'],
    ['done', 'Tiny'],
  ]);
  for (const { seconds, tokens } of ended.sides) {
    expect(tokens?.generated).toBeGreaterThan(0);
    for (const part of Object.values(seconds)) expect(part).toBeGreaterThan(0);
  }
  // The model in use has its memory back and answers as before.
  const [, next] = await ask(services, null);
  expect(await watcher.finished(next.id)).toMatchObject({ state: 'done' });
});
