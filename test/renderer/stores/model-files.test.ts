import { expect, test, vi } from 'vitest';
import type { AppFailure, FoundPairs } from '../../../preload/contract/api.ts';
import { makeStores, settle } from '../test-stores.ts';

async function opened() {
  const made = makeStores((bridge) => (bridge.app = { ...bridge.app, canChooseFiles: true }));
  await made.stores.start(vi.fn());
  made.stores.modelFiles.open();
  return made;
}

test('two halves are chosen one by one, and the model they are opens with its dialog', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles, models } = stores;
  modelFiles.show('pair');
  await modelFiles.choose('mmproj');
  expect(modelFiles.files).toBeNull();
  await modelFiles.choose('language');
  expect(modelFiles.chosen.language?.name).toBe('language.gguf');
  await modelFiles.add();
  expect(bridge.callsOf('addModelFiles')).toEqual([
    { kind: 'pair', mmproj: 'chosen-mmproj', language: 'chosen-language' },
  ]);
  expect(modelFiles.isOpen).toBe(false);
  expect(models.chosen).toMatchObject({ id: 'mine', languageFile: 'language.gguf' });
  expect(models.offers?.models.some(({ id }) => id === 'mine')).toBe(true);
});

test('of a folder with one pair both halves are taken; of several the one that is picked', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles } = stores;
  modelFiles.show('pair');
  const pair = (name: string) => ({
    ...{ mmproj: { id: `m-${name}`, name: `mmproj-${name}.gguf` }, bytes: 5e8, precision: 'q8_0' },
    language: { id: `l-${name}`, name: `${name}.gguf` },
  });
  const error: AppFailure = { code: 'checkpoint-invalid', details: { file: 'c.gguf', reason: 'no-partner' } };
  const unfit = [{ file: 'c.gguf', error }];
  bridge.findModelPairs = async () => ({ pairs: [pair('a')], unfit });
  await modelFiles.choose('pairs');
  expect(modelFiles.files).toEqual({ kind: 'pair', mmproj: 'm-a', language: 'l-a' });
  expect(modelFiles.found?.unfit).toEqual(unfit);

  modelFiles.open();
  expect(modelFiles.found).toBeNull();
  bridge.findModelPairs = async () => ({ pairs: [pair('a'), pair('b')], unfit: [] });
  await modelFiles.choose('pairs');
  expect(modelFiles.files).toBeNull();
  modelFiles.pick(pair('b'));
  expect(modelFiles.files).toEqual({ kind: 'pair', mmproj: 'm-b', language: 'l-b' });
});

test('a folder that is chosen while another is looked into counts alone', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles } = stores;
  const first = Promise.withResolvers<FoundPairs>();
  const none: FoundPairs = { pairs: [], unfit: [] };
  bridge.findModelPairs = () => first.promise;
  const looking = modelFiles.choose('pairs');
  await settle();
  expect(modelFiles.isReading).toBe(true);
  bridge.findModelPairs = async () => none;
  await modelFiles.choose('pairs');
  const other = { id: 'x', name: 'x.gguf' };
  first.resolve({ pairs: [{ mmproj: other, language: other, bytes: 1, precision: 'f16' }], unfit: [] });
  await looking;
  expect(modelFiles.found).toEqual(none);
  expect(modelFiles.files).toBeNull();
});

test('a CLIP folder may be left out, chosen, and taken back', async () => {
  const { stores } = await opened();
  const { modelFiles } = stores;
  await modelFiles.choose('checkpoint');
  const alone = { kind: 'folder', checkpoint: 'chosen-checkpoint', clip: null };
  expect(modelFiles.files).toEqual(alone);
  await modelFiles.choose('clip');
  expect(modelFiles.files).toEqual({ ...alone, clip: 'chosen-clip' });
  modelFiles.clear('clip');
  expect(modelFiles.files).toEqual(alone);
});

test('files that are refused stay chosen, with what is wrong beside them until another is chosen', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles, models, notices } = stores;
  const refusal: AppFailure = {
    code: 'checkpoint-invalid',
    details: { file: 'mmproj.gguf', reason: 'not-vision-half' },
  };
  bridge.addModelFiles = () => Promise.reject(refusal as unknown as Error);
  modelFiles.show('pair');
  await modelFiles.choose('mmproj');
  await modelFiles.choose('language');
  await modelFiles.add();
  expect(modelFiles).toMatchObject({ isOpen: true, isReading: false, failure: refusal });
  expect(models.chosen).toBeNull();
  expect(notices.list).toEqual([]);
  await modelFiles.choose('mmproj');
  expect(modelFiles.failure).toBeNull();
  expect(modelFiles.files).not.toBeNull();
});

test('a closed system dialog leaves what was chosen before; the next time nothing is chosen', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles } = stores;
  await modelFiles.choose('checkpoint');
  bridge.chooseModelFile = async () => null;
  await modelFiles.choose('checkpoint');
  expect(modelFiles.chosen.checkpoint?.name).toBe('checkpoint.gguf');
  modelFiles.close();
  modelFiles.open();
  expect(modelFiles.chosen).toEqual({});
});

test('a dialog that is closed while the files are read leaves the model on the list', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles, models } = stores;
  const reading = Promise.withResolvers<undefined>();
  const add = bridge.addModelFiles.bind(bridge);
  bridge.addModelFiles = (input) => reading.promise.then(() => add(input));
  await modelFiles.choose('checkpoint');
  const added = modelFiles.add();
  await settle();
  expect(modelFiles.isReading).toBe(true);
  modelFiles.close();
  reading.resolve(undefined);
  await added;
  expect(models.chosen).toBeNull();
  expect(models.offers?.models.some(({ id }) => id === 'mine')).toBe(true);
});

test('a path that is named anew takes the one before it away at once, and the last one counts whichever is found first', async () => {
  const { bridge, stores } = await opened();
  const { modelFiles } = stores;
  await modelFiles.name('checkpoint', '/models/x');
  expect(modelFiles.files).not.toBeNull();
  const found = new Map<string, () => void>();
  bridge.nameModelFile = ({ path }) =>
    new Promise((resolve, reject) => {
      const failure: AppFailure = { code: 'file-missing', details: { file: path } };
      const end = () => (path === '/models/none' ? reject(failure as unknown as Error) : resolve(file));
      const file = { id: path, name: path };
      found.set(path, end);
    });
  const named = ['/models/y', '/models/none', '/models/z'].map((path) => modelFiles.name('checkpoint', path));
  expect(modelFiles.files).toBeNull();
  for (const path of ['/models/z', '/models/none', '/models/y']) found.get(path)!();
  await Promise.all(named);
  expect(modelFiles.chosen.checkpoint?.id).toBe('/models/z');
  expect(modelFiles.failure).toBeNull();

  const late = modelFiles.name('checkpoint', '/models/y');
  modelFiles.open();
  found.get('/models/y')!();
  await late;
  expect(modelFiles.chosen).toEqual({});
});
