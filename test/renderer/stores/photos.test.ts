import { expect, test, vi } from 'vitest';
import type { Photo } from '../../../preload/contract/api.ts';
import { makeStores } from '../test-stores.ts';

test('a photo that comes alone is seen on its way; many leave what is in front to be seen', async () => {
  const { stores, bridge, photos } = makeStores();
  await stores.start(vi.fn());
  const opened = Promise.withResolvers<readonly Photo[]>();
  bridge.openFiles = () => opened.promise;
  const files = ['p1.jpg', 'p2.jpg'].map((name) => new File(['x'], name));
  const many = stores.photos.openToShow(files, {});
  expect(stores.photos.arriving).toBeNull();
  const one = stores.photos.openToShow(files.slice(0, 1), {});
  expect(stores.photos.arriving).toMatchObject({ name: 'p1.jpg', photoId: null });
  opened.resolve([photos[0]!]);
  await Promise.all([many, one]);
  expect(stores.photos.arriving).toMatchObject({ name: 'p1.jpg', photoId: 'p1' });
  stores.photos.endArrival();
});

test('a photo that is dropped while the window is still starting is seen on its way, too', async () => {
  const { stores, bridge, photos } = makeStores();
  bridge.openFiles = async () => [photos[0]!];
  const dropped = stores.photos.openToShow([new File(['x'], 'p1.jpg')], {});
  await stores.start(vi.fn());
  await dropped;
  expect(stores.photos.arriving).toMatchObject({ name: 'p1.jpg', photoId: 'p1' });
  stores.photos.endArrival();
});
