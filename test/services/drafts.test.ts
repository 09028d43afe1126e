import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawPhoto, newDataFolder, startProgram, testFolder } from './support/program.ts';

async function everythingIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map(async (file) => (await readFile(file)).toString('latin1')))).join('\n');
}

test('drafts are there after a restart; they go with what they belong to, and when conversations are cleared', async () => {
  const dataFolder = await newDataFolder();
  const photos = await testFolder();
  const first = await startProgram({ dataFolder });
  const paths = [join(photos, 'a.png'), join(photos, 'b.png')];
  for (const [index, path] of paths.entries()) await drawPhoto(path, index);
  const [a, b] = await first.openPaths(paths);
  const conversation = await first.api.createConversation({ photoIds: [a!.id], isPrivate: false });
  const drafts = [
    { id: conversation.id, text: 'Half a quest', pictures: [{ photoId: b!.id, region: null }] },
    { id: b!.id, text: 'A new one', pictures: [] },
  ];
  for (const draft of drafts) await first.api.keepDraft(draft);
  await first.dispose();

  const second = await startProgram({ dataFolder });
  expect(await second.api.listDrafts()).toEqual(expect.arrayContaining(drafts));
  await second.api.keepDraft({ ...drafts[1]!, text: '' });
  expect(await second.api.listDrafts()).toEqual([drafts[0]]);
  await second.api.deleteConversation({ conversationId: conversation.id });
  expect(await second.api.listDrafts()).toEqual([drafts[0]]);
  await second.dispose();

  const third = await startProgram({ dataFolder });
  expect(await third.api.listDrafts()).toEqual([]);
  await third.api.keepDraft(drafts[1]!);
  await third.api.clearStorage({ area: 'conversations' });
  expect(await third.api.listDrafts()).toEqual([]);
  await third.dispose();
  expect(await everythingIn(dataFolder)).not.toMatch(/Half a quest|A new one/);
});

test('a draft of something private, or of nothing the program knows, is never written', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const path = join(await testFolder(), 'secret.png');
  await drawPhoto(path);
  const [photo] = await services.openPaths([path], { isPrivate: true });
  const conversation = await services.api.createConversation({ photoIds: [photo!.id], isPrivate: true });
  const ids = [conversation.id, photo!.id, 'unknown'];
  for (const id of ids) await services.api.keepDraft({ id, text: 'secret 8a7f', pictures: [] });
  expect((await services.api.listDrafts()).map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(await everythingIn(dataFolder)).not.toContain('8a7f');
  await services.dispose();
  expect(await everythingIn(dataFolder)).not.toContain('8a7f');
});

test('of a draft that was taken back, a question that was edited and a title that was changed no word stays in any file', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder });
  const { id } = await services.api.createConversation({ photoIds: [], isPrivate: false });
  await services.api.renameConversation({ conversationId: id, title: 'Old title 1d9e' });
  await services.api.renameConversation({ conversationId: id, title: 'Title' });
  const [question, answer] = await services.api.sendMessage({
    ...{ conversationId: id, pictures: [] },
    text: 'Old question 3b7a',
  });
  await services.api.stopMessage({ messageId: answer.id });
  await services.api.keepDraft({ id, text: 'A draft 9c2f', pictures: [] });
  await services.api.keepDraft({ id, text: '', pictures: [] });
  const [, second] = await services.api.editMessage({ messageId: question.id, text: 'New' });
  await services.api.stopMessage({ messageId: second.id });
  expect(await everythingIn(dataFolder)).not.toMatch(/1d9e|3b7a|9c2f/);
});

test('a photo that was taken from the recent ones stays while a private conversation is about it', async () => {
  const services = await startProgram();
  const [photo] = await services.openPaths([await drawPhoto(join(await testFolder(), 'a.png'))]);
  const photoId = photo!.id;
  await services.api.createConversation({ photoIds: [photoId], isPrivate: true });
  await services.api.forgetPhoto({ photoId });
  await services.api.clearStorage({ area: 'conversations' });
  expect(await services.api.getPhoto({ photoId })).toMatchObject({ state: 'ready' });
});

test('a photo that was taken from the recent ones goes with the last conversation about it, an upload with its file', async () => {
  const dataFolder = await newDataFolder();
  const folder = await testFolder();
  const first = await startProgram({ dataFolder });
  const [photo, other] = await first.openPaths([
    await drawPhoto(join(folder, 'name-5e5e.png')),
    await drawPhoto(join(folder, 'other.png'), 2),
  ]);
  const bytes = await readFile(await drawPhoto(join(folder, 'sent.png'), 1));
  const body = (async function* () {
    yield bytes;
  })();
  const upload = await first.openUpload({ name: 'sent-5e5e.png', body });
  const photoIds = [photo!.id, upload.id, other!.id];
  const { id } = await first.api.createConversation({ photoIds, isPrivate: false });
  for (const photoId of [photo!.id, upload.id]) await first.api.forgetPhoto({ photoId });
  await first.dispose();

  const second = await startProgram({ dataFolder });
  for (const photoId of photoIds) await second.api.getPhoto({ photoId });
  await second.api.deleteConversation({ conversationId: id });
  await second.dispose();

  const third = await startProgram({ dataFolder });
  expect((await third.api.listRecentPhotos()).map(({ name }) => name)).toEqual(['other.png']);
  expect(await everythingIn(dataFolder)).not.toContain('5e5e');
  expect(await readdir(join(dataFolder, 'uploads'))).toEqual([]);
});
