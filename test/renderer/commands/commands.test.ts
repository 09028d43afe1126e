import { expect, test, vi } from 'vitest';
import { createCommands } from '../../../renderer/commands/commands.ts';
import { makeConversation, makeMessage, makeProvenance } from '../fake-data.ts';
import { makeStores } from '../test-stores.ts';

test('the lens goes to the last answer that was written about a picture, where it is told what it does', async () => {
  const { stores, bridge } = makeStores();
  const written = (id: string, tokens: { text: number; image: number; generated: number }) =>
    makeMessage(id, { role: 'assistant', text: 'A red fox.', provenance: makeProvenance({ tokens }) });
  const messages = [
    written('m2', { text: 20, image: 576, generated: 4 }),
    written('m4', { text: 20, image: 0, generated: 4 }),
  ];
  bridge.conversations.set('c1', makeConversation('c1', { messages }));
  await stores.start(vi.fn());
  await stores.chat.open('c1');
  const { layout, lens } = stores;
  layout.toggleChat();
  const commands = createCommands(stores);
  commands.lens();
  expect(lens.messageId).toBe('m2');
  expect(layout.isChatOpen).toBe(true);
  layout.toggleChat();
  commands.lens();
  expect(lens.messageId).toBeNull();
  expect(layout.isChatOpen).toBe(false);
});
