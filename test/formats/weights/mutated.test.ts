import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteFile } from '../../../native-models/files/byte-file.ts';
import { readPickle } from '../../../native-models/formats/weights/pickle.ts';
import { readSafetensors } from '../../../native-models/formats/weights/safetensors.ts';
import { readTorchZip } from '../../../native-models/formats/weights/torch-zip.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  stateDictPickle,
  writeSafetensorsFile,
  writeTorchZip,
  type WrittenTensor,
} from '../../support/weight-writers.ts';

const path = join(temporaryFolder(), 'mutated');
const tensor = (name: string, shape: number[]): WrittenTensor => ({
  name,
  shape,
  type: 'f32',
  pieces: () => [new Uint8Array(shape.reduce((product, dimension) => product * dimension, 4))],
});
const tensors = [tensor('model.weight', [3, 4]), tensor('model.bias', [3])];

/** Any bytes of `valid` changed, and sometimes its end cut off. */
function mutated(valid: Buffer): fc.Arbitrary<Buffer> {
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), byte), { minLength: 1, maxLength: 8 });
  const length = fc.oneof({ weight: 4, arbitrary: fc.constant(valid.length) }, fc.nat(valid.length));
  return fc.tuple(changes, length).map(([list, end]) => {
    const bytes = Buffer.from(valid);
    for (const [at, to] of list) bytes[at] = to;
    return bytes.subarray(0, end);
  });
}

/** Resolves when `read` succeeds or refuses, and fails on anything else. */
async function readOrRefuse(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('checkpoint-invalid');
    expect((error as AppError).message).not.toContain('\n');
  }
}

async function readFile(read: (file: ByteFile) => Promise<unknown>): Promise<void> {
  const file = await ByteFile.open(path);
  try {
    await read(file);
  } finally {
    await file.close();
  }
}

test('a mutated pickle is read or refused', async () => {
  const work = (bytes: Buffer) => readOrRefuse(() => readPickle(bytes, 'data.pkl'));
  await fc.assert(fc.asyncProperty(mutated(stateDictPickle(tensors)), work), { numRuns: 2000 });
});

test('a mutated safetensors file is read or refused', async () => {
  writeSafetensorsFile(path, tensors);
  const work = async (bytes: Buffer) => {
    writeFileSync(path, bytes);
    await readOrRefuse(() => readFile(readSafetensors));
  };
  await fc.assert(fc.asyncProperty(mutated(readFileSync(path)), work), { numRuns: 300 });
});

test('a mutated torch file is read or refused', async () => {
  writeTorchZip(path, tensors);
  const work = async (bytes: Buffer) => {
    writeFileSync(path, bytes);
    await readOrRefuse(() => readFile(readTorchZip));
  };
  await fc.assert(fc.asyncProperty(mutated(readFileSync(path)), work), { numRuns: 300 });
});
