import { expect, test } from 'vitest';
import { wholePicture } from '../../../renderer/geometry/parts.ts';
import type { StageControls } from '../../../renderer/stores/viewer.svelte.ts';
import { attach } from '../../../renderer/views/chat/attach.ts';
import { makeLook, makeMessage } from '../fake-data.ts';
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

async function openLens() {
  const made = await startStores();
  made.bridge.instead.lookOf = async ({ messageId }) => makeLook(messageId, made.photos[0]!.id);
  const { session, lens } = made.stores;
  await session.showPhoto(made.photos[0]!);
  await lens.toggle(makeMessage('m2', { role: 'assistant', text: 'A red fox.' }));
  return made;
}

test('what is drawn under the lens is for the lens, and goes with a question once the person asks for that', async () => {
  const made = await openLens();
  const { marking, viewer, lens, session, chat } = made.stores;
  marking.draw(part);
  marking.draw(other);
  expect([pictures(made), viewer.part, lens.markedIn(session.picture)]).toEqual([[], other, other]);
  expect([viewer.isMarking, marking.isForLens]).toEqual([true, true]);
  marking.ask();
  expect([pictures(made), viewer.part]).toEqual([[['p1', 500]], other]);
  expect([viewer.isMarking, marking.isForLens]).toEqual([false, false]);
  // What goes with the question goes with it as it is changed.
  marking.draw(part);
  expect(pictures(made)).toEqual([['p1', 10]]);
  expect(chat.pictures).toHaveLength(1);
});

test('what was drawn under the lens goes with it, on another photo a part is for the question', async () => {
  const made = await openLens();
  const { marking, viewer, lens, session } = made.stores;
  marking.draw(part);
  lens.close();
  marking.endLens();
  expect([pictures(made), viewer.part, viewer.isMarking]).toEqual([[], null, false]);
  marking.draw(part);
  expect(pictures(made)).toEqual([['p1', 10]]);
  marking.cancel();
  await lens.toggle(makeMessage('m2', { role: 'assistant', text: 'A red fox.' }));
  await session.showPhoto(made.photos[1]!);
  marking.draw(other);
  expect(pictures(made)).toEqual([['p2', 500]]);
});
