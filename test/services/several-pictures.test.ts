import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { familyGolden } from '../support/family-golden.ts';
import { get, startProgram, testFolder, Watcher } from './support/program.ts';

const golden = familyGolden('internvl-b');

test('a model that compares pictures answers about two in one question; all of it goes out as a file and comes back', async () => {
  const package_ = join(await testFolder(), 'package');
  const pair = (file: string) => join(golden.folder, 'pair', file);
  await importPair({
    ...{ mmproj: pair('mmproj.gguf'), language: pair('language.gguf'), out: package_, vision: 'f32' },
  });
  const services = await startProgram({ bundledPackages: [{ folder: package_, kind: 'released' }] });
  const [photo] = await services.openPaths([join(golden.folder, 'photo.png')]);
  const watcher = new Watcher(services);
  const { id } = await services.api.createConversation({ photoIds: [photo!.id], isPrivate: false });
  const region = { x: 0, y: 0, width: Math.floor(photo!.width / 2), height: photo!.height };
  const whole = { photoId: photo!.id, region: null };
  const part = { photoId: photo!.id, region };
  const rowsOf = async (text: string, pictures: (typeof whole | typeof part)[]) => {
    const { used } = await services.api.measureContext({ conversationId: id, text, pictures });
    const [, { id: answerId }] = await services.api.sendMessage({ conversationId: id, text, pictures });
    const answer = await watcher.finished(answerId);
    expect(answer).toMatchObject({ state: 'done', error: null });
    return { used, ...answer.provenance! };
  };

  const one = await rowsOf('What is here?', [whole]);
  const both = await rowsOf('Which is brighter?', [whole, part]);
  expect(one.photos).toEqual([photo!.sha256]);
  expect(both.photos).toEqual([photo!.sha256, photo!.sha256]);
  expect(both.cropsEncoded).toBeGreaterThan(one.cropsEncoded);
  expect(both.tokens.image).toBeGreaterThan(2 * one.tokens.image);
  expect(both.used).toBeGreaterThan(both.tokens.image);
  // Those in front are not brought in again.
  const after = await rowsOf('And now?', [whole, part]);
  expect(after.tokens.image).toBe(both.tokens.image);
  const { messages } = await services.api.getConversation({ conversationId: id });
  const questions = messages.filter(({ role }) => role === 'user').map(({ pictures }) => pictures);
  expect(questions).toEqual([[whole], [whole, part], []]);

  const out = { conversationId: id, language: 'en' } as const;
  const read = async (format: 'json' | 'markdown') => {
    const exported = await services.api.exportConversation({ ...out, format });
    return (await get(services, exported!.url!))!.text();
  };
  const copy = await services.api.importConversation({ json: await read('json') });
  expect(copy.messages.map(({ pictures, provenance }) => ({ pictures, provenance }))).toEqual(
    messages.map(({ pictures, provenance }) => ({ pictures, provenance })),
  );
  const markdown = await read('markdown');
  expect(markdown.match(/^!\[photo\.png/gm)).toHaveLength(3);
  const where = `${region.width} × ${region.height} at 0, 0`;
  expect(markdown).toContain(`![photo.png, ${where}](`);
  expect(markdown).toContain(`${photo!.sha256}, ${where}`);
});
