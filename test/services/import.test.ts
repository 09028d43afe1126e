/** Conversations out of files that anybody may have written. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConversationFile } from '../../main/services/export/json.ts';
import { Watcher, drawPhoto, get, startProgram, testFolder } from './support/program.ts';

const message = (text: string, createdAt = 1) => ({
  ...{ role: 'user', text, state: 'done', createdAt },
  ...{ pictures: [], provenance: null, error: null },
});
const photo = { name: 'a.png', width: 10, height: 10, bytes: 5, format: 'png', sha256: 'a'.repeat(64) };
const file = (changes: object) => ({
  ...{ format: 'inf-llava-conversation', version: 2, title: 'From elsewhere', createdAt: 1 },
  ...{ photos: [photo], messages: [message('Hello')] },
  ...changes,
});
const parse = (value: unknown) => parseConversationFile(JSON.stringify(value));
const refused = expect.objectContaining({ code: 'wrong-usage' }) as Error;

test('times, sizes and places are those that dates, photos and lists can hold', () => {
  expect(parse(file({})).messages).toHaveLength(1);
  expect(parse(file({ createdAt: Date.UTC(9999, 11, 31) })).createdAt).toBeGreaterThan(0);
  for (const createdAt of [9e15, 8.65e15, 253_402_300_800_000, -1, 1.5, '1', null]) {
    expect(() => parse(file({ createdAt })), String(createdAt)).toThrow(refused);
    expect(() => parse(file({ messages: [{ ...message(''), createdAt }] }))).toThrow(refused);
  }
  for (const changes of [{ width: 0 }, { height: -1 }, { bytes: 1e13 }, { width: 1e7 }]) {
    expect(() => parse(file({ photos: [{ ...photo, ...changes }] }))).toThrow(refused);
  }
  const withRegion = (region: object) =>
    parse(file({ messages: [{ ...message(''), pictures: [{ photo: 0, region }] }] }));
  expect(withRegion({ x: 0, y: 0, width: 10, height: 10 }).messages).toHaveLength(1);
  expect(() => withRegion({ x: 1, y: 0, width: 10, height: 10 })).toThrow(refused);
  expect(() => withRegion({ x: 1, y: 0, width: 0, height: 10 })).toThrow(refused);
});

test('a file of version 1, with one picture a message, is read as one of today', () => {
  const region = { x: 1, y: 2, width: 3, height: 4 };
  const words = {
    ...{ role: 'user', text: 'Hello', state: 'done', createdAt: 1 },
    ...{ provenance: null, error: null },
  };
  const made = {
    ...{
      packageName: 'Demo',
      packageSha256: 'c'.repeat(64),
      n: 3,
      cropsEncoded: 10,
      finish: 'unknown-picture',
    },
    sampling: {
      ...{ temperature: 0.2, topP: 0.95, topK: 40, minP: 0.05 },
      ...{ repeatPenalty: 1, maxTokens: 512, seed: 7 },
    },
    ...{ systemPrompt: '', device: 'CPU' },
    tokens: { text: 1, image: 2, generated: 3 },
    milliseconds: { prefill: 1, generate: 2 },
  };
  const messages = [
    { ...words, picture: { photo: 0, region } },
    { ...words, picture: null, provenance: { ...made, photoSha256: 'a'.repeat(64) } },
    { ...words, picture: null, provenance: { ...made, photoSha256: '' } },
  ];
  expect(parse(file({ version: 1, messages })).messages).toEqual([
    { ...words, pictures: [{ photo: 0, region }] },
    { ...words, pictures: [], provenance: { ...made, photos: ['a'.repeat(64)] } },
    { ...words, pictures: [], provenance: { ...made, photos: [] } },
  ]);
  const outside = { ...words, picture: { photo: 1, region: null } };
  expect(() => parse(file({ version: 1, messages: [outside] }))).toThrow(refused);
  // Each version by its own rules.
  expect(() => parse(file({ version: 2, messages }))).toThrow(refused);
  expect(() => parse(file({ version: 1 }))).toThrow(refused);
});

test('any time that is taken in can be written as a date', () => {
  fc.assert(
    fc.property(fc.double(), (createdAt) => {
      try {
        const time = parse(file({ createdAt })).createdAt;
        return /^\d{4}-/.test(new Date(time).toISOString());
      } catch (error) {
        return (error as { code?: string }).code === 'wrong-usage';
      }
    }),
  );
});

test('a conversation with a photo that could never be read is taken in again without it', async () => {
  const services = await startProgram();
  const folder = await testFolder();
  await writeFile(join(folder, 'broken.png'), 'no photo');
  await drawPhoto(join(folder, 'whole.png'));
  const photos = await services.openPaths([join(folder, 'broken.png'), join(folder, 'whole.png')]);
  expect(photos.map(({ state }) => state)).toEqual(['unreadable', 'ready']);
  const { id } = await services.api.createConversation({
    photoIds: photos.map((one) => one.id),
    isPrivate: false,
  });
  const wish = { conversationId: id, format: 'json', language: 'en' } as const;
  const exported = await services.api.exportConversation(wish);
  const json = await (await get(services, exported!.url!))!.text();
  const imported = await services.api.importConversation({ json });
  expect(imported.photos.map(({ name }) => name)).toEqual(['whole.png']);
});

test.each([
  ['nested a million deep', () => `${'['.repeat(1e6)}${']'.repeat(1e6)}`],
  ['with a deep message', () => JSON.stringify(file({})).replace('"Hello"', '{"a":'.repeat(5e5))],
  ['of millions of values', () => `[${'0,'.repeat(4e6)}0]`],
  ['of one long text', () => JSON.stringify(file({ messages: [message('long '.repeat(4e6))] }))],
  ['of an endless string', () => `"${'\\"'.repeat(4e6)}`],
])('a file %s is refused before anything is built from it', (_, json) => {
  const before = process.cpuUsage();
  expect(() => parseConversationFile(json())).toThrow(refused);
  const { user, system } = process.cpuUsage(before);
  // Deep files took ten seconds and more.
  expect((user + system) / 1e6).toBeLessThan(5);
});

test('the largest conversation is taken in while everything else goes on, tells how far it is, and can be stopped', async () => {
  const services = await startProgram();
  const watcher = new Watcher(services);
  const words = (seed: number) => `${seed} `.repeat(20).slice(0, 80);
  const messages = Array.from({ length: 5000 }, (_, index) => message(words(index * 7919)));
  const json = JSON.stringify(file({ messages }));
  expect(() => parse(file({ messages: [...messages, message('one more')] }))).toThrow(refused);

  let answered = 0;
  let isDone = false;
  const importing = services.api.importConversation({ json }).finally(() => (isDone = true));
  while (!isDone) {
    await services.api.listConversations({ query: '', limit: 5 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    answered++;
  }
  const { id, messages: taken } = await importing;
  expect(taken.map(({ text }) => text)).toEqual(messages.map(({ text }) => text));
  expect(answered).toBeGreaterThan(20);
  const told = watcher.events.flatMap((event) => (event.type === 'import' ? [event.progress] : []));
  expect(told.length).toBeGreaterThan(20);
  expect(told[0]).toEqual({ done: 0, total: 5000 });
  expect(told.at(-1)).toBeNull();

  const second = services.api.importConversation({ json });
  const before = watcher.events.length;
  await expect.poll(() => watcher.events.slice(before).some(({ type }) => type === 'import')).toBe(true);
  await services.api.stopImport();
  await expect(second).rejects.toMatchObject({ code: 'cancelled' });
  const listed = await services.api.listConversations({ query: '', limit: 5 });
  expect(listed.map((each) => each.id)).toEqual([id]);
});
