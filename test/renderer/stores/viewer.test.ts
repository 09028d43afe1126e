import { expect, test } from 'vitest';
import { startStores } from '../test-stores.ts';

async function started() {
  const { stores, photos } = await startStores();
  return { ...stores, own: photos[0]!, sample: stores.photos.samples![0]!.photo };
}

test('samples open compared with what the model gets, other photos alone, until the person says otherwise', async () => {
  const { session, viewer, own, sample } = await started();
  await session.openPhotos([sample, own]);
  expect(viewer.wipe).toBe(0.5);
  await session.showPhoto(own);
  expect(viewer.wipe).toBeNull();
  viewer.toggleWipe();
  expect(viewer.wipe).toBe(0.5);
  viewer.toggleWipe();
  await session.showPhoto(sample);
  expect(viewer.wipe).toBeNull();
});

test('a crop that is picked out is let go when a question is sent: the answer is about all of the photo', async () => {
  const { session, viewer, chat, own } = await started();
  await session.openPhotos([own]);
  viewer.pick({ kind: 'local', index: 4 });
  chat.setDraft('What is here?');
  await session.send();
  expect(viewer.picked).toBeNull();
});

test.each([true, false])(
  'the way into the model is shown of the first photo alone (private: %s), and of another when asked',
  async (isPrivate) => {
    const { viewer, session, own } = await started();
    viewer.watchFirst({ isPrivate });
    expect(viewer.isWatching).toBe(true);
    await session.openPhotos([own]);
    expect(viewer.isWatching).toBe(false);
    viewer.watchFirst({ isPrivate });
    expect(viewer.isWatching).toBe(false);
    viewer.watch();
    expect(viewer.isWatching).toBe(true);
    viewer.toggleOverlay('square');
    expect(viewer.isWatching).toBe(false);
  },
);
