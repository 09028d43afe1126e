import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Conversation } from '../../preload/contract/api.ts';
import { ask, get, goldenPhoto, openGoldenPhoto, startProgram, testFolder } from './support/program.ts';
import { desktopOf } from '../support/desktop.ts';

test('a conversation goes out as JSON and comes back the same, its photo with it', async () => {
  const services = await startProgram();
  const photo = await openGoldenPhoto(services);
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  await ask(services, conversation, 'What is *it*?');
  const exported = await services.api.exportConversation({
    conversationId: conversation.id,
    format: 'json',
    language: 'en',
  });
  expect(exported).toMatchObject({ fileName: 'What is it.json', mediaType: expect.stringContaining('json') });
  const request = () => get(services, exported!.url!);
  const json = await (await request())!.text();
  expect((await request())!.status).toBe(404);
  expect(json).not.toContain(goldenPhoto);

  const copy = await services.api.importConversation({ json });
  const original = await services.api.getConversation({ conversationId: conversation.id });
  const strip = ({ title, photoIds, messages }: Conversation) => ({
    title,
    photoIds,
    messages: messages.map(({ role, text, state, pictures, provenance, error, createdAt }) => ({
      ...{ role, text, state, pictures, provenance, error, createdAt },
    })),
  });
  expect(strip(copy)).toEqual(strip(original));
  expect(copy.id).not.toBe(original.id);

  // On another machine the photo is not there.
  const elsewhere = await startProgram();
  const alone = await elsewhere.api.importConversation({ json });
  expect(alone.photos).toMatchObject([{ name: 'preprocessed.png', state: 'missing', sha256: photo.sha256 }]);
  const [opened] = await elsewhere.openPaths([goldenPhoto]);
  expect(opened!.id).toBe(alone.photoIds[0]);
  expect(await ask(elsewhere, alone, 'And else?')).toMatchObject({ state: 'done' });
});

test.each([
  ['no JSON', 'Dear diary'],
  ['another format', '{"format": "something else"}'],
  ['a later version', '{"format": "inf-llava-conversation", "version": 3}'],
  [
    'a picture of no photo',
    JSON.stringify({
      ...{ format: 'inf-llava-conversation', version: 2, title: '', createdAt: 1, photos: [] },
      messages: [
        {
          role: 'user',
          text: '',
          state: 'done',
          createdAt: 1,
          pictures: [{ photo: 0, region: null }],
          provenance: null,
          error: null,
        },
      ],
    }),
  ],
])('%s is not taken for a conversation', async (_, json) => {
  const services = await startProgram();
  await expect(services.api.importConversation({ json })).rejects.toMatchObject({ code: 'wrong-usage' });
  expect(await services.api.listConversations({ query: '', limit: 5 })).toEqual([]);
});

test('a conversation goes out as one Markdown file that holds its picture', async () => {
  const folder = await testFolder();
  const target = join(folder, 'chat.md');
  let chosen: string | null = target;
  const desktop = desktopOf({ chooseSavePath: async () => chosen });
  const services = await startProgram({ desktop });
  const photo = await openGoldenPhoto(services);
  const conversation = await services.api.createConversation({ photoIds: [photo.id], isPrivate: false });
  const answer = await ask(services, conversation, 'What is it?');
  await ask(services, conversation, 'Is ![this](https://example.test/1.png) the <img>?');
  const wish = { conversationId: conversation.id, format: 'markdown', language: 'en' } as const;
  const exported = { url: null, fileName: 'chat.md' };
  expect(await services.api.exportConversation(wish)).toMatchObject(exported);
  const markdown = await readFile(target, 'utf8');
  expect(markdown).toContain('# What is it?');
  expect(markdown).toContain('## Question');
  expect(markdown).toContain(answer.text);
  expect(markdown).toContain('Is !\\[this](https://example.test/1.png) the &lt;img>?');
  expect(markdown).toMatch(/!\[preprocessed\.png\]\(data:image\/jpeg;base64,\/9j\//);
  await services.api.exportConversation({ ...wish, language: 'ko' });
  expect(await readFile(target, 'utf8')).toContain('## 질문');
  chosen = null;
  expect(await services.api.exportConversation(wish)).toBeNull();
});
