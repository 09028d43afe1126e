import { join } from 'node:path';
import { messagesOf, parseConversationFile } from '../../main/services/export/json.ts';
import { ConversationTable } from '../../main/services/store/conversation-table.ts';
import { openMemoryDatabase } from '../../main/services/store/database.ts';
import { mutateJson } from './mutate.ts';
import type { Target } from './target.ts';

/** An exported conversation with everything one can hold. */
const conversation = {
  ...{ format: 'inf-llava-conversation', version: 2, title: 'At the harbour – 항구', createdAt: 1.7e12 },
  photos: [
    {
      ...{ name: 'harbour.jpg', width: 4000, height: 3000, bytes: 5_000_000, format: 'jpeg' },
      sha256: 'ab'.repeat(32),
    },
  ],
  messages: [
    {
      ...{ role: 'user', text: 'What is written at the pier?', state: 'done', createdAt: 1.7e12 },
      pictures: [
        { photo: 0, region: { x: 10, y: 20, width: 300, height: 400 } },
        { photo: 0, region: null },
      ],
      ...{ provenance: null, error: null },
    },
    {
      ...{ role: 'assistant', text: '"Fishing *forbidden*"', state: 'interrupted', createdAt: 1.7e12 + 9 },
      pictures: [],
      provenance: {
        ...{ photos: ['ab'.repeat(32)], packageName: 'Demo', packageSha256: 'cd'.repeat(32), n: 3 },
        ...{ cropsEncoded: 10, systemPrompt: 'You see a photo.', device: 'CPU', finish: 'stop' },
        sampling: {
          ...{ temperature: 0.2, topP: 0.9, topK: 40, minP: 0.05 },
          ...{ repeatPenalty: 1.1, maxTokens: 512, seed: null },
        },
        tokens: { text: 12, image: 576, generated: 5 },
        milliseconds: { prefill: 12.5, generate: 80 },
      },
      error: { code: 'process-died', details: { process: 'inference' } },
    },
  ],
};

/** Conversations that are taken in: what is accepted can be stored, found, dated and read back. */
export function conversationTarget(folder: string): Target {
  const valid = Buffer.from(JSON.stringify(conversation));
  const store = new ConversationTable(openMemoryDatabase(), false);
  return {
    ...{ name: 'conversation', weight: 2, path: join(folder, 'conversation.json'), valid },
    codes: ['wrong-usage'],
    mutant: (chance) => mutateJson(valid, chance),
    async check(bytes) {
      const file = parseConversationFile(bytes.toString('utf8'));
      const messages = messagesOf(file, 'c', ['p']);
      store.create({ id: 'c', title: file.title, createdAt: file.createdAt, photoIds: ['p'] });
      try {
        store.addMessages('c', messages);
        for (const { createdAt } of [file, ...store.messages('c')]) new Date(createdAt).toISOString();
        store.list(file.title.slice(0, 1000), 10);
        JSON.stringify(store.get('c'));
      } finally {
        store.discard('c');
      }
    },
  };
}
