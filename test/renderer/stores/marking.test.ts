import { expect, test } from 'vitest';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import type { StageControls } from '../../../renderer/stores/viewer.svelte.ts';
import { attach } from '../../../renderer/views/chat/attach.ts';
import { startStores } from '../test-stores.ts';

/** The first photo in front, and a model that takes so many pictures in a question. */
async function open(picturesInQuestion: number) {
  const made = await startStores(({ bridge }) => bridge.takePictures(picturesInQuestion));
  await made.stores.session.showPhoto(made.photos[0]!);
  return made;
}

const part = { x: 10, y: 20, width: 300, height: 200 };
const other = { x: 500, y: 500, width: 200, height: 200 };
const pictures = ({ stores, photos }: Awaited<ReturnType<typeof open>>) =>
  stores.chat.pictures.map(({ photoId, region }) => [
    `p${photos.findIndex(({ id }) => id === photoId) + 1}`,
    region?.x ?? null,
  ]);

test('a marked part goes with the question, each change in place of the one before; all of the photo is no part', async () => {
  const made = await open(1);
  const { marking, viewer, chat } = made.stores;
  marking.mark(part);
  marking.mark(other);
  expect([pictures(made), viewer.part, viewer.isMarking]).toEqual([[['p1', 500]], other, true]);
  marking.mark({ x: 0, y: 0, width: made.photos[0]!.width, height: made.photos[0]!.height });
  expect([chat.pictures, viewer.part, viewer.isMarking]).toEqual([[], null, false]);
});

test('marking that is cancelled leaves what was attached as it was', async () => {
  const made = await open(3);
  const { marking, chat } = made.stores;
  const [first, second] = made.photos.map(wholePicture);
  chat.attach([first!, second!]);
  marking.mark(part);
  marking.mark(other);
  expect(pictures(made)).toEqual([
    ['p1', 500],
    ['p2', null],
  ]);
  marking.cancel();
  expect(pictures(made)).toEqual([
    ['p1', null],
    ['p2', null],
  ]);
  expect(made.stores.viewer.part).toBeNull();
});

test('more pictures than a question takes are not marked, and that is said', async () => {
  const made = await open(2);
  const { marking, chat, notices, viewer } = made.stores;
  chat.attach(made.photos.slice(1, 3).map(wholePicture));
  marking.mark(part);
  expect([pictures(made), viewer.part]).toEqual([
    [
      ['p2', null],
      ['p3', null],
    ],
    null,
  ]);
  expect(notices.list.at(-1)?.title).toContain('A question takes 2 photos');
});

test('a photo that is attached takes the place of the part, which is shown no longer', async () => {
  const made = await open(1);
  const { marking, chat, viewer } = made.stores;
  marking.mark(part);
  attach(made.stores, chat.draftPlace, [made.photos[1]!], 1);
  expect([pictures(made), viewer.part, viewer.isMarking]).toEqual([[['p2', null]], null, false]);
});

test('what is asked about comes to the front, also from another picture of the conversation', async () => {
  const made = await open(1);
  const { session, marking, chat, viewer } = made.stores;
  marking.mark(part);
  chat.setDraft('What is it?');
  await session.send();
  expect([viewer.part, viewer.isMarking, chat.pictures]).toEqual([part, false, []]);
  session.glance(made.photos[1]!);
  expect([session.photoId, viewer.part]).toEqual([made.photos[1]!.id, null]);
  chat.setDraft('And below?');
  await session.send();
  expect([session.photoId, viewer.part]).toEqual([made.photos[0]!.id, part]);
});

test('another part goes with the same question, beside the one that is marked', async () => {
  const made = await open(3);
  const { marking, viewer } = made.stores;
  const shown = { x: 0, y: 0, width: 800, height: 800 };
  viewer.controls = { visible: () => shown, show: () => undefined } as unknown as StageControls;
  marking.toggle();
  expect(pictures(made)).toEqual([['p1', 200]]);
  marking.another();
  expect([pictures(made), viewer.isMarking]).toEqual([
    [
      ['p1', 200],
      ['p1', 300],
    ],
    true,
  ]);
  marking.mark(other);
  expect(pictures(made)).toEqual([
    ['p1', 200],
    ['p1', 500],
  ]);
  marking.cancel();
  expect(pictures(made)).toEqual([['p1', 200]]);
});

test('marking that ends leaves the part that was asked about, and all of the photo is one key away', async () => {
  const made = await open(1);
  const { session, marking, chat, viewer } = made.stores;
  marking.mark(part);
  chat.setDraft('What is it?');
  await session.send();
  marking.mark(other);
  marking.cancel();
  expect([viewer.part, viewer.isMarking, pictures(made)]).toEqual([part, false, []]);
  marking.mark(null);
  expect([viewer.part, viewer.isMarking, pictures(made)]).toEqual([null, false, [['p1', null]]]);
});
