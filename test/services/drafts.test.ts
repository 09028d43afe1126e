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
