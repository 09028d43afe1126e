import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { startProgram, testFolder, Watcher } from './support/program.ts';

const pair = fileURLToPath(new URL('../golden/gguf-pair/', import.meta.url));

/** The golden pair as a package, in a folder with a language file of its own. */
async function importedPackage(): Promise<{ folder: string; language: string }> {
  const home = await testFolder();
  const language = join(home, 'language.gguf');
  await copyFile(join(pair, 'language.gguf'), language);
  const folder = join(home, 'package');
  await importPair({ mmproj: join(pair, 'mmproj.gguf'), language, out: folder, vision: 'f32' });
  return { folder, language };
}

test('a model that sees a picture once: one view, no crops, an answer', async () => {
  const { folder } = await importedPackage();
  const services = await startProgram({ bundledPackages: [{ folder, kind: 'released' }] });
  const [photo] = await services.openPaths([join(pair, 'photo.png')]);
  expect(await services.api.getCropPlan({ photoId: photo!.id })).toMatchObject({
    ...{ size: { width: 56, height: 56 }, locals: [], globals: [], passes: 1, tokens: 16 },
    region: { x: 0, y: -15, width: 90, height: 90 },
  });
  const watcher = new Watcher(services);
  const conversation = await services.api.createConversation({ photoIds: [photo!.id], isPrivate: false });
  const [, answer] = await services.api.sendMessage({
    conversationId: conversation.id,
    text: 'What is here?',
    pictures: [{ photoId: photo!.id, region: null }],
  });
  expect(await watcher.finished(answer.id)).toMatchObject({
    state: 'done',
    provenance: { n: 1, cropsEncoded: 1, tokens: { image: 16, generated: 8 } },
  });
  expect(await watcher.prepared(photo!.id)).toMatchObject({ encoded: [], fraction: 1 });
});

test('its card says so when the language file is no longer where it was', async () => {
  const { folder, language } = await importedPackage();
  const services = await startProgram({ bundledPackages: [{ folder, kind: 'released' }] });
  const [card] = await services.api.listPackages();
  expect(card).toMatchObject({ name: 'language', n: 1, tile: 56, languagePrecision: 'f16', error: null });
  await rename(language, `${language}.moved`);
  const [broken] = await services.api.listPackages();
  expect(broken!.error).toMatchObject({ code: 'linked-file-changed', details: { file: 'language.gguf' } });
  await rename(`${language}.moved`, language);
  expect((await services.api.listPackages())[0]!.error).toBeNull();
});
