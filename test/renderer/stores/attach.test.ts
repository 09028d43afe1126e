import { expect, test } from 'vitest';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import { attach, attachToCompare } from '../../../renderer/views/chat/attach.ts';
import { startStores } from '../test-stores.ts';

/** The first photo in front, and a model that takes so many photos in a question. */
async function open(picturesInQuestion: number) {
  const { stores, photos } = await startStores(({ bridge }) => bridge.takePictures(picturesInQuestion));
  await stores.session.showPhoto(photos[0]!);
  const names = () => stores.chat.pictures.map(({ photoId }) => stores.photos.known.get(photoId)!.name);
  const [first, second, third] = photos as [(typeof photos)[0], (typeof photos)[0], (typeof photos)[0]];
  return { stores, names, first, second, third };
}

test('a model that compares photos takes all that are brought, after those that are there, each once', async () => {
  const { stores, names, first, second, third } = await open(3);
  attach(stores, stores.chat.draftPlace, [second], 1);
  attach(stores, stores.chat.draftPlace, [second, third], 2);
  expect(names()).toEqual(['p2.png', 'p3.png']);
  expect(stores.notices.list).toEqual([]);
  attach(stores, stores.chat.draftPlace, [first], 3);
  expect(names()).toEqual(['p2.png', 'p3.png', 'p1.png']);
  expect(stores.notices.list.at(-1)?.title).toBe('A question takes 3 photos: 2 were left out.');
});

test('a model that looks at one takes the last one brought, and it is said what that replaces', async () => {
  const { stores, names, second, third } = await open(1);
  attach(stores, stores.chat.draftPlace, [second], 1);
  attach(stores, stores.chat.draftPlace, [third], 1);
  expect(names()).toEqual(['p3.png']);
  expect(stores.notices.list.at(-1)?.title).toContain('instead of');
});

test('two photos that are to be compared go with the question, which is ready in a language of the model', async () => {
  const { stores, names, first, second, third } = await open(2);
  stores.chat.attach([wholePicture(third)]);
  attachToCompare(stores, [second, first]);
  expect(names()).toEqual(['p2.png', 'p1.png']);
  expect(stores.chat.draft).toBe('What is different between these two pictures?');
  expect(stores.layout.takeWish('ask')).toBe(true);
  stores.chat.setDraft('Which one is older?');
  attachToCompare(stores, [first, third]);
  expect([names(), stores.chat.draft]).toEqual([['p1.png', 'p3.png'], 'Which one is older?']);
});

test('a model that looks at one says that it cannot compare, and leaves what was attached', async () => {
  const { stores, names, first, second, third } = await open(1);
  stores.chat.attach([wholePicture(third)]);
  attachToCompare(stores, [second, first]);
  expect([names(), stores.chat.draft]).toEqual([['p3.png'], '']);
  expect(stores.notices.list.at(-1)?.title).toContain('takes one picture in a question');
});
