import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { writeSafetensorsFile, type WrittenTensor } from './weight-writers.ts';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const arrays: Readonly<Record<string, new (bytes: ArrayBuffer) => StoredTensor['data']>> = {
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
};

/** The float32, int32 and uint8 tensors of a safetensors file that the tests trust (golden cases, our own traces). */
export function readSafetensors(path: string): Map<string, StoredTensor> {
  const file = readFileSync(path);
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, headerEnd)) as Record<string, HeaderEntry>;
  delete header['__metadata__'];
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => {
        // A copy, because typed arrays want aligned bytes.
        const bytes = new Uint8Array(file.subarray(headerEnd + begin, headerEnd + end)).buffer;
        const Numbers = arrays[dtype];
        if (Numbers === undefined) throw new Error(`${path}: ${name} is ${dtype}`);
        return [name, { shape, data: new Numbers(bytes) }];
      },
    ),
  );
}

const types = { F32: 'f32', F16: 'f16', BF16: 'bf16', I64: 'i64' } as const;

/** Writes the weights of a checkpoint folder as one file, with what `change` makes of every tensor; null leaves it out. */
export function rewriteWeights(
  folder: string,
  change: (tensor: WrittenTensor) => WrittenTensor | null,
): void {
  const names = readdirSync(folder).filter((name) => /\.safetensors(\.index\.json)?$/.test(name));
  const tensors = names
    .filter((name) => name.endsWith('.safetensors'))
    .flatMap((name) => storedTensors(join(folder, name)));
  for (const name of names) rmSync(join(folder, name));
  const changed = tensors.map(change).filter((tensor) => tensor !== null);
  writeSafetensorsFile(join(folder, 'model.safetensors'), changed);
}

function storedTensors(path: string): WrittenTensor[] {
  const file = readFileSync(path);
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, headerEnd)) as Record<string, HeaderEntry>;
  delete header['__metadata__'];
  return Object.entries(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => ({
      ...{ name, shape, type: types[dtype as keyof typeof types] },
      pieces: () => [file.subarray(headerEnd + begin, headerEnd + end)],
    }),
  );
}

/** The float32 tensor of that name; throws when it is missing or holds integers. */
export function float32(tensors: ReadonlyMap<string, StoredTensor>, name: string): Float32Array {
  const data = tensors.get(name)?.data;
  if (!(data instanceof Float32Array)) throw new Error(`no float32 tensor ${name}`);
  return data;
}
