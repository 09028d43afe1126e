import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { folderNameOf, packageNameSchema } from '../../native-models/install/jobs/package-name.ts';
import {
  listInstalled,
  removePackage,
  renamePackage,
  verifyPackage,
} from '../../native-models/install/jobs/manage.ts';
import { contentHash } from '../../native-models/package/content-hash.ts';
import type { Manifest } from '../../native-models/package/manifest.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { parseManifest } from '../../native-models/package/read-manifest.ts';
import { requantisePackage, sweepUnfinished } from '../../native-models/install/jobs/requantise.ts';
import { expectFault } from '../support/faults.ts';
import { folderHash } from '../support/folder-hash.ts';
import { writeGoldenPair } from '../support/golden-pair.ts';
import { makeRandomCheckpoint } from '../support/random-checkpoint.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const original = join(folder, 'original');
const random = join(folder, 'random');
let packages: string;
let count = 0;

beforeAll(async () => {
  // Rows of whole blocks of 256, so that every format fits.
  const checkpoint = makeRandomCheckpoint(random, { languageWidth: 256, languageIntermediate: 512 });
  await convertCheckpoint({ ...checkpoint, out: original, vision: 'f32', llm: 'bf16', name: 'Original' });
});

beforeEach(() => {
  packages = join(folder, `packages-${count++}`);
  cpSync(original, join(packages, 'model'), { recursive: true });
});

test('installed packages are listed with their sizes, and what is wrong with those that are damaged', async () => {
  cpSync(original, join(packages, 'cut'), { recursive: true });
  writeFileSync(join(packages, 'cut', 'vision.onnx'), 'cut short');
  mkdirSync(join(packages, 'empty'));
  mkdirSync(join(packages, '.hidden'));
  const [cut, empty, model, ...others] = (await listInstalled(packages)).sort((a, b) =>
    a.folder < b.folder ? -1 : 1,
  );
  expect(others).toEqual([]);
  expect(model).toMatchObject({ folder: 'model', name: 'Original', languagePrecision: 'bf16', error: null });
  expect(model!.bytes).toBeGreaterThan(1e6);
  expect(cut!.error).toMatchObject({ code: 'package-invalid', details: { file: 'vision.onnx' } });
  expect(empty!.error).toMatchObject({ code: 'package-invalid' });
  expect(await listInstalled(join(folder, 'nowhere'))).toEqual([]);
});

test('verify finds a single changed bit in a large file, and says how far it is', async () => {
  const fractions: number[] = [];
  const progress = (fraction: number) => void fractions.push(fraction);
  expect(await verifyPackage(packages, 'model', { progress })).toMatchObject({ name: 'Original' });
  expect(fractions.at(-1)).toBe(1);
  expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
  const file = join(packages, 'model', 'language.gguf');
  const bytes = readFileSync(file);
  bytes[bytes.length - 5]! ^= 16;
  writeFileSync(file, bytes);
  await expectFault(verifyPackage(packages, 'model'), 'package-invalid', 'language.gguf');
  await expectFault(verifyPackage(packages, 'model', { signal: AbortSignal.abort() }), 'cancelled');
});

test('a package gets another name, and its folder too', async () => {
  const renamed = await renamePackage(packages, 'model', ' 내 모델: v2 ');
  expect(renamed).toMatchObject({ name: '내 모델: v2', folder: '내 모델- v2', error: null });
  expect(readdirSync(packages)).toEqual(['내 모델- v2']);
  const { manifest } = await openPackage(join(packages, renamed.folder), { verify: true });
  expect(manifest.name).toBe('내 모델: v2');
  // What was measured and computed with it is still its own.
  const before = await openPackage(original);
  expect((await openPackage(join(packages, renamed.folder))).contentSha256).toBe(before.contentSha256);
  mkdirSync(join(packages, 'taken'));
  await expectFault(renamePackage(packages, renamed.folder, 'taken'), 'package-exists', 'taken');
  await expectFault(renamePackage(packages, renamed.folder, '  '), 'wrong-usage');
});

test('other weights or numbers make another package, whatever it is called', () => {
  const manifest = parseManifest(readFileSync(join(original, 'manifest.json')));
  const hash = (changes: Partial<Manifest>) => contentHash({ ...manifest, ...changes });
  const same = hash({});
  expect(hash({ name: 'Other', source: { checkpoint: 'other', tower: 'other', licence: 'other' } })).toBe(
    same,
  );
  const language = manifest.files['language.gguf']!;
  const moved = { ...language, outside: { path: '/elsewhere/language.gguf', modified: 1 } };
  expect(hash({ files: { ...manifest.files, 'language.gguf': moved } })).toBe(same);
  const weights = { ...language, sha256: '0'.repeat(64) };
  expect(hash({ files: { ...manifest.files, 'language.gguf': weights } })).not.toBe(same);
  const { mean } = manifest.normalisation;
  expect(hash({ normalisation: { mean, std: [1, 1, 1] } })).not.toBe(same);
  expect(hash({ chat: { ...manifest.chat, afterImage: ' ' } })).not.toBe(same);
});

test('a package of manifest version 1 is read as of the newer one, under the name it had', () => {
  // The manifest of the demo model as version 0.1.0 brought it, and the name that its card gave it.
  const bytes = readFileSync(new URL('manifest-1.json', import.meta.url));
  expect(JSON.parse(bytes.toString())).toMatchObject({ schema: 1, crops: { n: 3 } });
  const manifest = parseManifest(bytes);
  expect(manifest.views).toMatchObject({ family: 'dual', n: 3, mode: 'trained' });
  expect(contentHash(manifest)).toBe('0e449231405e68ceb7fe6cda9d9f057f1a546a31d0e2998286d14551b0d2a703');
});

describe('remove', () => {
  test('deletes the package and its folder', async () => {
    expect(await removePackage(packages, 'model')).toEqual({ kept: [] });
    expect(readdirSync(packages)).toEqual([]);
  });

  test('never deletes what the program did not make', async () => {
    const model = join(packages, 'model');
    writeFileSync(join(model, 'thesis.txt'), 'irreplaceable');
    mkdirSync(join(model, 'photos'));
    symlinkSync(random, join(model, 'language.gguf.partial-1'));
    const { kept } = await removePackage(packages, 'model');
    expect(kept.sort()).toEqual(['language.gguf.partial-1', 'photos', 'thesis.txt']);
    expect(readdirSync(model).sort()).toEqual(kept);
    expect(existsSync(join(random, 'checkpoint', 'config.json'))).toBe(true);
    // It is no package any more.
    expect((await listInstalled(packages))[0]!.error).not.toBeNull();
  });

  test.each(['..', '../packages-0', '.', '', 'model/..', '/etc', 'nothing', 'C:\\x', 'model\0'])(
    '%j is no package',
    async (name) => {
      await expectFault(removePackage(packages, name), 'wrong-usage');
      expect(existsSync(join(packages, 'model', 'manifest.json'))).toBe(true);
    },
  );

  test('a link to a folder elsewhere is not followed', async () => {
    symlinkSync(original, join(packages, 'link'));
    await expectFault(removePackage(packages, 'link'), 'wrong-usage', 'link');
    expect(existsSync(join(original, 'manifest.json'))).toBe(true);
  });
});

describe('requantise', () => {
  test('makes what converting in that format makes, and leaves the old package', async () => {
    const fractions: number[] = [];
    const made = await requantisePackage(
      packages,
      { folder: 'model', llm: 'q4_k_m', name: 'Small', replace: false },
      { progress: (fraction) => void fractions.push(fraction) },
    );
    expect(made).toMatchObject({ folder: 'Small', name: 'Small', languagePrecision: 'q4_k_m', error: null });
    expect(fractions.at(-1)).toBe(1);
    expect(readdirSync(packages).sort()).toEqual(['Small', 'model']);
    expect(folderHash(join(packages, 'model'))).toBe(folderHash(original));
    const direct = join(folder, 'direct');
    const { checkpoint, clip } = { checkpoint: join(random, 'checkpoint'), clip: join(random, 'clip') };
    await convertCheckpoint({
      checkpoint,
      clip,
      out: direct,
      vision: 'f32',
      llm: 'q4_k_m',
      name: 'Original',
    });
    for (const name of ['vision.onnx.data', 'enhance.onnx']) {
      expect(readFileSync(join(packages, 'Small', name)).equals(readFileSync(join(direct, name))), name).toBe(
        true,
      );
    }
    await openPackage(join(packages, 'Small'), { verify: true });
    const [ours, theirs] = [join(packages, 'Small'), direct].map((one) => join(one, 'language.gguf'));
    const types = async (path: string) =>
      new Map((await readGguf(path)).tensors.map(({ name, type }) => [name, type]));
    expect(await types(ours!)).toEqual(await types(theirs!));
  });

  test('takes the place of the old package when it is told to, from q8_0 as well', async () => {
    const inPlace = { folder: 'model', llm: 'q8_0', name: 'model', replace: true } as const;
    expect(await requantisePackage(packages, inPlace)).toMatchObject({
      languagePrecision: 'q8_0',
      folder: 'model',
    });
    const other = { folder: 'model', llm: 'q4_0', name: 'Smaller', replace: true } as const;
    expect(await requantisePackage(packages, other)).toMatchObject({ languagePrecision: 'q4_0' });
    expect(readdirSync(packages)).toEqual(['Smaller']);
    await openPackage(join(packages, 'Smaller'), { verify: true });
  });

  test('refuses what would lose too much, or nothing', async () => {
    await requantisePackage(packages, { folder: 'model', llm: 'q4_k_m', name: 'small', replace: false });
    const refused = [
      { folder: 'model', llm: 'f32', name: 'x', replace: false },
      { folder: 'model', llm: 'bf16', name: 'x', replace: false },
      { folder: 'small', llm: 'q2_k', name: 'x', replace: false },
    ] as const;
    for (const input of refused) await expectFault(requantisePackage(packages, input), 'wrong-usage');
    const taken = { folder: 'model', llm: 'q8_0', name: 'small', replace: true } as const;
    await expectFault(requantisePackage(packages, taken), 'package-exists', 'small');
    expect(readdirSync(packages).sort()).toEqual(['model', 'small']);
  });

  test('what a crash has left of it is deleted, and nothing else that is hidden', async () => {
    cpSync(original, join(packages, '.model.partial'), { recursive: true });
    mkdirSync(join(packages, '.notes.partial'));
    writeFileSync(join(packages, '.notes.partial', 'thesis.txt'), 'irreplaceable');
    mkdirSync(join(packages, '.git'));
    await sweepUnfinished(packages);
    expect(readdirSync(packages).sort()).toEqual(['.git', '.notes.partial', 'model']);
  });

  test('cancelled, it leaves the old package and nothing else', async () => {
    const stop = new AbortController();
    const input = { folder: 'model', llm: 'q8_0', name: 'model', replace: true } as const;
    const cancelled = requantisePackage(packages, input, { signal: stop.signal });
    stop.abort();
    await expectFault(cancelled, 'cancelled');
    expect(readdirSync(packages)).toEqual(['model']);
    expect(folderHash(join(packages, 'model'))).toBe(folderHash(original));
  });
});

test.each([
  ['INF-LLaVA', 'INF-LLaVA'],
  ['../../etc/passwd', '-..-etc-passwd'],
  ['con', 'model-con'],
  ['NUL.txt', 'model-NUL.txt'],
  ['...', 'model'],
  [' a/b\\c:d*e ', 'a-b-c-d-e'],
  ['모델', '모델'],
  ['x'.repeat(200), 'x'.repeat(60)],
  ['🙂'.repeat(200), '🙂'.repeat(60)],
  ['half a character: \ud83d', 'half a character- \ufffd'],
])('a package called %j lies in the folder %j', (name, expected) => {
  expect(folderNameOf(name)).toBe(expected);
  expect(v.is(packageNameSchema, expected)).toBe(true);
});

test('a package that uses a language file where it lies is listed whole; removing it leaves that file', async () => {
  const own = join(folder, 'linked');
  const pair = await writeGoldenPair(join(own, 'files'));
  mkdirSync(join(own, 'packages'));
  await importPair({ ...pair, out: join(own, 'packages', 'llava'), vision: 'f32' });
  const [listed] = await listInstalled(join(own, 'packages'));
  expect(listed).toMatchObject({ folder: 'llava', error: null });
  expect(await verifyPackage(join(own, 'packages'), 'llava')).toMatchObject({ error: null });
  const before = readFileSync(pair.language);
  expect(await removePackage(join(own, 'packages'), 'llava')).toEqual({ kept: [] });
  expect(readFileSync(pair.language).equals(before)).toBe(true);
});
