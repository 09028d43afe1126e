import { expect, test, vi } from 'vitest';
import { makeInstall, makeOffer, makeOption, makePackage } from '../fake-data.ts';
import { makeStores } from '../test-stores.ts';

const demo = makePackage('demo', { name: 'Demo', kind: 'demo', isInstalled: false });

async function started(prepare: Parameters<typeof makeStores>[0] = (bridge) => (bridge.packages = [demo])) {
  const made = makeStores(prepare);
  await made.stores.start(vi.fn());
  return made;
}

test('the real model is offered while there is none, and not again once it was put off', async () => {
  const { bridge, stores } = await started();
  await stores.models.loadOffers();
  expect(stores.models.suggested?.id).toBe('inf-llava');
  bridge.emit({ type: 'packages', packages: [makePackage('real'), demo] });
  expect(stores.models.suggested).toBeNull();
  bridge.emit({ type: 'packages', packages: [demo] });
  stores.models.putOff();
  expect(stores.models.suggested).toBeNull();
});

test('looking at a model measures this computer once', async () => {
  const { bridge, stores } = await started();
  bridge.offers = { ...bridge.offers, machine: { ...bridge.offers.machine, isMeasured: false } };
  await stores.models.loadOffers();
  const [model] = stores.models.offers!.models;
  bridge.offers = { ...bridge.offers, machine: { ...bridge.offers.machine, isMeasured: true } };
  await stores.models.choose(model!);
  await stores.models.choose(model!);
  expect(bridge.callsOf('measureMachine')).toHaveLength(1);
});

test('while a model is on its way a question goes to the current one, or waits when that is wanted', async () => {
  const { bridge, stores, photos } = await started();
  await stores.session.showPhoto(photos[0]!);
  bridge.showInstalls(makeInstall('i1'));
  stores.chat.setDraft('Now?');
  await stores.session.send();
  stores.models.wantsToWait = true;
  stores.chat.setDraft('Later?');
  await stores.session.send();
  const [now, later] = bridge.callsOf('sendMessage');
  expect(now).not.toHaveProperty('waitFor');
  expect(later).toMatchObject({ text: 'Later?', waitFor: 'i1' });
  // Waiting for hours keeps nobody from asking.
  expect(stores.chat.messages.at(-1)).toMatchObject({ state: 'waiting', waitsFor: 'i1' });
  expect(stores.chat.pending?.waitsFor ?? null).toBeNull();
});

test('without any model a question can only wait for the one on its way', async () => {
  const { bridge, stores } = await started((bridge) => (bridge.packages = []));
  expect(stores.models.canAsk).toBe(false);
  bridge.showInstalls(makeInstall('i1', { state: 'paused' }));
  expect(stores.models.canAsk).toBe(true);
  expect(stores.models.waitFor).toBe('i1');
});

test('that a model is ready is said once, and the next question goes to it', async () => {
  const { bridge, stores } = await started();
  bridge.showInstalls(makeInstall('i1'));
  stores.models.wantsToWait = true;
  bridge.showInstalls(makeInstall('i1', { state: 'done', packageId: 'real' }));
  bridge.showInstalls(makeInstall('i1', { state: 'done', packageId: 'real' }));
  expect(stores.notices.list.map(({ title }) => title)).toEqual([
    'INF-LLaVA is ready and answers from now on.',
  ]);
  expect(stores.models.waitFor).toBeNull();
  expect(stores.models.wantsToWait).toBe(false);
});

test('a download under way is known to a window that opens later, and after events were lost', async () => {
  const { bridge, stores } = await started((bridge) => {
    bridge.packages = [demo];
    bridge.activity = { installs: [makeInstall('i1')], tasks: [] };
  });
  expect(stores.models.coming?.id).toBe('i1');
  bridge.activity = { installs: [], tasks: [] };
  bridge.loseEvents();
  await expect.poll(() => stores.models.coming).toBeNull();
});

test('three sizes are offered, the quickest first, and the best that answers within a short wait is recommended', async () => {
  const { stores, bridge } = await started();
  const option = (secondsPerPhoto: number | null) => [makeOption({ secondsPerPhoto })];
  const offers = (seconds: readonly (number | null)[]) => ({
    ...bridge.offers,
    models: [
      makeOffer('large', { first: 'paper', options: option(seconds[2]!) }),
      makeOffer('small', { first: 'quick', options: option(seconds[0]!) }),
      makeOffer('middle', { first: 'better', options: option(seconds[1]!) }),
      makeOffer('other', { first: null }),
    ],
  });
  bridge.offers = offers([4, 20, 90]);
  await stores.models.loadOffers();
  expect(stores.models.offered.map(({ id }) => id)).toEqual(['small', 'middle', 'large']);
  expect(stores.models.suggested?.id).toBe('middle');
  bridge.offers = offers([15, 70, 300]);
  await stores.models.loadOffers();
  expect(stores.models.suggested?.id).toBe('small');
  // Before the machine was measured, and on one that is slow with all of them.
  for (const seconds of [
    [null, null, null],
    [40, 200, 900],
  ]) {
    bridge.offers = offers(seconds);
    await stores.models.loadOffers();
    expect(stores.models.suggested?.id).toBe('small');
  }
});

test('what models cost here is measured once, however many places show it', async () => {
  const { bridge, stores } = makeStores();
  await stores.start(() => undefined);
  const offers = await bridge.listModels();
  const unmeasured = { ...offers, machine: { ...offers.machine, isMeasured: false } };
  bridge.listModels = async () => unmeasured;
  let measured = 0;
  bridge.measureMachine = async () => {
    measured++;
    return offers;
  };
  await Promise.all([stores.models.loadCosts(), stores.models.loadCosts()]);
  expect(measured).toBe(1);
  expect(stores.models.offers?.machine.isMeasured).toBe(offers.machine.isMeasured);
});
