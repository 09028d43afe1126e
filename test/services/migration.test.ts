/** A database of an earlier version of the program, written by it, opened by this one. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ConversationTable } from '../../main/services/store/conversation-table.ts';
import { openDatabase } from '../../main/services/store/database.ts';
import { DraftTable } from '../../main/services/store/draft-table.ts';

const old = fileURLToPath(new URL('fixtures/version-3.sqlite', import.meta.url));

test('conversations of a version in which a message brought in one picture are kept, word for word', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-migration-'));
  const path = join(folder, 'conversations.sqlite');
  await copyFile(old, path);
  const { database, notice } = openDatabase(path);
  try {
    expect(notice).toBeNull();
    const conversations = new ConversationTable(database, false);
    const [photo, sign] = ['a'.repeat(64), 'b'.repeat(64)];
    const made = {
      ...{ packageName: 'Demo', packageSha256: 'c'.repeat(64), n: 3, cropsEncoded: 10, finish: 'stop' },
      sampling: {
        ...{ temperature: 0.2, topP: 0.95, topK: 40, minP: 0.05 },
        ...{ repeatPenalty: 1, maxTokens: 512, seed: 4294967294 },
      },
      ...{ systemPrompt: 'You see.', device: 'CPU, 2 threads' },
      tokens: { text: 12, image: 576, generated: 5 },
      milliseconds: { prefill: 12.5, generate: 80.125 },
    };
    const region = { x: 10, y: 20, width: 300, height: 400 };
    const unchanged = {
      ...{ conversationId: 'harbour', state: 'done', createdAt: 2, error: null, waitsFor: null },
      ...{ provenance: null, pictures: [] },
    };
    const later = { ...made, photos: [sign], tokens: { ...made.tokens, image: 1152 } };
    expect(conversations.messages('harbour')).toEqual([
      {
        ...{ ...unchanged, id: 'q1', role: 'user', text: 'What is written at the pier?' },
        pictures: [{ photoId: 'harbour-photo', region: null }],
      },
      {
        ...{ ...unchanged, id: 'a1', role: 'assistant', text: '"Fishing *forbidden*"' },
        provenance: { ...made, photos: [photo] },
      },
      {
        ...{ ...unchanged, id: 'q2', role: 'user', text: '그리고 "여기"는?' },
        pictures: [{ photoId: 'sign-photo', region }],
      },
      {
        ...{ ...unchanged, id: 'a2', role: 'assistant', text: 'A gull.', state: 'interrupted' },
        ...{ provenance: later, error: { code: 'process-died', details: { process: 'inference' } } },
      },
    ]);
    const words = conversations.messages('words');
    expect(words.map(({ pictures }) => pictures)).toEqual([[], [], [], []]);
    expect(words[1]!.provenance).toMatchObject({ photos: [], cropsEncoded: 0 });
    expect(words[3]).toMatchObject({ state: 'waiting', waitsFor: 'install-1', provenance: null });
    expect(new DraftTable(database).all()).toEqual([
      { id: 'harbour', text: 'Half a quest', pictures: [{ photoId: 'sign-photo', region: null }] },
      { id: 'words', text: 'Only words', pictures: [] },
    ]);
    // The index of words was not built again, and still finds them.
    expect(conversations.list('여기', 5).map(({ id }) => id)).toEqual(['harbour']);
    expect(conversations.list('forbidden', 5)).toHaveLength(1);
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
});
