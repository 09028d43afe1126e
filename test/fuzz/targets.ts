/** What is fuzzed: valid files of every format that comes from strangers, how they are changed, and the checker of each. */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ByteFile } from '../../native-models/files/byte-file.ts';
import { openCheckpoint } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import { readPickle } from '../../native-models/formats/weights/pickle.ts';
import { readModelConfig } from '../../native-models/convert/checkpoint/read-config.ts';
import { readSafetensors } from '../../native-models/formats/weights/safetensors.ts';
import { readTorchZip } from '../../native-models/formats/weights/torch-zip.ts';
import { GgufTensors } from '../../native-models/formats/gguf/gguf-tensors.ts';
import { planLanguage } from '../../native-models/convert/language/language.ts';
import { familyOf } from '../../native-models/families/index.ts';
import { checkpointReader } from '../../native-models/families/read-checkpoint.ts';
import { parseStrictJson } from '../../native-models/files/strict-json.ts';
import { readMmproj } from '../../native-models/families/read-mmproj.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { readTokenizer } from '../../native-models/convert/language/tokenizer.ts';
import { writeGguf } from '../../native-models/formats/gguf/write-gguf.ts';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { convertEnhance } from '../../native-models/convert/onnx/index.ts';
import { enhancePrefix, projectorPrefix } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import type { ErrorCode } from '../../preload/contract/errors.ts';
import { parseManifest } from '../../native-models/package/read-manifest.ts';
import { checkOnnxFile } from '../../native-models/formats/onnx/check-onnx.ts';
import { decodeModel, encodeModel } from '../../native-models/formats/onnx/onnx-proto.ts';
import { makeRandomCheckpoint } from '../support/random-checkpoint.ts';
import {
  stateDictPickle,
  writeSafetensorsFile,
  writeTorchZip,
  type WrittenTensor,
} from '../support/weight-writers.ts';
import { conversationTarget } from './conversation-target.ts';
import { familyTargets } from './family-targets.ts';
import { ggufTarget, languageTarget } from './gguf-target.ts';
import { hubTargets } from './hub-targets.ts';
import { markdownTarget } from './markdown-target.ts';
import { photoTargets } from './photo-targets.ts';
import { mutateBytes, mutateJson, type Chance } from './mutate.ts';
import type { Target } from './target.ts';

/** Makes the targets, with everything they need, in `folder`. */
export async function makeTargets(folder: string): Promise<Target[]> {
  return [
    ...(await ggufTargets(folder)),
    ...(await familyTargets(folder)),
    ...weightTargets(folder),
    ...(await jsonTargets(folder)),
    await onnxTarget(folder),
    ...hubTargets(folder),
    ...(await photoTargets(folder)),
    markdownTarget(folder),
    conversationTarget(folder),
  ];
}

const golden = (path: string) => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));

/** What any numbers that are accepted have to cut in a moment. */
const anyPhoto = { x: 0, y: 0, width: 4000, height: 3000 };

const pair = fileURLToPath(new URL('../golden/gguf-pair/', import.meta.url));

async function ggufTargets(folder: string): Promise<Target[]> {
  const mmproj = (path: string) => ({
    async check() {
      const file = await ByteFile.open(path);
      try {
        const { tensors, seeing } = readMmproj(await readGguf(path, 'checkpoint-invalid'), file.name);
        familyOf(seeing).plan(anyPhoto);
        const source = new GgufTensors(file, tensors);
        for (const name of tensors.keys()) await source.readFloat32(name);
      } finally {
        await file.close();
      }
    },
  });
  return [
    await languageTarget(folder, 'language-spm', join(pair, 'language.gguf')),
    await languageTarget(folder, 'language-bpe', await writeBpeLanguage(folder)),
    await ggufTarget(folder, 'mmproj', join(pair, 'mmproj.gguf'), 3, mmproj),
    await ggufTarget(folder, 'mmproj-idefics3', golden('smolvlm-b/pair/mmproj.gguf'), 3, mmproj),
    await ggufTarget(folder, 'mmproj-next', golden('next-b/pair/mmproj.gguf'), 3, mmproj),
    await ggufTarget(folder, 'mmproj-internvl', golden('internvl-b/pair/mmproj.gguf'), 3, mmproj),
  ];
}

/** A small Llama with a byte-level BPE vocabulary. */
async function writeBpeLanguage(folder: string): Promise<string> {
  const folders = makeRandomCheckpoint(join(folder, 'random'), { languageLayers: 1 });
  const checkpoint = await openCheckpoint(folders.checkpoint, { clip: folders.clip });
  try {
    const { vocabularySize } = checkpoint.config.language;
    const tokenizer = await readTokenizer(folders.checkpoint, vocabularySize, checkpoint.facts);
    const { layout, data } = planLanguage(checkpoint, tokenizer, 'random', 'f16');
    const path = join(folder, 'bpe-source.gguf');
    await writeGguf({ path, layout, data });
    return path;
  } finally {
    await checkpoint.close();
  }
}

function weightTargets(folder: string): Target[] {
  const tensor = (name: string, shape: number[]): WrittenTensor => ({
    ...{ name, shape, type: 'f32' },
    pieces: () => [new Uint8Array(shape.reduce((product, dimension) => product * dimension, 4))],
  });
  const tensors = [
    tensor('model.weight', [3, 4]),
    tensor('model.bias', [3]),
    tensor('lm_head.weight', [2, 3]),
  ];
  const opened = async (path: string, read: (file: ByteFile) => Promise<unknown>) => {
    const file = await ByteFile.open(path);
    try {
      await read(file);
    } finally {
      await file.close();
    }
  };
  const target = (
    name: string,
    valid: Buffer,
    check: (bytes: Buffer, path: string) => Promise<unknown>,
  ): Target => {
    const path = join(folder, `mutant-${name}`);
    return {
      ...{ name, weight: 2, path, valid, codes: ['checkpoint-invalid'] },
      mutant: (chance) => mutateBytes(valid, chance),
      check: (bytes) => check(bytes, path),
    };
  };
  const safetensors = join(folder, 'source.safetensors');
  writeSafetensorsFile(safetensors, tensors);
  const zip = join(folder, 'source.bin');
  writeTorchZip(zip, tensors);
  const valid = readFileSync(safetensors);
  return [
    {
      ...target('safetensors', valid, (_, path) => opened(path, readSafetensors)),
      mutant: (chance) => (chance.is(0.4) ? mutateBytes(valid, chance) : mutateSafetensors(valid, chance)),
    },
    target('torch-zip', readFileSync(zip), (_, path) => opened(path, readTorchZip)),
    target('pickle', stateDictPickle(tensors), async (bytes) => readPickle(bytes, 'data.pkl')),
  ];
}

/** The header as JSON, with a length that is right. */
function mutateSafetensors(valid: Buffer, chance: Chance): Buffer {
  const length = Number(valid.readBigUInt64LE());
  const header = mutateJson(valid.subarray(8, 8 + length), chance);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, valid.subarray(8 + length)]);
}

async function jsonTargets(folder: string): Promise<Target[]> {
  const random = join(folder, 'random');
  const target = (
    name: string,
    source: string,
    weight: number,
    at: string,
    code: ErrorCode,
    check: Target['check'],
  ): Target => {
    const valid = readFileSync(source);
    const path = join(folder, at);
    mkdirSync(join(path, '..'), { recursive: true });
    return { name, weight, path, valid, codes: [code], check, mutant: (chance) => mutateJson(valid, chance) };
  };
  const checkpoint = join(random, 'checkpoint');
  const tokenizer = join(folder, 'tokenizer');
  mkdirSync(tokenizer, { recursive: true });
  copyFileSync(join(checkpoint, 'tokenizer_config.json'), join(tokenizer, 'tokenizer_config.json'));
  const { config, facts } = await readModelConfig(checkpoint, join(random, 'clip'));
  const dual = fileURLToPath(new URL('manifest-dual.json', import.meta.url));
  const single = join(folder, 'pair', 'manifest.json');
  const tiles = join(folder, 'pair-tiles', 'manifest.json');
  const next = join(folder, 'pair-next', 'manifest.json');
  await importPair({
    mmproj: golden('smolvlm-b/pair/mmproj.gguf'),
    language: golden('smolvlm-b/pair/language.gguf'),
    ...{ out: join(folder, 'pair-tiles'), vision: 'f32' },
  });
  await importPair({
    mmproj: golden('next-b/pair/mmproj.gguf'),
    language: golden('next-b/pair/language.gguf'),
    ...{ out: join(folder, 'pair-next'), vision: 'f32' },
  });
  await importPair({
    ...{ mmproj: join(pair, 'mmproj.gguf'), language: join(pair, 'language.gguf') },
    ...{ out: join(folder, 'pair'), vision: 'f32' },
  });
  return [
    target('manifest', dual, 1, 'manifest.json', 'package-invalid', async (bytes) =>
      familyOf(parseManifest(bytes)).plan(anyPhoto),
    ),
    target('manifest-tiles', tiles, 1, 'manifest-tiles.json', 'package-invalid', async (bytes) =>
      familyOf(parseManifest(bytes)).plan(anyPhoto),
    ),
    target('manifest-next', next, 1, 'manifest-next.json', 'package-invalid', async (bytes) =>
      familyOf(parseManifest(bytes)).plan(anyPhoto),
    ),
    ...[
      'smolvlm-b/checkpoint',
      'internvl-b/checkpoint-own',
      'internvl-b/checkpoint-hf',
      'next-a/checkpoint',
    ].map((source) => {
      const at = source.replace('/', '-');
      const own = golden(`${source}/preprocessor_config.json`);
      const preprocessor = existsSync(own) ? (JSON.parse(readFileSync(own, 'utf8')) as unknown) : {};
      const config = golden(`${source}/config.json`);
      return target(`config-${at}`, config, 1, `${at}/config.json`, 'checkpoint-invalid', async (bytes) => {
        const config = parseStrictJson(bytes, 'config.json');
        const family = checkpointReader(config)?.({ config, preprocessor, hasTensor: () => false });
        if (family) familyOf(family.seeing).plan(anyPhoto);
      });
    }),
    target('manifest-single', single, 1, 'manifest-single.json', 'package-invalid', async (bytes) =>
      parseManifest(bytes),
    ),
    target(
      'tokenizer',
      join(checkpoint, 'tokenizer.json'),
      1,
      'tokenizer/tokenizer.json',
      'checkpoint-invalid',
      () => readTokenizer(tokenizer, config.language.vocabularySize, facts),
    ),
    target('config', join(checkpoint, 'config.json'), 1, 'config/config.json', 'checkpoint-invalid', () =>
      readModelConfig(join(folder, 'config'), join(random, 'clip')),
    ),
  ];
}

async function onnxTarget(folder: string): Promise<Target> {
  const directory = join(folder, 'onnx');
  mkdirSync(directory, { recursive: true });
  const random = join(folder, 'random');
  const checkpoint = await openCheckpoint(join(random, 'checkpoint'), { clip: join(random, 'clip') });
  try {
    const { tensors, config } = checkpoint;
    const prefixes = { enhance: enhancePrefix, projector: projectorPrefix };
    await convertEnhance({ tensors, prefixes, config, directory });
  } finally {
    await checkpoint.close();
  }
  const path = join(directory, 'enhance.onnx');
  const valid = readFileSync(path);
  const expected = {
    inputs: { local: [9, 16, 32], globals: [1, 16, 32], base: [1, 16, 32] },
    outputs: { dem: [16, 32], embeddings: [16, 64] },
  };
  return {
    ...{ name: 'onnx', weight: 3, codes: ['package-invalid'], native: 'onnx', path, valid },
    mutant: (chance) => (chance.is(0.4) ? mutateBytes(valid, chance) : mutateOnnx(valid, chance)),
    check: () => checkOnnxFile(path, expected, new Set(['enhance.onnx', 'enhance.onnx.data'])),
  };
}

/** A well-formed model that says something else. */
function mutateOnnx(valid: Buffer, chance: Chance): Buffer {
  const model = decodeModel(valid) as unknown as { graph: Record<string, Record<string, unknown>[]> };
  const list = model.graph[chance.pick(['node', 'initializer', 'input', 'output'])]!;
  const item = chance.pick(list);
  const key = chance.pick(Object.keys(item));
  const value = item[key];
  const kind = chance.below(7);
  if (kind === 0) list.splice(list.indexOf(item), 1);
  else if (kind === 1) list.push(item);
  else if (Array.isArray(value) && value.length > 0) {
    const at = chance.below(value.length);
    if (typeof value[at] === 'number') value[at] = chance.pick([0, 1, -1, 2, 33, 2 ** 24, 2 ** 31]);
    else if (typeof value[at] === 'string') value[at] = chance.pick(list)[key] as string;
    else value.splice(at, 1);
  } else if (typeof value === 'number') item[key] = chance.pick([0, 1, 2, 7, 11, -1, 2 ** 31]);
  else if (value instanceof Uint8Array && value.length > 0) item[key] = mutateBytes(value, chance);
  else if (typeof value === 'string') item[key] = chance.pick(list)[key];
  try {
    return Buffer.from(encodeModel(model as never));
  } catch {
    return mutateBytes(valid, chance);
  }
}
