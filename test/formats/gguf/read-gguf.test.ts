import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AppError } from '../../../preload/contract/errors.ts';
import type { GgufTensorType, GgufValue } from '../../../native-models/formats/gguf/gguf-format.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { layoutGguf, writeGguf } from '../../../native-models/formats/gguf/write-gguf.ts';
import { expectFault } from '../../support/faults.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'language.gguf');

const metadata = new Map<string, GgufValue>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['a.u8', { type: 'u8', value: 255 }],
  ['a.i8', { type: 'i8', value: -128 }],
  ['a.u16', { type: 'u16', value: 65535 }],
  ['a.i16', { type: 'i16', value: -32768 }],
  ['a.u32', { type: 'u32', value: 2 ** 32 - 1 }],
  ['a.i32', { type: 'i32', value: -(2 ** 31) }],
  ['a.f32', { type: 'f32', value: 0.5 }],
  ['a.bool', { type: 'bool', value: true }],
  ['a.u64', { type: 'u64', value: 2 ** 53 - 1 }],
  ['a.i64', { type: 'i64', value: -(2 ** 53) + 1 }],
  ['a.f64', { type: 'f64', value: Math.PI }],
  ['a.texts', { type: 'array', of: 'string', values: ['', 'Ġ', '한글', '\n'] }],
  ['a.numbers', { type: 'array', of: 'i32', values: [1, -1] }],
  ['a.nothing', { type: 'array', of: 'u8', values: [] }],
]);

const tensors = [
  { name: 'odd', type: 'f32', shape: [3, 5] },
  { name: 'blocks', type: 'q8_0', shape: [2, 64] },
  { name: 'last', type: 'f16', shape: [7] },
] as const;

async function* zeros({ bytes }: { bytes: number }): AsyncIterable<Uint8Array> {
  yield new Uint8Array(bytes);
}

test('what is written is read back', async () => {
  const layout = layoutGguf(metadata, tensors);
  await writeGguf({ path, layout, data: zeros });
  const header = await readGguf(path);
  expect(header.version).toBe(3);
  expect(header.metadata).toEqual(metadata);
  expect(header.tensors).toEqual(layout.tensors);
  expect(header.fileBytes).toBe(layout.fileBytes);
});

test('any text and any number of tensors survive', async () => {
  const value = fc.oneof(
    fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'binary' }) }),
    fc.record({ type: fc.constant('u32' as const), value: fc.nat() }),
    fc.record({
      type: fc.constant('array' as const),
      of: fc.constant('string' as const),
      values: fc.array(fc.string({ unit: 'binary' })),
    }),
  );
  const name = fc.stringMatching(/^[a-z][a-z0-9_.]{0,40}$/);
  const shape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  const type = fc.constantFrom<GgufTensorType>('f32', 'f16', 'bf16', 'i8');
  const tensorList = fc.uniqueArray(fc.record({ name, type, shape }), { selector: (tensor) => tensor.name });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value), tensorList, async (values, list) => {
      const layout = layoutGguf(new Map(Object.entries(values)), list);
      await writeGguf({ path, layout, data: zeros });
      const header = await readGguf(path);
      expect(header.metadata).toEqual(new Map(Object.entries(values)));
      expect(header.tensors).toEqual(layout.tensors);
    }),
    { numRuns: 50 },
  );
});

test('a header longer than the first read is read whole', async () => {
  const values = Array.from({ length: 300_000 }, (_, i) => `token ${i}`);
  const tokens = new Map<string, GgufValue>([['tokens', { type: 'array', of: 'string', values }]]);
  await writeGguf({ path, layout: layoutGguf(tokens, tensors), data: zeros });
  const header = await readGguf(path);
  expect(header.metadata).toEqual(tokens);
  expect(header.tensors).toHaveLength(3);
});

/** Little-endian pieces of a header. */
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string | Buffer) => Buffer.concat([u64(Buffer.from(value).length), Buffer.from(value)]);
const start = (tensorCount: number | bigint, pairs: number | bigint) =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensorCount), u64(pairs)]);
const tensor = (name: string, dimensions: (number | bigint)[], type: number, offset: number | bigint) =>
  Buffer.concat([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset)]);

describe('a hostile file is refused in one line that names the fault', () => {
  const huge = 2n ** 63n;
  test.each<[string, Buffer[], string[]]>([
    ['empty', [], ['truncated']],
    ['a text file', [Buffer.from('This is not a model.')], ['not a GGUF file']],
    ['version 1', [Buffer.from('GGUF'), u32(1), Buffer.alloc(16)], ['version 1']],
    ['big-endian', [Buffer.from('GGUF'), Buffer.from([0, 0, 0, 3]), Buffer.alloc(16)], ['big-endian']],
    [
      'a Git LFS pointer',
      [Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 7\n`)],
      ['Git LFS pointer', 'git lfs pull'],
    ],
    [
      'a part of a split model',
      [
        start(0, 2),
        ...[text('split.no'), u32(2), Buffer.from([1, 0])],
        ...[text('split.count'), u32(2), Buffer.from([3, 0])],
      ],
      ['part 2 of a model in 3 files', 'llama-gguf-split --merge'],
    ],
    ['too many tensors', [start(huge, 0)], ['9223372036854775808 tensors']],
    ['too many values', [start(0, huge)], ['9223372036854775808 metadata values']],
    ['values it does not have', [start(0, 1)], ['truncated']],
    ['a key of endless length', [start(0, 1), u64(huge)], ['9223372036854775808', 'length']],
    ['a key longer than the file', [start(0, 1), u64(1e9)], ['truncated']],
    ['an empty key', [start(0, 1), text(''), u32(4), u32(1)], ['impossible name']],
    ['a key with a line break', [start(0, 1), text('a\nb'), u32(4), u32(1)], ['impossible name']],
    ['a key that is not UTF-8', [start(0, 1), text(Buffer.from([0xc3])), u32(4), u32(1)], ['UTF-8']],
    ['a key twice', [start(0, 2), text('a'), u32(4), u32(1), text('a'), u32(4), u32(1)], ['"a" twice']],
    ['a value of an unknown type', [start(0, 1), text('a'), u32(13)], ['unknown type 13']],
    ['an array of arrays', [start(0, 1), text('a'), u32(9), u32(9), u64(1)], ['array of arrays']],
    ['an endless array', [start(0, 1), text('a'), u32(9), u32(0), u64(huge)], ['elements of "a"']],
    ['an array longer than the file', [start(0, 1), text('a'), u32(9), u32(10), u64(2e6)], ['truncated']],
    ['texts longer than the file', [start(0, 1), text('a'), u32(9), u32(8), u64(2e6)], ['truncated']],
    ['a number beyond 53 bits', [start(0, 1), text('a'), u32(10), u64(huge)], ['9223372036854775808', '"a"']],
    ['an alignment of 0', [start(0, 1), text('general.alignment'), u32(4), u32(0)], ['general.alignment']],
    ['an alignment of 48', [start(0, 1), text('general.alignment'), u32(4), u32(48)], ['general.alignment']],
    [
      'an alignment of text',
      [start(0, 1), text('general.alignment'), u32(8), text('x')],
      ['general.alignment'],
    ],
    ['a tensor without a name', [start(1, 0), tensor('', [1], 0, 0)], ['impossible name']],
    ['a tensor with a long name', [start(1, 0), tensor('x'.repeat(64), [1], 0, 0)], ['impossible name']],
    ['a tensor without dimensions', [start(1, 0), tensor('a', [], 0, 0)], ['0 dimensions']],
    ['a tensor of five dimensions', [start(1, 0), tensor('a', [1, 1, 1, 1, 1], 0, 0)], ['5 dimensions']],
    [
      'a tensor of 4294967295 dimensions',
      [start(1, 0), text('a'), u32(2 ** 32 - 1)],
      ['4294967295 dimensions'],
    ],
    ['a dimension of 0', [start(1, 0), tensor('a', [0], 0, 0)], ['dimension of 0']],
    ['an endless dimension', [start(1, 0), tensor('a', [huge], 0, 0)], ['9223372036854775808']],
    [
      'dimensions that overflow',
      [start(1, 0), tensor('a', [2 ** 32, 2 ** 32], 0, 0)],
      ['impossible dimension'],
    ],
    ['an unknown tensor type', [start(1, 0), tensor('a', [32], 99, 0)], ['unknown type 99']],
    ['a removed tensor type', [start(1, 0), tensor('a', [32], 4, 0)], ['unknown type 4']],
    ['rows that are no whole blocks', [start(1, 0), tensor('a', [33], 8, 0)], ['rows of 33', 'q8_0']],
    ['an endless offset', [start(1, 0), tensor('a', [32], 0, huge)], ['offset', '9223372036854775808']],
    [
      'an offset inside another',
      [start(2, 0), tensor('a', [32], 0, 0), tensor('b', [32], 0, 64), Buffer.alloc(512)],
      ['"b"', '64 instead of 128'],
    ],
    [
      'a gap',
      [start(2, 0), tensor('a', [32], 0, 0), tensor('b', [32], 0, 256), Buffer.alloc(512)],
      ['"b"', '256 instead of 128'],
    ],
    [
      'a tensor twice',
      [start(2, 0), tensor('a', [32], 0, 0), tensor('a', [32], 0, 128), Buffer.alloc(512)],
      ['"a" twice'],
    ],
    [
      'a tensor beyond the end',
      [start(1, 0), tensor('a', [32], 0, 0), Buffer.alloc(64)],
      ['"a"', 'truncated'],
    ],
  ])('%s', async (_, pieces, words) => {
    writeFileSync(path, Buffer.concat(pieces));
    await expectFault(readGguf(path), 'package-invalid', 'language.gguf', ...words);
  });

  test('a header of more than 64 MB, before more of it is read', async () => {
    const long = Buffer.concat([u64(2 ** 24), Buffer.alloc(2 ** 24)]);
    const pairs = Array.from({ length: 5 }, (_, i) => Buffer.concat([text(`k${i}`), u32(8), long]));
    writeFileSync(path, Buffer.concat([start(0, 5), ...pairs]));
    await expectFault(readGguf(path), 'package-invalid', 'header of more than 67108864');
  });

  test('truncated anywhere', async () => {
    await writeGguf({ path, layout: layoutGguf(metadata, tensors), data: zeros });
    const { fileBytes, tensors: placed } = await readGguf(path);
    const end = placed.at(-1)!.offset + placed.at(-1)!.bytes;
    expect(end).toBeLessThanOrEqual(fileBytes);
    for (let bytes = end - 1; bytes >= 0; bytes -= 7) {
      truncateSync(path, bytes);
      await expectFault(readGguf(path), 'package-invalid', 'language.gguf');
    }
  });
});

test('a file with any bytes changed is read or refused, never anything else', async () => {
  const layout = layoutGguf(metadata, tensors);
  const valid = Buffer.concat([layout.header, Buffer.alloc(layout.fileBytes - layout.header.length)]);
  const change = fc.record({
    at: fc.nat(layout.header.length - 1),
    to: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const changed = Buffer.from(valid);
      for (const { at, to } of changes) changed[at] = to;
      writeFileSync(path, changed);
      await readGguf(path).catch((error: unknown) => {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).code).toBe('package-invalid');
      });
    }),
    { numRuns: 500 },
  );
});

test('the same reader names a file that a conversion reads', async () => {
  writeFileSync(path, 'GG');
  await expectFault(readGguf(path, 'checkpoint-invalid'), 'checkpoint-invalid', 'truncated');
});
