import Database from 'better-sqlite3';
import fc from 'fast-check';
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConversationTable } from '../../main/services/store/conversation-table.ts';
import { openDatabase } from '../../main/services/store/database.ts';
import { MeasurementStore } from '../../main/services/store/measurements.ts';
import { PhotoTable } from '../../main/services/store/photo-table.ts';
import type { PhotoRecord } from '../../main/services/store/photo-table.ts';
import { AnswerWriter } from '../../main/services/chat/writer.ts';
import type { AppEvent, Message } from '../../preload/contract/api.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inf-llava-store-'));
  path = join(folder, 'conversations.sqlite');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const message = (
  id: string,
  conversationId: string,
  text: string,
  changes: Partial<Message> = {},
): Message => ({
  id,
  conversationId,
  role: 'user',
  text,
  state: 'done',
  createdAt: 1,
  pictures: [],
  provenance: null,
  error: null,
  waitsFor: null,
  ...changes,
});

const photo: PhotoRecord = {
  id: 'p',
  path: '/photos/간판.jpg',
  name: '간판.jpg',
  origin: 'file',
  bytes: 10,
  modified: 1.5,
  sha256: 'a'.repeat(64),
  width: 3,
  height: 4,
  format: 'jpeg',
  notes: ['partial'],
  openedAt: 7,
  recent: true,
};

function openConversations() {
  const { database, notice } = openDatabase(path);
  return { database, notice, conversations: new ConversationTable(database, false) };
}

/** Three conversations: about a harbour, about a sign in Seoul, and with "100% sure_thing" in its title. */
function fill(conversations: ConversationTable) {
  conversations.create({ id: 'harbour', title: 'Boats', createdAt: 1, photoIds: ['p', 'q'] });
  conversations.addMessage(message('h1', 'harbour', 'What is written on the Sign at the pier?'));
  conversations.addMessage(message('h2', 'harbour', 'It says "Fishing forbidden".', { role: 'assistant' }));
  conversations.create({ id: 'seoul', title: 'Seoul', createdAt: 2, photoIds: ['p'] });
  conversations.addMessage(message('s1', 'seoul', '간판에 무엇이 쓰여 있나요?'));
  conversations.create({ id: 'odd', title: '100% sure_thing', createdAt: 3, photoIds: [] });
}

test('what was written is there when the database is opened again', () => {
  const first = openConversations();
  fill(first.conversations);
  const answer = message('h3', 'harbour', 'Seven.', {
    role: 'assistant',
    pictures: [
      { photoId: 'p', region: { x: 1, y: 2, width: 3, height: 4 } },
      { photoId: 'q', region: null },
    ],
    error: { code: 'process-died', details: { process: 'inference' } },
  });
  first.conversations.addMessage(answer);
  first.database.close();

  const { notice, conversations, database } = openConversations();
  expect(notice).toBeNull();
  expect(conversations.messages('harbour').map(({ id }) => id)).toEqual(['h1', 'h2', 'h3']);
  expect(conversations.message('h3')).toEqual(answer);
  expect(conversations.get('harbour')).toMatchObject({ photoIds: ['p', 'q'], messageCount: 3 });
  database.close();
});

test('search finds parts of words in titles and messages, whatever the case or script', () => {
  const { conversations, database } = openConversations();
  fill(conversations);
  const found = (query: string) => conversations.list(query, 10).map(({ id }) => id);
  expect(found('sign')).toEqual(['harbour']);
  expect(found('FORBID')).toEqual(['harbour']);
  expect(found('간판')).toEqual(['seoul']);
  expect(found('간판에 쓰여')).toEqual(['seoul']);
  expect(found('간판'.normalize('NFD'))).toEqual(['seoul']);
  expect(found('boat')).toEqual(['harbour']);
  expect(found('written forbidden')).toEqual([]);
  expect(found('nothing of the sort')).toEqual([]);
  database.close();
});

test('characters with a meaning in SQL or in a search query are looked for as they are', () => {
  const { conversations, database } = openConversations();
  fill(conversations);
  const found = (query: string) => conversations.list(query, 10).map(({ id }) => id);
  expect(found('%')).toEqual(['odd']);
  expect(found('e_t')).toEqual(['odd']);
  expect(found('"fishing')).toEqual(['harbour']);
  for (const query of ['"x" OR "', "'; DROP TABLE messages; --", 'NEAR(', '*', '\\']) {
    expect(found(query), query).toEqual([]);
  }
  database.close();
});

test('a match is shown in its surroundings, with every word found marked', () => {
  const { conversations, database } = openConversations();
  fill(conversations);
  const [harbour] = conversations.list('sign pier', 10);
  expect(harbour!.snippet).toEqual([
    { text: 'What is written on the ', matched: false },
    { text: 'Sign', matched: true },
    { text: ' at the ', matched: false },
    { text: 'pier', matched: true },
    { text: '?', matched: false },
  ]);
  expect(conversations.list('', 10)[0]!.snippet).toBeNull();
  database.close();
});

test('a changed message is found by its new text and no longer by its old one', () => {
  const { conversations, database } = openConversations();
  fill(conversations);
  conversations.updateMessage(message('h1', 'harbour', 'What colour is the lighthouse?'));
  expect(conversations.list('lighthouse', 10)).toHaveLength(1);
  expect(conversations.list('pier', 10)).toHaveLength(0);
  expect(conversations.removeAfter('h1')).toEqual(['h2']);
  expect(conversations.list('forbidden', 10)).toHaveLength(0);
  expect(conversations.messages('seoul')).toHaveLength(1);
  database.close();
});

test('a deleted conversation comes back whole until it is purged, and then leaves no trace in the file', async () => {
  const { conversations, database } = openConversations();
  fill(conversations);
  expect(conversations.delete('harbour')).toBe(true);
  expect(conversations.delete('harbour')).toBe(false);
  expect(conversations.get('harbour')).toBeNull();
  expect(conversations.list('pier', 10)).toEqual([]);
  expect(conversations.restore('harbour')).toBe(true);
  expect(conversations.messages('harbour')).toHaveLength(2);
  conversations.delete('harbour');
  conversations.purge();
  expect(conversations.restore('harbour')).toBe(false);
  database.close();
  expect((await readFile(path)).includes('forbidden')).toBe(false);
});

test.each<[string, (conversations: ConversationTable, photos: PhotoTable) => void]>([
  [
    'a deleted conversation, once it is purged',
    (conversations) => {
      conversations.delete('secret');
      conversations.purge();
    },
  ],
  ['all conversations, once they are cleared', (conversations) => void conversations.clear()],
  ['an answer that an edited question removes', (conversations) => void conversations.removeAfter('first')],
  ['a photo that is forgotten', (_, photos) => photos.remove('p')],
])('no file holds %s, although the program is killed', async (what, remove) => {
  const { conversations, database } = openConversations();
  const photos = new PhotoTable(database);
  fill(conversations);
  const isPhoto = what.includes('photo');
  // The second half is one trigram, as the index of words holds it.
  const secret = 'Ꙁꙁꙃ';
  if (isPhoto) photos.put({ ...photo, name: secret, path: `/photos/${secret}` });
  else {
    conversations.create({ id: 'secret', title: '', createdAt: 4, photoIds: [] });
    conversations.addMessage(message('first', 'secret', 'What is it?'));
    conversations.addMessage(message('second', 'secret', secret.repeat(3)));
  }
  const bytes = async () => {
    const files = await Promise.all(['', '-wal', '-shm'].map((suffix) => readFile(path + suffix)));
    return Buffer.concat(files);
  };
  expect((await bytes()).includes(secret)).toBe(true);
  remove(conversations, photos);
  // The files as a kill leaves them: nothing is closed.
  expect((await bytes()).includes(secret)).toBe(false);
  database.close();
});

test('a search for any punctuation finds what holds it, and marks it', () => {
  const { conversations, database } = openConversations();
  conversations.create({ id: 'c', title: '', createdAt: 1, photoIds: [] });
  const symbols = Array.from({ length: 0x3100 }, (_, code) => String.fromCodePoint(code)).filter((symbol) =>
    /[\p{P}\p{S}\p{C}]/u.test(symbol),
  );
  const word = fc
    .array(fc.constantFrom(...symbols, 'a', '1', '간'), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('').normalize('NFC'))
    .filter((text) => /^[^\s\0]+$/.test(text));
  const isFound = (query: string) => {
    conversations.updateMessage(message('m', 'c', `before ${query} after`));
    const [found] = conversations.list(query, 10);
    return found?.snippet?.some(({ matched, text }) => matched && text === query) === true;
  };
  conversations.addMessage(message('m', 'c', ''));
  for (const query of ['e-mail', '2024-05-01', '-', ...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~']) {
    expect(isFound(query), query).toBe(true);
  }
  fc.assert(fc.property(word, isFound));
  fc.assert(fc.property(fc.string(), (query) => Array.isArray(conversations.list(query, 10))));
  database.close();
});

test('answers that were being written when the program died are marked interrupted with what there is of them', () => {
  const first = openConversations();
  fill(first.conversations);
  first.conversations.addMessage(message('w', 'seoul', 'It sa', { role: 'assistant', state: 'writing' }));
  first.database.close();
  const { conversations, database } = openConversations();
  conversations.interruptUnfinished();
  expect(conversations.message('w')).toMatchObject({ state: 'interrupted', text: 'It sa' });
  expect(conversations.message('s1')).toMatchObject({ state: 'done' });
  database.close();
});

test.each([
  ['a file that is no database', () => Buffer.from('hello, this is not SQLite at all'.repeat(200))],
  [
    'a database with a page overwritten',
    (good: Buffer) => Buffer.concat([good.subarray(0, 4096), Buffer.alloc(8192, 0xa5), good.subarray(12288)]),
  ],
  ['a truncated database', (good: Buffer) => good.subarray(0, good.length - 6000)],
])('%s is set aside, not deleted, and a new one begun', async (_, damage) => {
  const first = openConversations();
  fill(first.conversations);
  first.database.pragma('journal_mode = DELETE');
  first.database.close();
  const damaged = damage(await readFile(path));
  await writeFile(path, damaged);

  const { notice, conversations, database } = openConversations();
  expect(notice).toMatchObject({ code: 'conversations-set-aside' });
  expect(await readFile(join(folder, notice!.file))).toEqual(damaged);
  expect(conversations.list('', 10)).toEqual([]);
  fill(conversations);
  expect(conversations.list('', 10)).toHaveLength(3);
  database.close();
});

test.each([
  ['a database that says it is of this version and holds nothing', 'PRAGMA user_version = 2', null],
  ['a database of another program', 'CREATE TABLE messages (x); INSERT INTO messages VALUES (1)', null],
  ['a database that lost a trigger', 'DROP TRIGGER message_indexed', 'first'],
  ['a database that lost a column', 'ALTER TABLE photos DROP COLUMN format', 'first'],
])('%s is set aside, and a new one begun', async (_, sql, first) => {
  if (first) openConversations().database.close();
  const other = new Database(path);
  other.exec(sql);
  other.close();
  const before = await readFile(path);
  const { notice, conversations, database } = openConversations();
  expect(notice).toMatchObject({ code: 'conversations-set-aside' });
  expect((await readFile(join(folder, notice!.file))).subarray(100)).toEqual(before.subarray(100));
  fill(conversations);
  expect(conversations.list('pier', 10)).toHaveLength(1);
  database.close();
});

test.each([
  ['a link that leads nowhere', () => symlink(join(folder, 'nowhere', 'else'), path)],
  ['a link whose file could be made', () => symlink(join(folder, 'nowhere'), path)],
  ['a folder', () => mkdir(path)],
])('%s in the place of the database is set aside', async (_, lay) => {
  await lay();
  const { notice, conversations, database } = openConversations();
  expect(notice).toMatchObject({ code: 'conversations-set-aside' });
  fill(conversations);
  database.close();
  expect(await readdir(folder)).toEqual(expect.arrayContaining([notice!.file, 'conversations.sqlite']));
  if (_ !== 'a folder') expect(await readlink(join(folder, notice!.file))).toContain('nowhere');
  expect(openConversations().notice).toBeNull();
});

test('a database of a later version of the program is left alone; conversations last for this run', async () => {
  const later = new Database(path);
  later.pragma('user_version = 1000');
  later.exec('CREATE TABLE future (x)');
  later.close();
  const before = await readFile(path);
  const { notice, conversations, database } = openConversations();
  expect(notice).toMatchObject({ code: 'conversations-from-later-version' });
  fill(conversations);
  expect(conversations.list('', 10)).toHaveLength(3);
  database.close();
  expect(await readFile(path)).toEqual(before);
});

test('where the data folder cannot be made, conversations last for this run', async () => {
  await writeFile(join(folder, 'file'), '');
  path = join(folder, 'file', 'conversations.sqlite');
  const { notice, conversations, database } = openConversations();
  expect(notice).toMatchObject({ code: 'data-folder-unwritable' });
  fill(conversations);
  expect(conversations.list('pier', 10)).toHaveLength(1);
  database.close();
  expect(await readdir(folder)).toEqual(['file']);
});

test('on a full disk it is said that the disk is full, and everything can be read', () => {
  const { database, conversations } = openConversations();
  fill(conversations);
  // As large as it is and no larger.
  database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`);
  const long = message('h3', 'harbour', 'words '.repeat(20_000));
  expect(() => conversations.addMessage(long)).toThrow(expect.objectContaining({ code: 'disk-full' }));
  expect(conversations.messages('harbour')).toHaveLength(2);
  const told: AppEvent[] = [];
  const writer = new AnswerWriter(conversations, (event) => told.push(event), message('h2', 'harbour', ''));
  writer.append('words '.repeat(20_000));
  writer.update({ state: 'done' });
  expect(told.at(-1)).toMatchObject({ message: { state: 'done', error: { code: 'disk-full' } } });
  new MeasurementStore(database).add('crop', 1);
  database.close();
});

test('a photo is kept as it was opened, a name that is not text included', () => {
  const { database } = openConversations();
  const photos = new PhotoTable(database);
  const strange: PhotoRecord = { ...photo, id: 'q', path: new Uint8Array([47, 0xff, 0xfe]), recent: false };
  photos.put(photo);
  photos.put(strange);
  expect(photos.get('p')).toEqual(photo);
  expect(photos.get('q')).toMatchObject({ path: Buffer.from([47, 0xff, 0xfe]) });
  expect(photos.withContent(photo.sha256)).toHaveLength(2);
  expect(photos.recent(10).map(({ id }) => id)).toEqual(['p']);
  photos.put({ ...photo, name: 'moved.jpg' });
  expect(photos.get('p')!.name).toBe('moved.jpg');
  photos.remove('p');
  expect(photos.get('p')).toBeNull();
  database.close();
});

test('a measurement follows what is measured without jumping to it', () => {
  const { database } = openConversations();
  const measurements = new MeasurementStore(database);
  expect(measurements.get('crop')).toBeNull();
  measurements.add('crop', 2);
  expect(measurements.get('crop')).toBe(2);
  measurements.add('crop', 12);
  expect(measurements.get('crop')).toBeGreaterThan(2);
  expect(measurements.get('crop')).toBeLessThan(12);
  database.close();
});
