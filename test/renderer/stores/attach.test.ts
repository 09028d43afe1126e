import { expect, test } from 'vitest';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { attach, attachToCompare } from '../../../renderer/views/chat/attach.ts';
import { makePackage } from '../fake-data.ts';
import { makeStores } from '../test-stores.ts';

/** Stores with a photo in front, and a model that takes so many photos in a question. */
async function open(picturesInQuestion: number) {
  const made = makeStores((bridge) => (bridge.packages = [makePackage('m1', { picturesInQuestion })]));
  await made.stores.start(() => undefined);
  await made.stores.session.showPhoto(made.photos[0]!);
  return made;
}

const names = (made: Awaited<ReturnType<typeof open>>) =>
  made.stores.chat.pictures.map(({ photoId }) => photoId);

test('a model that compares photos takes all that are brought, after those that are there, each once', async () => {
  const made = await open(3);
  const { stores, photos } = made;
  attach(stores, stores.chat.draftPlace, [photos[1]!], 1);
  attach(stores, stores.chat.draftPlace, [photos[1]!, photos[2]!], 2);
  expect(names(made)).toEqual(['p2', 'p3']);
  expect(stores.notices.list).toEqual([]);
  attach(stores, stores.chat.draftPlace, [photos[0]!], 3);
  expect(names(made)).toEqual(['p2', 'p3', 'p1']);
  expect(stores.notices.list.at(-1)?.title).toBe('A question takes 3 photos: 2 were left out.');
});

test('a model that looks at one takes the last one brought, and it is said what that replaces', async () => {
  const made = await open(1);
  const { stores, photos } = made;
  attach(stores, stores.chat.draftPlace, [photos[1]!], 1);
  attach(stores, stores.chat.draftPlace, [photos[2]!], 1);
  expect(names(made)).toEqual(['p3']);
  expect(stores.notices.list.at(-1)?.title).toContain('instead of');
});

test('two photos that are to be compared go with the question, which is ready in a language of the model', async () => {
  const made = await open(2);
  const { stores, photos } = made;
  stores.chat.attach([wholePicture(photos[2]!)]);
  attachToCompare(stores, [photos[1]!, photos[0]!]);
  expect(names(made)).toEqual(['p2', 'p1']);
  expect(stores.chat.draft).toBe('What is different between these two pictures?');
  expect(stores.layout.takeWish('ask')).toBe(true);
  stores.chat.setDraft('Which one is older?');
  attachToCompare(stores, [photos[0]!, photos[2]!]);
  expect([names(made), stores.chat.draft]).toEqual([['p1', 'p3'], 'Which one is older?']);
});

test('a model that looks at one says that it cannot attachToCompare, and leaves what was attached', async () => {
  const made = await open(1);
  const { stores, photos } = made;
  stores.photos.learn(photos);
  stores.chat.attach([wholePicture(photos[2]!)]);
  attachToCompare(stores, [photos[1]!, photos[0]!]);
  expect([names(made), stores.chat.draft]).toEqual([['p3'], '']);
  expect(stores.notices.list.at(-1)?.title).toContain('takes one picture in a question');
});
