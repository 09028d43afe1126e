import { basename, join } from 'node:path';
import * as v from 'valibot';

import { exists } from '../../files/exists.ts';
import { ByteFile, type ByteSource } from '../../files/byte-file.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { readSafetensors } from './safetensors.ts';
import { readStrictJson } from '../../files/strict-json.ts';
import { TensorFiles, type StoredTensor, type StoredTensors } from './tensor-files.ts';
import { readTorchZip } from './torch-zip.ts';

/** An index has a line of a hundred bytes a tensor. */
const maxIndexBytes = 16 * 2 ** 20;

/** No published model has a thousand shards; every one is an open file. */
const maxShards = 1000;

/** Names of the published layouts, in the order in which transformers looks for them. */
export const weightLayouts = [
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

/** Where weight files are read from: a folder, or a download under way that has their headers. */
export interface WeightFolder {
  has(name: string): Promise<boolean>;
  open(name: string): Promise<ByteSource>;
}

export function localWeights(directory: string): WeightFolder {
  return {
    has: (name) => exists(join(directory, name)),
    open: (name) => ByteFile.open(join(directory, name)),
  };
}

/**
 * The weights of a folder, single or sharded, safetensors or zip-format `.bin`; null when it holds none.
 * Throws `checkpoint-invalid` naming the file and the fault.
 */
export async function openWeightFiles(
  directory: string,
  folder: WeightFolder = localWeights(directory),
): Promise<TensorFiles | null> {
  for (const { name, sharded } of weightLayouts) {
    if (!(await folder.has(name))) continue;
    if (!sharded) return openFiles(name, folder, [name], null);
    const index = await readWeightIndex(join(directory, name));
    return openSharded(name, folder, index);
  }
  return null;
}

/** The shard that holds each tensor, by the tensor's name. */
export type WeightIndex = ReadonlyMap<string, string>;

/** Reads an index of shards. Throws `checkpoint-invalid` also when it names anything but plain files beside it. */
export async function readWeightIndex(path: string): Promise<WeightIndex> {
  const index = basename(path);
  const parsed = v.safeParse(indexSchema, await readStrictJson(path, maxIndexBytes));
  if (!parsed.success) throw invalidCheckpoint(index, 'has no "weight_map" from tensors to files');
  const weightMap = new Map(Object.entries(parsed.output.weight_map));
  const shards = shardsOf(weightMap);
  if (shards.length > maxShards) {
    throw invalidCheckpoint(index, `names ${shards.length} files; at most ${maxShards} are accepted`);
  }
  const stray = shards.find((shard) => !isPlainName(shard));
  if (stray !== undefined) {
    throw invalidCheckpoint(index, `names ${quoted(stray)}, which is not a file beside it`);
  }
  return weightMap;
}

export function shardsOf(index: WeightIndex): string[] {
  return [...new Set(index.values())].sort();
}

async function openSharded(name: string, folder: WeightFolder, weightMap: WeightIndex): Promise<TensorFiles> {
  const shards = shardsOf(weightMap);
  for (const shard of shards) {
    if (!(await folder.has(shard))) throw invalidCheckpoint(name, `names ${shard}, which is missing`);
  }
  return openFiles(name, folder, shards, weightMap);
}

/** A base name: an index must not reach other folders. (Links are another matter: see `ByteFile`.) */
function isPlainName(name: string): boolean {
  return /^[^/\\:\0]+$/.test(name) && name !== '.' && name !== '..';
}

async function openFiles(
  label: string,
  folder: WeightFolder,
  names: readonly string[],
  weightMap: WeightIndex | null,
): Promise<TensorFiles> {
  const files: ByteSource[] = [];
  try {
    const parts: StoredTensors[] = [];
    for (const name of names) {
      const file = await folder.open(name);
      files.push(file);
      parts.push(await readStoredTensors(file));
    }
    const merged = merge(parts, label);
    if (weightMap !== null) checkAgainstIndex(merged, weightMap, label);
    return new TensorFiles(label, merged, files);
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

/** What one weight file holds, read by the format its name says. */
export function readStoredTensors(file: ByteSource): Promise<StoredTensors> {
  return file.name.endsWith('.bin') ? readTorchZip(file) : readSafetensors(file);
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

function checkAgainstIndex(stored: StoredTensors, weightMap: WeightIndex, index: string): void {
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
