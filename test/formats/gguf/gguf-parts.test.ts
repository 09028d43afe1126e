import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mergeGguf, readGgufParts } from '../../../native-models/formats/gguf/gguf-parts.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { expectFault } from '../../support/faults.ts';
import { splitGguf } from '../../support/split-gguf.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const whole = fileURLToPath(new URL('../../golden/gguf-pair/language.gguf', import.meta.url));
const temporary = temporaryFolder();
const newFolder = () => mkdtemp(join(temporary, 'parts-'));
const read = (path: string) => readGgufParts(path, 'checkpoint-invalid');

/** Every tensor's bytes by its name. */
async function contentOf(path: string): Promise<Map<string, Buffer>> {
  const bytes = await readFile(path);
  const { tensors } = await readGguf(path);
  return new Map(
    tensors.map(({ name, offset, bytes: size }) => [name, bytes.subarray(offset, offset + size)]),
  );
}

test.each([0, 1, 2])(
  'any of all parts, here part %i, is the whole model, and becomes one file of it',
  async (which) => {
    const folder = await newFolder();
    const paths = await splitGguf(whole, folder, 'language', 3);
    const parts = await read(paths[which]!);
    const { metadata, tensors } = await readGguf(whole);
    expect([...parts.header.metadata]).toEqual([...metadata].filter(([key]) => key !== 'general.alignment'));
    expect(parts.header.tensors.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    const merged = join(folder, 'merged.gguf');
    await mergeGguf(parts, merged, 'checkpoint-invalid');
    expect(await contentOf(merged)).toEqual(await contentOf(whole));
  },
);

test('a model in one file is that file', async () => {
  const { header, parts } = await read(whole);
  expect(header).toEqual(await readGguf(whole));
  expect(parts).toEqual([{ path: whole, header }]);
});

test('parts that are missing, exchanged, of two models or under other names are told', async () => {
  const folder = await newFolder();
  const [first, second, third] = (await splitGguf(whole, folder, 'language', 3)) as [string, string, string];
  const other = join(folder, 'language.gguf');
  await copyFile(second, other);
  await expectFault(read(other), 'checkpoint-invalid', 'part 2 of a model in 3 files', '--merge');
  await copyFile(third, second);
  await expectFault(read(first), 'checkpoint-invalid', 'language-00002-of-00003.gguf', 'is not part 2 of 3');
  await rm(second);
  await expectFault(read(third), 'checkpoint-invalid', 'language-00002-of-00003.gguf is missing beside it');
});
