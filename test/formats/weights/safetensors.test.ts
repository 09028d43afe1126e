import { closeSync, ftruncateSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { ByteFile } from '../../../native-models/files/byte-file.ts';
import { readSafetensors } from '../../../native-models/formats/weights/safetensors.ts';
import { TensorFiles } from '../../../native-models/formats/weights/tensor-files.ts';
import { expectFault } from '../../support/faults.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.safetensors');

/** A safetensors file with this header and this many zero bytes of data. */
function write(header: string | object, dataBytes = 0, statedLength?: bigint): void {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(statedLength ?? BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
}

async function read(): Promise<TensorFiles> {
  const file = await ByteFile.open(path);
  try {
    return new TensorFiles(file.name, await readSafetensors(file), [file]);
  } catch (error) {
    await file.close();
    throw error;
  }
}

const refused = (...words: string[]) =>
  expectFault(read(), 'checkpoint-invalid', 'model.safetensors', ...words);
const tensor = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('a safetensors file is refused in one line that names the fault', () => {
  test('empty, or shorter than its length field', async () => {
    writeFileSync(path, '');
    await refused('0 bytes');
    writeFileSync(path, 'short');
    await refused('5 bytes');
  });

  test('text renamed', async () => {
    writeFileSync(path, 'These are not the weights you are looking for.');
    await refused('header of');
  });

  test('a header longer than the file', async () => {
    write('{}', 0, 3n);
    await refused('3 bytes', 'only 2 follow');
    write('{}', 0, 2n ** 63n);
    await refused('9223372036854775808', 'only 2 follow');
  });

  test('a header too long to be one, before it is read', async () => {
    writeFileSync(path, '');
    const file = openSync(path, 'r+');
    ftruncateSync(file, 2 ** 33);
    closeSync(file);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(2n ** 32n);
    writeFileSync(path, length, { flag: 'r+' });
    const before = process.memoryUsage().rss;
    await refused('4294967296', 'at most');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('a header that is not JSON, not UTF-8, not an object', async () => {
    write('{"a": ');
    await refused('not valid JSON');
    writeFileSync(path, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([0xff, 0xfe])]));
    await refused('UTF-8');
    write('[]');
    await refused('not an object');
    write(`{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`);
    await refused('nests deeper');
  });

  test('a name twice, escaped or not', async () => {
    const one = JSON.stringify(tensor(0, 8));
    write(`{"a":${one},"a":${one}}`, 8);
    await refused('"a" twice');
    write(`{"a":${one},"\\u0061":${one}}`, 8);
    await refused('"a" twice');
  });

  test('overlapping tensors', async () => {
    write({ a: tensor(0, 16), b: tensor(8, 24) }, 24);
    await refused('"a"', '"b"', 'overlap');
  });

  test('a hole between tensors, and bytes after the last', async () => {
    write({ a: tensor(0, 8), b: tensor(16, 24) }, 24);
    await refused('hole of 8 bytes', '"b"');
    write({ a: tensor(0, 8) }, 12);
    await refused('4 bytes after');
  });

  test('a truncated shard', async () => {
    write({ a: tensor(0, 8), b: tensor(8, 40) }, 24);
    await refused('"b"', 'byte 40', 'only 24');
  });

  test('offsets that are negative, reversed, fractional or huge', async () => {
    for (const offsets of [
      [-8, 0],
      [8, 0],
      [0, 8.5],
      [0, 1e300],
      [2 ** 60, 2 ** 60 + 8],
    ]) {
      write({ a: { dtype: 'F32', shape: [2], data_offsets: offsets } }, 8);
      await refused('"a"', 'data_offsets');
    }
  });

  test('a size that is not shape times dtype', async () => {
    write({ a: tensor(0, 8, [3]) }, 8);
    await refused('takes 8 bytes', 'needs 12');
    write({ a: tensor(0, 8, [2], 'BF16') }, 8);
    await refused('takes 8 bytes', 'needs 4');
  });

  test('dimensions that overflow, are negative, or too many', async () => {
    for (const shape of [[2 ** 40, 2 ** 40], [-1], [1.5], new Array<number>(100_000).fill(1)]) {
      write({ a: tensor(0, 8, shape) }, 8);
      await refused('"a"', 'impossible shape');
    }
  });

  test('a dtype nobody knows, or none', async () => {
    write({ a: tensor(0, 8, [2], 'F99') }, 8);
    await refused('"F99"');
    write({ a: tensor(0, 8, [2], 'constructor') }, 8);
    await refused('"constructor"');
    write({ a: { shape: [2], data_offsets: [0, 8] } }, 8);
    await refused('no dtype');
  });
});

test('tensors may be listed in any order, and other types are known but not offered', async () => {
  write(
    { b: tensor(8, 16), a: tensor(0, 8), ids: tensor(16, 32, [2], 'I64'), none: tensor(32, 32, [0]) },
    32,
  );
  const files = await read();
  expect([...files.tensors.keys()]).toEqual(['b', 'a']);
  expect([...files.others]).toEqual([
    ['ids', 'I64'],
    ['none', 'F32 without elements'],
  ]);
  await files.close();
});

test('a tensor named like a property of objects is a tensor', async () => {
  write(`{"__proto__":${JSON.stringify(tensor(0, 8))}}`, 8);
  const files = await read();
  expect(await files.readFloat32('__proto__')).toEqual(new Float32Array(2));
  await files.close();
});

test('pieces have the asked size in whole elements, and only the last is shorter', async () => {
  write({ a: tensor(0, 40) }, 40);
  const files = await read();
  const sizes: number[] = [];
  for await (const piece of files.pieces('a', 18)) sizes.push(piece.length);
  expect(sizes).toEqual([16, 16, 8]);
  await files.close();
});

test('a file that shrinks after it was opened is refused when it is read', async () => {
  write({ a: tensor(0, 4096) }, 4096);
  const files = await read();
  const handle = openSync(path, 'r+');
  ftruncateSync(handle, 1000);
  closeSync(handle);
  await expectFault(files.readFloat32('a'), 'checkpoint-invalid', 'model.safetensors', 'ends at byte 1000');
  await files.close();
});

test('a link is followed to a regular file, as in the Hugging Face cache, and to nothing else', async () => {
  write({ a: tensor(0, 8) }, 8);
  const link = join(folder, 'link.safetensors');
  symlinkSync(path, link);
  const file = await ByteFile.open(link);
  expect((await readSafetensors(file)).tensors.size).toBe(1);
  await file.close();
  const device = join(folder, 'device.safetensors');
  symlinkSync('/dev/zero', device);
  await expectFault(ByteFile.open(device), 'checkpoint-invalid', 'device.safetensors', 'not a regular file');
});
