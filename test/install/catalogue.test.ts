import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { beforeEach, describe, expect, test } from 'vitest';

import type { PairPaths } from '../../native-models/convert/pair/open-pair.ts';
import type { AppError } from '../../preload/contract/errors.ts';
import { builtInEntries } from '../../native-models/install/catalogue/built-in.ts';
import { Catalogue } from '../../native-models/install/catalogue/catalogue.ts';
import { entrySchema } from '../../native-models/install/catalogue/entry.ts';
import { needsFor } from '../../native-models/install/catalogue/needs.ts';
import { expectFault } from '../support/faults.ts';
import { writeGoldenPair } from '../support/golden-pair.ts';
import { goldenCase } from '../support/golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { entryFor } from './support/installs.ts';

const folder = temporaryFolder();
let data: string;
let catalogue: Catalogue;
let count = 0;

beforeEach(() => {
  data = join(folder, `data-${count++}`);
  mkdirSync(data);
  catalogue = new Catalogue(data);
});

const llama = { id: 'llama3', name: 'Llama 3', url: 'https://llama.test/', covers: 'it', mustAccept: true };

describe('the models that come with the program', () => {
  test('are valid entries, with their licences and the figures of the paper', () => {
    for (const entry of builtInEntries) expect(v.parse(entrySchema, entry)).toEqual(entry);
    const [infLlava, infStar] = builtInEntries;
    expect(infLlava!.source).toMatchObject({ checkpoint: { repo: 'WeihuangLin/INF-LLaVA-sft' } });
    expect(infStar!.source).toMatchObject({ checkpoint: { repo: 'WeihuangLin/INF_star-LLaVA-sft' } });
    expect(infLlava!.figures).toContainEqual({ benchmark: 'SEED', score: 70.47 });
    expect(infLlava!.licences.map(({ mustAccept }) => mustAccept)).toEqual([true, false]);
  });

  test('say what they need in every precision: less for a coarser one', () => {
    const [entry] = builtInEntries;
    const q8 = needsFor(entry!, { vision: 'int8', llm: 'q8_0' })!;
    const q4 = needsFor(entry!, { vision: 'int8', llm: 'q4_k_m' })!;
    // An 8B model is 8.5 GB in q8_0 and 4.9 GB in q4_k_m (llama.cpp's own figures).
    expect(q8.diskAfter).toBeGreaterThan(8.5e9);
    expect(q8.diskAfter).toBeLessThan(10e9);
    expect(q4.diskAfter).toBeLessThan(6.5e9);
    expect(q4.memory).toBeLessThan(q8.memory);
    expect(q4.gpuMemory).toBeLessThan(q8.gpuMemory);
    // The package and two shards, never the checkpoint and the package.
    expect(q8.diskDuring - q8.diskAfter).toBeLessThan(11e9);
  });
});

test('an entry is added, found, and removed again', async () => {
  const { entry, origin } = await catalogue.add(entryFor());
  expect({ entry, origin }).toEqual({ entry: entryFor(), origin: 'added' });
  expect((await new Catalogue(data).find('tiny')).entry).toEqual(entryFor());
  await expectFault(catalogue.add(entryFor()), 'catalogue-invalid', 'tiny');
  await catalogue.remove('tiny');
  await expectFault(catalogue.find('tiny'), 'wrong-usage', 'inf-llava');
  await expectFault(catalogue.remove('inf-llava'), 'wrong-usage', 'comes with the program');
});

test('a folder is added by what is in it; two of one name are two models', async () => {
  const { checkpoint, clip } = goldenCase('tower-inside');
  const other = goldenCase('tower-apart');
  const one = await catalogue.addFolder(checkpoint, clip, null);
  const two = await catalogue.addFolder(other.checkpoint, other.clip, null);
  expect(one.entry).toMatchObject({ name: 'checkpoint', source: { kind: 'folder', checkpoint, clip } });
  expect(two.entry.id).not.toBe(one.entry.id);
  // Its own numbers say what it will take, in every precision.
  expect(one.entry.size).toMatchObject({ languageLayers: 3, keyValueWidth: 128, contextTrained: 2048 });
  expect(one.needs.length).toBeGreaterThan(5);
  await expectFault(catalogue.addFolder(folder, null, null), 'wrong-usage', 'config.json');
  await expectFault(catalogue.addFolder(other.checkpoint, null, null), 'wrong-usage', '--clip');
});

test('a pair of GGUF files is added by what is in it, and read anew when it is added again', async () => {
  const pair = await writeGoldenPair(join(folder, 'pair'));
  const { entry, needs } = await catalogue.addPair(pair, null);
  const languageBytes = statSync(pair.language).size;
  expect(entry).toMatchObject({ name: 'language', source: { kind: 'pair', ...pair, languageBytes } });
  // There is nothing to choose: the language model is what it is, and takes no room in the package.
  expect(needs.map(({ precision }) => precision)).toEqual([{ vision: 'int8', llm: null }]);
  expect(needs[0]!.diskAfter).toBeLessThan(
    entry.size!.visionParameters * 2 + entry.size!.enhanceParameters * 5,
  );
  expect(needs[0]!.memory - needs[0]!.diskAfter).toBeGreaterThan(languageBytes);
  expect((await catalogue.addPair(pair, null)).entry).toEqual(entry);
  expect((await catalogue.addPair(pair, 'LLaVA')).entry.id).not.toBe(entry.id);
});

describe('two files that are no pair are not added', () => {
  const reasonOf = (paths: PairPaths) =>
    catalogue.addPair(paths, null).then(
      () => null,
      ({ failure }: AppError) =>
        failure.code === 'checkpoint-invalid' && [failure.code, failure.details.reason, failure.details.file],
    );

  test('not GGUF, exchanged, of two models, or a vision half in K-quants', async () => {
    const { mmproj, language } = await writeGoldenPair(join(folder, 'right'));
    const quantised = await writeGoldenPair(join(folder, 'quantised'), { isKQuant: true });
    const stranger = fileURLToPath(new URL('../golden/gguf-pair/language.gguf', import.meta.url));
    const text = join(folder, 'notes.gguf');
    writeFileSync(text, 'These are notes.');
    const invalid = 'checkpoint-invalid';
    expect(await reasonOf({ mmproj: text, language })).toEqual([invalid, 'not-gguf', 'notes.gguf']);
    expect(await reasonOf({ mmproj, language: text })).toEqual([invalid, 'not-gguf', 'notes.gguf']);
    expect(await reasonOf({ mmproj: language, language: mmproj })).toEqual([
      invalid,
      'not-vision-half',
      'language.gguf',
    ]);
    expect(await reasonOf({ mmproj, language: mmproj })).toEqual([
      invalid,
      'not-language-half',
      'mmproj.gguf',
    ]);
    expect(await reasonOf({ mmproj, language: stranger })).toEqual([invalid, 'not-a-pair', 'mmproj.gguf']);
    expect(await reasonOf(quantised)).toEqual([invalid, 'number-format', 'mmproj.gguf']);
    expect(readdirSync(data)).toEqual([]);
  });
});

test('a licence is accepted once for all models that have it, and again when its text has moved', async () => {
  await catalogue.add(entryFor({ licences: [llama] }));
  await catalogue.add(entryFor({ id: 'other', licences: [llama] }));
  await catalogue.add(entryFor({ id: 'moved', licences: [{ ...llama, url: 'https://llama.test/4' }] }));
  const tiny = await catalogue.find('tiny');
  expect(tiny.licencesToAccept).toEqual(['llama3']);
  await expectFault(catalogue.accept(tiny, []), 'licence-not-accepted', 'Llama 3');
  await expectFault(catalogue.accept(tiny, ['clip-mit']), 'licence-not-accepted');
  await catalogue.accept(tiny, ['llama3']);
  expect((await new Catalogue(data).find('other')).licencesToAccept).toEqual([]);
  expect((await catalogue.find('moved')).licencesToAccept).toEqual(['llama3']);
});

describe('what cannot be an entry is refused, and the others stay on offer', () => {
  const source = entryFor().source as Extract<ReturnType<typeof entryFor>['source'], { kind: 'hub' }>;
  const hub = (repo: string, revision = 'main') => ({ ...source, checkpoint: { repo, revision } });
  const local = (checkpoint: string) => ({ kind: 'folder', checkpoint, clip: null });
  const hostile: [string, unknown][] = [
    ['no object', []],
    ['nothing', null],
    ['an id that climbs', { ...entryFor(), id: '../../etc' }],
    ['an id of another system', { ...entryFor(), id: 'con:aux' }],
    ['a repository that climbs', { ...entryFor(), source: hub('../..') }],
    ['a repository of three parts', { ...entryFor(), source: hub('a/b/c') }],
    ['a repository with a query', { ...entryFor(), source: hub('a/b?x=1') }],
    ['a repository with an encoded slash', { ...entryFor(), source: hub('a/b%2f..') }],
    ['a revision that climbs', { ...entryFor(), source: hub('a/b', 'main/../../..') }],
    ['an address of its own', { ...entryFor(), source: { ...source, url: 'https://evil.test' } }],
    ['another kind of source', { ...entryFor(), source: { kind: 'url', url: 'https://evil.test' } }],
    [
      'a script as the address of a licence',
      { ...entryFor(), licences: [{ ...llama, url: 'javascript:alert(1)' }] },
    ],
    [
      'a file as the address of a licence',
      { ...entryFor(), licences: [{ ...llama, url: 'file:///etc/passwd' }] },
    ],
    ['a page in the clear', { ...entryFor(), paper: 'http://example.test' }],
    ['a huge size', { ...entryFor(), downloadBytes: 1e300 }],
    ['a negative size', { ...entryFor(), largestFileBytes: -1 }],
    ['half a byte', { ...entryFor(), downloadBytes: 0.5 }],
    ['a number that is none', { ...entryFor(), figures: [{ benchmark: 'x', score: NaN }] }],
    [
      'a thousand figures',
      { ...entryFor(), figures: Array.from({ length: 1000 }, () => ({ benchmark: 'x', score: 1 })) },
    ],
    ['an id that Windows keeps for a device', { ...entryFor(), id: 'nul' }],
    ['a name that steers a terminal', { ...entryFor(), name: 'Tiny\u001b[2J' }],
    ['a name that turns the text around', { ...entryFor(), name: 'Tiny\u202e' }],
    ['a folder that depends on where the program runs', { ...entryFor(), source: local('models/tiny') }],
    ['a folder of another machine', { ...entryFor(), source: local('//server/share') }],
    ['a page of another site than it seems', { ...entryFor(), paper: 'https://known.test@evil.test/' }],
    ['another version', { ...entryFor(), schema: 2 }],
    ['an unknown field', { ...entryFor(), run: 'rm -rf /' }],
    ['an endless name', { ...entryFor(), name: 'x'.repeat(1e6) }],
  ];
  test.each(hostile)('%s', async (_name, json) => {
    await expectFault(catalogue.add(json), 'catalogue-invalid');
    expect(readdirSync(data)).toEqual([]);
  });

  test('one that contains itself', async () => {
    const entry: Record<string, unknown> = { ...entryFor() };
    entry['source'] = entry;
    await expectFault(catalogue.add(entry), 'catalogue-invalid', 'source');
  });

  test('in files: each is named with what is wrong', async () => {
    await catalogue.add(entryFor());
    const files = join(data, 'catalogue');
    writeFileSync(join(files, 'broken.json'), '{"id": ');
    writeFileSync(join(files, 'huge.json'), ' '.repeat(100_000));
    writeFileSync(join(files, 'taken.json'), JSON.stringify(entryFor({ id: 'inf-llava' })));
    writeFileSync(join(files, 'notes.txt'), 'not an entry');
    mkdirSync(join(files, 'folder.json'));
    symlinkSync('/dev/zero', join(files, 'endless.json'));
    const { entries, refused } = await catalogue.list();
    expect(entries.map(({ entry: { id } }) => id)).toEqual([...builtInEntries.map(({ id }) => id), 'tiny']);
    expect(refused.map(({ file }) => file)).toEqual([
      'broken.json',
      'endless.json',
      'folder.json',
      'huge.json',
      'taken.json',
    ]);
    for (const { error } of refused) expect(error.code).toBe('catalogue-invalid');
  });
});
