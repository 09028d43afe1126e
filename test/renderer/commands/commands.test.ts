import { expect, test } from 'vitest';
import { createCommands } from '../../../renderer/commands/commands.ts';
import { makeMessage, makeProvenance } from '../fake-data.ts';
import { converse, startStores } from '../test-stores.ts';

test('the lens goes to the last answer that was written about a picture, where it is told what it does', async () => {
  const { stores, services, photos, bridge } = await startStores();
  const { id, messages } = await converse(services, photos[0]!, 'What is it?');
  await stores.chat.open(id);
  const answer = messages[1]!;
  const tokens = { text: 20, image: 0, generated: 4 };
  const provenance = makeProvenance({ tokens });
  bridge.emit({
    type: 'message',
    message: makeMessage('m4', { ...answer, id: 'm4', provenance }),
  });
  const { layout, lens } = stores;
  layout.toggleChat();
  const commands = createCommands(stores);
  commands.lens();
  expect(lens.messageId).toBe(answer.id);
  expect(layout.isChatOpen).toBe(true);
  layout.toggleChat();
  commands.lens();
  expect(lens.messageId).toBeNull();
  expect(layout.isChatOpen).toBe(false);
});
