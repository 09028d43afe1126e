import { expect, test } from 'vitest';
import type { Install, ModelOffers } from '../../../preload/contract/api.ts';
import { goldenPackage } from '../../support/golden-package.ts';
import { makeOffer, makeOffers, makeOption } from '../fake-data.ts';
import { reload, startStores, type Made } from '../test-stores.ts';

/** The only model there is knows no photographs. */
const demo = async () => ({ bundledPackages: [{ folder: await goldenPackage(), kind: 'demo' as const }] });

const started = async () => startStores(undefined, await demo());

/** A model on its way, which the network that is off holds up. */
async function beginInstall({ bridge, services }: Made): Promise<Install> {
  const { api } = services;
  await api.changeSettings({ networkAllowed: false });
  const { models } = await bridge.program.listModels();
  const { id, recommended, licences } = models.find(({ first }) => first === 'paper')!;
  const acceptedLicences = licences.filter(({ isToAccept }) => isToAccept).map((licence) => licence.id);
  return api.startInstall({ modelId: id, precision: recommended, acceptedLicences });
}

test('a real model is offered while there is none, and not again once it was put off', async () => {
  const { bridge, stores } = await started();
  await stores.models.loadOffers();
  expect(stores.models.offered.map(({ first }) => first)).toEqual(['quick', 'better', 'paper']);
  expect(stores.models.suggested).not.toBeNull();
  const [card] = stores.engine.packages!;
  bridge.emit({ type: 'packages', packages: [{ ...card!, id: 'real', kind: 'released' }, card!] });
  expect(stores.models.suggested).toBeNull();
  bridge.emit({ type: 'packages', packages: [card!] });
  stores.models.putOff();
  expect(stores.models.suggested).toBeNull();
});

test('what models cost here is measured once, however many places show it', async () => {
  const { bridge, stores } = await started();
  const { models } = stores;
  // Measuring takes seconds of everything this computer can do.
  const measured = makeOffers();
  bridge.instead.measureMachine = async () => {
    await bridge.settled();
    return measured;
  };
  await Promise.all([models.loadCosts(), models.loadCosts()]);
  expect(models.offers).toBe(measured);
  const [model] = measured.models;
  await models.choose(model!);
  await models.choose(model!);
  expect(bridge.callsOf('measureMachine')).toHaveLength(1);
});

test('while a model is on its way a question goes to the current one, or waits when that is wanted', async () => {
  const made = await started();
  const { bridge, stores, photos } = made;
  await stores.session.showPhoto(photos[0]!);
  const { id } = await beginInstall(made);
  await expect.poll(() => stores.models.coming?.id).toBe(id);
  stores.chat.setDraft('Now?');
  await stores.session.send();
  stores.models.wantsToWait = true;
  stores.chat.setDraft('Later?');
  await stores.session.send();
  const [now, later] = bridge.callsOf('sendMessage');
  expect(now).not.toHaveProperty('waitFor');
  expect(later).toMatchObject({ text: 'Later?', waitFor: id });
  await expect.poll(() => stores.chat.messages[1]?.state).toBe('done');
  // Waiting for hours keeps nobody from asking.
  expect(stores.chat.messages.at(-1)).toMatchObject({ state: 'waiting', waitsFor: id });
  expect(stores.chat.pending).toBeNull();
});

test('without any model a question can only wait for the one on its way', async () => {
  const made = await startStores(undefined, { bundledPackages: [] });
  const { models } = made.stores;
  expect(models.canAsk).toBe(false);
  const { id } = await beginInstall(made);
  await expect.poll(() => models.canAsk).toBe(true);
  expect(models.waitFor).toBe(id);
});

test('that a model is ready is said once, and the next question goes to it', async () => {
  const made = await started();
  const { bridge, stores } = made;
  const begun = await beginInstall(made);
  await expect.poll(() => stores.models.coming?.id).toBe(begun.id);
  stores.models.wantsToWait = true;
  // Half an hour later, where there is a network.
  const done: Install = { ...begun, state: 'done', packageId: 'real' };
  for (let times = 0; times < 2; times++)
    bridge.emit({ type: 'models', activity: { installs: [done], tasks: [] } });
  const ready = `${begun.name} is ready and answers from now on.`;
  expect(stores.notices.list.filter(({ title }) => title === ready)).toHaveLength(1);
  expect(stores.models.waitFor).toBeNull();
  expect(stores.models.wantsToWait).toBe(false);
});

test('a download under way is known to a window that opens later, and after events were lost', async () => {
  const made = await started();
  const { id } = await beginInstall(made);
  await expect.poll(() => made.stores.models.coming?.id).toBe(id);
  const { bridge, stores, services } = await reload(made);
  expect(stores.models.coming?.id).toBe(id);
  bridge.loses = () => true;
  await services.api.cancelInstall({ installId: id });
  expect(stores.models.coming?.id).toBe(id);
  bridge.loseEvents();
  await expect.poll(() => stores.models.coming).toBeNull();
});

test('three sizes are offered, the quickest first, and the best that answers within a short wait is recommended', async () => {
  const { stores, bridge } = await started();
  let shown: ModelOffers;
  bridge.instead.listModels = async () => shown;
  const option = (secondsPerPhoto: number | null) => [makeOption({ secondsPerPhoto })];
  const offers = (seconds: readonly (number | null)[]) => ({
    ...makeOffers(),
    models: [
      makeOffer('large', { first: 'paper', options: option(seconds[2]!) }),
      makeOffer('small', { first: 'quick', options: option(seconds[0]!) }),
      makeOffer('middle', { first: 'better', options: option(seconds[1]!) }),
      makeOffer('other', { first: null }),
    ],
  });
  shown = offers([4, 20, 90]);
  await stores.models.loadOffers();
  expect(stores.models.offered.map(({ id }) => id)).toEqual(['small', 'middle', 'large']);
  expect(stores.models.suggested?.id).toBe('middle');
  shown = offers([15, 70, 300]);
  await stores.models.loadOffers();
  expect(stores.models.suggested?.id).toBe('small');
  // Before the machine was measured, and on one that is slow with all of them.
  for (const seconds of [
    [null, null, null],
    [40, 200, 900],
  ]) {
    shown = offers(seconds);
    await stores.models.loadOffers();
    expect(stores.models.suggested?.id).toBe('small');
  }
});
