import { expect, test } from 'vitest';
import { makeStores, photoFile, startStores } from '../test-stores.ts';

test('a photo that comes alone is seen on its way; many leave what is in front to be seen', async () => {
  const { stores } = await startStores();
  const files = await Promise.all(['a.png', 'b.png'].map(photoFile));
  const many = stores.photos.openToShow(files, {});
  expect(stores.photos.arriving).toBeNull();
  const one = stores.photos.openToShow(files.slice(0, 1), {});
  expect(stores.photos.arriving).toMatchObject({ name: 'a.png', photoId: null });
  const [photo] = await one;
  expect(stores.photos.arriving).toMatchObject({ name: 'a.png', photoId: photo!.id });
  stores.photos.endArrival();
  expect((await many).map(({ name }) => name)).toEqual(['a.png', 'b.png']);
});

test('a photo that is dropped while the window is still starting is seen on its way, too', async () => {
  const { stores } = await makeStores();
  const dropped = stores.photos.openToShow([await photoFile('a.png')], {});
  await stores.start(() => undefined);
  const [photo] = await dropped;
  expect(stores.photos.arriving).toMatchObject({ name: 'a.png', photoId: photo!.id });
  stores.photos.endArrival();
});
