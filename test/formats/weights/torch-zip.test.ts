import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { ByteFile } from '../../../native-models/files/byte-file.ts';
import { TensorFiles } from '../../../native-models/formats/weights/tensor-files.ts';
import { readTorchZip } from '../../../native-models/formats/weights/torch-zip.ts';
import { expectFault } from '../../support/faults.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  global,
  pickle,
  stateDictPickle,
  text,
  writeTorchZip,
  type TorchZipOptions,
  type WrittenTensor,
} from '../../support/weight-writers.ts';

const folder = temporaryFolder();
const path = join(folder, 'pytorch_model.bin');

const numbers = Float32Array.from({ length: 6 }, (_, i) => i - 2.5);
const bytes = new Uint8Array(numbers.buffer);
const weight: WrittenTensor = { name: 'weight', shape: [2, 3], type: 'f32', pieces: () => [bytes] };
const ids: WrittenTensor = { name: 'ids', shape: [1, 3], type: 'i64', pieces: () => [bytes] };
const scalar: WrittenTensor = { name: 'scale', shape: [], type: 'f32', pieces: () => [bytes.slice(0, 4)] };

async function read(): Promise<TensorFiles> {
  const file = await ByteFile.open(path);
  try {
    return new TensorFiles(file.name, await readTorchZip(file), [file]);
  } catch (error) {
    await file.close();
    throw error;
  }
}

const refused = (...words: string[]) =>
  expectFault(read(), 'checkpoint-invalid', 'pytorch_model.bin', ...words);

function writePickle(...parts: string[]): void {
  writeTorchZip(path, [weight], { pickle: pickle(...parts) });
}

test.each<TorchZipOptions>([{}, { zip64: true }])('a state dict is read by ranges (%o)', async (options) => {
  writeTorchZip(path, [weight, ids, scalar], options);
  const files = await read();
  expect(files.tensors.get('weight')).toEqual({
    name: 'weight',
    type: 'f32',
    shape: [2, 3],
    file: 'pytorch_model.bin',
  });
  expect(await files.readFloat32('weight')).toEqual(numbers);
  expect(await files.readFloat32('scale')).toEqual(numbers.slice(0, 1));
  expect([...files.others]).toEqual([['ids', 'Long']]);
  await files.close();
});

describe('a pickle is never executed', () => {
  test('a call of os.system is refused and named, and nothing happens', async () => {
    const witness = join(folder, 'executed');
    writePickle(global('posix', 'system'), '(', text(`touch ${witness}`), 'tR');
    await refused('"posix.system"', 'not allowed');
    expect(existsSync(witness)).toBe(false);
  });

  test.each([
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['torch', 'FloatStorage.__reduce__'],
    ['torch.serialization', 'FloatStorage'],
    ['collections', 'Counter'],
    ['torch._utils', '_rebuild_tensor'],
  ])('%s.%s is not on the list', async (module, name) => {
    writePickle(global(module, name));
    await refused(`"${module}.${name}"`);
  });

  test('an allowed name in a place it does not belong is refused', async () => {
    writePickle(global('torch', 'FloatStorage'), '(', 'tR');
    await refused('torch.FloatStorage');
    writePickle(global('torch._utils', '_rebuild_tensor_v2'), '(', text('x'), 'tR');
    await refused('_rebuild_tensor_v2');
  });

  test.each([
    ['INST', 'i'],
    ['OBJ', 'o'],
    ['NEWOBJ', '\x81'],
    ['EXT1', '\x82'],
    ['PERSID', 'P'],
    ['NEXT_BUFFER', '\x97'],
    ['DUP', '2'],
  ])('the opcode %s is refused', async (_, opcode) => {
    writePickle('}', opcode);
    await refused(`0x${opcode.charCodeAt(0).toString(16)}`);
  });
});

describe('a broken pickle is refused', () => {
  test.each([
    ['cut in the middle of a text', '\x58\xff\xff\xff\x7f'],
    ['cut in the middle of a name', 'ctorch\nFloat'],
    ['a value it does not have', 'R'],
    ['a mark that was never made', 't'],
    ['a value it never remembered', 'h\x07'],
    ['items of what is not a dict', ')(K\x01K\x02u'],
    ['an integer beyond 53 bits', '\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f'],
    ['not a dict of tensors', 'K\x01'],
    ['the same name twice', `}(${text('a')}K\x01${text('a')}K\x02u`],
    ['a key that is not text', '}(K\x01K\x02u'],
    ['a storage that is none', `(${text('storage')}K\x01K\x02K\x03tQ`],
  ])('%s', async (_, body) => {
    writePickle(body);
    await refused('pickle');
  });

  test('of endless length', async () => {
    writePickle('}'.repeat(1_000_001));
    await refused('opcodes');
  });
});

describe('tensors must fit their storages', () => {
  const write = (changed: Partial<WrittenTensor>, edit?: (pickled: string) => string) => {
    const pickled = stateDictPickle([{ ...weight, ...changed }]).toString('latin1');
    writeTorchZip(path, [weight], { pickle: Buffer.from(edit?.(pickled) ?? pickled, 'latin1') });
  };
  const int = (value: number) => `J${String.fromCharCode(value)}\0\0\0`;

  test('a shape beyond the storage', async () => {
    write({ shape: [2, 4] });
    await refused('"weight"', '24 bytes instead of 32');
    write({}, (pickled) => pickled.replace(int(2), int(9)));
    await refused('"weight"', 'elements 0 to 27', 'of 6');
  });

  test('an offset beyond the storage', async () => {
    write({}, (pickled) => pickled.replace(int(0), int(5)));
    await refused('"weight"', 'elements 5 to 11');
  });

  test('strides of a transposed tensor', async () => {
    write({}, (pickled) => pickled.replace(`(${int(3)}${int(1)}t`, `(${int(1)}${int(2)}t`));
    await refused('"weight"', 'contiguous');
  });

  test('dimensions that overflow', async () => {
    const huge = 'J\xff\xff\xff\x7f';
    write({}, (pickled) =>
      pickled.replace(`(${int(2)}${int(3)}t(${int(3)}${int(1)}t`, `(${huge.repeat(4)}t(${huge.repeat(4)}t`),
    );
    await refused('"weight"', 'impossible shape');
  });

  test('a storage that is missing', async () => {
    write({}, (pickled) => pickled.replace(text('0'), text('7')));
    await refused('data/7', 'missing');
  });
});

describe('a broken zip is refused', () => {
  test('no zip at all', async () => {
    writeFileSync(path, Buffer.concat([Buffer.from('\x80\x02', 'latin1'), Buffer.alloc(100)]));
    await refused('not a zip-format torch file');
    writeFileSync(path, '');
    await refused('not a zip-format torch file');
  });

  test('truncated', async () => {
    writeTorchZip(path, [weight]);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 30));
    await refused('broken zip');
  });

  test('a compressed entry', async () => {
    writeTorchZip(path, [weight]);
    const whole = readFileSync(path);
    const entry = whole.indexOf('archive/data/0', whole.indexOf('PK\x01\x02')) - 46;
    whole.writeUInt16LE(8, entry + 10);
    writeFileSync(path, whole);
    await refused('compressed');
  });

  test('big-endian numbers', async () => {
    writeTorchZip(path, [weight]);
    writeFileSync(path, readFileSync(path, 'latin1').replaceAll('little', 'bigger'), 'latin1');
    await refused('byte order', '"bigger"');
  });

  test('no pickle', async () => {
    writeTorchZip(path, [weight]);
    writeFileSync(path, readFileSync(path, 'latin1').replaceAll('data.pkl', 'data.pky'), 'latin1');
    await refused('no data.pkl');
  });
});
