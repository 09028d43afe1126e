import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import type { GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { layoutGguf } from '../../native-models/formats/gguf/write-gguf.ts';
import type { Manifest } from '../../native-models/package/manifest.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { expectFault } from '../support/faults.ts';
import { goldenCase } from '../support/golden.ts';
import { makeRandomCheckpoint } from '../support/random-checkpoint.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const original = join(folder, 'original');
const other = join(folder, 'other');
const copy = join(folder, 'copy');

beforeAll(async () => {
  const { checkpoint, clip } = goldenCase('tower-apart');
  await convertCheckpoint({ checkpoint, clip, out: original, vision: 'f32', llm: 'f16' });
  const random = makeRandomCheckpoint(join(folder, 'random'));
  await convertCheckpoint({ ...random, out: other, vision: 'f32', llm: 'f16' });
});

beforeEach(() => {
  rmSync(copy, { recursive: true, force: true });
  cpSync(original, copy, { recursive: true });
});

const refused = (...words: string[]) => expectFault(openPackage(copy), 'package-invalid', ...words);
const file = (name: string) => join(copy, name);

type Editable<T> = { -readonly [Key in keyof T]: Editable<T[Key]> };

function editManifest(change: (manifest: Editable<Manifest>) => void): void {
  const manifest = JSON.parse(readFileSync(file('manifest.json'), 'utf8')) as Editable<Manifest>;
  change(manifest);
  writeFileSync(file('manifest.json'), JSON.stringify(manifest));
}

/** Puts other bytes in the place of a file and lets the manifest vouch for them, as a hostile package would. */
function replace(name: string, bytes: Uint8Array): void {
  writeFileSync(file(name), bytes);
  editManifest(({ files }) => {
    files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
}

test('a package opens, with the paths of its files', async () => {
  const opened = await openPackage(copy, { verify: true });
  expect(opened.path('language.gguf')).toBe(file('language.gguf'));
  expect(opened.manifest.language.precision).toBe('f16');
});

test('a folder that is none', async () => {
  await expectFault(openPackage(join(folder, 'nowhere')), 'package-invalid', 'nowhere', 'manifest.json');
  rmSync(file('manifest.json'));
  await refused('copy', 'manifest.json');
  mkdirSync(file('manifest.json'));
  await refused('manifest.json', 'not a regular file');
});

describe('a file that is not the one of the package is refused by name', () => {
  test.each([
    'vision.onnx',
    'vision.onnx.data',
    'enhance.onnx',
    'enhance-full.onnx',
    'enhance.onnx.data',
    'language.gguf',
  ])('%s: missing, truncated, one bit off, a link', async (name) => {
    const bytes = readFileSync(file(name));
    const changed = Uint8Array.from(bytes);
    changed[bytes.length >> 1]! ^= 1;
    writeFileSync(file(name), changed);
    await refused(name, 'sha256');
    truncateSync(file(name), bytes.length - 1);
    await refused(name, `${bytes.length - 1} bytes instead of ${bytes.length}`);
    rmSync(file(name));
    await refused(name, 'missing');
    symlinkSync(join(original, name), file(name));
    await refused(name, 'not a regular file');
  });

  test.each([
    ['enhance.onnx', 'enhance-full.onnx'],
    ['vision.onnx', 'enhance.onnx'],
    ['language.gguf', 'vision.onnx'],
    ['vision.onnx', 'language.gguf'],
  ])('%s swapped for %s, with a manifest that vouches for it', async (name, source) => {
    replace(name, readFileSync(join(original, source)));
    await refused(name);
  });

  test('the language model or the graphs of another model', async () => {
    replace('language.gguf', readFileSync(join(other, 'language.gguf')));
    await refused('language.gguf', 'llama.embedding_length is 64 instead of 128');
    cpSync(original, copy, { recursive: true });
    replace('enhance.onnx', readFileSync(join(other, 'enhance.onnx')));
    await refused('enhance.onnx');
  });
});

describe('a manifest is refused with the place of the fault', () => {
  test('broken, of another version, or huge', async () => {
    writeFileSync(file('manifest.json'), '{"schema":');
    await refused('manifest.json', 'JSON');
    editOriginal((manifest) => Object.assign(manifest, { schema: 3 }));
    await refused('manifest.json', 'schema');
    writeFileSync(file('manifest.json'), ' '.repeat(2 ** 20 + 1));
    await refused('manifest.json', 'at most');
  });

  const editOriginal = (change: (manifest: Editable<Manifest>) => void) => {
    cpSync(original, copy, { recursive: true });
    editManifest(change);
  };

  test.each(['../language.gguf', '/etc/passwd', 'sub/language.gguf', 'CON', '.hidden', 'extra.bin'])(
    'with the file %j',
    async (name) => {
      editManifest(({ files }) => (files[name] = files['language.gguf']!));
      await refused('manifest.json');
    },
  );

  const changes: [string, (manifest: Editable<Manifest>) => void][] = [
    ['without a file', ({ files }) => delete files['enhance.onnx']],
    ['with a hash that is none', ({ files }) => (files['language.gguf']!.sha256 = 'x')],
    ['with a tile that patches do not fill', ({ vision }) => (vision.patch = 13)],
    ['with other tokens than fit', ({ vision }) => (vision.tokens = 575)],
    ['with a width heads do not divide', ({ vision }) => (vision.heads = 5)],
    [
      'with huge tiles',
      ({ views, vision }) => Object.assign(vision, { tokens: 1, patch: (views.tile = 2 ** 20) }),
    ],
    ['with 17 crops a side', ({ views }) => Object.assign(views, { n: 17 })],
    ['with crops that are not encoded', ({ views }) => Object.assign(views, { globalsEncoded: [] })],
    ['with another base image', ({ views }) => Object.assign(views, { baseIsGlobal: 3 })],
    ['with a negative deviation', ({ normalisation }) => (normalisation.std[0] = -1)],
    ['with a stop id beyond the vocabulary', ({ language }) => (language.stopIds = [458])],
    ['with heads that share unevenly', ({ language }) => (language.keyValueHeads = 3)],
    ['with a context beyond its limit', ({ language }) => (language.contextTrained = 8193)],
    ['without marks around the user', ({ chat }) => (chat.user = { before: '', after: '' })],
  ];
  test.each(changes)('%s', async (_, change) => {
    editManifest(change);
    await refused('manifest.json');
  });

  test('contradicting the language model', async () => {
    editManifest(({ language }) => (language.layers = 4));
    await refused('language.gguf', 'llama.block_count is 3 instead of 4');
  });
});

describe('a language model that llama.cpp must not see is refused', () => {
  type Change = (
    metadata: Map<string, GgufValue>,
    tensors: { name: string; type: 'f32' | 'f16'; shape: readonly number[] }[],
  ) => void;
  const set =
    (key: string, value: GgufValue): Change =>
    (metadata) =>
      metadata.set(key, value);
  const editTokens =
    (change: (values: string[]) => void): Change =>
    (metadata) => {
      const tokens = metadata.get('tokenizer.ggml.tokens') as { values: readonly string[] };
      const values = [...tokens.values];
      change(values);
      metadata.set('tokenizer.ggml.tokens', { type: 'array', of: 'string', values });
    };

  test.each<[string, Change, string]>([
    ['another architecture', set('general.architecture', { type: 'string', value: 'bert' }), '"bert"'],
    ['a number of another type', set('llama.block_count', { type: 'f32', value: 3 }), 'llama.block_count'],
    ['a token twice', editTokens((values) => (values[0] = values[1]!)), 'twice'],
    ['an empty token', editTokens((values) => (values[0] = '')), 'empty'],
    ['too few tokens', editTokens((values) => values.pop()), '457 tokens instead of 458'],
    ['no merges', (metadata) => metadata.delete('tokenizer.ggml.merges'), 'tokenizer.ggml.merges'],
    [
      'a special id out of range',
      set('tokenizer.ggml.bos_token_id', { type: 'u32', value: 458 }),
      'bos_token_id',
    ],
    [
      'uneven heads',
      set('llama.rope.dimension_count', { type: 'u32', value: 14 }),
      'llama.rope.dimension_count',
    ],
    ['a missing tensor', (_, tensors) => tensors.splice(4, 1), 'has no tensor'],
    [
      'an unknown tensor',
      (_, tensors) => tensors.push({ name: 'x', type: 'f32', shape: [1] }),
      'the tensor x',
    ],
    ['a tensor of another shape', (_, tensors) => (tensors[2]!.shape = [128, 127]), '[128, 127]'],
  ])('%s', async (_, change, word) => {
    const header = await readGguf(file('language.gguf'));
    const metadata = new Map(header.metadata);
    const tensors = header.tensors.map(({ name, type, shape }) => ({ name, type: type as 'f16', shape }));
    change(metadata, tensors);
    const layout = layoutGguf(metadata, tensors);
    replace(
      'language.gguf',
      Buffer.concat([layout.header, Buffer.alloc(layout.fileBytes - layout.header.length)]),
    );
    await refused('language.gguf', word);
  });
});

test('a large file is hashed when asked to, a small one always', async () => {
  // A hole makes it large without writing it; its header still says what the manifest says.
  const large = 300 * 2 ** 20;
  truncateSync(file('language.gguf'), large);
  editManifest(({ files }) => (files['language.gguf']!.bytes = large));
  await openPackage(copy);
  await expectFault(openPackage(copy, { verify: true }), 'package-invalid', 'language.gguf', 'sha256');
  const signal = AbortSignal.abort();
  await expectFault(openPackage(copy, { verify: true, signal }), 'cancelled');
});

test('files that are not of the package are left alone', async () => {
  writeFileSync(file('notes.txt'), 'mine');
  await openPackage(copy);
  renameSync(file('notes.txt'), file('.DS_Store'));
  await openPackage(copy);
});
