import { join } from 'node:path';
import * as v from 'valibot';

import { exists } from '../exists.ts';
import { ByteFile } from './byte-file.ts';
import { invalidCheckpoint, quoted } from './invalid.ts';
import { readSafetensors } from './safetensors.ts';
import { readStrictJson } from './strict-json.ts';
import { TensorFiles, type StoredTensor, type StoredTensors } from './tensor-files.ts';
import { readTorchZip } from './torch-zip.ts';

/** An index has a line of a hundred bytes a tensor. */
const maxIndexBytes = 16 * 2 ** 20;

/** No published model has a thousand shards; every one is an open file. */
const maxShards = 1000;

/** Names of the published layouts, in the order in which transformers looks for them. */
const layouts = [
  { name: 'model.safetensors', sharded: false },
  { name: 'model.safetensors.index.json', sharded: true },
  { name: 'pytorch_model.bin', sharded: false },
  { name: 'pytorch_model.bin.index.json', sharded: true },
] as const;

const indexSchema = v.object({ weight_map: v.custom<Readonly<Record<string, string>>>(isWeightMap) });

function isWeightMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((file) => typeof file === 'string');
}

/**
 * The weights of a folder, single or sharded, safetensors or zip-format `.bin`; null when it holds none.
 * Throws `checkpoint-invalid` naming the file and the fault.
 */
export async function openWeightFiles(directory: string): Promise<TensorFiles | null> {
  for (const { name, sharded } of layouts) {
    if (!(await exists(join(directory, name)))) continue;
    return sharded ? openSharded(directory, name) : openFiles(name, directory, [name], null);
  }
  return null;
}

async function openSharded(directory: string, index: string): Promise<TensorFiles> {
  const parsed = v.safeParse(indexSchema, await readStrictJson(join(directory, index), maxIndexBytes));
  if (!parsed.success) throw invalidCheckpoint(index, 'has no "weight_map" from tensors to files');
  const weightMap = new Map(Object.entries(parsed.output.weight_map));
  const shards = [...new Set(weightMap.values())].sort();
  if (shards.length > maxShards) {
    throw invalidCheckpoint(index, `names ${shards.length} files; at most ${maxShards} are accepted`);
  }
  for (const shard of shards) {
    if (!isPlainName(shard))
      throw invalidCheckpoint(index, `names ${quoted(shard)}, which is not a file beside it`);
    if (!(await exists(join(directory, shard))))
      throw invalidCheckpoint(index, `names ${shard}, which is missing`);
  }
  return openFiles(index, directory, shards, weightMap);
}

/** A base name: an index must not reach other folders. (Links are another matter: see `ByteFile`.) */
function isPlainName(name: string): boolean {
  return /^[^/\\:\0]+$/.test(name) && name !== '.' && name !== '..';
}

async function openFiles(
  label: string,
  directory: string,
  names: readonly string[],
  weightMap: ReadonlyMap<string, string> | null,
): Promise<TensorFiles> {
  const files: ByteFile[] = [];
  try {
    const parts: StoredTensors[] = [];
    for (const name of names) {
      const file = await ByteFile.open(join(directory, name));
      files.push(file);
      parts.push(await (name.endsWith('.bin') ? readTorchZip(file) : readSafetensors(file)));
    }
    const merged = merge(parts, label);
    if (weightMap !== null) checkAgainstIndex(merged, weightMap, label);
    return new TensorFiles(label, merged, files);
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

function merge(parts: readonly StoredTensors[], label: string): StoredTensors {
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const part of parts) {
    for (const [name, stored] of part.tensors) {
      const first = tensors.get(name);
      if (first !== undefined) {
        const where = `${first.file.name} and ${stored.file.name}`;
        throw invalidCheckpoint(label, `tensor ${quoted(name)} is in both ${where}`);
      }
      tensors.set(name, stored);
    }
    for (const [name, type] of part.others) others.set(name, type);
  }
  return { tensors, others };
}

function checkAgainstIndex(
  stored: StoredTensors,
  weightMap: ReadonlyMap<string, string>,
  index: string,
): void {
  for (const [name, shard] of weightMap) {
    if (stored.others.has(name)) continue;
    const tensor = stored.tensors.get(name);
    if (tensor === undefined)
      throw invalidCheckpoint(index, `places tensor ${quoted(name)} in ${shard}, which lacks it`);
    if (tensor.file.name !== shard) {
      throw invalidCheckpoint(
        index,
        `places tensor ${quoted(name)} in ${shard}, but it is in ${tensor.file.name}`,
      );
    }
  }
}
